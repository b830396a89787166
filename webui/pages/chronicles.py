"""The time line of a service or of words: talks and dated changes along the years, what was new in each."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, Response, request

from index.query import Query
from index.text import folded_for_sudachi
from kb.knowledge_base import KnowledgeBase
from kb.search.answers import Answer
from kb.search.directory import TalkEntry
from kb.search.facets import UNDATED
from kb.search.records import change_record
from kb.services import Change, Domain, Service
from webui.address import address_of, query_of, resolved
from webui.texts import texts
from webui.view.answers import respond
from webui.view.chronicle import Year, chronicle
from webui.view.listing import address
from webui.view.timeline import Undated

_PATH, _SHOWN = "/timeline", 8  # of each sort in a year
MOST_TALKS = 1000  # of which the years are told, those with the most notes


@dataclass(frozen=True, slots=True)
class ChroniclePage:
    """Everything that the page shows: the years, oldest first, of what is asked for by name; what is of none beside."""

    query: Query
    service: Service | None
    name: str
    years: tuple[Year, ...]
    undated: Undated
    shown: int = _SHOWN


def pages(knowledge_base: KnowledgeBase) -> Blueprint:
    """Return the page over a knowledge base."""
    blueprint = Blueprint("chronicles", __name__)

    @blueprint.get(_PATH)
    def timeline() -> Response:
        page = chronicle_page(knowledge_base)
        return respond("timeline.html", lambda: _record(page), page=page)

    return blueprint


def address_of_service(service: Service) -> str:
    """Return the address of the time line of a service."""
    return address(_PATH, ("service", service.slug))


def address_of_query(query: Query) -> str:
    """Return the address of the time line of what a search finds."""
    return _PATH + address_of(replace(query, offset=0)).removeprefix("/")


def chronicle_page(knowledge_base: KnowledgeBase) -> ChroniclePage:
    """Return what the page shows of what its address asks for."""
    asked, _ = query_of(request.args.items(multi=True))
    query, catalogue = resolved(asked, knowledge_base.collection.catalogue), knowledge_base.collection.catalogue
    counted = replace(query, offset=0, limit=0, facets=("talk",), most_values=(("talk", MOST_TALKS),))
    answer = knowledge_base.searcher.search(counted)
    service = _only_service(query, knowledge_base)
    if service:
        changes = knowledge_base.collection.domain.changes_of(service.slug)
    else:
        named = [one for one in map(catalogue.find, query.selected("service")) if one]
        changes = tuple(_changes(query.text, named, knowledge_base.collection.domain))
    name = " ".join(filter(None, (query.text, *(catalogue.name(one) for one in query.selected("service")))))
    talks = tuple(talks_counted(answer, knowledge_base))
    return ChroniclePage(query, service, name or texts.EVERYTHING, chronicle(talks, changes), undated(talks, query))


def undated(talks: Iterable[tuple[TalkEntry, int]], query: Query) -> Undated:
    """Return how many talks of a search are of no known year, and the search for those."""
    count = sum(talk.held_on is None for talk, _ in talks)
    return Undated(UNDATED, count, address_of(query.select("year", UNDATED)), chosen=False)


def talks_counted(answer: Answer, knowledge_base: KnowledgeBase) -> Iterator[tuple[TalkEntry, int]]:
    """Yield the talks that an answer counts, each with its number of notes."""
    known = knowledge_base.browser.directory().talks
    for facet in answer.facets["talk"]:
        if facet.value in known:
            yield known[facet.value], facet.count


def _only_service(query: Query, knowledge_base: KnowledgeBase) -> Service | None:
    """Return the service that is asked for and nothing else, be it by its name as words."""
    catalogue = knowledge_base.collection.catalogue
    selected = query.selected("service")
    if query.text and not query.selections:
        return catalogue.find(query.text)
    alone = len(query.selections) == 1 and len(selected) == 1 and not query.text
    return catalogue.find(selected[0]) if alone else None


def _changes(words: str, services: Iterable[Service], domain: Domain) -> Iterator[Change]:
    """Yield the changes of some services, and those that tell of words."""
    wanted = folded_for_sudachi(words)
    slugs = {service.slug for service in services}
    for change in domain.changes:
        told = folded_for_sudachi(f"{change.old} {change.new} {change.marks}")
        if not slugs.isdisjoint(change.services) or (wanted and wanted in told):
            yield change


def _record(page: ChroniclePage) -> dict[str, Any]:
    return {
        "name": page.name,
        "years": [
            {
                "year": one.year,
                "talks": [{"id": talk.talk.id, "title": talk.talk.title, "notes": notes} for talk, notes in one.talks],
                "changes": [change_record(change) for change in one.changes],
            }
            for one in page.years
            if not one.is_empty
        ],
    }
