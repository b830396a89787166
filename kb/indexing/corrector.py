"""Corrections of reports, talks and notes: they are written to kb.toml, and hold from the next sync on."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import astuple, replace

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
_Fields = TypeVar("_Fields", bound=Struct)


@dataclass(frozen=True, slots=True)
class Edit:
    """A change of an entry of kb.toml: what the entry said before and after it.

    `place` is the table, and the id of a note, the ids of a talk, the source of a report, or a name.
    """

    place: tuple[str, ...]
    before: Any
    after: Any


class Corrector:
    """Edits the kb.toml of a collection's library, and removes and restores its reports.

    Each method raises LibraryError if the library is the samples, or its kb.toml is broken. A change is a function of
    the current entry, so that two processes that correct one thing do not overwrite each other. `revert` undoes the
    edits that the methods return.
    """

    def __init__(self, collection: Collection) -> None:
        self._collection = collection

    def together(self) -> AbstractContextManager[None]:
        """Return a block whose corrections are written as one at its end; none of them after an error."""
        return self._library().one_write()

    def revert(self, edits: Sequence[Edit]) -> list[Edit]:
        """Undo edits, the last one first, in one write; return the edits that redo them.

        What others changed since stays. Raises ChangedSinceError if they changed the same parts of an entry.
        """
        with self.together():
            return [self._revert(edit) for edit in reversed(edits)]

    def _revert(self, edit: Edit) -> Edit:
        before, after = edit.before, edit.after
        match edit.place:
            case "notes", note_id:
                return self.note(note_id, lambda now: _correction_reverted(now, before, after))
            case "talks", *ids:
                return self.talk(ids, lambda now: _fields_reverted(now, before, after))
            case "reports", source:
                contents = self._collection.contents()
                entry = contents.by_source.get(source) if contents else None
                if entry is None:
                    raise ChangedSinceError(source)
                return self.report(entry, lambda now: _fields_reverted(now, before, after))
            case "different", "events" | "people" as table, name:
                return self.different(table, name, lambda now: _names_reverted(now, before, after))
            case "events" | "people" as table, name:
                return self.same(table, name, lambda now: _reverted(now, before, after))
        raise AssertionError(edit)

    def note(self, note_id: str, change: Callable[[Correction], Correction]) -> Edit:
        """Change the correction of a note."""
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

        before = known(self._library().configure(corrected))
        return Edit(("notes", note_id), before, change(before))

    def report(self, entry: ReportEntry, change: Callable[[MetadataOverride], MetadataOverride]) -> Edit:
        """Change the metadata override of a report.

        A new event gives the report new ids: the current ones are stored, and lead to it. Raises ChangedSinceError if
        its file has changed.
        """
        library, contents, source = self._library(), self._collection.contents(), entry.source
        ids = (contents.ids[source], entry.id) if contents else ()

        def changed(data: bytes, before: Configuration) -> bytes:
            if library.digest(source) != entry.digest:  # the file may be gone, or hold another report
                raise ChangedSinceError(source)
            known = before.override(source)
            override = change(known)
            former = () if known.event == override.event else ids
            after = replace(override, former=tuple(dict.fromkeys((*known.former, *override.former, *former))))
            return rewriting.with_override(data, source, after)

        before = library.configure(changed).overrides.get(source, MetadataOverride())
        return Edit(("reports", source), before, change(before))

    def own_talk_ids(self, talk_id: str) -> tuple[str, ...]:
        """Return the ids that a talk has in each of its reports alone: kb.toml corrects a talk under those."""
        contents = self._collection.contents()
        return (contents.own_talk_ids(talk_id) if contents else ()) or (talk_id,)

    def talk(self, ids: Sequence[str], change: Callable[[TalkCorrection], TalkCorrection]) -> Edit:
        """Change the correction of a talk, or of a line that may be a talk, under its ids."""

        def changed(data: bytes, before: Configuration) -> bytes:
            after = change(before.talks.get(ids[0], TalkCorrection()))
            for each in ids:
                data = rewriting.with_talk(data, each, after)
            return data

        before = self._library().configure(changed).talks.get(ids[0], TalkCorrection())
        return Edit(("talks", *ids), before, change(before))

    def take_out(self, table: str, key: str) -> list[Edit]:
        """Take a correction of a note or talk out of kb.toml; return the edit, none if the correction has an effect."""
        contents = self._collection.contents()
        unused = {(one.table, one.key) for one in contents.unused} if contents else set()
        match (table, key) if (table, key) in unused else None:
            case "notes", note:
                return [self.note(note, lambda _: Correction())]
            case "talks", talk:
                return [self.talk([talk], lambda _: TalkCorrection())]
        return []

    def same(self, table: Same, name: str, change: Callable[[str | None], str | None]) -> Edit:
        """Change the name that an event's or a person's name is shown under, None for itself.

        Raises LibraryError if names would lead to each other.
        """

        def changed(data: bytes, before: Configuration) -> bytes:
            return rewriting.with_shown(data, table, name, change(before.names(table).said.get(name)))

        before = self._library().configure(changed).names(table).said.get(name)
        return Edit((table, name), before, change(before))

    def different(self, table: Same, name: str, change: Callable[[tuple[str, ...]], tuple[str, ...]]) -> Edit:
        """Change the names that are listed as different events or people than a name."""

        def changed(data: bytes, before: Configuration) -> bytes:
            return rewriting.with_different(data, table, name, change(before.others(table, name)))

        before = self._library().configure(changed).others(table, name)
        return Edit(("different", table, name), before, change(before))

    def lesson(self, lesson: LessonTable) -> LessonTable:
        """Replace what is learned from corrections of kinds; return what was learned before."""
        return self._library().configure(lambda data, _: rewriting.with_lesson(data, lesson)).lesson

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

    def replace_readings(self, versions: tuple[Readings, Readings]) -> tuple[Readings, Readings]:
        """Replace what assistants read in lines, the first version by the second; return the opposite.

        Raises ChangedSinceError if that is no longer the first one.
        """
        before, after = versions
        self._library().replace_readings(before, after)
        return after, before

    def remove(self, source: str, digest: str | None = None) -> FileChange:
        """Remove a report from the library; return the change. Raises ChangedSinceError for another SHA-256.

        Corrections of its notes and talks stay in kb.toml, for a report that comes back.
        """
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


def _correction_reverted(now: Correction, before: Correction, after: Correction) -> Correction:
    """Return a correction with a change of its kind, its searches and each service reverted."""
    kind, denied = _reverted(*((one.kind, one.denied) for one in (now, before, after)))
    no_answer_to = _reverted(now.no_answer_to, before.no_answer_to, after.no_answer_to)
    tagged = _each_reverted(now.tagged, before.tagged, after.tagged)
    return Correction(kind=kind, denied=denied, no_answer_to=no_answer_to).with_tagged(tagged)


def _fields_reverted(now: _Fields, before: _Fields, after: _Fields) -> _Fields:
    """Return an entry with a change of each field reverted."""
    return type(now)(*map(_reverted, astuple(now), astuple(before), astuple(after)))


def _names_reverted(now: Sequence[str], before: Sequence[str], after: Sequence[str]) -> tuple[str, ...]:
    """Return names with those that a change added taken out, and those that it took out added."""
    listed = _each_reverted(*(dict.fromkeys(names, True) for names in (now, before, after)))
    return tuple(name for name, is_listed in listed.items() if is_listed)


def _each_reverted(now: Mapping[str, T], before: Mapping[str, T], after: Mapping[str, T]) -> Mapping[str, T | None]:
    """Return values with a change of each reverted; one that the change added becomes None."""
    return {key: _reverted(now.get(key), before.get(key), after.get(key)) for key in {**now, **before, **after}}


def _reverted(now: T, before: T, after: T) -> T:
    """Return the value before a change, the present one if it did not change it.

    Raises ChangedSinceError if others changed it since.
    """
    if before == after:
        return now
    if now != after:
        raise ChangedSinceError
    return before
