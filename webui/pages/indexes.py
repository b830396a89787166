"""The lists of everything there is: reports, events, talks, speakers; narrowed by name, year, service and more."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Generic, TypeVar

import msgspec
from flask import Blueprint, Response, request

from index.query import Query
from index.text import folded_name
from kb.knowledge_base import KnowledgeBase
from kb.library.contents import ReportEntry
from kb.report.identity import slug
from kb.search.browsing import Browser
from kb.search.directory import EventEntry, SpeakerEntry, TalkEntry, year
from kb.search.records import event_record, spoken_record
from webui.address import page_address
from webui.texts import texts
from webui.view.answers import respond
from webui.view.listing import Page, address, asked_page, paged
from webui.view.talk_facets import TalkGroup, talk_groups, talk_groups_record
from webui.view.timeline import Bar, timeline

_SIZE = 50  # entries of a page

_Entry = TypeVar("_Entry")
_Value = Callable[[_Entry], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Index(Generic[_Entry]):
    """A list of everything of one sort, each entry with its page at `/what/key`.

    The values of the facet `what` are the keys. `values` give what an entry is narrowed by besides its name and
    service; its years, newest first, are among them, and entries are shown under them where they are in that order.
    """

    path: str
    what: str
    entries: Callable[[Browser], Sequence[_Entry]]
    key: Callable[[_Entry], str]
    title: Callable[[_Entry], str]
    values: Mapping[str, _Value[_Entry]]
    facts: Callable[[_Entry], tuple[str, ...]]
    record: Callable[[_Entry], dict[str, Any]]
    by_year: bool = True


@dataclass(frozen=True, slots=True)
class Row:
    """One entry as it is shown: its address, its name, and what is told of it in a line."""

    url: str
    title: str
    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Chip:
    """One thing that a list is narrowed by, and the address of the list without it."""

    group: str
    label: str
    url: str


@dataclass(frozen=True, slots=True)
class IndexPage:
    """Everything that the page of a list shows: its rows under their years, the bars of these, what narrows it.

    `groups` are what talks may be narrowed by; other lists have none.
    """

    label: str
    part: Page[Any]
    sections: tuple[tuple[str, tuple[Row, ...]], ...]
    bars: tuple[Bar, ...]
    asked: Mapping[str, str]
    chips: tuple[Chip, ...]
    groups: tuple[TalkGroup, ...]


def _slugs(event: str | None) -> tuple[str, ...]:
    return (slug(event),) if event else ()


REPORTS: Index[ReportEntry] = Index(
    path="reports",
    what="report",
    entries=lambda browser: browser.reports(),
    key=lambda entry: entry.id,
    title=lambda entry: entry.title,
    values={"year": lambda entry: (year(entry.held_on),), "event": lambda entry: _slugs(entry.event)},
    facts=lambda entry: (
        entry.event or texts.NO_EVENT,
        texts.day(entry.held_on),
        texts.sessions(len(entry.talks)) if entry.talks else "",
    ),
    record=msgspec.to_builtins,
)
EVENTS: Index[EventEntry] = Index(
    path="events",
    what="event",
    entries=lambda browser: tuple(browser.directory().events.values()),
    key=lambda entry: entry.slug,
    title=lambda entry: entry.name,
    values={"year": lambda entry: (year(entry.held_on),), "series": lambda entry: (entry.series,)},
    facts=lambda entry: (
        texts.day(entry.held_on),
        texts.reports(len(entry.reports)),
        texts.sessions(len(entry.talks)) if entry.talks else "",
    ),
    record=event_record,
)
TALKS: Index[TalkEntry] = Index(
    path="talks",
    what="talk",
    entries=lambda browser: tuple(browser.directory().talks.values()),
    key=lambda entry: entry.talk.id,
    title=lambda entry: entry.talk.title,
    values={
        "year": lambda entry: (year(entry.held_on),),
        "event": lambda entry: _slugs(entry.event),
        "speaker": lambda entry: entry.talk.speakers,
    },
    facts=lambda entry: (
        entry.event or texts.NO_EVENT,
        texts.day(entry.held_on),
        texts.names(entry.talk.speakers),
    ),
    record=spoken_record,
)
SPEAKERS: Index[SpeakerEntry] = Index(
    path="speakers",
    what="speaker",
    entries=lambda browser: tuple(browser.directory().speakers.values()),
    key=lambda entry: entry.name,
    title=lambda entry: entry.name,
    values={"year": lambda entry: tuple(dict.fromkeys(year(one.held_on) for one in entry.talks))},
    facts=lambda entry: (
        texts.sessions(len(entry.talks)),
        texts.span(sorted({one.held_on[:4] for one in entry.talks if one.held_on})),
    ),
    record=lambda entry: {"name": entry.name, "talks": [one.talk.id for one in entry.talks]},
    by_year=False,
)
INDEXES: tuple[Index[Any], ...] = (REPORTS, EVENTS, TALKS, SPEAKERS)
_KEYS = ("name", "year", "service", "event", "series", "speaker")  # of addresses, in their order


def pages(knowledge_base: KnowledgeBase) -> Blueprint:
    """Return the pages over a knowledge base."""
    blueprint = Blueprint("indexes", __name__)

    @blueprint.get("/<any(reports, events, talks, speakers):path>")
    def index(path: str) -> Response:
        return _answer(next(one for one in INDEXES if one.path == path), knowledge_base)

    return blueprint


def _answer(index: Index[_Entry], knowledge_base: KnowledgeBase) -> Response:
    asked = {key: request.args[key].strip() for key in _KEYS if request.args.get(key, "").strip()}
    counts = _noted(index, asked, knowledge_base)
    narrowing = [(asked[key], values) for key, values in index.values.items() if key in asked and key != "year"]
    in_any_year = [
        entry
        for entry in index.entries(knowledge_base.browser)
        if _is_called(index.title(entry), asked.get("name", ""))
        and ("service" not in asked or index.key(entry) in counts)
        and all(wanted in values(entry) for wanted, values in narrowing)
    ]
    found = [entry for entry in in_any_year if asked.get("year") in (None, *index.values["year"](entry))]
    part = paged(f"/{index.path}", found, asked_page(request.args), _SIZE, kept=tuple(asked.items()))
    groups = _groups(index, asked, knowledge_base)
    return respond(
        "index.html",
        lambda: {
            "total": part.total,
            "page": part.number,
            "pages": part.pages,
            index.path: [{**index.record(one), "notes": counts.get(index.key(one), 0)} for one in part.items],
            **({"facets": talk_groups_record(groups)} if groups else {}),
        },
        shown=IndexPage(
            label=texts.LISTS[index.path],
            part=part,
            sections=tuple(_sections(index, part.items, counts)),
            bars=_bars(index, in_any_year, asked),
            asked=asked,
            chips=tuple(_chips(index, asked, knowledge_base)),
            groups=groups,
        ),
    )


def _noted(index: Index[_Entry], asked: Mapping[str, str], knowledge_base: KnowledgeBase) -> Mapping[str, int]:
    """Return how many notes each entry has, of the service that is asked for."""
    query = Query(limit=0, facets=(index.what,))
    if "service" in asked:
        known = knowledge_base.collection.catalogue.find(asked["service"])
        query = query.select("service", known.slug if known else asked["service"])
    counted = knowledge_base.searcher.search(query).facets[index.what]
    return {facet.value: facet.count for facet in counted}


def _is_called(title: str, name: str) -> bool:
    return not name or all(folded_name(word) in folded_name(title) for word in name.split())


def _sections(
    index: Index[_Entry], entries: Sequence[_Entry], counts: Mapping[str, int]
) -> Iterator[tuple[str, tuple[Row, ...]]]:
    def under(entry: _Entry) -> str:
        return texts.year(index.values["year"](entry)[0]) if index.by_year else ""

    for heading, own in groupby(entries, under):
        yield heading, tuple(_row(index, entry, counts) for entry in own)


def _row(index: Index[_Entry], entry: _Entry, counts: Mapping[str, int]) -> Row:
    notes = texts.noted(counts.get(index.key(entry), 0))
    return Row(page_address(index.what, index.key(entry)), index.title(entry), (*index.facts(entry), notes))


def _bars(index: Index[_Entry], entries: Sequence[_Entry], asked: Mapping[str, str]) -> tuple[Bar, ...]:
    counts = Counter(value for entry in entries for value in index.values["year"](entry))
    chosen = {asked["year"]} if "year" in asked else set()
    return timeline(
        counts,
        lambda value: address(f"/{index.path}", *{**asked, "year": "" if value in chosen else value}.items()),
        chosen,
    )


def _chips(index: Index[_Entry], asked: Mapping[str, str], knowledge_base: KnowledgeBase) -> Iterator[Chip]:
    directory, catalogue = knowledge_base.browser.directory(), knowledge_base.collection.catalogue
    for key, value in asked.items():
        match key:
            case "name":
                continue
            case "service":
                known = catalogue.find(value)
                label = known.name if known else value
            case "event":
                label = directory.events[value].name if value in directory.events else value
            case "series":
                label = directory.series[value].name if value in directory.series else value
            case "year":
                label = texts.year(value)
            case _:
                label = value
        yield Chip(key, label, address(f"/{index.path}", *((k, v) for k, v in asked.items() if k != key)))


def _groups(index: Index[Any], asked: Mapping[str, str], knowledge_base: KnowledgeBase) -> tuple[TalkGroup, ...]:
    if index is not TALKS:
        return ()
    talks = knowledge_base.browser.directory().talks.values()
    named = [one for one in talks if _is_called(one.talk.title, asked.get("name", ""))]
    return talk_groups(named, asked, knowledge_base)
