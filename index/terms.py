"""The terms of an index, and how words are looked up among them: exactly, by prefix, and by spelling."""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cached_property
from operator import itemgetter
from typing import Protocol

from index.analysis import TermKind
from index.query_ast import Node
from index.schema import Schema
from index.text import folded_case

_MAX_COMPLETIONS = 30  # terms; thousands begin with the same letter
# Letters of the shortest words that are corrected: any other word of 3 letters is one edit away. Words of kanji and
# digits are not corrected: two kanji differ in meaning, and s3 is not a misspelt s4.
_MIN_LATIN, _MIN_KANA = 4, 5
_MIN_FOR_TWO_EDITS = 8  # letters
_LETTERS = re.compile("[a-z]+|[ァ-ヶーぁ-ゖ]+")
_RARE = 10  # documents; a rarer term may be a misspelling in the documents themselves
_FAR_MORE = 20  # times as many documents have the term that may be meant instead
_MIN_RATIO = 75  # percent of equal letters in similar names: SQSS and SQS have 86, SQSS and SNS 57
_MAX_NAME_LENGTH = 100  # characters; the rest of a name is not compared


class TermIndex(Protocol):
    """The terms and documents of one generation, as far as interpreting a query needs them."""

    @property
    def schema(self) -> Schema:
        """The fields of the documents."""

    def exists(self, node: Node) -> bool:
        """Return whether any document matches a node, such as a word of a query."""

    def count(self, nodes: Sequence[Node]) -> int:
        """Return how many documents match all of these nodes."""

    def has_name(self, name: str) -> bool:
        """Return whether any document has this folded name in the facet `Schema.names`."""

    def with_prefix(self, prefix: str, kind: TermKind = "word") -> Sequence[str]:
        """Return terms that begin with a prefix (`shortest_with_prefix`)."""

    def spell_checker(self, text: str, kind: TermKind = "word") -> "SpellChecker":
        """Return a spell checker that knows at least the terms near this text."""


def shortest_with_prefix(prefix: str, terms: Iterable[str]) -> tuple[str, ...]:
    """Return the terms that begin with a prefix, the 30 shortest at most, by length."""
    folded = folded_case(prefix)
    found = (term for term in terms if term.startswith(folded))
    return tuple(sorted(found, key=lambda term: (len(term), term))[:_MAX_COMPLETIONS])


def nearest(name: str, names: Iterable[str], limit: int, *, partly: bool = False) -> tuple[str, ...]:
    """Return at most `limit` names with a similar spelling, the most similar first. All names are folded.

    With `partly`, names that contain something similar count too.
    """
    from rapidfuzz import fuzz, process  # noqa: PLC0415  # only mistyped names need it

    scorer = fuzz.partial_ratio if partly else fuzz.ratio
    found = process.extract(name[:_MAX_NAME_LENGTH], tuple(names), scorer=scorer, score_cutoff=_MIN_RATIO, limit=limit)
    return tuple(similar for similar, _, _ in found)


def fewest_edits_away(text: str, others: Collection[str], most: int) -> str | None:
    """Return the first of the texts that are the fewest letters more, less or changed away, None beyond `most`."""
    from rapidfuzz import process  # noqa: PLC0415  # most queries have no unknown word in kana
    from rapidfuzz.distance import Levenshtein  # noqa: PLC0415

    found = process.extractOne(text, others, scorer=Levenshtein.distance, score_cutoff=most)
    return found[0] if found else None


class SpellChecker:
    """Finds the terms that a text may be a misspelling of.

    An edit is a letter too many, a missing or wrong letter, or two letters swapped. Words of 8 letters or more may be
    two edits away, shorter ones one.
    """

    def __init__(self, terms: Callable[[], Mapping[str, int]], frequency: Callable[[str], int]) -> None:
        """`terms` returns all terms with an upper bound of their frequency, `frequency` that of one term.

        A frequency is a number of documents.
        """
        self._terms = terms
        self._frequency = frequency

    def similar(self, text: str) -> str | None:
        """Return the term that is the fewest edits away, the most frequent of several, or None."""
        near = self._near(folded_case(text))
        return min(near)[2] if near else None

    def more_frequent(self, text: str) -> str | None:
        """Return a term a few edits away from a rare term that is far more frequent, or None."""
        written = folded_case(text)
        frequency = self._frequency(written)
        if not 0 < frequency <= _RARE:
            return None
        minimum = _FAR_MORE * frequency
        near = [one for one in self._near(written, minimum) if one[2] != written and -one[1] >= minimum]
        return min(near)[2] if near else None

    def _near(self, written: str, min_frequency: int = 0) -> Sequence[tuple[int, int, str]]:
        """Return the terms a few edits away, each as (edits, -frequency, term).

        Terms whose upper bound is below `min_frequency` are skipped.
        """
        if len(written) < (_MIN_LATIN if written.isascii() else _MIN_KANA) or not _LETTERS.fullmatch(written):
            return ()
        from rapidfuzz import process  # noqa: PLC0415  # most queries have no rare or unknown word
        from rapidfuzz.distance import OSA  # noqa: PLC0415

        max_edits = 2 if len(written) >= _MIN_FOR_TWO_EDITS else 1
        terms = list[str]()
        for length in range(len(written) - max_edits, len(written) + max_edits + 1):
            candidates, bounds = self._by_length.get((written.isascii(), length), ((), ()))
            terms += candidates[: bisect_right(bounds, -min_frequency)]
        near = process.extract(written, terms, scorer=OSA.distance, score_cutoff=max_edits, limit=None)
        return [(int(edits), -count, term) for term, edits, _ in near if (count := self._frequency(term))]

    @cached_property
    def _by_length(self) -> Mapping[tuple[bool, int], tuple[Sequence[str], Sequence[int]]]:
        """The terms by script (Latin or kana) and length, the most frequent first, and their bounds, negated."""
        by_length: dict[tuple[bool, int], tuple[list[str], list[int]]] = defaultdict(lambda: ([], []))
        for term, bound in sorted(self._terms().items(), key=itemgetter(1), reverse=True):
            if _LETTERS.fullmatch(term):
                terms, bounds = by_length[term.isascii(), len(term)]
                terms.append(term)
                bounds.append(-bound)
        return by_length
