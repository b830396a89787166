"""The lists of everything there is: reports, events, talks, speakers; narrowed by name, year, service and more."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

import msgspec
from flask import Blueprint, Response, request
from werkzeug.exceptions import BadRequest

from index.query import Query
from index.text import folded_name
from kb.knowledge_base import KnowledgeBase
from kb.library.contents import ReportEntry
from kb.report.identity import slug
from kb.search.browsing import Browser
from kb.search.directory import EventEntry, SpeakerEntry, TalkEntry, year
from kb.search.records import event_record, spoken_record
from webui.address import LONGEST_VALUE, page_address
from webui.texts import texts
from webui.view.answers import problem, respond, wants_json
from webui.view.listing import Page, address, asked_page, paged
from webui.view.talk_facets import TalkGroup, talk_groups, talk_groups_record
from webui.view.timeline import Timeline, timeline

_SIZE = 50  # entries of a page

_Entry = TypeVar("_Entry")
_Value = Callable[[_Entry], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Column(Generic[_Entry]):
    """A column of a list: what of an entry it is ordered by, how that is shown, and of what sort it is.

    Of days and numbers the latest and the greatest are asked first.
    """

    value: Callable[[_Entry], Any]
    shown: Callable[[Any], str] = str
    sort: Literal["text", "day", "number"] = "text"


@dataclass(frozen=True, slots=True)
class Index(Generic[_Entry]):
    """A list of everything of one sort, each entry with its page at `/what/key`.

    The values of the facet `what` are the keys. `values` give what an entry is narrowed by besides its name and
    service, its years among them; `columns` what is told of it between its name and the number of its notes. The
    entries come in the order `order`: the name of a column, after a `-` where the last is first.
    """

    path: str
    what: str
    entries: Callable[[Browser], Sequence[_Entry]]
    key: Callable[[_Entry], str]
    title: Callable[[_Entry], str]
    values: Mapping[str, _Value[_Entry]]
    columns: Callable[[Browser], Mapping[str, Column[_Entry]]]
    record: Callable[[_Entry], dict[str, Any]]
    order: str = "-date"


@dataclass(frozen=True, slots=True)
class Heading:
    """The head of a column: the address of the list ordered by it, which way it is (`aria-sort`), and its sort."""

    label: str
    url: str
    order: Literal["ascending", "descending"] | None
    sort: str


@dataclass(frozen=True, slots=True)
class Row:
    """One entry as it is shown: its address, its name, and what the other columns tell of it."""

    url: str
    title: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Chip:
    """One thing that a list is narrowed by, and the address of the list without it."""

    group: str
    label: str
    url: str


@dataclass(frozen=True, slots=True)
class IndexPage:
    """Everything that the page of a list shows: its rows, the bars of the years, what narrows it.

    `groups` are what talks may be narrowed by, other lists have none; `unread` is an order that is asked for, but that
    there is none of.
    """

    label: str
    part: Page[Any]
    headings: tuple[Heading, ...]
    rows: tuple[Row, ...]
    bars: Timeline
    asked: Mapping[str, str]
    chips: tuple[Chip, ...]
    groups: tuple[TalkGroup, ...]
    unread: str


def _slugs(event: str | None) -> tuple[str, ...]:
    return (slug(event),) if event else ()


def _number(count: Callable[[_Entry], int]) -> Column[_Entry]:
    return Column(count, "{:,}".format, "number")


def _years_of(entry: SpeakerEntry) -> tuple[str, ...]:
    """Return the years in which somebody spoke, the last one first."""
    return tuple(sorted({one.held_on[:4] for one in entry.talks if one.held_on}, reverse=True))


def _told_day(day: str | None) -> str:
    """Return a day in the language of the request, which is another for each."""
    return texts.day(day)


_EVENT: Column[Any] = Column(lambda entry: entry.event, lambda event: event or texts.NO_EVENT)
_DATE: Column[Any] = Column(lambda entry: entry.held_on, _told_day, "day")
REPORTS: Index[ReportEntry] = Index(
    path="reports",
    what="report",
    entries=lambda browser: browser.reports(),
    key=lambda entry: entry.id,
    title=lambda entry: entry.title,
    values={"year": lambda entry: (year(entry.held_on),), "event": lambda entry: _slugs(entry.event)},
    columns=lambda browser: {
        "event": _EVENT,
        "date": _DATE,
        "talks": _number(lambda entry: len(browser.talks_of(entry))),
    },
    record=msgspec.to_builtins,
)
EVENTS: Index[EventEntry] = Index(
    path="events",
    what="event",
    entries=lambda browser: tuple(browser.directory().events.values()),
    key=lambda entry: entry.slug,
    title=lambda entry: entry.name,
    values={"year": lambda entry: (year(entry.held_on),), "series": lambda entry: (entry.series,)},
    columns=lambda _: {
        "date": _DATE,
        "reports": _number(lambda entry: len(entry.reports)),
        "talks": _number(lambda entry: len(entry.talks)),
    },
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
    columns=lambda _: {
        "event": _EVENT,
        "date": _DATE,
        "speakers": Column(lambda entry: texts.names(entry.talk.speakers)),
    },
    record=spoken_record,
)
SPEAKERS: Index[SpeakerEntry] = Index(
    path="speakers",
    what="speaker",
    entries=lambda browser: tuple(browser.directory().speakers.values()),
    key=lambda entry: entry.name,
    title=lambda entry: entry.name,
    values={"year": lambda entry: tuple(dict.fromkeys(year(one.held_on) for one in entry.talks))},
    columns=lambda _: {
        "date": Column(_years_of, lambda years: texts.span(years[::-1]), "day"),
        "talks": _number(lambda entry: len(entry.talks)),
    },
    record=lambda entry: {"name": entry.name, "talks": [one.talk.id for one in entry.talks]},
    order="-talks",
)
INDEXES: tuple[Index[Any], ...] = (REPORTS, EVENTS, TALKS, SPEAKERS)
_KEYS = ("name", "year", "service", "event", "series", "speaker")  # of addresses, in their order
_SORT = "sort"  # the key of the order
_NOTHING = (None, "", ())  # what tells of nothing; none is a number


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
    columns = _columns(index, counts, knowledge_base)
    order, unread = _order(index, columns)
    if unread and wants_json():
        return problem(BadRequest(), unread)
    kept = asked if order == index.order else {**asked, _SORT: order}
    in_any_year = tuple(_narrowed(index, asked, counts, knowledge_base))
    found = [entry for entry in in_any_year if asked.get("year") in (None, *index.values["year"](entry))]
    if order != index.order:
        found = _ordered(found, columns[order.removeprefix("-")], most_first=order.startswith("-"))
    part = paged(f"/{index.path}", found, asked_page(request.args), _SIZE, kept=tuple(kept.items()))
    groups = _groups(index, kept, knowledge_base)
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
            headings=tuple(_headings(index, columns, order, asked)),
            rows=tuple(_row(index, columns, entry) for entry in part.items),
            bars=_bars(index, in_any_year, kept),
            asked=kept,
            chips=tuple(_chips(index, kept, knowledge_base)),
            groups=groups,
            unread=unread,
        ),
    )


def _columns(
    index: Index[_Entry], counts: Mapping[str, int], knowledge_base: KnowledgeBase
) -> Mapping[str, Column[_Entry]]:
    """Return the columns of a list by their names, the name of an entry first and the number of its notes last."""
    return {
        "name": Column(index.title),
        **index.columns(knowledge_base.browser),
        "notes": _number(lambda entry: counts.get(index.key(entry), 0)),
    }


def _order(index: Index[_Entry], columns: Mapping[str, Column[_Entry]]) -> tuple[str, str]:
    """Return the order that an address asks for, or else that of the list, and what is said of one there is not."""
    asked = request.args.get(_SORT, "").strip()
    if not asked or asked.removeprefix("-") in columns:
        return asked or index.order, ""
    return index.order, texts.unread([(_SORT, asked[:LONGEST_VALUE])])


def _ordered(entries: Sequence[_Entry], column: Column[_Entry], *, most_first: bool) -> list[_Entry]:
    """Return entries by a column; of which nothing is known there stand last, whichever way."""
    known = [entry for entry in entries if column.value(entry) not in _NOTHING]
    unknown = [entry for entry in entries if column.value(entry) in _NOTHING]
    return [*sorted(known, key=column.value, reverse=most_first), *unknown]


def _headings(
    index: Index[_Entry], columns: Mapping[str, Column[_Entry]], order: str, asked: Mapping[str, str]
) -> Iterator[Heading]:
    """Yield the head of each column; one that the list is ordered by already leads to the other way round."""
    for name, column in columns.items():
        ways = (name, f"-{name}") if column.sort == "text" else (f"-{name}", name)
        wanted = ways[1] if order == ways[0] else ways[0]
        told = {**asked, _SORT: "" if wanted == index.order else wanted}
        yield Heading(
            label=texts.COLUMN_LABELS[name],
            url=address(f"/{index.path}", *told.items()),
            order=None if order not in ways else "descending" if order.startswith("-") else "ascending",
            sort=column.sort,
        )


def _narrowed(
    index: Index[_Entry], asked: Mapping[str, str], counts: Mapping[str, int], knowledge_base: KnowledgeBase
) -> Iterator[_Entry]:
    """Yield the entries of a list that are asked for, whatever their year."""
    narrowing = [(asked[key], values) for key, values in index.values.items() if key in asked and key != "year"]
    for entry in index.entries(knowledge_base.browser):
        if (
            _is_called(index.title(entry), asked.get("name", ""))
            and ("service" not in asked or index.key(entry) in counts)
            and all(wanted in values(entry) for wanted, values in narrowing)
        ):
            yield entry


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


def _row(index: Index[_Entry], columns: Mapping[str, Column[_Entry]], entry: _Entry) -> Row:
    _, *others = columns.values()
    cells = tuple(column.shown(column.value(entry)) for column in others)
    return Row(page_address(index.what, index.key(entry)), index.title(entry), cells)


def _bars(index: Index[_Entry], entries: Sequence[_Entry], asked: Mapping[str, str]) -> Timeline:
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
            case "name" | "sort":
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
