"""The page of a service: what has been advised about it, which problems it gave, where it was spoken of."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, Response

from index.query import Query
from kb.knowledge_base import KnowledgeBase
from kb.search.answers import Answer, UnknownIdError
from kb.search.directory import TalkEntry
from kb.search.facets import place
from kb.search.records import change_record, note_record, service_record
from kb.services import Change, Domain, Service
from webui.address import address_of
from webui.view.answers import respond
from webui.view.hits import Shown, belonging
from webui.view.timeline import Bar, timeline

_FIRST = 10  # notes and talks of each list
_LEAST = 0.1  # how like advice a note must be to be shown as such


@dataclass(frozen=True, slots=True)
class Part:
    """The first notes of a list, how many it has in all, and the search that has them all."""

    shown: tuple[Shown, ...]
    total: int
    url: str


@dataclass(frozen=True, slots=True)
class ServicePage:
    """Everything that the page of a service shows: what is most like advice first, all other lists newest first.

    `talks` are those with the most notes, each with their number; there are `more_talks` besides.
    """

    service: Service
    history: str
    total: int
    parts: Mapping[str, Part]
    talks: tuple[tuple[TalkEntry, int], ...]
    more_talks: int
    bars: tuple[Bar, ...]
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
    about = Query().select("service", service.slug)
    counted = replace(about, limit=0, facets=("talk", "year"), most_values=(("talk", _FIRST),))
    lists = {
        "advice": replace(about.select("kind", "advice", "statement"), sort="boost"),
        "unsolved": replace(about.select("state", "unsolved"), sort="new"),
        "solved": replace(about.select("state", "solved"), sort="new"),
        "questions": replace(about.select("kind", "question"), sort="new"),
        "facts": replace(about.select("kind", "statement"), sort="new"),
    }
    asked = (replace(query, limit=_FIRST, context="place") for query in lists.values())
    answer, *answers = knowledge_base.searcher.each(counted, *asked)
    domain = knowledge_base.collection.domain
    years = {facet.value: facet.count for facet in answer.facets["year"]}
    return ServicePage(
        service=service,
        history=domain.catalogue.history(service),
        total=answer.total,
        parts=dict(_parts(domain, lists, answers)),
        talks=tuple(_most_noted(answer, knowledge_base)),
        more_talks=answer.unlisted.get("talk", 0),
        bars=timeline(years, lambda year: address_of(about.select("year", year))),
        changes=tuple(sorted(domain.changes_of(service.slug), key=lambda change: change.changed_on, reverse=True)),
    )


def service_page_record(page: ServicePage, knowledge_base: KnowledgeBase) -> dict[str, Any]:
    """Return the page of a service as JSON: the first notes of each list, and how many there are."""
    domain = knowledge_base.collection.domain
    return {
        "service": {**service_record(page.service, page.total), "history": page.history},
        **{name: [note_record(one.note, domain) for one in part.shown] for name, part in page.parts.items()},
        "totals": {name: part.total for name, part in page.parts.items()},
        "talks": [{"id": one.talk.id, "title": one.talk.title, "notes": notes} for one, notes in page.talks],
        "changes": [change_record(change) for change in page.changes],
    }


def _parts(domain: Domain, lists: Mapping[str, Query], answers: Iterable[Answer]) -> Iterator[tuple[str, Part]]:
    """Yield the lists by their names; what is among the advice is not among the facts again."""
    advising: set[str] = set()
    for (name, query), answer in zip(lists.items(), answers, strict=True):
        shown = [belonging(domain, one.note, answer.around[place(one.note)]) for one in answer.found]
        if name == "advice":
            shown = [one for one in shown if one.note.advice >= _LEAST]
            advising = {one.note.id for one in shown}
        elif name == "facts":
            shown = [one for one in shown if one.note.id not in advising]
        yield name, Part(tuple(shown), answer.total, address_of(query))


def _most_noted(answer: Answer, knowledge_base: KnowledgeBase) -> Iterator[tuple[TalkEntry, int]]:
    """Yield the talks that were counted, newest first, each with its number of notes."""
    counts = {facet.value: facet.count for facet in answer.facets["talk"]}
    known = knowledge_base.browser.directory().talks
    found = (known[talk] for talk in counts if talk in known)
    for entry in sorted(found, key=lambda entry: entry.held_on or "", reverse=True):
        yield entry, counts[entry.talk.id]
