"""The page of problems and their remedies, of questions and their answers: open or settled, by service."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, Response, request

from index.query import Query
from kb.kinds.pairs import PROBLEMS
from kb.knowledge_base import KnowledgeBase
from kb.search.answers import FacetValue
from kb.search.facets import place
from kb.search.records import note_record
from kb.services import Catalogue, Service
from webui.address import address_of
from webui.texts import texts
from webui.view.answers import respond
from webui.view.hits import Shown, belonging
from webui.view.listing import Page, address, asked_page, page_of

_PATH, _SIZE = "/pairs", 20  # notes of a page
_SERVICES = 8  # offered


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the states or services that can be asked for: its address, how many notes it has, whether it is chosen."""

    label: str
    url: str
    notes: int
    chosen: bool


@dataclass(frozen=True, slots=True)
class PairsPage:
    """Everything that the page shows: notes with what settles them, newest first, and what else can be asked for."""

    part: Page[Shown]
    states: tuple[Choice, ...]
    services: tuple[Choice, ...]
    more_services: int
    service: Service | None
    state: str
    words: str
    unknown: str
    search_url: str


def pages(knowledge_base: KnowledgeBase) -> Blueprint:
    """Return the page over a knowledge base."""
    blueprint = Blueprint("pairs", __name__)

    @blueprint.get(_PATH)
    def pairs() -> Response:
        page = pairs_page(knowledge_base)
        return respond("pairs.html", lambda: _record(page, knowledge_base), page=page)

    return blueprint


def pairs_page(knowledge_base: KnowledgeBase) -> PairsPage:
    """Return what the page shows of what its address asks for: problems, where that tells no state."""
    words, named = (request.args.get(key, "").strip() for key in ("q", "service"))
    state = request.args.get("state", "")
    state = state if state in texts.shared.STATES else ""
    service = knowledge_base.collection.catalogue.find(named)
    number = asked_page(request.args)
    states = (state,) if state else PROBLEMS
    asked = Query(words).select("state", *states).select("service", *([service.slug] if service else []))
    counted = replace(
        asked,
        sort="new",
        offset=(number - 1) * _SIZE,
        limit=_SIZE,
        facets=("state", "service"),
        most_values=(("service", _SERVICES),),
        context="place",
    )
    answer = knowledge_base.searcher.search(counted)
    kept = tuple((key, value) for key, value in (("q", words), ("state", state), ("service", named)) if value)
    domain = knowledge_base.collection.domain
    shown = [belonging(domain, one.note, answer.around[place(one.note)]) for one in answer.found]
    return PairsPage(
        part=page_of(_PATH, shown, answer.total, number, _SIZE, kept=kept),
        states=tuple(_states(answer.facets["state"], state, words, named)),
        services=tuple(_services(answer.facets["service"], knowledge_base.collection.catalogue, state, words)),
        more_services=answer.unlisted.get("service", 0),
        service=service,
        state=state,
        words=words,
        unknown="" if service else named,
        search_url=address_of(asked),
    )


def _states(counts: Sequence[FacetValue], chosen: str, words: str, service: str) -> Iterator[Choice]:
    known = {facet.value: facet.count for facet in counts}

    def choice(label: str, state: str, notes: int) -> Choice:
        url = address(_PATH, ("q", words), ("state", state), ("service", service))
        return Choice(label, url, notes, state == chosen)

    yield choice(texts.ALL_PROBLEMS, "", sum(known.get(state, 0) for state in PROBLEMS))
    yield from (choice(label, state, known.get(state, 0)) for state, label in texts.shared.STATES.items())


def _services(counts: Sequence[FacetValue], catalogue: Catalogue, state: str, words: str) -> Iterator[Choice]:
    for facet in counts:
        value = "" if facet.selected else facet.value
        url = address(_PATH, ("q", words), ("state", state), ("service", value))
        yield Choice(catalogue.by_slug[facet.value].short_name, url, facet.count, facet.selected)


def _record(page: PairsPage, knowledge_base: KnowledgeBase) -> dict[str, Any]:
    domain = knowledge_base.collection.domain
    return {
        "total": page.part.total,
        "page": page.part.number,
        "pages": page.part.pages,
        "pairs": [
            {
                "note": note_record(one.note, domain),
                "states": list(one.note.states),
                "replies": [note_record(reply, domain) for reply in (*one.remedies, *one.answers)],
            }
            for one in page.part.items
        ],
    }
