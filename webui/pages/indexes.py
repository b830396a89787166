"""The lists of all reports, events, talks and speakers, with filters by name, year, service and more."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec
from flask import Blueprint, Response, request
from werkzeug.exceptions import BadRequest

from index.query import Query
from index.text import folded_name
from kb.knowledge_base import KnowledgeBase
from kb.library.contents import ReportEntry
from kb.report.dates import day_of
from kb.report.identity import slug
from kb.search.browser import Browser
from kb.search.directory import EventEntry, SpeakerEntry, TalkEntry
from kb.search.facets import year
from kb.search.records import event_record, spoken_record
from kb.translation import _, pgettext
from kb.wording import event_day, listed
from webui import wording
from webui.http.address import MAX_VALUE_LENGTH, page_address
from webui.http.responses import problem, respond, wants_json
from webui.view.facets import Chip, TalkGroup, counts, talk_groups
from webui.view.listing import SORT, Column, address, asked_page, headings, number_column, ordered, paged
from webui.view.timeline import Timeline, timeline

_SIZE = 50  # entries on a page
_KEYS = ("name", "year", "service", "event", "series", "speaker")  # filters in the order of the address

_Entry = TypeVar("_Entry")


@dataclass(frozen=True, slots=True)
class Index(Generic[_Entry]):
    """The list of all entries of one type. An entry has its page at `/what/key`; the facet `what` has the same keys.

    `values` are filters besides name and service, always with the years. `columns` are those between the name and the
    number of notes. `order` is the default order: the name of a column, after a `-` if descending.
    """

    path: str
    what: str
    entries: Callable[[Browser], Sequence[_Entry]]
    key: Callable[[_Entry], str]
    title: Callable[[_Entry], str]
    values: Mapping[str, Callable[[_Entry], Sequence[str]]]
    columns: Callable[[Browser], Mapping[str, Column[_Entry]]]
    record: Callable[[_Entry], dict[str, Any]]
    order: str = "-date"

    @property
    def keys(self) -> tuple[str, ...]:
        """The filters of its address, in their order."""
        return tuple(key for key in _KEYS if key in ("name", "service", *self.values))


def _event_slugs(entry: ReportEntry | TalkEntry) -> tuple[str, ...]:
    return (slug(entry.event),) if entry.event else ()


def _speakers(entry: TalkEntry) -> str:
    return listed(entry.speakers)


def _years(entry: SpeakerEntry) -> tuple[str, ...]:
    """Return the years of a speaker's events, newest first; if none is known, those of the posts."""
    events = {one.held_on[:4] for one in entry.talks if one.held_on}
    return tuple(sorted(events or {year(one) for one in entry.talks if day_of(one)}, reverse=True))


def _span(entry: SpeakerEntry) -> str:
    """Return the first and last year of a speaker's events; if none is known, the first of the posts, marked."""
    years = _years(entry)
    if not years:
        return _("undated")
    first, last = years[-1], years[0]
    if not any(one.held_on for one in entry.talks):
        return _("published {month}", month=wording.year(first))
    return pgettext("years", "{first}–{last}", first=first, last=last) if first != last else wording.year(first)


_EVENT: Column[Any] = Column(lambda entry: entry.event, lambda entry: entry.event or _("event unknown"))
_DATE: Column[Any] = Column(day_of, event_day, "day")
REPORTS: Index[ReportEntry] = Index(
    path="reports",
    what="report",
    entries=lambda browser: browser.reports(),
    key=lambda entry: entry.id,
    title=lambda entry: entry.title,
    values={"year": lambda entry: (year(entry),), "event": _event_slugs},
    columns=lambda browser: {
        "event": _EVENT,
        "date": _DATE,
        "talks": number_column(lambda entry: len(browser.talks_of(entry))),
    },
    record=msgspec.to_builtins,
)
EVENTS: Index[EventEntry] = Index(
    path="events",
    what="event",
    entries=lambda browser: tuple(browser.directory().events.values()),
    key=lambda entry: entry.slug,
    title=lambda entry: entry.name,
    values={"year": lambda entry: (year(entry),), "series": lambda entry: (entry.series,)},
    columns=lambda _browser: {
        "date": _DATE,
        "reports": number_column(lambda entry: len(entry.reports)),
        "talks": number_column(lambda entry: len(entry.talks)),
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
        "year": lambda entry: (year(entry),),
        "event": _event_slugs,
        "speaker": lambda entry: entry.speakers,
    },
    columns=lambda _browser: {
        "event": _EVENT,
        "date": _DATE,
        "speakers": Column(_speakers, _speakers),
    },
    record=spoken_record,
)
SPEAKERS: Index[SpeakerEntry] = Index(
    path="speakers",
    what="speaker",
    entries=lambda browser: tuple(browser.directory().speakers.values()),
    key=lambda entry: entry.name,
    title=lambda entry: entry.name,
    values={"year": lambda entry: tuple(dict.fromkeys(year(one) for one in entry.talks))},
    columns=lambda _browser: {
        "date": Column(_years, _span, "day"),
        "talks": number_column(lambda entry: len(entry.talks)),
    },
    record=lambda entry: {
        "name": entry.name,
        "merged": list(entry.merged),
        "talks": [one.talk.id for one in entry.talks],
    },
    order="-talks",
)
INDEXES: Mapping[str, Index[Any]] = {index.path: index for index in (REPORTS, EVENTS, TALKS, SPEAKERS)}


def pages(knowledge_base: KnowledgeBase) -> Blueprint:
    """Return the pages of the lists."""
    blueprint = Blueprint("indexes", __name__)

    @blueprint.get("/<any(reports, events, talks, speakers):path>")
    def index(path: str) -> Response:
        return _respond(INDEXES[path], knowledge_base)

    return blueprint


