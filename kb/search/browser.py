"""Looks up notes, talks, reports, events and speakers by id, and counts the notes of each service."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from index.messages import translatable
from index.query import Query
from kb.library.contents import NO_CONTENTS, Contents, ReportEntry
from kb.library.line_readings import readings_in
from kb.pipeline.alignment import Row, aligned
from kb.report.identity import own_part, report_part
from kb.report.model import Note, Talk
from kb.report.outline import Outline
from kb.search.collection import Cached, Collection, Snapshot
from kb.search.directory import Directory, EventEntry, SeriesEntry, SpeakerEntry, TalkEntry, talks_of
from kb.search.documents import load_relations
from kb.search.results import UnknownIdError
from kb.services import Service
from kb.wording import SIMILAR

_MAX_SIMILAR = 5  # notes: as many as people read next to another note
_MAX_NEAR_IDS = 3  # ids suggested for an unknown one
T = TypeVar("T")


class SimilarNote(Struct, frozen=True):
    """A note with a similar meaning, the cosine of the two vectors, and the services that both mention."""

    note: Note
    cosine: float
    services: tuple[str, ...]


class Surroundings(Struct, frozen=True):
    """The report of a note, the note's number there (from 1), its neighbours and its related notes.

    Related notes are in reading order: those below the note, and both sides of a remedy or an answer.
    """

    report: ReportEntry
    number: int
    before: Note | None
    after: Note | None
    related: tuple[Note, ...]


class NoteTaker(Struct, frozen=True):
    """One report of a talk: the talk as that report describes it, and the report's notes on it in reading order."""

    report: ReportEntry
    talk: Talk
    notes: tuple[Note, ...]


class Explanation(Struct, frozen=True):
    """A claim about a note or a talk (`kind`), its probability, and its features with their weights.

    The features come strongest first and argue for the claim if positive. A claim by a person or by an assistant,
    `read_by`, has none.
    """

    kind: str
    text: str
    sure: float
    reasons: tuple[tuple[str, float], ...]
    read_by: str = ""


class ServiceCount(Struct, frozen=True):
    """A service of the catalogue and its number of notes, None without an index."""

    service: Service
    notes: int | None


