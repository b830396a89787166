"""Reading what a collection holds: a note, a talk, a report and its lines, and the services that notes are about."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from msgspec.structs import replace

from index.messages import translatable
from index.query import Query
from kb.library.contents import Contents, ReportEntry
from kb.pipeline.alignment import Row, aligned
from kb.report.identity import own_part, report_part
from kb.report.model import Note
from kb.report.outline import Outline
from kb.search.collection import Collection, GenerationCache, Snapshot
from kb.search.directory import Directory, EventEntry, SeriesEntry, SpeakerEntry, TalkEntry, talks_of
from kb.search.documents import load_relations
from kb.search.results import NoteTaker, ServiceCount, SimilarNotes, Surroundings, UnknownIdError, Why

_MOST_SIMILAR = 5  # notes: as many as are read beside one
_MOST_NEAR = 3  # ids that are offered instead of one that is none
T = TypeVar("T")


class Browser:
    """Gives out what a collection holds, by id."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._directory = GenerationCache[Directory]()

    def reports(self) -> tuple[ReportEntry, ...]:
        """Return all reports, newest event first, undated last."""
        contents = self._collection.contents()
        return contents.newest_first if contents else ()

    def directory(self) -> Directory:
        """Return what the collection holds by event, talk, speaker and year; made once a generation."""

        def make() -> Directory:
            snapshot = self._collection.snapshot()
            if snapshot is None:
                return Directory.of((), ())
            counts = snapshot.reader.search(Query(limit=0, facets=("talk",))).facets["talk"]
            return Directory.of(snapshot.contents.newest_first, {one.value for one in counts if one.count})

        return self._directory.get(self._collection.contents(), make)

    def event(self, slug: str) -> EventEntry:
        """Return an event. Raises UnknownIdError."""
        return _known(self.directory().events, slug, "event")

    def series(self, slug: str) -> SeriesEntry:
        """Return events that are held under one name. Raises UnknownIdError."""
        return _known(self.directory().series, slug, "series")

    def speaker(self, name: str) -> SpeakerEntry:
        """Return who gave talks under a name. Raises UnknownIdError."""
        return _known(self.directory().speakers, name, "speaker")

    def note(self, note_id: str) -> Note:
        """Return a note, by any id that its report has had.

        Raises UnknownIdError, with the reports that the id names where such are known.
        """
        snapshot = self._collection.snapshot()
        report_id, own = report_part(note_id), own_part(note_id)
        reports = snapshot.contents.reports_of_id(report_id) if snapshot else ()
        for report in reports:
            if snapshot and (stored := snapshot.reader.stored(f"{report.id}/{own}")) is not None:
                return snapshot.note(stored)
        near = tuple(
            f"{one}/{own}"
            for one in (_near(report_id, snapshot.contents.by_id) if snapshot else ())
            if snapshot and snapshot.reader.stored(f"{one}/{own}") is not None
        )
        message = translatable("no note has the id {0}", note_id)
        if reports:
            message = translatable(
                "{0}; the report {1} is known, but holds no such note any more", message, reports[0].id
            )
        raise UnknownIdError(message, reports, near)

    def surroundings(self, note: Note) -> Surroundings:
        """Return where a note stands in its report. Raises UnknownIdError where that one has gone meanwhile."""
        snapshot = self._collection.snapshot()
        entry = _entry(note.report, snapshot.contents if snapshot else None)
        stored = _stored("report", note.report, snapshot) if snapshot else ()
        relations = [load_relations(one) for one in stored]
        place = next((place for place, one in enumerate(relations) if one.id == note.id), None)
        if snapshot is None or place is None:
            raise UnknownIdError(translatable("no note has the id {0}", note.id), (entry,))
        wanted = {other for other in (note.id, note.remedy_of, note.answers) if other}
        return Surroundings(
            report=entry,
            number=place + 1,
            before=snapshot.note(stored[place - 1]) if place else None,
            after=snapshot.note(stored[place + 1]) if place + 1 < len(stored) else None,
            related=tuple(snapshot.note(one) for one, own in zip(stored, relations, strict=True) if own.touch(wanted)),
        )

    def like(self, notes: Sequence[Note]) -> tuple[SimilarNotes, ...]:
        """Return the notes of other reports that are most like some, none without a model."""
        snapshot = self._collection.snapshot()
        if snapshot is None:
            return ()
        services = {mention.service for note in notes for mention in note.services}
        similar = []
        for hit in snapshot.reader.more_like([note.id for note in notes], "report", _MOST_SIMILAR):
            note = snapshot.note(hit.stored)
            shared = dict.fromkeys(one.service for one in note.services if one.service in services)
            similar.append(SimilarNotes(note, hit.score, tuple(shared)))
        return tuple(similar)

    def is_talk(self, talk_id: str) -> bool:
        """Return whether a talk has this id, or had it before somebody else noted it too."""
        contents = self._collection.contents()
        return contents is not None and contents.canonical_talk(talk_id) is not None

    def note_takers(self, talk_id: str) -> tuple[NoteTaker, ...]:
        """Return who noted a talk, in library order. Raises UnknownIdError."""
        snapshot = self._collection.snapshot()
        settled = snapshot.contents.canonical_talk(talk_id) if snapshot else None
        if snapshot is None or settled is None:
            near = _near(talk_id, snapshot.contents.talks) if snapshot else ()
            raise UnknownIdError(translatable("no talk has the id {0}", talk_id), near=near)
        notes = _all("talk", settled, snapshot)
        talks = {
            entry.id: (entry, talk) for entry in snapshot.contents.reports for talk in entry.talks if talk.id == settled
        }
        return tuple(
            NoteTaker(entry, talk, tuple(note for note in notes if note.report == entry.id))
            for entry, talk in talks.values()
        )

    def aligned(self, note_takers: Sequence[NoteTaker]) -> tuple[Row, ...]:
        """Return the notes of several note takers side by side, those that say the same in one row."""
        snapshot = self._collection.snapshot()
        return aligned(
            [note_taker.notes for note_taker in note_takers],
            snapshot.similarity if snapshot else lambda _some, _others: (),
        )

    def spoken(self, talk_id: str) -> TalkEntry:
        """Return a talk without its notes, and who tells of it. Raises UnknownIdError."""
        return _known(self.directory().spoken, talk_id, "talk")

    def talks_of(self, *reports: ReportEntry) -> tuple[TalkEntry, ...]:
        """Return the talks of some reports of which there are notes."""
        return talks_of(reports, self.directory().talks)

    def report(self, report_id: str) -> tuple[ReportEntry, Sequence[Note]]:
        """Return a report and all its notes in reading order. Raises UnknownIdError."""
        snapshot = self._collection.snapshot()
        entry = _entry(report_id, snapshot.contents if snapshot else None)
        return entry, _all("report", entry.id, snapshot) if snapshot else ()

    def entry(self, report_id: str) -> ReportEntry:
        """Return a report without its notes. Raises UnknownIdError."""
        return _entry(report_id, self._collection.contents())

    def noted(self, report_id: str) -> Mapping[int, str]:
        """Return the ids of a report's notes by the line that each begins at. Raises UnknownIdError."""
        snapshot = self._collection.snapshot()
        entry = _entry(report_id, snapshot.contents if snapshot else None)
        relations = map(load_relations, _stored("report", entry.id, snapshot) if snapshot else ())
        return {one.line: one.id for one in relations}

    def outline(self, report_id: str) -> Outline:
        """Return what each line of a report's file is taken for. Raises UnknownIdError, UnreadableError, OSError."""
        from kb.readers.formats import read_outline

        source = self.entry(report_id).source
        return read_outline(self._collection.library.data(source), source)

    def why(self, identifier: str) -> Why:
        """Return why a note is of its kind, or a talk is one: its file is read anew.

        Raises UnknownIdError, also where the file says something else by now, UnreadableError, OSError.
        """
        from kb.kinds import reasons
        from kb.pipeline.reports import finish_report
        from kb.talks import report_of, talk_reasons

        if self.is_talk(identifier):
            note_taker, tools = self.note_takers(identifier)[0], self._collection.tools
            entry, talk, outline = note_taker.report, note_taker.talk, self.outline(note_taker.report.id)
            now = report_of(outline, tools.configuration.overrides.get(entry.source), tools.lines).talks
            lines = [one.line for one in now if one.title == talk.title]  # the file may have been edited meanwhile
            if not lines:
                raise UnknownIdError(translatable("{0} holds no talk {1} any more", entry.source, identifier))
            sure, why = talk_reasons(outline, entry.event, min(lines, key=lambda line: abs(line - talk.line)))
            return Why("talk", talk.title, sure, tuple(why))
        known = self.note(identifier)
        own = own_part(known.id)
        finished = finish_report(self.outline(known.report), self._collection.tools)
        # Its kind is the one that is shown, be it told by vectors or by corrections of other notes too.
        notes = {own_part(note.id): replace(note, kind=known.kind) for note in finished.report.notes}
        if own not in notes:
            raise UnknownIdError(translatable("{0} holds no note {1} any more", known.source, identifier))
        report = replace(finished.report, notes=tuple(notes.values()))
        features = () if self._is_told(known) else tuple(reasons(report, finished.morphemes)[notes[own].id])
        return Why(known.kind, known.text, known.sure, features)

    def _is_told(self, note: Note) -> bool:
        """Return whether a person told a note's kind, under any id that its report has had."""
        contents = self._collection.contents()
        corrections = contents.parsed_configuration.corrections if contents else {}
        own = own_part(note.id)
        ids = contents.ids_of(note.report) if contents else ()
        return any(corrections[id_].kind for one in ids if (id_ := f"{one}/{own}") in corrections)

    def services(self) -> tuple[ServiceCount, ...]:
        """Return the whole catalogue, index or not, with the number of notes on each."""
        services = self._collection.catalogue.services
        if self._collection.needs_index():
            return tuple(ServiceCount(service, None) for service in services)
        results = self._collection.engine.search(Query(limit=0, facets=("service",)))
        counts = {count.value: count.count for count in results.facets["service"]}
        return tuple(ServiceCount(service, counts.get(service.slug, 0)) for service in services)


