"""Reading what a collection holds: a note, a talk, a report and its lines, and the services that notes are about."""

from collections.abc import Sequence
from typing import TypeVar

from index.engine import Reader
from index.query import Query
from kb.library.contents import Contents, ReportEntry
from kb.report.model import Note
from kb.report.outline import Outline
from kb.search.answers import ServiceCount, UnknownIdError
from kb.search.collection import Collection

Told = TypeVar("Told")


class Browser:
    """Gives out what a collection holds, by id."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection

    def reports(self) -> tuple[ReportEntry, ...]:
        """Return all reports, newest event first, undated last."""
        contents = self._collection.contents()
        return contents.newest_first if contents else ()

    def note(self, note_id: str) -> Note:
        """Return a note. Raises UnknownIdError, with the report that the id names where that one is known."""
        note = self._collection.of_one_generation(lambda reader, contents: self._note(note_id, reader, contents), None)
        if note is not None:
            return note
        contents = self._collection.contents()
        report = contents.by_id.get(note_id.rpartition("/")[0]) if contents else None
        where = f"; the report {report.id} is known, but holds no such note any more" if report else ""
        raise UnknownIdError(f"no note has the id {note_id}{where}", report)

    def _note(self, note_id: str, reader: Reader, contents: Contents) -> Note | None:
        stored = reader.stored(note_id)
        return self._collection.note(stored, contents) if stored is not None else None

    def talk(self, talk_id: str) -> Sequence[Note]:
        """Return all notes on a talk, report by report, in reading order. Raises UnknownIdError."""

        def told(reader: Reader, contents: Contents) -> Sequence[Note] | None:
            return self._all("talk", talk_id, reader, contents) if talk_id in contents.talks else None

        return _known(self._collection.of_one_generation(told, None), f"no talk has the id {talk_id}")

    def report(self, report_id: str) -> tuple[ReportEntry, Sequence[Note]]:
        """Return a report and all its notes in reading order. Raises UnknownIdError."""

        def told(reader: Reader, contents: Contents) -> tuple[ReportEntry, Sequence[Note]] | None:
            entry = contents.by_id.get(report_id)
            return (entry, self._all("report", report_id, reader, contents)) if entry else None

        return _known(self._collection.of_one_generation(told, None), f"no report has the id {report_id}")

    def entry(self, report_id: str) -> ReportEntry:
        """Return a report without its notes. Raises UnknownIdError."""
        contents = self._collection.contents()
        return _known(contents.by_id.get(report_id) if contents else None, f"no report has the id {report_id}")

    def _all(self, group: str, value: str, reader: Reader, contents: Contents) -> tuple[Note, ...]:
        results = reader.search(Query(sort="position", limit=None).select(group, value))
        return tuple(self._collection.note(hit.stored, contents) for hit in results.hits)

    def outline(self, report_id: str) -> Outline:
        """Return what each line of a report's file is taken for. Raises UnknownIdError, UnreadableError, OSError."""
        from kb.readers.formats import read_outline

        source = self.entry(report_id).source
        return read_outline(self._collection.library.file(source).read_bytes(), source)

    def services(self) -> tuple[ServiceCount, ...]:
        """Return the whole catalogue, index or not, with the number of notes on each."""
        services = self._collection.catalogue.services
        if self._collection.needs_index():
            return tuple(ServiceCount(service, None) for service in services)
        results = self._collection.engine.search(Query(limit=0, facets=("service",)))
        counts = {count.value: count.count for count in results.facets["service"]}
        return tuple(ServiceCount(service, counts.get(service.slug, 0)) for service in services)


def _known(told: Told | None, otherwise: str) -> Told:
    """Return what was found under an id. Raises UnknownIdError where that is nothing."""
    if told is None:
        raise UnknownIdError(otherwise)
    return told
