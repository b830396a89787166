"""The page of a service: what has been advised about it, which problems it gave, where it was spoken of."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, Response

from index.query import Query
from kb.kinds.pairs import problems
from kb.knowledge_base import KnowledgeBase
from kb.library.contents import ReportEntry
from kb.search.answers import Answer, FoundTalk, UnknownIdError
from kb.search.facets import place
from kb.search.records import note_record, service_record
from kb.services import Change, Domain, Service
from webui.texts import texts
from webui.view.answers import respond
from webui.view.hits import Shown, belonging
from webui.view.timeline import Timeline, timeline

_FIRST = 10
_LEAST = 0.1  # how like advice a note must be to be shown as such


@dataclass(frozen=True, slots=True)
class ServicePage:
    """Everything that the page of a service shows: what is most like advice first, all other lists newest first."""

    service: Service
    history: str
    total: int
    advice: tuple[Shown, ...]
    solved: tuple[Shown, ...]
    unsolved: tuple[Shown, ...]
    questions: tuple[Shown, ...]
    talks: tuple[FoundTalk, ...]
    timeline: Timeline | None
    changes: tuple[Change, ...]


def pages(knowledge_base: KnowledgeBase) -> Blueprint:
    """Return the page over a knowledge base."""
    blueprint = Blueprint("services", __name__)

    @blueprint.get("/service/<name>")
    def service(name: str) -> Response:
        known = knowledge_base.collection.catalogue.find(name)
        if known is None:
            raise UnknownIdError(f"no service is called {name}")
        page = service_page(known, knowledge_base)
        return respond("service.html", lambda: service_page_record(page, knowledge_base), page=page)

    return blueprint


def service_page(service: Service, knowledge_base: KnowledgeBase) -> ServicePage:
    """Return what the page shows of a service."""
    domain = knowledge_base.collection.domain
    everything = Query(limit=0, facets=("talk",), context="place").select("service", service.slug)
    stated = replace(everything.select("kind", "advice", "statement"), sort="boost", limit=_FIRST, facets=())
    asked = replace(everything.select("kind", "problem", "question"), sort="new", limit=None, facets=())
    answer, stating, asking = knowledge_base.searcher.each(everything, stated, asked)
    troubles = tuple(_shown(domain, asking, "problem"))
    solved = {pair.note.id for near in asking.around.values() for pair in problems(near) if not pair.is_open}
    talks = tuple(_spoken(answer, knowledge_base.browser.reports()))
    dated = ((spoken.held_on or "", texts.spoken(spoken.talk.title, spoken.notes), spoken.notes) for spoken in talks)
    return ServicePage(
        service=service,
        history=domain.catalogue.history(service),
        total=answer.total,
        advice=tuple(_likest_advice(domain, stating)),
        solved=tuple(shown for shown in troubles if shown.note.id in solved),
        unsolved=tuple(shown for shown in troubles if shown.note.id not in solved),
        questions=tuple(_shown(domain, asking, "question")),
        talks=talks,
        timeline=timeline(dated),
        changes=domain.changes_of(service.slug),
    )


def service_page_record(page: ServicePage, knowledge_base: KnowledgeBase) -> dict[str, Any]:
    """Return the page of a service as JSON."""

    def notes(shown: Iterable[Shown]) -> list[dict[str, Any]]:
        return [note_record(one.note, knowledge_base.collection.domain) for one in shown]

    return {
        "service": {**service_record(page.service, page.total), "history": page.history},
        "advice": notes(page.advice),
        "solved": notes(page.solved),
        "unsolved": notes(page.unsolved),
        "questions": notes(page.questions),
        "talks": [{"id": spoken.talk.id, "title": spoken.talk.title, "notes": spoken.notes} for spoken in page.talks],
        "changes": [
            {"statement": change.statement, "changed_on": change.changed_on, "source": change.source}
            for change in page.changes
        ],
    }


def _shown(domain: Domain, answer: Answer, kind: str) -> Iterator[Shown]:
    """Yield the notes of a kind, each with what belongs to it in its talk."""
    for found in answer.found:
        if found.note.kind == kind:
            yield belonging(domain, found.note, answer.around[place(found.note)])


def _likest_advice(domain: Domain, answer: Answer) -> Iterator[Shown]:
    """Yield those that are like advice, each with what belongs to it; none needs a badge to be among them."""
    for found in answer.found:
        if found.note.advice >= _LEAST:
            yield belonging(domain, found.note, answer.around[place(found.note)])


def _spoken(answer: Answer, reports: Iterable[ReportEntry]) -> Iterator[FoundTalk]:
    """Yield the talks that notes were found in, in the order of the reports, each once."""
    counts = {facet.value: facet.count for facet in answer.facets["talk"]}
    for report in reports:
        for talk in report.talks:
            if count := counts.pop(talk.id, 0):
                yield FoundTalk(talk, report.event, report.held_on, count)
