"""The page of a service: its guide, questions and years, what it is named with, where it was spoken of."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, Response, request

from index.engine import FacetCount
from index.query import Query
from kb.knowledge_base import KnowledgeBase
from kb.search.facets import place
from kb.search.records import guide_record, note_record
from kb.search.results import UnknownIdError
from kb.services import Service
from webui.http.address import address_of
from webui.http.responses import respond
from webui.pages.export import quoting
from webui.pages.timelines import MOST_TALKS, address_of_service, chronicle, talks_counted, undated
from webui.view.facets import counts
from webui.view.results import with_related

_SHOWN = 5  # entries of a part, and talks
_QUESTIONS = 4  # shown, the newest
_TOGETHER = 10  # services that notes name together with it


@dataclass(frozen=True, slots=True)
class NamedTogether:
    """A service that notes name together with another: in how many, their search, its bar in hundredths of the most."""

    service: str
    notes: int
    url: str
    width: float


def pages(knowledge_base: KnowledgeBase) -> Blueprint:
    """Return the pages over a knowledge base: a service and its guide."""
    blueprint = Blueprint("services", __name__)

    @blueprint.get("/service/<name>")
    def service(name: str) -> Response:
        return _answer(service_called(name, knowledge_base), knowledge_base)

    @blueprint.get("/guide/<name>")
    def guide(name: str) -> Response:
        made = knowledge_base.guide(service_called(name, knowledge_base))
        return respond("guide.html", lambda: guide_record(made, knowledge_base.collection.domain), guide=made)

    @blueprint.get("/guide/<name>.md")
    def as_markdown(name: str) -> Response:
        made = knowledge_base.guide(service_called(name, knowledge_base))
        lines = quoting(knowledge_base.collection.domain, request.host_url).guide(made)
        return Response("\n".join((*lines, "")), mimetype="text/markdown")

    return blueprint


def service_called(name: str, knowledge_base: KnowledgeBase) -> Service:
    """Return the service that an address names in any way. Raises UnknownIdError where none is called so."""
    service = knowledge_base.collection.catalogue.find(name)
    if service is None:
        raise UnknownIdError(f"no service is called {name}")
    return service


def _answer(service: Service, knowledge_base: KnowledgeBase) -> Response:
    """Return the page of a service, or its JSON: `urls` lead to all notes of each list; `totals` count some."""
    about = Query().select("service", service.slug)
    lists = {
        "advice": replace(about.select("kind", "advice"), sort="boost"),
        "unsolved": replace(about.select("state", "unsolved"), sort="new"),
        "solved": replace(about.select("state", "solved"), sort="new"),
        "questions": replace(about.select("kind", "question"), sort="new"),
        "cases": replace(about.select("kind", "statement"), sort="new"),
    }
    named = replace(about.select("via", "explicit"), match_all=("service",))
    answer, asked, others = knowledge_base.searcher.each(
        replace(about, limit=0, facets=("talk", "kind", "state"), most_values=(("talk", MOST_TALKS),)),
        replace(lists["questions"], limit=_QUESTIONS, context="place"),
        replace(named, limit=0, facets=("service",), most_values=(("service", _TOGETHER + 1),)),
    )
    numbers = {**counts(answer, "kind"), **counts(answer, "state")}
    guide, domain = knowledge_base.guide(service), knowledge_base.collection.domain
    spoken = tuple(talks_counted(answer, knowledge_base))
    most = [talk for talk, _ in sorted(spoken, key=lambda one: -one[1])[:_SHOWN]]
    talks = tuple(sorted(most, key=lambda one: one.held_on or "", reverse=True))
    noted = {talk.talk.id: notes for talk, notes in spoken}
    questions = [with_related(domain, one.note, asked.context_notes[place(one.note)]) for one in asked.hits]
    together = _together(named, others.facets["service"])

    def record() -> dict[str, Any]:
        whole = guide_record(guide, domain)
        return {
            **whole,
            "questions": [note_record(one.note, domain) for one in questions],
            "totals": {**whole["totals"], "questions": asked.total},
            "together": {one.service: one.notes for one in together},
            "talks": [{"id": one.talk.id, "title": one.talk.title, "notes": noted[one.talk.id]} for one in talks],
        }

    return respond(
        "service.html",
        record,
        guide=guide,
        questions=questions,
        all_questions=asked.total,
        urls={name: address_of(query) for name, query in lists.items()},
        totals={
            "solved": numbers.get("solved", 0),
            "unsolved": numbers.get("unsolved", 0),
            "cases": numbers.get("statement", 0),
        },
        talks=talks,
        noted=noted,
        more_talks=len(spoken) - len(most) + answer.unlisted.get("talk", 0),
        years=chronicle(spoken, guide.changes),
        undated=undated(spoken, about),
        timeline_url=address_of_service(service),
        together=together,
        most=_SHOWN,
    )


def _together(named: Query, services: Sequence[FacetCount]) -> tuple[NamedTogether, ...]:
    """Return the services that the notes which name one name besides, given all that they name."""
    (own,) = named.selected("service")
    others = [facet for facet in services if facet.value != own and facet.count]
    most = max((facet.count for facet in others), default=0)
    return tuple(
        NamedTogether(
            service=facet.value,
            notes=facet.count,
            url=address_of(named.select("service", own, facet.value)),
            width=round(100 * facet.count / most, 2),
        )
        for facet in others[:_TOGETHER]
    )
