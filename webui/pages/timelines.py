"""The time line of a service or of words: talks and dated changes along the years, what was new in each."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, Response, request

from index.query import Query
from index.text import folded_for_sudachi
from kb.knowledge_base import KnowledgeBase
from kb.search.directory import TalkEntry, year
from kb.search.facets import UNDATED
from kb.search.records import change_record
from kb.search.results import SearchResults
from kb.services import Catalogue, Change, Domain, Service
from kb.translation import _
from webui.http.address import address_of, resolved
from webui.http.responses import respond, understood
from webui.view.facets import name_of
from webui.view.listing import address
from webui.view.timeline import Undated, in_a_row

_NAMED = 8  # years that are named on a phone
_HIGHEST, _LOWEST = 56, 4  # pixels, of the bars of talks
_PATH, _MOST = "/timeline", 8  # of each sort in a year
MOST_TALKS = 1000  # whose years are shown, those with the most notes


@dataclass(frozen=True, slots=True)
class Year:
    """What a year has: its talks, those with most notes first, and what changed.

    `middle` and `width` are its place in the drawing, in hundredths of the width; `height` is that of its bar in
    pixels. Where the drawing is narrow, not all years are `named`.
    """

    year: str
    talks: tuple[tuple[TalkEntry, int], ...]
    changes: tuple[Change, ...]
    middle: float
    width: float
    height: int
    named: bool

    @property
    def anchor(self) -> str:
        """The id of its part of the page."""
        return f"y{self.year}"

    @property
    def is_empty(self) -> bool:
        """Whether it has nothing."""
        return not (self.talks or self.changes)


def chronicle(talks: Iterable[tuple[TalkEntry, int]], changes: Iterable[Change]) -> tuple[Year, ...]:
    """Return the years from the first to the last that has anything; what is of no known year is left out.

    `talks` come with how many notes each has.
    """
    talks_of: defaultdict[str, list[tuple[TalkEntry, int]]] = defaultdict(list)
    changes_of: defaultdict[str, list[Change]] = defaultdict(list)
    for talk, notes in sorted(talks, key=lambda one: (-one[1], one[0].talk.id)):
        talks_of[year(talk.held_on)].append((talk, notes))
    for change in sorted(changes, key=lambda change: change.changed_on):
        changes_of[change.changed_on[:4]].append(change)
    most = max(map(len, talks_of.values()), default=1)
    every = in_a_row({*talks_of, *changes_of} - {UNDATED})
    width = 100 / max(len(every), 1)
    return tuple(
        Year(
            year=one,
            talks=tuple(talks_of[one]),
            changes=tuple(changes_of[one]),
            middle=round(width * (place + 0.5), 2),
            width=round(width, 2),
            height=max(_LOWEST, round(_HIGHEST * len(talks_of[one]) / most)) if talks_of[one] else 0,
            named=(len(every) - 1 - place) % -(-len(every) // _NAMED) == 0,
        )
        for place, one in enumerate(every)
    )


def pages(knowledge_base: KnowledgeBase) -> Blueprint:
    """Return the page over a knowledge base."""
    blueprint = Blueprint("timelines", __name__)

    @blueprint.get(_PATH)
    def timeline() -> Response:
        catalogue, domain = knowledge_base.collection.catalogue, knowledge_base.collection.domain
        query = resolved(understood(request.args.items(multi=True)), catalogue)
        counted = replace(query, offset=0, limit=0, facets=("talk",), most_values=(("talk", MOST_TALKS),))
        talks = tuple(talks_counted(knowledge_base.searcher.search(counted), knowledge_base))
        service = _only_service(query, catalogue)
        changes = domain.changes_of(service.slug) if service else _changes(query, catalogue, domain)
        name = name_of(query, knowledge_base)
        years = chronicle(talks, changes)
        return respond(
            "timeline.html",
            lambda: {"name": name or _("All notes"), "years": [_record(one) for one in years if not one.is_empty]},
            query=query,
            service=service,
            name=name or _("All notes"),
            years=years,
            undated=undated(talks, query),
            most=_MOST,
        )

    return blueprint


def address_of_service(service: Service) -> str:
    """Return the address of the time line of a service."""
    return address(_PATH, ("service", service.slug))


def address_of_query(query: Query) -> str:
    """Return the address of the time line of what a search finds."""
    return _PATH + address_of(replace(query, offset=0)).removeprefix("/")


def undated(talks: Iterable[tuple[TalkEntry, int]], query: Query) -> Undated:
    """Return how many talks of a search are of no known year, and the search for those."""
    count = sum(talk.held_on is None for talk, _ in talks)
    return Undated(UNDATED, count, address_of(query.select("year", UNDATED)), chosen=False)


def talks_counted(answer: SearchResults, knowledge_base: KnowledgeBase) -> Iterator[tuple[TalkEntry, int]]:
    """Yield the talks that an answer counts, each with its number of notes."""
    known = knowledge_base.browser.directory().talks
    for facet in answer.facets["talk"]:
        if facet.value in known:
            yield known[facet.value], facet.count


def _only_service(query: Query, catalogue: Catalogue) -> Service | None:
    """Return the service that is asked for and nothing else, be it by its name as words."""
    match query.text, query.selections:
        case "", (("service", (slug,)),):
            return catalogue.find(slug)
        case words, () if words:
            return catalogue.find(words)
    return None


def _changes(query: Query, catalogue: Catalogue, domain: Domain) -> Iterator[Change]:
    """Yield the changes of the services of a search, and those that have its words."""
    words = folded_for_sudachi(query.text)
    slugs = {service.slug for service in map(catalogue.find, query.selected("service")) if service}
    for change in domain.changes:
        text = folded_for_sudachi(f"{change.old} {change.new} {change.marks}")
        if not slugs.isdisjoint(change.services) or (words and words in text):
            yield change


def _record(year: Year) -> dict[str, Any]:
    return {
        "year": year.year,
        "talks": [{"id": one.talk.id, "title": one.talk.title, "notes": notes} for one, notes in year.talks],
        "changes": [change_record(change) for change in year.changes],
    }
