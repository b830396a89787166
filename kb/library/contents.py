"""The contents of a generation, stored next to its documents: reports, problems, and what they were made from."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Literal

import msgspec
from msgspec import Struct

from index.datafiles import place
from index.messages import translatable
from kb.library.configuration import Configuration, parse
from kb.library.files import Library, Listing
from kb.library.tables import MAX_EVENT, ConfigurationError
from kb.report.dates import day_of
from kb.report.identity import event_key, event_slugs, ids_of, series, slug, talk_id
from kb.report.model import Claim, Talk
from kb.report.problems import FileProblem, Finding, LibraryError
from kb.storage.walk import CONFIGURATION
from kb.translation import marked

_MAX_TEXT = 40  # characters of a text in a message
_NOTHING = {
    "reports": marked("{0} has no effect, because no report has this name; {1}"),
    "talks": marked("{0} has no effect, because no talk or line has this id; {1}"),
    "notes": marked("{0} has no effect, because no note has this id; {1}"),
}


class Strengths(Struct, frozen=True):
    """The numbers of notes that surely are advice (or a problem), and of those that only likely are."""

    sure: int = 0
    likely: int = 0


class ReportEntry(Struct, frozen=True):
    """A report in the index, without its notes; `digest` is the SHA-256 of its file.

    `event` is the name that all reports of the event share, `own_event` the name in the report if it differs.
    `reading` is the model that classified its notes, empty where only their words did. `claims` are the numbers of its
    sure and likely advice and problems. `former` are earlier ids of the report, `read_by` the number of its lines that
    each assistant read, by name. `applied` are the own parts of the ids in kb.toml that correct something in it.
    """

    id: str
    source: str
    digest: str
    title: str
    event: str | None
    held_on: str | None
    published: str | None
    url: str | None
    talks: tuple[Talk, ...]
    notes: int
    findings: tuple[Finding, ...]
    reading: str = ""
    claims: Mapping[Claim, Strengths] = {}
    own_event: str = ""
    former: tuple[str, ...] = ()
    read_by: Mapping[str, int] = {}
    applied: tuple[str, ...] = ()

    @property
    def folder(self) -> str:
        """The outermost folder of its file, often its author; empty outside of folders."""
        return self.source.partition("/")[0] if "/" in self.source else ""


class Unused(Struct, frozen=True):
    """A correction in kb.toml that applies to nothing: its table, its key there, and the line on which it begins.

    `near` is the key that is probably meant, `text` the text of that note or the title of that talk.
    """

    table: Literal["reports", "talks", "notes"]
    key: str
    near: str = ""
    text: str = ""
    line: int | None = None

    @property
    def problem(self) -> FileProblem:
        """The problem of kb.toml: the table, the reason and the remedy."""
        remedy = translatable("correct it or take it out")
        if self.near and self.text:
            near, text = place(self.table, self.near), f"{self.text[:_MAX_TEXT]}{'…' * (len(self.text) > _MAX_TEXT)}"
            remedy = translatable("if you mean {0} ({1}), write that, else take it out", near, text)
        elif self.near:
            remedy = translatable("if you mean {0}, write that, else take it out", place(self.table, self.near))
        message = translatable(_NOTHING[self.table], place(self.table, self.key), remedy)
        return FileProblem(CONFIGURATION, self.line, message)


class Contents(Struct, frozen=True, dict=True):
    """The contents of one generation of an index, and what decided them.

    `files` has the version of each report of the library (`ReportFile.version`), `ids` the own id of each file's
    report, from its event and title. `code` is the fingerprint of kb, `configuration` the SHA-256 of kb.toml, and
    `configuration_text` its text, empty if it was invalid. `lesson` is the key of the lesson that corrections taught
    about other notes, `learned` the number of those corrections by kind. `updates` are the keys of the last updates
    (`kb.indexing.news`), newest last: they are the history of the index, and do not decide its answers. `unused` are
    the corrections in kb.toml that apply to nothing.
    """

    library: str
    code: str
    configuration: str
    configuration_text: str
    files: Mapping[str, str]
    ids: Mapping[str, str]
    reports: tuple[ReportEntry, ...]  # in library order
    problems: tuple[FileProblem, ...]
    updates: tuple[str, ...] = ()
    lesson: str = ""
    learned: Mapping[str, int] = {}
    unused: tuple[Unused, ...] = ()

    @classmethod
    def of(cls, meta: Mapping[str, Any]) -> "Contents":
        """Return the contents in an index's metadata. Raises ValueError for another version of kb."""
        return msgspec.convert(meta, cls)

    def is_current(self, library: Library, listing: Listing, code: str) -> bool:
        """Return whether a sync would change nothing. Raises LibraryError for the index of another library."""
        if self.library != library.name:
            raise LibraryError("the index is that of {0}; name another folder with --index or KB_INDEX", self.library)
        return (self.code, self.configuration, self.files) == (code, listing.configuration, listing.files)

    @cached_property
    def newest_first(self) -> tuple[ReportEntry, ...]:
        """All reports by the day of their event, else of their post, newest first, undated last."""
        return tuple(sorted(self.reports, key=lambda entry: day_of(entry) or "", reverse=True))

    @cached_property
    def by_source(self) -> Mapping[str, ReportEntry]:
        """Each report by its source."""
        return {entry.source: entry for entry in self.reports}

    @cached_property
    def by_id(self) -> Mapping[str, ReportEntry]:
        """Each report by its id."""
        return {entry.id: entry for entry in self.reports}

    @cached_property
    def _by_other_id(self) -> Mapping[str, tuple[ReportEntry, ...]]:
        """The reports by each id that leads to them, current ones and former ones."""
        by_id = defaultdict[str, list[ReportEntry]](list)
        for entry in self.reports:
            for report_id in self.ids_of(entry.id):
                by_id[report_id].append(entry)
        return {report_id: tuple(entries) for report_id, entries in by_id.items()}

    @cached_property
    def parsed_configuration(self) -> Configuration:
        """The configuration; empty if this version of kb refuses it, say for a service that was added since."""
        try:
            return parse(self.configuration_text.encode())
        except ConfigurationError:
            return Configuration()

    def ids_of(self, report_id: str) -> tuple[str, ...]:
        """Return the current and all possible former ids of a report; empty for an unknown id."""
        entry = self.by_id.get(report_id)
        return ids_of(self.ids[entry.source], entry.source, entry.url, entry.former) if entry else ()

    def applied_ids(self, entry: ReportEntry) -> set[str]:
        """Return the ids under which kb.toml corrects something in a report; it may have any of its former ids."""
        events = event_slugs(entry.own_event or entry.event, entry.former) if entry.applied else ()
        return {f"{one}/{own}" for own in entry.applied for one in (*self.ids_of(entry.id), *events)}

    def reports_of_id(self, report_id: str) -> tuple[ReportEntry, ...]:
        """Return the report of an id, or all reports that had it as a former id."""
        entry = self.by_id.get(report_id)
        return (entry,) if entry else self._by_other_id.get(report_id, ())

    @cached_property
    def talks(self) -> Mapping[str, Talk]:
        """Each talk by id; a talk of several reports as in the first."""
        return {talk.id: talk for entry in reversed(self.reports) for talk in entry.talks}

    def canonical_talk(self, some_id: str) -> str | None:
        """Return the shared id of a talk, given it or the id in one report; None for an unknown id."""
        return some_id if some_id in self.talks else self._canonical_ids.get(some_id)

    def own_talk_ids(self, canonical: str) -> tuple[str, ...]:
        """Return the ids that a talk has in each of its reports alone."""
        return tuple(own for own, talk in self._canonical_ids.items() if talk == canonical)

    @cached_property
    def _canonical_ids(self) -> Mapping[str, str]:
        """The id of each talk by its ids in each of its reports alone."""
        return {
            talk_id(entry.own_event or entry.event, talk.written_title): talk.id
            for entry in self.reports
            for talk in entry.talks
        }

    @cached_property
    def _other_events(self) -> Mapping[str, str]:
        """The name of each event by its other names, in reports and in kb.toml."""
        merged = self.parsed_configuration.events
        of_reports = {entry.own_event: entry.event for entry in self.reports if entry.event and entry.own_event}
        return {name: merged.shown(name) for name in merged.said} | of_reports

    @cached_property
    def _current_events(self) -> Mapping[str, str]:
        """The name of each event by the slug and the key of each of its names."""
        names = (*self._other_events.items(), *((event, event) for event in self.events.values()))
        return {key: event for name, event in names for key in (event_key(name), event_key(slug(name)), slug(name))}

    def event_of(self, some_slug: str) -> str | None:
        """Return the name of an event, given the slug of any of its names; None for an unknown one."""
        if len(some_slug) > MAX_EVENT:  # no name is as long, and to fold 100,000 digits takes minutes
            return None
        known = self._current_events
        return self.events.get(some_slug) or known.get(some_slug) or known.get(event_key(some_slug))

    def current_value(self, facet: str, value: str) -> str:
        """Return the value of a facet that another one leads to since events, people or talks became one."""
        match facet:
            case "event":
                event = self.event_of(value)
                return slug(event) if event else value
            case "speaker":
                return self.parsed_configuration.people.shown(value)
            case "talk":
                return self.canonical_talk(value) or value
            case "series":
                return self._current_series.get(value, value)
        return value

    @cached_property
    def _current_series(self) -> Mapping[str, str]:
        """The slug of the series of each merged event, by that of the series which its own name is of."""
        listed = {slug(series(event)) for event in self.events.values()}
        known = self._other_events.items()
        return {own: slug(series(now)) for event, now in known if (own := slug(series(event))) not in listed}

    @cached_property
    def reports_of_talk(self) -> Mapping[str, Sequence[ReportEntry]]:
        """The reports of each talk by the talk's id, in library order."""
        reports = defaultdict[str, list[ReportEntry]](list)
        for entry in self.reports:
            for talk in entry.talks:
                reports[talk.id].append(entry)
        return reports

    @cached_property
    def talks_of_reports(self) -> Mapping[tuple[str, str], Talk]:
        """Each talk as a report has it, by the ids of report and talk."""
        return {(entry.id, talk.id): talk for entry in self.reports for talk in entry.talks}

    @cached_property
    def talk_titles(self) -> Mapping[str, str]:
        """The title of each talk by its id."""
        return {key: talk.title for key, talk in self.talks.items()}

    @cached_property
    def report_titles(self) -> Mapping[str, str]:
        """The title of each report by its id."""
        return {entry.id: entry.title for entry in self.reports}

    @cached_property
    def events(self) -> Mapping[str, str]:
        """The name of each event by its slug."""
        return {slug(entry.event): entry.event for entry in self.reports if entry.event}


NO_CONTENTS = Contents("", "", "", "", {}, {}, (), ())
"""The contents of an index before its first generation."""