class Browser:
    """Looks up what a collection holds, by id."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        # The events, talks, speakers and years of the collection.
        self.directory = Cached(collection, self._make_directory)

    def reports(self) -> tuple[ReportEntry, ...]:
        """Return all reports, newest event first, undated last."""
        contents = self._collection.contents()
        return contents.newest_first if contents else ()

    def _make_directory(self) -> Directory:
        snapshot = self._collection.snapshot()
        counts = snapshot.reader.search(Query(limit=0, facets=("talk",))).facets["talk"]
        noted = {one.value for one in counts if one.count}
        return Directory.of(snapshot.contents.newest_first, noted, snapshot.contents.parsed_configuration)

    def event(self, slug: str) -> EventEntry:
        """Return an event by its slug, or by that of another name or spelling. Raises UnknownIdError."""
        return _entry_of(self.directory().events, self._current("event", slug), "event")

    def series(self, slug: str) -> SeriesEntry:
        """Return a series of events by its slug, or by that of a merged event's. Raises UnknownIdError."""
        return _entry_of(self.directory().series, self._current("series", slug), "series")

    def speaker(self, name: str) -> SpeakerEntry:
        """Return a speaker and their talks by name, or by a name that is merged. Raises UnknownIdError."""
        return _entry_of(self.directory().speakers, self._current("speaker", name), "speaker")

    def _current(self, facet: str, value: str) -> str:
        contents = self._collection.contents()
        return contents.current_value(facet, value) if contents else value

    def note(self, note_id: str) -> Note:
        """Return a note by its id, under the current or any former id of its report. Raises UnknownIdError."""
        snapshot = self._collection.snapshot()
        report_id, own = report_part(note_id), own_part(note_id)
        reports = snapshot.contents.reports_of_id(report_id)
        for report in reports:
            if (stored := snapshot.reader.stored(f"{report.id}/{own}")) is not None:
                return snapshot.note(stored)
        near = tuple(
            f"{report}/{own}"
            for report in _near_ids(report_id, snapshot.contents.by_id)
            if snapshot.reader.stored(f"{report}/{own}") is not None
        )
        message = translatable("no note has the id {0}", note_id)
        if reports:
            message = translatable(
                "{0}; the report {1} is known, but holds no such note any more", message, reports[0].id
            )
        raise UnknownIdError(message, reports, near)

    def surroundings(self, note: Note) -> Surroundings:
        """Return the place of a note in its report. Raises UnknownIdError if a newer generation has no such note."""
        snapshot = self._collection.snapshot()
        entry, stored = _report_entry(note.report, snapshot.contents), _stored("report", note.report, snapshot)
        relations = [load_relations(document) for document in stored]
        place = next((place for place, related in enumerate(relations) if related.id == note.id), None)
        if place is None:
            raise UnknownIdError(translatable("no note has the id {0}", note.id), (entry,))
        ids = {related for related in (note.id, note.remedy_of, note.answers) if related}
        return Surroundings(
            report=entry,
            number=place + 1,
            before=snapshot.note(stored[place - 1]) if place else None,
            after=snapshot.note(stored[place + 1]) if place + 1 < len(stored) else None,
            related=tuple(
                snapshot.note(document)
                for document, related in zip(stored, relations, strict=True)
                if related.is_related_to(ids)
            ),
        )

    def like(self, notes: Sequence[Note]) -> tuple[SimilarNote, ...]:
        """Return the notes of other reports with the most similar meaning; none without a model.

        A note that shares no service must be more similar.
        """
        snapshot = self._collection.snapshot()
        services = {mention.service for note in notes for mention in note.services}
        similar = []
        for hit in snapshot.reader.more_like([note.id for note in notes], "report", _MAX_SIMILAR):
            note = snapshot.note(hit.stored)
            shared = dict.fromkeys(mention.service for mention in note.services if mention.service in services)
            if shared or hit.score >= SIMILAR:
                similar.append(SimilarNote(note, hit.score, tuple(shared)))
        return tuple(similar)

    def is_talk(self, talk_id: str) -> bool:
        """Return whether a talk has this id, or had it before other reports of the same talk were added."""
        contents = self._collection.contents()
        return contents is not None and contents.canonical_talk(talk_id) is not None

    def note_takers(self, talk_id: str) -> tuple[NoteTaker, ...]:
        """Return the reports of a talk with their notes on it, in library order. Raises UnknownIdError."""
        snapshot = self._collection.snapshot()
        canonical_id = snapshot.contents.canonical_talk(talk_id)
        if canonical_id is None:
            near = _near_ids(talk_id, snapshot.contents.talks)
            raise UnknownIdError(translatable("no talk has the id {0}", talk_id), near=near)
        notes = _notes("talk", canonical_id, snapshot)
        talks = (
            (entry, snapshot.contents.talks_of_reports.get((entry.id, canonical_id)))
            for entry in snapshot.contents.reports
        )
        return tuple(
            NoteTaker(entry, talk, tuple(note for note in notes if note.report == entry.id))
            for entry, talk in talks
            if talk
        )

    def aligned(self, note_takers: Sequence[NoteTaker]) -> tuple[Row, ...]:
        """Return the notes of several note takers in rows; notes that say the same share one row."""
        return aligned([note_taker.notes for note_taker in note_takers], self._collection.snapshot().similarity)

    def spoken(self, talk_id: str) -> TalkEntry:
        """Return a talk and its reports, without the notes. Raises UnknownIdError."""
        return _entry_of(self.directory().spoken, talk_id, "talk")

    def talks_of(self, *reports: ReportEntry) -> tuple[TalkEntry, ...]:
        """Return the talks of reports that have notes."""
        return talks_of(reports, self.directory().talks)

    def report(self, report_id: str) -> tuple[ReportEntry, Sequence[Note]]:
        """Return a report and all its notes in reading order. Raises UnknownIdError."""
        snapshot = self._collection.snapshot()
        entry = _report_entry(report_id, snapshot.contents)
        return entry, _notes("report", entry.id, snapshot)

    def entry(self, report_id: str) -> ReportEntry:
        """Return a report without its notes. Raises UnknownIdError."""
        return _report_entry(report_id, self._collection.contents() or NO_CONTENTS)

    def noted(self, report_id: str) -> Mapping[int, str]:
        """Return the ids of a report's notes by the line that each begins on. Raises UnknownIdError."""
        snapshot = self._collection.snapshot()
        entry = _report_entry(report_id, snapshot.contents)
        relations = map(load_relations, _stored("report", entry.id, snapshot))
        return {related.line: related.id for related in relations}

    def outline(self, report_id: str) -> Outline:
        """Return the outline of a report's file. Raises UnknownIdError, UnreadableError, OSError."""
        from kb.readers.formats import read_outline

        source = self.entry(report_id).source
        return read_outline(self._collection.library.data(source), source)

    def lines(self, report_id: str) -> Mapping[str, tuple[str, str | None]]:
        """Return the text of each line of a report, and the id of the note there, by its key (`kb.talks.line_keys`).

        Raises UnknownIdError, UnreadableError, OSError.
        """
        from kb.talks import line_keys, lines_of

        lines, notes = lines_of(self.outline(report_id).blocks), self.noted(report_id)
        return {key: (line.text, notes.get(line.number)) for line, key in zip(lines, line_keys(lines), strict=True)}

    def why(self, identifier: str) -> Explanation:
        """Return the reasons for the kind of a note or for a talk, from a new reading of the file.

        Raises UnknownIdError, also if the file has changed since; UnreadableError; OSError.
        """
        return self._why_talk(identifier) if self.is_talk(identifier) else self._why_kind(identifier)

    def _why_talk(self, talk_id: str) -> Explanation:
        from kb.pipeline.reports import line_overrides
        from kb.talks import report_of, talk_reasons, with_own_id

        note_taker, tools = self.note_takers(talk_id)[0], self._collection.tools
        if note_taker.talk.read_by:
            return Explanation("talk", note_taker.talk.title, 1.0, (), note_taker.talk.read_by)
        entry, talk, outline = note_taker.report, note_taker.talk, self.outline(note_taker.report.id)
        override = with_own_id(outline, tools.configuration.override(entry.source))
        talks = report_of(outline, override, line_overrides(tools, override)).talks
        lines = [candidate.line for candidate in talks if candidate.title == talk.written_title]
        if not lines:
            raise UnknownIdError(translatable("{0} holds no talk {1} any more", entry.source, talk_id))
        sure, reasons = talk_reasons(outline, entry.event, min(lines, key=lambda line: abs(line - talk.line)))
        return Explanation("talk", talk.title, sure, tuple(reasons))

    def _why_kind(self, note_id: str) -> Explanation:
        from kb.kinds import reasons
        from kb.pipeline.reports import finish_report

        note = self.note(note_id)
        own = own_part(note.id)
        read = readings_in(self._collection.library.readings(note.source))
        finished = finish_report(self.outline(note.report), self._collection.tools, read=read)
        # Explain the kind that is shown, likely or sure, which vectors or corrections of other notes may have decided.
        kind, sure = (note.likely, getattr(note, note.likely)) if note.likely else (note.kind, note.sure)
        notes = {own_part(other.id): replace(other, kind=kind) for other in finished.report.notes}
        if own not in notes:
            raise UnknownIdError(translatable("{0} holds no note {1} any more", note.source, note_id))
        contents = self._collection.contents()
        corrections = contents.parsed_configuration.corrections if contents else {}
        note_ids = [f"{report_id}/{own}" for report_id in (contents.ids_of(note.report) if contents else ())]
        if any(corrections[note_id].kind for note_id in note_ids if note_id in corrections):
            return Explanation(note.kind, note.text, note.sure, ())
        if note.read_by and any(one.kind for key, one in finished.classified.assisted.items() if own_part(key) == own):
            return Explanation(note.kind, note.text, note.sure, (), note.read_by)
        report = replace(finished.report, notes=tuple(notes.values()))
        return Explanation(kind, note.text, sure, tuple(reasons(report, finished.morphemes)[notes[own].id]))

    def services(self) -> tuple[ServiceCount, ...]:
        """Return every service of the catalogue with its number of notes, None without an index."""
        services = self._collection.catalogue.services
        if self._collection.needs_index():
            return tuple(ServiceCount(service, None) for service in services)
        results = self._collection.engine.search(Query(limit=0, facets=("service",)))
        counts = {count.value: count.count for count in results.facets["service"]}
        return tuple(ServiceCount(service, counts.get(service.slug, 0)) for service in services)


