"""The directory of a collection: its reports by event, talk, speaker, series and year."""

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from kb.library.configuration import Configuration
from kb.library.contents import ReportEntry
from kb.report.identity import series, slug
from kb.report.model import Talk
from kb.search.facets import UNDATED, year

T = TypeVar("T")
_NOTHING_SAID = Configuration()


@dataclass(frozen=True, slots=True)
class TalkEntry:
    """A talk as its first report describes it, with all its reports, their links, and its day as precisely as known."""

    talk: Talk
    reports: tuple[ReportEntry, ...]
    links: tuple[str, ...]
    held_on: str | None

    @property
    def event(self) -> str | None:
        """The name of the talk's event."""
        return self.reports[0].event

    @property
    def published(self) -> str | None:
        """The first day on which one of its reports was published."""
        return first_published(self.reports)

    @property
    def speakers(self) -> tuple[str, ...]:
        """The speakers that any of its reports names."""
        talks = (talk for report in self.reports for talk in report.talks if talk.id == self.talk.id)
        return tuple(dict.fromkeys(name for talk in (self.talk, *talks) for name in talk.speakers))


@dataclass(frozen=True, slots=True)
class EventEntry:
    """An event with its series, its day as precisely as known, its reports, and its talks by track and time.

    `merged` are the names that kb.toml shows under its own.
    """

    slug: str
    name: str
    series: str
    held_on: str | None
    reports: tuple[ReportEntry, ...]
    talks: tuple[TalkEntry, ...]
    merged: tuple[str, ...]

    @property
    def published(self) -> str | None:
        """The first day on which one of its reports was published."""
        return first_published(self.reports)


@dataclass(frozen=True, slots=True)
class SeriesEntry:
    """The events of one name, such as JAWS DAYS 2018 and 2019, newest first."""

    slug: str
    name: str
    events: tuple[EventEntry, ...]


@dataclass(frozen=True, slots=True)
class SpeakerEntry:
    """A speaker and their talks, newest first. `merged` are the names that kb.toml shows under theirs."""

    name: str
    talks: tuple[TalkEntry, ...]
    merged: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class YearEntry:
    """A year (or UNDATED) with its numbers of reports, events, talks and notes."""

    year: str
    reports: int
    events: int
    talks: int
    notes: int


@dataclass(frozen=True, slots=True)
class Directory:
    """The entries of a collection by key, newest first; speakers with the most talks first.

    The keys are the values of the facets event, talk and speaker; series have slugs. `talks` has the talks with notes,
    `spoken` also those that reports only mention. Years come newest first, undated last.
    """

    events: Mapping[str, EventEntry]
    spoken: Mapping[str, TalkEntry]
    talks: Mapping[str, TalkEntry]
    speakers: Mapping[str, SpeakerEntry]
    series: Mapping[str, SeriesEntry]
    years: tuple[YearEntry, ...]

    @classmethod
    def of(
        cls, reports: Sequence[ReportEntry], noted: Container[str], configuration: Configuration = _NOTHING_SAID
    ) -> "Directory":
        """Return the directory of reports, which come newest first; `noted` holds the ids of talks with notes."""
        spoken = _talks(reports)
        talks = {key: entry for key, entry in spoken.items() if key in noted}
        events = {event.slug: event for event in _events(reports, talks, configuration)}
        by_speaker = _grouped((name, entry) for entry in talks.values() for name in entry.speakers)
        by_series = _grouped((event.series, event) for event in events.values())
        return cls(
            events=events,
            spoken=spoken,
            talks=talks,
            speakers={
                name: SpeakerEntry(name, tuple(own), configuration.people.merged(name))
                for name, own in sorted(by_speaker.items(), key=lambda pair: (-len(pair[1]), pair[0]))
            },
            series={key: SeriesEntry(key, series(own[0].name), tuple(own)) for key, own in by_series.items()},
            years=tuple(_years(reports, events.values(), talks.values())),
        )


def _grouped(pairs: Iterable[tuple[str, T]]) -> Mapping[str, Sequence[T]]:
    """Return the values of each key, keys and values in their order."""
    groups: defaultdict[str, list[T]] = defaultdict(list)
    for key, value in pairs:
        groups[key].append(value)
    return groups


def day(reports: Iterable[ReportEntry]) -> str | None:
    """Return the most precise day of some reports, the newest of several."""
    return max((entry.held_on for entry in reports if entry.held_on), key=lambda day: (len(day), day), default=None)


def first_published(reports: Iterable[ReportEntry]) -> str | None:
    """Return the first day on which one of some reports was published: it is the nearest to their event."""
    return min((entry.published for entry in reports if entry.published), default=None)


def talks_of(reports: Iterable[ReportEntry], listed: Mapping[str, TalkEntry]) -> tuple[TalkEntry, ...]:
    """Return the listed talks of some reports, each once."""
    ids = dict.fromkeys(talk.id for entry in reports for talk in entry.talks)
    return tuple(listed[talk] for talk in ids if talk in listed)


def _talks(reports: Iterable[ReportEntry]) -> dict[str, TalkEntry]:
    by_id = _grouped(
        (talk.id, (talk, entry)) for entry in reports for talk in {talk.id: talk for talk in entry.talks}.values()
    )
    return {
        key: TalkEntry(
            talk=own[0][0],
            reports=tuple(entry for _, entry in own),
            links=tuple(dict.fromkeys(link for talk, _ in own for link in talk.links)),
            held_on=day(entry for _, entry in own),
        )
        for key, own in by_id.items()
    }


def _events(
    reports: Iterable[ReportEntry], talks: Mapping[str, TalkEntry], configuration: Configuration
) -> Iterator[EventEntry]:
    for key, own in _grouped((slug(entry.event), entry) for entry in reports if entry.event).items():
        by_track_and_time = sorted(
            talks_of(own, talks), key=lambda one: (one.talk.track or "", one.talk.start or "", one.talk.line)
        )
        name = own[0].event or ""
        merged = configuration.events.merged(name)
        yield EventEntry(key, name, slug(series(name)), day(own), tuple(own), tuple(by_track_and_time), merged)


def _years(
    reports: Sequence[ReportEntry], events: Iterable[EventEntry], talks: Iterable[TalkEntry]
) -> Iterator[YearEntry]:
    of_reports, of_events, of_talks = (Counter(map(year, one)) for one in (reports, events, talks))
    notes = Counter[str]()
    for entry in reports:
        notes[year(entry)] += entry.notes
    for key in sorted({*of_reports, *of_events, *of_talks}, key=lambda key: (key != UNDATED, key), reverse=True):
        yield YearEntry(key, of_reports[key], of_events[key], of_talks[key], notes[key])
