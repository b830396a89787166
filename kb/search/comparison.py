"""Two values of one facet beside each other: two years, services, events, talks or speakers; or two texts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from math import log
from typing import TypeAlias

from msgspec import Struct

from index.engine import FacetCount
from index.query import Query, Sort
from kb.kinds.pairs import Pair, problems
from kb.report.identity import series, slug
from kb.search.facets import place
from kb.search.results import FoundNote, SearchResults
from kb.search.searcher import Searcher

PARTS: Mapping[str, tuple[str, str, Sort]] = {
    "advice": ("kind", "advice", "boost"),
    "solved": ("state", "solved", "new"),
    "unsolved": ("state", "unsolved", "new"),
}
"""The parts whose notes are shown: the facet value of each, and its order."""
TEXT = "q"
"""The facet of a comparison of two texts."""
_COUNTED = ("kind", "state", "service", "year", "event", "speaker")
_GROUPS, _GROUPS_OF_YEARS = ("service", "year", "event", "speaker"), ("service", "series", "speaker")
_SHOWN, _FETCHED = 4, 24  # notes of a part; more are fetched because some are left out
_MOST_SHARED, _MOST_OWN = 12, 10  # values of a group
_CLEAR = 10.83  # of G² with one degree of freedom: chance alone exceeds it once in 1,000 times

_Counts: TypeAlias = dict[str, list[FacetCount]]  # the counts of each value; a series has one for each event


class Cell(Struct, frozen=True):
    """A number of notes on one side, their search, and a bar in percent; `likely` more are only likely of a kind."""

    number: int
    query: Query
    likely: int = 0
    width: float = 0


class ComparisonRow(Struct, frozen=True):
    """A value with its notes on each side; `more` is the side that has clearly more for its size, 0 or 1, or None."""

    value: str
    label: str
    cells: tuple[Cell, ...]
    more: int | None = None


class Group(Struct, frozen=True):
    """The values of a facet, or the series of events, that both sides have and that only one has, commonest first.

    `left_out` are the numbers of values that these three lists leave out.
    """

    key: str
    shared: tuple[ComparisonRow, ...]
    own: tuple[tuple[ComparisonRow, ...], tuple[ComparisonRow, ...]] = ((), ())
    left_out: tuple[int, int, int] = (0, 0, 0)


class Side(Struct, frozen=True):
    """One of the two: its search with the counts of its facets, and the first notes of each part.

    Each of these notes is of another talk, or of another report outside of talks.
    """

    value: str
    query: Query
    answer: SearchResults
    parts: Mapping[str, tuple[Pair, ...]]

    def cell(self, facet: str, value: str) -> Cell:
        """Return its notes with a value of a facet."""
        found = next((one for one in self.answer.facets[facet] if one.value == value), None)
        narrowed = self.query.select(facet, value)
        return Cell(found.count, narrowed, found.likely) if found else Cell(0, narrowed)

    def narrowed(self, group: str, *values: str) -> Query:
        """Return the search for its notes with one of these values; with a service, also those it has."""
        own = self.query.selected(group) if group == "service" else ()
        return replace(self.query.select(group, *own, *values), match_all=("service",) if own else ())


class Comparison(Struct, frozen=True):
    """Two sides of a facet, or of TEXT, and the groups in which they can differ."""

    facet: str
    sides: tuple[Side, Side]
    groups: tuple[Group, ...]


def compared_facet(query: Query) -> str | None:
    """Return the facet of which a query selects two values, None if it selects several of another facet too."""
    several = {facet: len(values) for facet, values in query.selections if len(values) > 1}
    return next(iter(several)) if [*several.values()] == [2] else None


def compared(searcher: Searcher, query: Query, facet: str, values: Sequence[str]) -> Comparison:
    """Compare two values of a facet, or two texts; all other conditions of the query hold for both.

    The values of the other conditions must be single. All is read from one generation of the index.
    """
    kept = replace(query, match_all=(), sort="relevance", offset=0, limit=0, facets=(), context=None)
    queries = {value: replace(kept, text=value) if facet == TEXT else kept.select(facet, value) for value in values}
    answers = searcher.each(*(search for own in queries.values() for search in _searches(own).values()))
    first, second = (_side(value, own, answers) for value, own in queries.items())
    groups = (_group(key, (first, second)) for key in (_GROUPS_OF_YEARS if facet == "year" else _GROUPS))
    return Comparison(facet, (first, second), tuple(group for group in groups if group))


def _searches(query: Query) -> Mapping[str, Query]:
    """Return the search that counts the facets of a side, under an empty name, and that of each part."""
    parts = {
        name: replace(query.select(group, value), sort=sort, limit=_FETCHED, context="place")
        for name, (group, value, sort) in PARTS.items()
        if query.selected(group) in ((), (value,))
    }
    return {"": replace(query, match_all=("service",), facets=_COUNTED), **parts}


def _side(value: str, query: Query, answers: Iterator[SearchResults]) -> Side:
    found = dict(zip(_searches(query), answers, strict=False))  # takes no more answers than it has searches
    return Side(value, query, found.pop(""), {name: tuple(_pairs(name, answer)) for name, answer in found.items()})


def _pairs(name: str, answer: SearchResults) -> Iterator[Pair]:
    """Yield the first notes of a part with their remedies, those that a change has overtaken last.

    Notes on the event itself, such as the rules of a venue, are left out.
    """
    by_place: dict[str, FoundNote] = {}
    for hit in sorted(answer.hits, key=lambda hit: bool(hit.overtaken)):
        if hit.note.about == "matter" and (name != "advice" or hit.note.kind == "advice"):
            by_place.setdefault(place(hit.note), hit)
    for key, hit in islice(by_place.items(), _SHOWN):
        pairs = {pair.note.id: pair for pair in problems(answer.context_notes[key])}
        yield pairs.get(hit.note.id) or Pair(hit.note, (), is_open=False)


def _group(key: str, sides: tuple[Side, Side]) -> Group | None:
    """Return the values of a group, None if a condition selects one, or neither side has two."""
    facet = "event" if key == "series" else key
    selected = {value for side in sides for value in side.query.selected(facet)}
    if selected and key != "service":
        return None
    labels: dict[str, str] = {}
    found: tuple[_Counts, _Counts] = ({}, {})
    for side, counts in zip(sides, found, strict=True):
        for one in side.answer.facets[facet]:
            if one.count and one.value not in selected:
                label = series(one.label) if key == "series" else one.label
                value = slug(label) if key == "series" else one.value
                labels.setdefault(value, label)
                counts.setdefault(value, []).append(one)
    if max(map(len, found)) <= 1:
        return None
    commonest = sorted(labels, key=lambda value: (-sum(_notes(value, counts) for counts in found), value))
    shared, first, second = (
        [value for value in commonest if [value in counts for counts in found] == has]
        for has in ([True, True], [True, False], [False, True])
    )
    shown = [shared[:_MOST_SHARED], first[:_MOST_OWN], second[:_MOST_OWN]]
    if key == "year":
        shown = [sorted(values) for values in shown]
    most = max(
        _notes(value, counts) / side.answer.total
        for part in shown
        for value in part
        for counts, side in zip(found, sides, strict=True)
        if side.answer.total
    )

    def row(value: str) -> ComparisonRow:
        totals = sides[0].answer.total, sides[1].answer.total
        first, second = cells = tuple(
            Cell(notes, side.narrowed(facet, *(one.value for one in counts.get(value, ()))), width=width)
            for counts, side in zip(found, sides, strict=True)
            for notes in [_notes(value, counts)]
            for width in [round(100 * notes / max(side.answer.total, 1) / most, 2)]
        )
        is_clear = log_likelihood((first.number, second.number), totals) >= _CLEAR
        more = int(first.number * totals[1] < second.number * totals[0]) if is_clear else None
        return ComparisonRow(value, labels[value], cells, more)

    rows, *own = (tuple(map(row, part)) for part in shown)
    left_out = [len(every) - len(part) for every, part in zip((shared, first, second), shown, strict=True)]
    return Group(key, rows, (own[0], own[1]), (left_out[0], left_out[1], left_out[2]))


def _notes(value: str, counts: _Counts) -> int:
    return sum(one.count for one in counts.get(value, ()))


def log_likelihood(counts: tuple[int, int], totals: tuple[int, int]) -> float:
    """Return Dunning's G² of a value that `counts` of `totals` notes have: 0 if its shares are equal, else greater.

    T. Dunning, Accurate Methods for the Statistics of Surprise and Coincidence, Computational Linguistics 19 (1993).
    """
    cells = [*counts, *(total - count for count, total in zip(counts, totals, strict=True))]
    rows = [sum(counts)] * 2 + [sum(totals) - sum(counts)] * 2
    expected = [row * total / sum(totals) for row, total in zip(rows, (*totals, *totals), strict=True)]
    return 2 * sum(seen * log(seen / due) for seen, due in zip(cells, expected, strict=True) if seen)
