"""Corrections of reports, talks and notes: they are written to kb.toml, and hold from the next sync on."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TypeVar

from msgspec.structs import replace

from kb.library import rewriting
from kb.library.configuration import Configuration
from kb.library.contents import ReportEntry
from kb.library.file_changes import ChangedSinceError, FileChange
from kb.library.files import Library, Readings
from kb.library.tables import MAX_SEARCHES, LessonTable, SavedSearch
from kb.report.identity import own_part, report_part
from kb.report.model import Correction, MetadataOverride, TalkCorrection
from kb.report.names import Same
from kb.report.problems import LibraryError
from kb.search.collection import Collection

T = TypeVar("T")


class Corrector:
    """Edits the kb.toml of a collection's library, and removes and restores its reports.

    Each method raises LibraryError if the library is the samples, or its kb.toml is broken. A change is a function of
    the current value, so that two processes that correct one thing do not overwrite each other.
    """

    def __init__(self, collection: Collection) -> None:
        self._collection = collection

    def together(self) -> AbstractContextManager[None]:
        """Return a block whose corrections are written as one at its end; none of them after an error."""
        return self._library().one_write()

    def note(self, note_id: str, change: Callable[[Correction], Correction]) -> Correction:
        """Change the correction of a note; return the correction before."""
        report, own = report_part(note_id), own_part(note_id)
        contents = self._collection.contents()
        ids = contents.ids_of(report) if contents else ()
        former = [f"{each}/{own}" for each in ids if each != report]

        def known(configuration: Configuration) -> Correction:
            corrections = (configuration.corrections.get(note) for note in (note_id, *former))
            return next(filter(None, corrections), Correction())

        def corrected(data: bytes, before: Configuration) -> bytes:
            after, taught = change(known(before)), [note for note, one in before.corrections.items() if one.of_kind]
            learned = before.lesson.corrections
            is_new = after.of_kind and not known(before).of_kind  # written last: nothing is learned from it yet
            for note in (*former, note_id) if is_new else former:
                if note in before.corrections:
                    data = rewriting.with_correction(data, note, Correction())
            if not after.of_kind and {note_id, *former} & {*taught[:learned]}:  # its lesson goes with it
                data = rewriting.with_lesson(data, replace(before.lesson, corrections=learned - 1))
            return rewriting.with_correction(data, note_id, after)

        return known(self._library().configure(corrected))

    def report(self, entry: ReportEntry, change: Callable[[MetadataOverride], MetadataOverride]) -> MetadataOverride:
        """Change the metadata override of a report; return the override before.

        A new event gives the report new ids: the current ones are stored, and lead to it. Raises ChangedSinceError if
        its file has changed.
        """
        library, contents, source = self._library(), self._collection.contents(), entry.source
        ids = (contents.ids[source], entry.id) if contents else ()

        def changed(data: bytes, before: Configuration) -> bytes:
            if library.digest(source) != entry.digest:  # the file may be gone, or hold another report
                raise ChangedSinceError(source)
            known = before.overrides.get(source, MetadataOverride())
            override = change(known)
            former = () if known.event == override.event else ids
            after = replace(override, former=tuple(dict.fromkeys((*known.former, *override.former, *former))))
            return rewriting.with_override(data, source, after)

        return library.configure(changed).overrides.get(source, MetadataOverride())

    def own_talk_ids(self, talk_id: str) -> tuple[str, ...]:
        """Return the ids that a talk has in each of its reports alone: kb.toml corrects a talk under those."""
        contents = self._collection.contents()
        return (contents.own_talk_ids(talk_id) if contents else ()) or (talk_id,)

    def talk(self, ids: Sequence[str], change: Callable[[TalkCorrection], TalkCorrection]) -> TalkCorrection:
        """Change the correction of a talk, or of a line that may be a talk, under its ids; return the one before."""

        def changed(data: bytes, before: Configuration) -> bytes:
            after = change(before.talks.get(ids[0], TalkCorrection()))
            for each in ids:
                data = rewriting.with_talk(data, each, after)
            return data

        return self._library().configure(changed).talks.get(ids[0], TalkCorrection())

    def same(self, table: Same, name: str, change: Callable[[str | None], str | None]) -> str | None:
        """Change the name that an event's or a person's name is shown under; return the one before, None for itself.

        Raises LibraryError if names would lead to each other.
        """

        def changed(data: bytes, before: Configuration) -> bytes:
            return rewriting.with_shown(data, table, name, change(before.names(table).said.get(name)))

        return self._library().configure(changed).names(table).said.get(name)

    def different(
        self, table: Same, name: str, change: Callable[[tuple[str, ...]], tuple[str, ...]]
    ) -> tuple[str, ...]:
        """Change the names that are listed as different events or people than a name; return those before."""

        def changed(data: bytes, before: Configuration) -> bytes:
            return rewriting.with_different(data, table, name, change(before.others(table, name)))

        return self._library().configure(changed).others(table, name)

    def lesson(self, change: Callable[[LessonTable], LessonTable]) -> LessonTable:
        """Change what is learned from corrections of kinds; return what was learned before."""
        return self._library().configure(lambda data, before: rewriting.with_lesson(data, change(before.lesson))).lesson

    def searches(self) -> tuple[SavedSearch, ...]:
        """Return the saved searches."""
        return self._collection.library.configuration()[0].searches

    def save_search(self, search: SavedSearch, place: int | None = None) -> None:
        """Save a search, last or at a place. Raises LibraryError if its name is taken, or there are too many."""

        def saved(data: bytes, before: Configuration) -> bytes:
            if len(before.searches) >= MAX_SEARCHES:
                raise LibraryError("more than {0} searches cannot be saved; take one out first", MAX_SEARCHES)
            if any(one.name == search.name for one in before.searches):
                raise LibraryError("a search is saved as {0} already; give this one another name", search.name)
            return rewriting.with_search(data, search, place)

        self._library().configure(saved)

    def delete_search(self, name: str, address: str | None = None) -> tuple[SavedSearch, int] | None:
        """Delete a saved search; return it and its place, None if none has this name and, if given, address."""
        places: list[int] = []

        def deleted(data: bytes, before: Configuration) -> bytes:
            for place, search in enumerate(before.searches):
                if search.name == name and address in (None, search.address):
                    places.append(place)
            return rewriting.without_search(data, places[0]) if places else data

        before = self._library().configure(deleted)
        return (before.searches[places[0]], places[0]) if places else None

    def readings(self, before: Readings, after: Readings) -> None:
        """Replace what assistants read in lines. Raises ChangedSinceError if that is no longer `before`."""
        self._library().replace_readings(before, after)

    def remove(self, source: str, digest: str | None = None) -> FileChange:
        """Remove a report from the library; return the change. Raises ChangedSinceError for another SHA-256."""
        return self._library().discard(source, digest)

    def take_back(self, changes: list[FileChange]) -> list[FileChange]:
        """Undo changes of files; return the changes that redo them. Raises ChangedSinceError."""
        return self._library().take_back(changes)

    def _library(self) -> Library:
        """Return the library. Raises LibraryError for the samples."""
        if self._collection.is_samples:
            path = self._collection.library.path
            raise LibraryError("{0}: these are the bundled samples; they stay as they are", path)
        return self._collection.library


def reverted(now: Mapping[str, T], before: Mapping[str, T], after: Mapping[str, T]) -> Mapping[str, T | None]:
    """Return the current fields with a change reverted; a field that the change added becomes None.

    Fields that only others changed stay as they are. Raises ChangedSinceError if they changed the same fields.
    """
    changed = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    if any(now.get(name) != after.get(name) for name in changed):
        raise ChangedSinceError
    return {**now, **{name: before.get(name) for name in changed}}
