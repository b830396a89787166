"""The search page: an address to a query, an answer to what the page and its JSON show."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from flask import Blueprint, Response, request
from werkzeug.exceptions import BadRequest

from index.query import Query
from kb.answers import Answer, FacetValue, Found, ServiceCount
from kb.knowledge_base import FACETS, KnowledgeBase
from kb.model import Note, Talk
from kb.records import note_record
from kb.services.catalogue import Catalogue
from webui import texts
from webui.address import PAGE_SIZE, Unread, address_of, page_of, query_of, turned_to
from webui.answers import problem, respond, wants_json
from webui.tree import Branch, tree

_SHOWN_GROUPS = (*FACETS, "via")
_SHOWN_VALUES = 8  # of a group, before the rest is folded


@dataclass(frozen=True, slots=True)
class Choice:
    """A value of a group as something to click: `url` is the search with it toggled."""

    facet: FacetValue
    url: str


@dataclass(frozen=True, slots=True)
class Group:
    """A group of facet values: those shown and those folded. Every selected value is shown."""

    key: str
    label: str
    shown: tuple[Choice, ...]
    folded: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Chip:
    """A selected value, the search without it, and how many notes that would find."""

    group: str
    label: str
    url: str
    without: int


@dataclass(frozen=True, slots=True)
class TalkHits:
    """The found notes of one talk (or of a report outside its talks) in their tree.

    `more` counts those on other pages, which `more_url` shows.
    """

    talk: Talk | None
    note: Note
    branches: tuple[Branch, ...]
    more: int
    more_url: str


@dataclass(frozen=True, slots=True)
class SearchPage:
    """Everything that the search page shows."""

    query: Query
    answer: Answer
    groups: tuple[Group, ...]
    chips: tuple[Chip, ...]
    talks: tuple[TalkHits, ...]
    unread: tuple[Unread, ...]

    @property
    def status(self) -> str:
        """The one line that tells what was found."""
        words = [self.query.text] if self.query.text else []
        return texts.hits(self.answer.total, words + [chip.label for chip in self.chips])

    @property
    def found(self) -> dict[str, Found]:
        """The found notes of this page by their ids."""
        return {found.note.id: found for found in self.answer.found}

    @property
    def first(self) -> int:
        """The number of the first note on this page, counted from 1."""
        return self.query.offset + 1

    @property
    def last(self) -> int:
        """The number of the last note on this page."""
        return self.query.offset + len(self.answer.found)

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return -(-self.answer.total // PAGE_SIZE)

    def page_url(self, step: int) -> str | None:
        """Return the address of a page before or after this one, None where there is none."""
        page = page_of(self.query) + step
        return address_of(turned_to(self.query, page)) if 1 <= page <= self.pages else None

    @property
    def clear_url(self) -> str:
        """The search with the same words and no selections."""
        return address_of(Query(self.query.text, sort=self.query.sort))


def pages(knowledge_base: KnowledgeBase) -> Blueprint:
    """Return the page of `/`: the start page, or with anything in the address a search."""
    blueprint = Blueprint("search", __name__)

    @blueprint.get("/")
    def home() -> Response:
        return results() if request.args else start()

    def start() -> Response:
        reports = knowledge_base.reports()
        data = {"reports": [asdict(report) for report in reports]}
        return respond("start.html", data, reports=reports, services=_most_noted(knowledge_base))

    def results() -> Response:
        query, unread = query_of(request.args.items(multi=True))
        page = search_page(knowledge_base, resolved(query, knowledge_base.catalogue), unread)
        if page.unread and wants_json():
            return problem(BadRequest(), texts.unread(page.unread))
        return respond("search.html", search_record(page, knowledge_base.catalogue), page=page)

    return blueprint


def search_record(page: SearchPage, catalogue: Catalogue) -> dict[str, Any]:
    """Return a page of results as JSON: the notes best first, and each facet value with the address that toggles it."""
    facets = {
        group: [{**asdict(facet), "toggle_url": address_of(page.query.toggle(group, facet.value))} for facet in values]
        for group, values in page.answer.facets.items()
    }
    return {
        "total": page.answer.total,
        "page": page_of(page.query),
        "pages": page.pages,
        "loosened": page.answer.loosened,
        "hits": [
            {
                **note_record(found.note, catalogue),
                "score": round(found.score, 4),
                "marks": [list(mark) for mark in found.marks],
            }
            for found in page.answer.found
        ],
        "facets": facets,
    }


def search_page(knowledge_base: KnowledgeBase, query: Query, unread: tuple[Unread, ...]) -> SearchPage:
    """Search, and return what the page shows of it."""
    answer = knowledge_base.search(replace(query, facets=(*_SHOWN_GROUPS, "report")))
    groups = [_group(query, key, answer.facets.get(key, ())) for key in _SHOWN_GROUPS]
    return SearchPage(
        query=query,
        answer=answer,
        groups=tuple(group for group in groups if group.shown),
        chips=tuple(_chips(knowledge_base, query, answer)),
        talks=tuple(_talks(knowledge_base, query, answer)),
        unread=(*unread, *_unknown(knowledge_base, answer)),
    )


def resolved(query: Query, catalogue: Catalogue) -> Query:
    """Return a search with each of its services by slug, whichever of its names the address had."""
    services = [(catalogue.find(name), name) for name in query.selected("service")]
    same_page = query.select("service", *(service.slug if service else name for service, name in services))
    return replace(same_page, offset=query.offset)


def _unknown(knowledge_base: KnowledgeBase, answer: Answer) -> Iterable[Unread]:
    """Return the selected values that no note has, whatever else is asked for."""
    empty = [(group, facet.value) for group, values in answer.facets.items() for facet in values if not facet.count]
    if not empty:
        return
    everything = knowledge_base.search(Query(limit=0, facets=tuple(answer.facets))).facets
    known = {(group, facet.value) for group, values in everything.items() for facet in values}
    yield from (Unread(group, value) for group, value in empty if (group, value) not in known)


def _most_noted(knowledge_base: KnowledgeBase) -> list[ServiceCount]:
    """Return the services that notes are about, the most noted first."""
    noted = [count for count in knowledge_base.services() if count.notes]
    return sorted(noted, key=lambda count: -(count.notes or 0))


def _group(query: Query, key: str, values: Sequence[FacetValue]) -> Group:
    choices = [Choice(facet, address_of(query.toggle(key, facet.value))) for facet in values]
    shown = [c for i, c in enumerate(choices) if i < _SHOWN_VALUES or c.facet.selected]
    return Group(key, texts.GROUPS[key], tuple(shown), tuple(c for c in choices if c not in shown))


def _chips(knowledge_base: KnowledgeBase, query: Query, answer: Answer) -> Iterable[Chip]:
    for group, values in query.selections:
        labels = {facet.value: facet.label for facet in answer.facets.get(group, ())}
        for value in values:
            smaller = query.toggle(group, value)
            without = knowledge_base.search(replace(smaller, limit=0)).total
            yield Chip(group, labels.get(value, value), address_of(smaller), without)


def _talks(knowledge_base: KnowledgeBase, query: Query, answer: Answer) -> Iterable[TalkHits]:
    in_talk = {facet.value: facet.count for facet in answer.facets.get("talk", ())}
    groups: dict[tuple[str, str], list[Note]] = {}
    for found in answer.found:
        groups.setdefault(_place(found.note), []).append(found.note)
    for (group, value), notes in groups.items():
        first = notes[0]
        counted = in_talk.get(value, len(notes)) if group == "talk" else len(notes)
        in_order = _in_reading_order(knowledge_base, notes)
        yield TalkHits(first.talk, first, tree(in_order), counted - len(notes), address_of(query.select(group, value)))


def _place(note: Note) -> tuple[str, str]:
    return ("talk", note.talk.id) if note.talk else ("report", note.report)


def _in_reading_order(knowledge_base: KnowledgeBase, notes: Sequence[Note]) -> list[Note]:
    first = notes[0]
    around = knowledge_base.talk(first.talk.id) if first.talk else knowledge_base.report(first.report)[1]
    position = {note.id: i for i, note in enumerate(around)}
    return sorted(notes, key=lambda note: position.get(note.id, len(around)))
