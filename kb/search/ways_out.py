"""Where nothing is found: the searches that find something, and which of what was asked is to blame."""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Literal

from msgspec import Struct

from index.query import Query
from kb.search.answers import Answer, FacetValue
from kb.search.facets import BY_KEY
from kb.search.searching import Searcher

_MOST_BEGUN = 3
_MOST_PIECES = 8  # of a query that finds nothing: each costs a search
_MARKS = re.compile(r'["()|:＂“”（）｜：]|(?:^|\s)(?:[-−‐–－]|OR\s)')  # of conditions, which are counted by themselves


class WayOut(Struct, frozen=True):
    """What may be meant instead of what was typed, or what to leave out, and how many notes that finds.

    Where that is the value of a facet, `facet` is its key and `text` the value.
    """

    what: Literal["meant", "without"]
    text: str
    count: int
    facet: str | None = None


class Unknown(Struct, frozen=True):
    """A selected value of a facet that no note has, and those that are called nearly so, where it is no known name."""

    facet: str
    value: str
    near: tuple[FacetValue, ...] = ()


def unknown(answer: Answer, searcher: Searcher) -> Iterator[Unknown]:
    """Yield the selected values that no note has."""
    for facet, value in answer.unknown:
        is_known = value in searcher.labels(facet, None)
        yield Unknown(facet, value, () if is_known else searcher.near(BY_KEY[facet], value))


def ways_out(query: Query, answer: Answer, searcher: Searcher) -> Iterator[WayOut]:
    """Yield what finds something where a query does not: what its word begins, then without one value, or one word."""
    pieces = query.text.split()
    if len(pieces) == 1 and not query.selections:
        begun = islice(searcher.suggest(query.text), _MOST_BEGUN)
        yield from (WayOut("meant", one.label, one.notes) for one in begun)
    for (facet, value), count in answer.without.items():
        if count:
            yield WayOut("without", value, count, facet)
    for facet, count in answer.freed.items():
        if count and len(query.selected(facet)) > 1:
            yield WayOut("without", f"--{facet}", count)
    yield from (WayOut("without", word, count) for word, _, count in without_a_word(query, searcher))


def without_a_word(query: Query, searcher: Searcher) -> Iterator[tuple[str, Query, int]]:
    """Yield each single word of several, the search without it, and how many notes that finds, if any."""
    pieces = query.text.split()
    if not 1 < len(pieces) <= _MOST_PIECES or _MARKS.search(query.text):
        return
    less = [replace(query, text=" ".join(pieces[:n] + pieces[n + 1 :]), offset=0) for n in range(len(pieces))]
    found = searcher.each(*(replace(one, limit=0) for one in less))
    every = zip(pieces, less, found, strict=True)
    yield from ((word, smaller, answer.total) for word, smaller, answer in every if answer.total)
