"""The page of a service: what has been advised about it, which problems it gave, where it was spoken of."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response

from index.query import Query
from kb.kinds.pairs import problems
from kb.knowledge_base import KnowledgeBase
from kb.report.model import Note, Talk
from kb.search.answers import Answer, UnknownIdError
from kb.search.facets import place
from kb.search.records import note_record, service_record
from kb.services import Change, Domain, Service
from webui.texts import ja as texts
from webui.view.answers import respond
from webui.view.hits import Shown, belonging
from webui.view.timeline import Timeline, timeline

_FIRST = 10
_LEAST = 0.1  # how like advice a note must be to be shown as such


@dataclass(frozen=True, slots=True)
class Spoken:
    """A talk that a service was spoken of in: with one of the notes on it, and how many there are."""

    talk: Talk
    note: Note
    notes: int


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
    talks: tuple[Spoken, ...]
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
        query = Query(sort="new", limit=None, context="place").select("service", known.slug)
        page = service_page(known, knowledge_base.collection.domain, knowledge_base.searcher.search(query))
        return respond("service.html", lambda: service_page_record(page, knowledge_base), page=page)

    return blueprint


def service_page(service: Service, domain: Domain, answer: Answer) -> ServicePage:
    """Return what the page shows of a service, given the answer with all notes on it, newest first."""
    notes = [found.note for found in answer.found]
    troubles = tuple(_shown(domain, answer, "problem"))
    solved = {pair.note.id for near in answer.around.values() for pair in problems(near) if not pair.is_open}
    talks = _spoken(notes)
    dated = (
        (spoken.note.held_on or "", texts.spoken(spoken.talk.title, spoken.notes), spoken.notes) for spoken in talks
    )
    return ServicePage(
        service=service,
        history=domain.catalogue.history(service),
        total=len(notes),
        advice=tuple(_likest_advice(domain, answer)),
        solved=tuple(shown for shown in troubles if shown.note.id in solved),
        unsolved=tuple(shown for shown in troubles if shown.note.id not in solved),
        questions=tuple(_shown(domain, answer, "question")),
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
    """Yield the statements most like advice, each with what belongs to it; none needs a badge to be among them."""
    stating = (found.note for found in answer.found if found.note.kind in ("advice", "statement"))
    likely = [note for note in stating if note.advice >= _LEAST]
    for note in sorted(likely, key=lambda note: -note.advice)[:_FIRST]:
        yield belonging(domain, note, answer.around[place(note)])


def _spoken(notes: Iterable[Note]) -> tuple[Spoken, ...]:
    """Return the talks of notes, in the order of their first note."""
    talks: dict[str, list[Note]] = {}
    for note in notes:
        if note.talk:
            talks.setdefault(note.talk.id, []).append(note)
    return tuple(Spoken(own[0].talk, own[0], len(own)) for own in talks.values() if own[0].talk)
