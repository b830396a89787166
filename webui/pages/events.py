"""The pages of what reports are about: an event with its timetable, series and talks, who spoke, the years."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TypeAlias

from flask import Blueprint, Response, request

from index.query import Query
from kb.knowledge_base import KnowledgeBase
from kb.search.directory import SeriesEntry, TalkEntry, year
from kb.search.records import event_record, spoken_record
from webui.http.address import address_of, page_address
from webui.http.responses import respond
from webui.view.facets import counts
from webui.view.listing import address, asked_page, paged
from webui.view.timeline import Timeline, timeline

_FEWEST, _MOST = 3, 200  # talks of an event that are drawn
_DAY = len("2018-03-10")
_TALKS = 60  # of a page
_SERVICES = (("service", 10),)
_REPORTS = 10  # of an event, before the rest is linked to
Tracks: TypeAlias = tuple[tuple[str | None, tuple[TalkEntry, ...]], ...]
"""Talks by the tracks that they are shown under, None for no track in particular."""


@dataclass(frozen=True, slots=True)
class Slot:
    """The talks of a track that begin at a time, none where it is free, and over how many rows they go on."""

    track: str | None
    talks: tuple[TalkEntry, ...]
    rows: int = 1


@dataclass(frozen=True, slots=True)
class Timetable:
    """A day, None where there is but one; its tracks, and for each time the slots that begin then."""

    day: str | None
    tracks: tuple[str | None, ...]
    rows: tuple[tuple[str, tuple[Slot, ...]], ...]


def timetables(talks: Sequence[TalkEntry]) -> tuple[Timetable, ...]:
    """Return a timetable for each day on which talks have times; none where hardly any talk has one."""
    timed = [one for one in talks if one.talk.start]
    if not _FEWEST <= len(timed) <= _MOST:
        return ()
    several = len({one.held_on for one in timed if one.held_on and len(one.held_on) == _DAY}) > 1
    days: defaultdict[str | None, list[TalkEntry]] = defaultdict(list)
    for one in sorted(timed, key=lambda one: one.held_on or ""):
        days[one.held_on if several else None].append(one)
    return tuple(_timetable(day, own) for day, own in days.items())


def _timetable(day: str | None, talks: Sequence[TalkEntry]) -> Timetable:
    tracks = tuple(dict.fromkeys(one.talk.track for one in talks))
    if 3 * len(tracks) > 2 * len(talks):  # then it is rather a code of each talk
        tracks = (None,)
    times = sorted({one.talk.start or "" for one in talks})
    begun: dict[str, list[Slot]] = {time: [] for time in times}
    for track in tracks:
        own = [one for one in talks if tracks == (None,) or one.talk.track == track]
        for time, slot in _slots(track, own, times):
            begun[time].append(slot)
    return Timetable(day, tracks, tuple((time, tuple(slots)) for time, slots in begun.items()))


def _slots(track: str | None, talks: Sequence[TalkEntry], times: Sequence[str]) -> list[tuple[str, Slot]]:
    """Return the times that have a slot of their own: talks go on until they end or others of their track begin."""
    begin: dict[str, list[TalkEntry]] = {time: [] for time in times}
    for one in talks:
        begin[one.talk.start or ""].append(one)
    until = ""
    slots: list[tuple[str, Slot]] = []
    for time, own in begin.items():
        if own or time >= until:
            slots.append((time, Slot(track, tuple(own))))
            until = max((one.talk.end or "" for one in own), default="")
        else:
            begun, slot = slots[-1]
            slots[-1] = (begun, Slot(track, slot.talks, slot.rows + 1))
    return slots


def pages(knowledge_base: KnowledgeBase) -> Blueprint:
    """Return the pages over a knowledge base."""
    blueprint = Blueprint("events", __name__)
    browser = knowledge_base.browser

    @blueprint.get("/event/<slug>")
    def event(slug: str) -> Response:
        shown = browser.event(slug)
        query = Query(limit=0, facets=("talk", "event", "kind", "service"), most_values=_SERVICES)
        answer = knowledge_base.searcher.search(query.select("event", shown.slug))
        drawn = timetables(shown.talks)
        listed = [one for one in shown.talks if not (drawn and one.talk.start)]
        part = paged(page_address("event", shown.slug), listed, asked_page(request.args), _TALKS)
        series = browser.series(shown.series)
        return respond(
            "event.html",
            lambda: {
                **event_record(shown),
                "notes": answer.total,
                "editions": [one.slug for one in series.events],
            },
            event=shown,
            series=series,
            timetables=drawn if part.number == 1 else (),
            part=part,
            tracks=by_track(part.items),
            noted=counts(answer, "talk"),
            total=answer.total,
            kinds=answer.facets["kind"],
            services=answer.facets["service"],
            bars=_series_bars(series, counts(answer, "event"), year(shown.held_on)),
            most_reports=_REPORTS,
        )

    @blueprint.get("/speaker/<path:name>")
    def speaker(name: str) -> Response:
        shown = browser.speaker(name)
        query = Query().select("speaker", shown.name)
        counted = replace(query, limit=0, facets=("talk", "year", "service"), most_values=_SERVICES)
        answer = knowledge_base.searcher.search(counted)
        part = paged(page_address("speaker", shown.name), shown.talks, asked_page(request.args), _TALKS)
        noted = counts(answer, "talk")
        return respond(
            "speaker.html",
            lambda: {
                "name": name,
                "notes": answer.total,
                "total": part.total,
                "page": part.number,
                "pages": part.pages,
                "talks": [{**spoken_record(one), "notes": noted.get(one.talk.id, 0)} for one in part.items],
            },
            speaker=shown,
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


def by_track(talks: Sequence[TalkEntry]) -> Tracks:
    """Return talks by their tracks; all as one where hardly any two share one, for then it is rather a code of each."""
    tracks = tuple((track, tuple(own)) for track, own in groupby(talks, lambda one: one.talk.track))
    return tracks if 2 * len(tracks) <= len(talks) else ((None, tuple(talks)),)


def _series_bars(series: SeriesEntry, noted: Mapping[str, int], shown: str) -> Timeline:
    """Return the bars of a series: each leads to the event of its year, or to the list where there were several."""
    held: dict[str, list[str]] = {}
    for event in series.events:
        held.setdefault(year(event.held_on), []).append(event.slug)

    def url(value: str) -> str:
        events = held.get(value, ())
        if len(events) == 1:
            return page_address("event", events[0])
        return address("/events", ("year", value), ("series", series.slug))

    return timeline({value: sum(noted.get(one, 0) for one in held[value]) for value in held}, url, {shown})
