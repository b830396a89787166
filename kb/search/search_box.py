"""The search box: the query parser of a library, and suggestions while typing."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from msgspec import Struct

from index.engine import FacetCount
from index.query_ast import FacetIs
from index.query_parser import QueryField, QueryParser
from index.query_words import QueryWords
from index.readings import as_read, beginnings
from index.text import folded_name, folded_width
from kb.pipeline.reports import Tools
from kb.report.dates import date_or_none
from kb.search.facets import FACETS
from kb.services import Catalogue

WORD = "word"  # the group of suggested words
_MAX_SUGGESTIONS = 8  # fit below the box
_YEAR = re.compile("((?:19|20)[0-9]{2})年?")
_OTHER_FIELDS = {  # fields without a facet
    ("talk", "セッション"): QueryField("text", "talk"),
    ("before", "以前", "より前"): QueryField("before", date=date_or_none),
    ("after", "以降", "から"): QueryField("after", date=date_or_none),
}


def query_parser(tools: Tools) -> QueryParser:
    """Return the parser of the search box of a library."""
    by_words = {
        facet.words: QueryField(
            "facet",
            facet.key,
            facet.names(tools.catalogue) if facet.names else {},
            merged=facet.merged(tools.configuration),
        )
        for facet in FACETS
    } | _OTHER_FIELDS
    fields = {folded_name(word): field for words, field in by_words.items() for word in words}
    vocabulary = tools.domain.vocabulary
    services = fields[folded_name("service")].values

    def named(text: str) -> FacetIs | None:
        """Return the condition for a service or year of this name."""
        if slug := services.get(folded_name(text)):
            return FacetIs("service", text, (slug,))
        year = _YEAR.fullmatch(text)
        return FacetIs("year", text, (year[1],)) if year else None

    words = QueryWords(tools.analyzer, vocabulary.slips, vocabulary.related, tools.domain.readings)
    merged = {name: folded_name(shown) for one in fields.values() for name, shown in one.merged.items()}
    return QueryParser(words, fields, named, merged)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A facet value to select or a word to search for, with its label and number of notes."""

    group: str
    value: str
    label: str
    notes: int


class _Entry(Struct, frozen=True):
    suggestion: Suggestion
    names: frozenset[str]
    tails: frozenset[str]  # each name from each of its words to its end

    @classmethod
    def of(cls, group: str, value: FacetCount, names: Iterable[str]) -> "_Entry":
        names = [folded_width(name) for name in names]
        tails = {name[word.start() :] for name in names for word in re.finditer(r"\S+", name)}
        suggestion = Suggestion(group, value.value, value.label, value.count)
        return cls(suggestion, frozenset(map(as_read, names)), frozenset(map(as_read, tails)))


class Suggestions(Struct, frozen=True):
    """All suggestions, each with its spellings and readings in kana, kanji and Latin letters."""

    entries: tuple[_Entry, ...]

    @classmethod
    def of(
        cls,
        catalogue: Catalogue,
        facets: Mapping[str, Iterable[FacetCount]],
        words: Iterable[tuple[FacetCount, tuple[str, ...]]],
        reading: Callable[[str], str],
    ) -> "Suggestions":
        """Return the suggestions for facet values, then for words.

        Each word comes with its other spellings; `reading` returns the reading of a text in katakana.
        """
        entries = []
        for group, values in facets.items():
            for facet in values:
                service = catalogue.by_slug.get(facet.value) if group == "service" else None
                names = (*service.names, service.slug) if service else (facet.label, reading(facet.label))
                entries.append(_Entry.of(group, facet, names))
        entries += [_Entry.of(WORD, word, (word.label, *others)) for word, others in words]
        return cls(tuple(entries))

    def for_typed(self, text: str) -> tuple[Suggestion, ...]:
        """Return the suggestions with a word that begins with a text, those whose name begins with it first."""
        prefixes = beginnings(text)
        found = [entry for entry in self.entries if any(tail.startswith(prefixes) for tail in entry.tails)]
        found.sort(key=lambda entry: not any(name.startswith(prefixes) for name in entry.names))
        return tuple(entry.suggestion for entry in found[:_MAX_SUGGESTIONS])