def _respond(index: Index[_Entry], knowledge_base: KnowledgeBase) -> Response:
    filters = {key: request.args[key].strip() for key in index.keys if request.args.get(key, "").strip()}
    contents = knowledge_base.collection.contents()
    filters = {key: contents.current_value(key, value) if contents else value for key, value in filters.items()}
    noted = _noted(index, filters.get("service"), knowledge_base)
    columns = {
        "name": Column(index.title, index.title),
        **index.columns(knowledge_base.browser),
        "notes": number_column(lambda entry: noted.get(index.key(entry), 0)),
    }
    order, unread = request.args.get(SORT, "").strip() or index.order, ""
    if order.removeprefix("-") not in columns:
        order, unread = index.order, wording.unread([(SORT, order[:MAX_VALUE_LENGTH])])
    if unread and wants_json():
        return problem(BadRequest(), unread)
    kept = filters if order == index.order else {**filters, SORT: order}
    in_any_year = tuple(_filtered(index, filters, noted, knowledge_base))
    entries = _of_year(index, in_any_year, filters.get("year"))
    if order != index.order:
        entries = ordered(entries, columns, order)
    part = paged(f"/{index.path}", entries, asked_page(request.args), _SIZE, kept=tuple(kept.items()))
    groups: tuple[TalkGroup, ...] = ()
    if index is TALKS:
        talks = knowledge_base.browser.directory().talks.values()
        named = [one for one in talks if _has_name(one.talk.title, kept.get("name", ""))]
        groups = tuple(talk_groups(named, kept, knowledge_base))
    return respond(
        "index.html",
        lambda: {
            "total": part.total,
            "page": part.number,
            "pages": part.pages,
            index.path: [{**index.record(one), "notes": noted.get(index.key(one), 0)} for one in part.items],
            **({"facets": {group.key: group.values for group in groups}} if groups else {}),
        },
        label=_(wording.PLACES[f"/{index.path}"]),
        part=part,
        headings=tuple(headings(part.path, columns, order, index.order, filters)),
        rows=[
            (page_address(index.what, index.key(one)), [column.shown(one) for column in columns.values()])
            for one in part.items
        ],
        bars=_bars(index, in_any_year, kept),
        kept=kept,
        chips=tuple(_chips(part.path, kept, knowledge_base)),
        groups=groups,
        unread=unread,
    )


def list_link(path: str, query: Query, knowledge_base: KnowledgeBase) -> tuple[str, int] | None:
    """Return the address of a list with the conditions of a search, and its number of entries.

    Return None if the list cannot be filtered so. Each condition of the search must be a single value.
    """
    index, filters = INDEXES[path], {group: values[0] for group, values in query.selections}
    if query.text or not filters.keys() <= {*index.keys}:
        return None
    noted = _noted(index, filters["service"], knowledge_base) if "service" in filters else {}
    entries = _of_year(index, _filtered(index, filters, noted, knowledge_base), filters.get("year"))
    return address(f"/{path}", *filters.items()), len(entries)


def _noted(index: Index[_Entry], service: str | None, knowledge_base: KnowledgeBase) -> Mapping[str, int]:
    """Return the number of notes of each entry, those on a service alone if it is given by its name or slug."""
    query = Query(limit=0, facets=(index.what,))
    if service:
        found = knowledge_base.collection.catalogue.find(service)
        query = query.select("service", found.slug if found else service)
    return counts(knowledge_base.searcher.search(query), index.what)


def _of_year(index: Index[_Entry], entries: Iterable[_Entry], year: str | None) -> list[_Entry]:
    return [entry for entry in entries if year in (None, *index.values["year"](entry))]


def _filtered(
    index: Index[_Entry], filters: Mapping[str, str], noted: Mapping[str, int], knowledge_base: KnowledgeBase
) -> Iterator[_Entry]:
    """Yield the entries that pass all filters but the year."""
    required = [(filters[key], values) for key, values in index.values.items() if key in filters and key != "year"]
    for entry in index.entries(knowledge_base.browser):
        if (
            _has_name(index.title(entry), filters.get("name", ""))
            and ("service" not in filters or index.key(entry) in noted)
            and all(value in values(entry) for value, values in required)
        ):
            yield entry


def _has_name(title: str, name: str) -> bool:
    return not name or all(folded_name(word) in folded_name(title) for word in name.split())


def _bars(index: Index[_Entry], entries: Sequence[_Entry], kept: Mapping[str, str]) -> Timeline:
    chosen = {kept["year"]} if "year" in kept else set()
    return timeline(
        Counter(value for entry in entries for value in index.values["year"](entry)),
        lambda value: address(f"/{index.path}", *{**kept, "year": "" if value in chosen else value}.items()),
        chosen,
    )


def _chips(path: str, kept: Mapping[str, str], knowledge_base: KnowledgeBase) -> Iterator[Chip]:
    """Yield the filters but for the name, which is in its box, and the order, which is above the columns."""
    directory, catalogue = knowledge_base.browser.directory(), knowledge_base.collection.catalogue
    names: Mapping[str, Callable[[str], str]] = {
        "year": wording.year,
        "service": lambda value: known.name if (known := catalogue.find(value)) else value,
        "event": lambda value: directory.events[value].name if value in directory.events else value,
        "series": lambda value: directory.series[value].name if value in directory.series else value,
        "speaker": str,
    }
    for key, value in kept.items():
        if key in names:
            yield Chip(key, names[key](value), address(path, *{**kept, key: ""}.items()))
