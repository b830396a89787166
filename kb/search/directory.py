"""What a collection holds by event, talk, speaker and year, put together of what its index remembers of its reports."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from kb.library.contents import ReportEntry
from kb.report.identity import slug
from kb.report.model import Talk
from kb.report.series import series
from kb.search.facets import UNDATED


@dataclass(frozen=True, slots=True)
class TalkEntry:
    """A talk as the first report tells it, all reports that tell of it, the addresses that they give, and its day.

    The day is as precise as it is known.
    """

    talk: Talk
    reports: tuple[ReportEntry, ...]
    links: tuple[str, ...]
    held_on: str | None

    @property
    def event(self) -> str | None:
        """The name of the event where it was given."""
        return self.reports[0].event


@dataclass(frozen=True, slots=True)
class EventEntry:
    """An event, the slug of the series that it is one time of, its day, its reports, its talks by track and time.

    The day is as precise as it is known.
    """

    slug: str
    name: str
    series: str
    held_on: str | None
    reports: tuple[ReportEntry, ...]
    talks: tuple[TalkEntry, ...]


@dataclass(frozen=True, slots=True)
class SeriesEntry:
    """Events that are held time and again under one name, newest first."""

    slug: str
    name: str
    events: tuple[EventEntry, ...]


@dataclass(frozen=True, slots=True)
class SpeakerEntry:
    """Who gave talks, and these, newest first."""

    name: str
    talks: tuple[TalkEntry, ...]


@dataclass(frozen=True, slots=True)
class YearEntry:
    """A year (or UNDATED), and how many reports, events, talks and notes are of it."""

    year: str
    reports: int
    events: int
    talks: int
    notes: int


@dataclass(frozen=True, slots=True)
class Directory:
    """Everything by its key, newest first; speakers by their talks, the most first; years newest first, undated last.

    The keys are the values that the facets event, talk and speaker have; those of `series` are slugs.
    """

    events: Mapping[str, EventEntry]
    talks: Mapping[str, TalkEntry]
    speakers: Mapping[str, SpeakerEntry]
    series: Mapping[str, SeriesEntry]
    years: tuple[YearEntry, ...]

    @classmethod
    def of(cls, reports: Sequence[ReportEntry]) -> "Directory":
        """Return the directory of reports given newest first."""
        talks = _talks(reports)
        events = {event.slug: event for event in _events(reports, talks)}
        spoken: dict[str, list[TalkEntry]] = defaultdict(list)
        for entry in talks.values():
            for speaker in entry.talk.speakers:
                spoken[speaker].append(entry)
        return cls(
            events=events,
            talks=talks,
            speakers={
                name: SpeakerEntry(name, tuple(own))
                for name, own in sorted(spoken.items(), key=lambda pair: (-len(pair[1]), pair[0]))
            },
            series={one.slug: one for one in _series(events.values())},
            years=tuple(_years(reports, events.values(), talks.values())),
        )


def day(reports: Iterable[ReportEntry]) -> str | None:
    """Return the day that reports tell, of several the most precise one."""
    return max((entry.held_on for entry in reports if entry.held_on), key=len, default=None)


def year(held_on: str | None) -> str:
    """Return the year of a day, UNDATED where it is not known."""
    return held_on[:4] if held_on else UNDATED


def _talks(reports: Iterable[ReportEntry]) -> dict[str, TalkEntry]:
    told: dict[str, list[tuple[Talk, ReportEntry]]] = defaultdict(list)
    for entry in reports:
        for talk in {talk.id: talk for talk in entry.talks}.values():
            told[talk.id].append((talk, entry))
    return {
        key: TalkEntry(
            talk=own[0][0],
            reports=tuple(entry for _, entry in own),
            links=tuple(dict.fromkeys(link for talk, _ in own for link in talk.links)),
            held_on=day(entry for _, entry in own),
        )
        for key, own in told.items()
    }


def _events(reports: Iterable[ReportEntry], talks: Mapping[str, TalkEntry]) -> Iterator[EventEntry]:
    told: dict[str, list[ReportEntry]] = defaultdict(list)
    for entry in reports:
        if entry.event:
            told[slug(entry.event)].append(entry)
    for key, own in told.items():
        spoken = dict.fromkeys(talk.id for entry in own for talk in entry.talks)
        in_order = sorted((talks[talk] for talk in spoken), key=_by_track_and_time)
        name = own[0].event or ""
        yield EventEntry(key, name, slug(series(name)), day(own), tuple(own), tuple(in_order))


def _series(events: Iterable[EventEntry]) -> Iterator[SeriesEntry]:
    held: dict[str, list[EventEntry]] = defaultdict(list)
    for event in events:
        held[event.series].append(event)
    for key, own in held.items():
        yield SeriesEntry(key, series(own[0].name), tuple(own))


def _by_track_and_time(entry: TalkEntry) -> tuple[str, str, int]:
    return (entry.talk.track or "", entry.talk.start or "", entry.talk.line)


def _years(
    reports: Iterable[ReportEntry], events: Iterable[EventEntry], talks: Iterable[TalkEntry]
) -> Iterator[YearEntry]:
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for entry in reports:
        counts[year(entry.held_on)][0] += 1
        counts[year(entry.held_on)][3] += entry.notes
    for event in events:
        counts[year(event.held_on)][1] += 1
    for talk in talks:
        counts[year(talk.held_on)][2] += 1
    for key in sorted(counts, key=lambda key: (key != UNDATED, key), reverse=True):
        yield YearEntry(key, *counts[key])