def _known(entries: Mapping[str, T], key: str, what: str) -> T:
    """Return the entry of a key. Raises UnknownIdError."""
    if key not in entries:
        raise UnknownIdError(translatable("no {0} is known as {1}", what, key))
    return entries[key]


def _entry(report_id: str, contents: Contents | None) -> ReportEntry:
    """Return what an index knows of a report, by any id that it has had. Raises UnknownIdError."""
    entries = contents.reports_of_id(report_id) if contents else ()
    if not entries:
        near = _near(report_id, contents.by_id) if contents else ()
        raise UnknownIdError(translatable("no report has the id {0}", report_id), near=near)
    if len(entries) > 1:
        which = ", ".join(f"{entry.id} ({entry.source})" for entry in entries)
        raise UnknownIdError(translatable("several reports are called {0} now: {1}", report_id, which), entries)
    return entries[0]


def _near(some_id: str, ids: Iterable[str]) -> tuple[str, ...]:
    """Return the ids, at most three, that are nearly like one which none has."""
    from index.terms import nearest

    return nearest(some_id, ids, _MOST_NEAR)


def _all(group: str, value: str, snapshot: Snapshot) -> tuple[Note, ...]:
    """Return all notes with a value, in position order."""
    return tuple(map(snapshot.note, _stored(group, value, snapshot)))


def _stored(group: str, value: str, snapshot: Snapshot) -> tuple[str, ...]:
    """Return what is stored of all notes with a value, in position order; to decode it costs more."""
    results = snapshot.reader.search(Query(sort="position", limit=None).select(group, value))
    return tuple(hit.stored for hit in results.hits)
