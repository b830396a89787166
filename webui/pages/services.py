"""The page of a service: its guide, questions and years, what it is named with, where it was spoken of."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, Response, request

from index.query import Query
from kb.knowledge_base import KnowledgeBase
from kb.search.answers import Answer, FacetValue, UnknownIdError
from kb.search.directory import TalkEntry
from kb.search.facets import place
from kb.search.guiding import Guide
from kb.search.records import guide_record, note_record
from kb.services import Service
from webui.address import address_of
from webui.pages.chronicles import MOST_TALKS, address_of_service, talks_counted, undated
from webui.view.answers import respond
from webui.view.chronicle import Year, chronicle
from webui.view.hits import Shown, belonging
from webui.view.takeaway import quoting
from webui.view.timeline import Undated

_SHOWN, _FEW = 5, 4  # entries of a part, and talks; questions
_TOGETHER = 10  # services that notes name together with it


@dataclass(frozen=True, slots=True)
class Questions:
    """The newest questions on a service, and how many there are in all."""

    shown: tuple[Shown, ...]
    total: int


@dataclass(frozen=True, slots=True)
class NamedTogether:
    """A service that notes name together with another: in how many, their search, its bar in hundredths of the most."""

    service: str
    notes: int
    url: str
    width: float


@dataclass(frozen=True, slots=True)
class ServicePage:
    """Everything that the page of a service shows; `urls` lead to all notes of each list, of which `totals` tell.

    `talks` are those with the most notes, of whose number `noted` tells; there are `more_talks` besides.
    """

    guide: Guide
    questions: Questions
    urls: Mapping[str, str]
    totals: Mapping[str, int]
    talks: tuple[TalkEntry, ...]
    noted: Mapping[str, int]
    more_talks: int
    years: tuple[Year, ...]
    undated: Undated
    chronicle_url: str
    together: tuple[NamedTogether, ...]
    shown: int = _SHOWN


def pages(knowledge_base: KnowledgeBase) -> Blueprint:
    """Return the page over a knowledge base."""
    blueprint = Blueprint("services", __name__)

    def known(name: str) -> Service:
        found = knowledge_base.collection.catalogue.find(name)
        if found is None:
            raise UnknownIdError(f"no service is called {name}")
        return found

    @blueprint.get("/service/<name>")
    def service(name: str) -> Response:
        page = service_page(known(name), knowledge_base)
        return respond("service.html", lambda: service_page_record(page, knowledge_base), page=page)

    @blueprint.get("/guide/<name>")
    def guide(name: str) -> Response:
        made = knowledge_base.guide(known(name))
        return respond("guide.html", lambda: guide_record(made, knowledge_base.collection.domain), guide=made)

    @blueprint.get("/guide/<name>.md")
    def as_markdown(name: str) -> Response:
        made = knowledge_base.guide(known(name))
        lines = quoting(knowledge_base.collection.domain, request.host_url).guide(made)
        return Response("\n".join((*lines, "")), mimetype="text/markdown")

    return blueprint


def service_page(service: Service, knowledge_base: KnowledgeBase) -> ServicePage:
    """Return what the page shows of a service."""
    about = Query().select("service", service.slug)
    asking = replace(about.select("kind", "question"), sort="new")
    lists = {
        "advice": replace(about.select("kind", "advice"), sort="boost"),
        "unsolved": replace(about.select("state", "unsolved"), sort="new"),
        "solved": replace(about.select("state", "solved"), sort="new"),
        "questions": asking,
        "cases": replace(about.select("kind", "statement"), sort="new"),
    }
    counted = replace(about, limit=0, facets=("talk", "kind", "state"), most_values=(("talk", MOST_TALKS),))
    named = replace(about.select("via", "explicit"), every=("service",))
    both = replace(named, limit=0, facets=("service",), most_values=(("service", _TOGETHER + 1),))
    answer, asked, others = knowledge_base.searcher.each(counted, replace(asking, limit=_FEW, context="place"), both)
    counts = {facet.value: facet.count for group in ("kind", "state") for facet in answer.facets[group]}
    guide = knowledge_base.guide(service)
    spoken = tuple(talks_counted(answer, knowledge_base))
    most = [talk for talk, _ in sorted(spoken, key=lambda one: -one[1])[:_SHOWN]]
    return ServicePage(
        guide=guide,
        questions=Questions(tuple(_shown(asked, knowledge_base)), asked.total),
        urls={name: address_of(query) for name, query in lists.items()},
        totals={name: counts.get("statement" if name == "cases" else name, 0) for name in lists},
        talks=tuple(sorted(most, key=lambda one: one.held_on or "", reverse=True)),
        noted={talk.talk.id: notes for talk, notes in spoken},
        more_talks=len(spoken) - len(most) + answer.unlisted.get("talk", 0),
        years=chronicle(spoken, guide.changes),
        undated=undated(spoken, about),
        chronicle_url=address_of_service(service),
        together=_together(named, others.facets["service"]),
    )


def service_page_record(page: ServicePage, knowledge_base: KnowledgeBase) -> dict[str, Any]:
    """Return the page of a service as JSON: its guide, its newest questions, its talks, what is named with it."""
    domain = knowledge_base.collection.domain
    record = guide_record(page.guide, domain)
    return {
        **record,
        "questions": [note_record(one.note, domain) for one in page.questions.shown],
        "totals": {**record["totals"], "questions": page.questions.total},
        "together": {one.service: one.notes for one in page.together},
        "talks": [{"id": one.talk.id, "title": one.talk.title, "notes": page.noted[one.talk.id]} for one in page.talks],
    }


def _together(named: Query, services: Sequence[FacetValue]) -> tuple[NamedTogether, ...]:
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


def _shown(answer: Answer, knowledge_base: KnowledgeBase) -> Iterator[Shown]:
    for one in answer.found:
        yield belonging(knowledge_base.collection.domain, one.note, answer.around[place(one.note)])
