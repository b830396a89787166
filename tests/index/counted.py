"""A document as the oracle sees it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from index.query_ast import Key
from index.schema import Document


@dataclass(eq=False)
class Counted:
    """A document, its term frequencies, and the terms that find it: those of the fields in `finding`."""

    document: Document
    finding: tuple[str, ...]

    @cached_property
    def terms(self) -> Mapping[str, Counter[Key]]:
        return {
            name: Counter(Key(term.text, term.kind) for term in terms) for name, terms in self.document.texts.items()
        }

    @cached_property
    def found_by(self) -> frozenset[Key]:
        return frozenset(key for field in self.finding for key in self.terms.get(field, ()))

    def frequency(self, field: str, key: Key) -> int:
        return self.terms[field][key] if field in self.terms else 0

    def length(self, field: str) -> int:
        return sum(count for key, count in self.terms.get(field, Counter()).items() if key.kind == "word")
