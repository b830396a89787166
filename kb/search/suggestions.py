"""What one may be about to type: services, events, talks, speakers and words, in kana, kanji or letters."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from index.readings import as_read, beginnings
from index.text import folded_width
from kb.search.answers import FacetValue
from kb.services import Catalogue

_MOST = 8

WORD = "word"  # the group of suggestions that are words to search for


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Something to select, or a word to search for: its group and value in a query, its name, how many notes."""

    group: str
    value: str
    label: str
    notes: int


@dataclass(frozen=True, slots=True)
class _Entry:
    suggestion: Suggestion
    names: frozenset[str]
    tails: frozenset[str]  # of names, from each of their words on


@dataclass(frozen=True, slots=True)
class Suggestions:
    """All that can be suggested, each with the ways its names are written and read."""

    entries: tuple[_Entry, ...]

    @classmethod
    def of(
        cls,
        catalogue: Catalogue,
        facets: Mapping[str, Iterable[FacetValue]],
        words: Iterable[tuple[FacetValue, tuple[str, ...]]],
        reading: Callable[[str], str],
    ) -> "Suggestions":
        """Return the suggestions for the values that notes have, those of each group in their order, then for words.

        Each word comes with its other spellings; `reading` tells how a text is read, in katakana.
        """
        entries = []
        for group, values in facets.items():
            for facet in values:
                service = catalogue.by_slug.get(facet.value) if group == "service" else None
                names = (*service.names, service.slug) if service else (facet.label, reading(facet.label))
                entries.append(_entry(Suggestion(group, facet.value, facet.label, facet.count), names))
        entries += [_entry(Suggestion(WORD, w.value, w.label, w.count), (w.label, *others)) for w, others in words]
        return cls(tuple(entries))

    def for_typed(self, text: str) -> tuple[Suggestion, ...]:
        """Return what may be meant by the beginning of a name; nothing for nothing."""
        begun = beginnings(text)
        found = [entry for entry in self.entries if any(tail.startswith(begun) for tail in entry.tails)]
        found.sort(key=lambda entry: not any(name.startswith(begun) for name in entry.names))
        return tuple(entry.suggestion for entry in found[:_MOST])


def _entry(suggestion: Suggestion, names: Iterable[str]) -> _Entry:
    names = [folded_width(name) for name in names]
    tails = {name[word.start() :] for name in names for word in re.finditer(r"\S+", name)}
    return _Entry(suggestion, frozenset(map(as_read, names)), frozenset(map(as_read, tails)))
