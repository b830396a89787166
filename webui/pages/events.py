"""The pages of what reports are about: an event with its series and talks, who spoke, the years."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TypeAlias

from flask import Blueprint, Response, request

from index.query import Query
from kb.knowledge_base import KnowledgeBase
from kb.search.answers import FacetValue
from kb.search.directory import EventEntry, SeriesEntry, SpeakerEntry, TalkEntry, year
from kb.search.records import event_record, spoken_record
from webui.address import address_of, page_address
from webui.view.answers import respond
from webui.view.listing import Page, address, asked_page, paged
from webui.view.timeline import Timeline, timeline
from webui.view.timetable import Timetable, timetables

_TALKS = 60  # of a page
_SERVICES = (("service", 10),)
_REPORTS = 10  # of an event, before the rest is linked to

Tracks: TypeAlias = tuple[tuple[str | None, tuple[TalkEntry, ...]], ...]
"""Talks by the tracks that they are shown under, None for no track in particular."""


@dataclass(frozen=True, slots=True)
class EventPage:
    """Everything that the page of an event shows: its talks by time or track, how many notes each has, its series."""

    event: EventEntry
    series: SeriesEntry
    timetables: tuple[Timetable, ...]
    part: Page[TalkEntry]
    tracks: Tracks
    noted: Mapping[str, int]
    total: int
    kinds: Sequence[FacetValue]
    services: Sequence[FacetValue]
    bars: Timeline
    most_reports: int = _REPORTS


@dataclass(frozen=True, slots=True)
class SpeakerPage:
    """Everything that the page of a speaker shows."""

    speaker: SpeakerEntry
    part: Page[TalkEntry]
    noted: Mapping[str, int]
    total: int
    services: Sequence[FacetValue]
    bars: Timeline


def pages(knowledge_base: KnowledgeBase) -> Blueprint:
    """Return the pages over a knowledge base."""
    blueprint = Blueprint("events", __name__)

    @blueprint.get("/event/<slug>")
    def event(slug: str) -> Response:
        page = event_page(knowledge_base.browser.event(slug), knowledge_base)
        return respond(
            "event.html",
            lambda: {
                **event_record(page.event),
                "notes": page.total,
                "editions": [one.slug for one in page.series.events],
            },
            page=page,
        )

    @blueprint.get("/speaker/<path:name>")
    def speaker(name: str) -> Response:
        page = speaker_page(knowledge_base.browser.speaker(name), knowledge_base)
        return respond(
            "speaker.html",
            lambda: {
                "name": name,
                "notes": page.total,
                "total": page.part.total,
                "page": page.part.number,
                "pages": page.part.pages,
                "talks": [{**spoken_record(one), "notes": page.noted.get(one.talk.id, 0)} for one in page.part.items],
            },
            page=page,
        )

    @blueprint.get("/years")
    def years() -> Response:
        listed = knowledge_base.browser.directory().years
        bars = timeline(
            {one.year: one.notes for one in listed}, lambda value: address_of(Query().select("year", value))
        )
        return respond("years.html", lambda: {"years": listed}, years=listed, bars=bars)

    return blueprint


def event_page(event: EventEntry, knowledge_base: KnowledgeBase) -> EventPage:
    """Return what the page shows of an event."""
    query = Query(limit=0, facets=("talk", "event", "kind", "service"), most_values=_SERVICES)
    answer = knowledge_base.searcher.search(query.select("event", event.slug))
    drawn = timetables(event.talks)
    listed = [one for one in event.talks if not (drawn and one.talk.start)]
    part = paged(page_address("event", event.slug), listed, asked_page(request.args), _TALKS)
    series = knowledge_base.browser.series(event.series)
    noted = {facet.value: facet.count for facet in answer.facets["event"]}
    return EventPage(
        event=event,
        series=series,
        timetables=drawn if part.number == 1 else (),
        part=part,
        tracks=by_track(part.items),
        noted={facet.value: facet.count for facet in answer.facets["talk"]},
        total=answer.total,
        kinds=answer.facets["kind"],
        services=answer.facets["service"],
        bars=_held(series, noted, year(event.held_on)),
    )


def speaker_page(speaker: SpeakerEntry, knowledge_base: KnowledgeBase) -> SpeakerPage:
    """Return what the page shows of a speaker."""
    query = Query().select("speaker", speaker.name)
    counted = Query(limit=0, facets=("talk", "year", "service"), most_values=_SERVICES, selections=query.selections)
    answer = knowledge_base.searcher.search(counted)
    counts = {facet.value: facet.count for facet in answer.facets["year"]}
    return SpeakerPage(
        speaker=speaker,
        part=paged(page_address("speaker", speaker.name), speaker.talks, asked_page(request.args), _TALKS),
        noted={facet.value: facet.count for facet in answer.facets["talk"]},
        total=answer.total,
        services=answer.facets["service"],
        bars=timeline(counts, lambda value: address_of(query.select("year", value))),
    )


def by_track(talks: Sequence[TalkEntry]) -> Tracks:
    """Return talks by their tracks; all as one where hardly any two share one, for then it is rather a code of each."""
    tracks = tuple((track, tuple(own)) for track, own in groupby(talks, lambda one: one.talk.track))
    return tracks if 2 * len(tracks) <= len(talks) else ((None, tuple(talks)),)


def _held(series: SeriesEntry, noted: Mapping[str, int], shown: str) -> Timeline:
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