def _entry_of(entries: Mapping[str, T], key: str, what: str) -> T:
    if key not in entries:
        raise UnknownIdError(translatable("no {0} is known as {1}", what, key))
    return entries[key]


def _report_entry(report_id: str, contents: Contents) -> ReportEntry:
    """Return the entry of a report by its current or any former id. Raises UnknownIdError."""
    entries = contents.reports_of_id(report_id)
    if not entries:
        near = _near_ids(report_id, contents.by_id)
        raise UnknownIdError(translatable("no report has the id {0}", report_id), near=near)
    if len(entries) > 1:
        candidates = ", ".join(f"{entry.id} ({entry.source})" for entry in entries)
        raise UnknownIdError(translatable("several reports are called {0} now: {1}", report_id, candidates), entries)
    return entries[0]


def _near_ids(unknown: str, ids: Iterable[str]) -> tuple[str, ...]:
    from index.terms import nearest

    return nearest(unknown, ids, _MAX_NEAR_IDS)


def _notes(group: str, value: str, snapshot: Snapshot) -> tuple[Note, ...]:
    """Return all notes with a facet value, in reading order."""
    return tuple(map(snapshot.note, _stored(group, value, snapshot)))


def _stored(group: str, value: str, snapshot: Snapshot) -> tuple[str, ...]:
    """Return the stored documents with a facet value, in reading order, not decoded."""
    results = snapshot.reader.search(Query(sort="position", limit=None).select(group, value))
    return tuple(hit.stored for hit in results.hits)
