"""The pages of an event, a speaker and the years; an event has its timetable, its series and its talks."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TypeAlias

from flask import Blueprint, Response, request

from index.query import Query
from kb.knowledge_base import KnowledgeBase
from kb.search.directory import EventEntry, SeriesEntry, TalkEntry
from kb.search.facets import year
from kb.search.records import event_record, spoken_record
from webui.http.address import address_of, page_address
from webui.http.responses import respond
from webui.view.facets import counts
from webui.view.listing import address, asked_page, paged
from webui.view.timeline import Timeline, timeline

_MIN_TIMED, _MAX_TIMED = 3, 200  # talks of an event with a timetable
_DAY = len("2018-03-10")
_TALKS = 60  # on a page
_MOST_SERVICES = (("service", 10),)
_PARTNERS = 6  # events to compare an event with, of its series and of all
_REPORTS = 10  # of an event, before a link to the rest
Tracks: TypeAlias = tuple[tuple[str | None, tuple[TalkEntry, ...]], ...]
"""Talks by their tracks; None for talks without one."""


@dataclass(frozen=True, slots=True)
class Slot:
    """The talks of a track that begin at the same time, none if it is free, and the number of rows that they take."""

    track: str | None
    talks: tuple[TalkEntry, ...]
    rows: int = 1


@dataclass(frozen=True, slots=True)
class Timetable:
    """The tracks of a day, and the slots that begin at each time; `day` is None for an event of one day."""

    day: str | None
    tracks: tuple[str | None, ...]
    rows: tuple[tuple[str, tuple[Slot, ...]], ...]


def timetables(talks: Sequence[TalkEntry]) -> tuple[Timetable, ...]:
    """Return a timetable for each day of an event, none if too few or too many talks have times."""
    timed = [one for one in talks if one.talk.start]
    if not _MIN_TIMED <= len(timed) <= _MAX_TIMED:
        return ()
    several = len({one.held_on for one in timed if one.held_on and len(one.held_on) == _DAY}) > 1
    days: defaultdict[str | None, list[TalkEntry]] = defaultdict(list)
    for one in sorted(timed, key=lambda one: one.held_on or ""):
        days[one.held_on if several else None].append(one)
    return tuple(_timetable(day, talks) for day, talks in days.items())


def _timetable(day: str | None, talks: Sequence[TalkEntry]) -> Timetable:
    tracks = tuple(dict.fromkeys(one.talk.track for one in talks))
    if 3 * len(tracks) > 2 * len(talks):  # rather a code of each talk than a track
        tracks = (None,)
    times = sorted({one.talk.start or "" for one in talks})
    slots_at: dict[str, list[Slot]] = {time: [] for time in times}
    for track in tracks:
        own = [one for one in talks if tracks == (None,) or one.talk.track == track]
        for time, slot in _slots(track, own, times):
            slots_at[time].append(slot)
    return Timetable(day, tracks, tuple((time, tuple(slots)) for time, slots in slots_at.items()))


def _slots(track: str | None, talks: Sequence[TalkEntry], times: Sequence[str]) -> list[tuple[str, Slot]]:
    """Return the slots of a track with their times; one ends with its talks or when the next talks begin."""
    talks_at: dict[str, list[TalkEntry]] = {time: [] for time in times}
    for one in talks:
        talks_at[one.talk.start or ""].append(one)
    end = ""
    slots: list[tuple[str, Slot]] = []
    for time, own in talks_at.items():
        if own or time >= end:
            slots.append((time, Slot(track, tuple(own))))
            end = max((one.talk.end or "" for one in own), default="")
        else:
            begin, slot = slots[-1]
            slots[-1] = (begin, Slot(track, slot.talks, slot.rows + 1))
    return slots


def pages(knowledge_base: KnowledgeBase) -> Blueprint:
    """Return the pages of events, speakers and years."""
    blueprint = Blueprint("events", __name__)
    browser = knowledge_base.browser

    @blueprint.get("/event/<slug>")
    def event(slug: str) -> Response:
        entry = browser.event(slug)
        query = Query(limit=0, facets=("talk", "event", "kind", "service"), most_values=_MOST_SERVICES)
        answer = knowledge_base.searcher.search(query.select("event", entry.slug))
        tables = timetables(entry.talks)
        listed = [one for one in entry.talks if not (tables and one.talk.start)]
        part = paged(page_address("event", entry.slug), listed, asked_page(request.args), _TALKS)
        series = browser.series(entry.series)
        return respond(
            "event.html",
            lambda: {
                **event_record(entry),
                "notes": answer.total,
                "editions": [one.slug for one in series.events],
            },
            event=entry,
            series=series,
            timetables=tables if part.number == 1 else (),
            part=part,
            tracks=by_track(part.items),
            noted=counts(answer, "talk"),
            total=answer.total,
            kinds=answer.facets["kind"],
            services=answer.facets["service"],
            bars=_series_bars(series, counts(answer, "event"), year(entry)),
            most_reports=_REPORTS,
            partners=_partners(entry, series.events, [*browser.directory().events.values()]) if answer.total else (),
        )

    @blueprint.get("/speaker/<path:name>")
    def speaker(name: str) -> Response:
        entry = browser.speaker(name)
        query = Query().select("speaker", entry.name)
        answer = knowledge_base.searcher.search(
            replace(query, limit=0, facets=("talk", "year", "service"), most_values=_MOST_SERVICES)
        )
        part = paged(page_address("speaker", entry.name), entry.talks, asked_page(request.args), _TALKS)
        noted = counts(answer, "talk")
        return respond(
            "speaker.html",
            lambda: {
                "name": entry.name,
                "merged": list(entry.merged),
                "notes": answer.total,
                "total": part.total,
                "page": part.number,
                "pages": part.pages,
                "talks": [{**spoken_record(one), "notes": noted.get(one.talk.id, 0)} for one in part.items],
            },
            speaker=entry,
            part=part,
            noted=noted,
            total=answer.total,
            services=answer.facets["service"],
            bars=timeline(counts(answer, "year"), lambda value: address_of(query.select("year", value))),
        )

    @blueprint.get("/years")
    def years() -> Response:
        listed = browser.directory().years
        notes = {one.year: one.notes for one in listed}
        bars = timeline(notes, lambda value: address_of(Query().select("year", value)))
        return respond("years.html", lambda: {"years": listed}, years=listed, bars=bars)

    return blueprint


def _partners(event: EventEntry, *lists: Sequence[EventEntry]) -> list[tuple[str, str]]:
    """Return the events to compare an event with, by slug and name: those nearest to it in each list."""
    found: dict[str, str] = {}
    for events in lists:
        place = events.index(event)
        nearest = sorted(enumerate(events), key=lambda one: abs(one[0] - place))
        found |= {one.slug: one.name for _, one in nearest[: _PARTNERS + 1] if one != event}
    return [*found.items()]


def by_track(talks: Sequence[TalkEntry]) -> Tracks:
    """Return talks by their tracks, all together if most tracks have one talk: they are then a code of each talk."""
    tracks = tuple((track, tuple(own)) for track, own in groupby(talks, lambda one: one.talk.track))
    return tracks if 2 * len(tracks) <= len(talks) else ((None, tuple(talks)),)


def _series_bars(series: SeriesEntry, noted: Mapping[str, int], current: str) -> Timeline:
    """Return the bars of a series; a year leads to its event, or to the list of its events."""
    held: dict[str, list[str]] = {}
    for event in series.events:
        held.setdefault(year(event), []).append(event.slug)

    def url(value: str) -> str:
        events = held.get(value, ())
        if len(events) == 1:
            return page_address("event", events[0])
        return address("/events", ("year", value), ("series", series.slug))

    return timeline({value: sum(noted.get(one, 0) for one in slugs) for value, slugs in held.items()}, url, {current})
