"""Putting right what was understood: it is kept in kb.toml, and holds after the next sync."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from msgspec.structs import replace

from index.messages import translatable
from kb.library.configuration import Configuration
from kb.library.contents import ReportEntry
from kb.library.file_changes import ChangedSinceError, FileChange
from kb.library.files import Library
from kb.library.rewriting import with_correction, with_override, with_search, with_talk, without_search
from kb.library.tables import MOST_SEARCHES, SavedSearch
from kb.report.identity import own_part, report_part, talk_id_at
from kb.report.model import Correction, MetadataOverride, TalkCorrection
from kb.report.problems import LibraryError
from kb.search.collection import Collection

T = TypeVar("T")


class Corrector:
    """Corrects what is known of a collection's reports, talks and notes in its kb.toml; takes reports out and back.

    Each method raises LibraryError for the samples and for a broken kb.toml.
    """

    def __init__(self, collection: Collection) -> None:
        self._collection = collection

    def note(self, note_id: str, change: Callable[[Correction], Correction]) -> Correction:
        """Change which services a note is and is not about, and its kind; return what it was before."""
        report, own = report_part(note_id), own_part(note_id)
        contents = self._collection.contents()
        former = contents.ids_of(report) if contents else ()
        others = [f"{each}/{own}" for each in former if each != report]

        def known(configuration: Configuration) -> Correction:
            every = (configuration.corrections.get(note) for note in (note_id, *others))
            return next(filter(None, every), Correction())

        def corrected(data: bytes, before: Configuration) -> bytes:
            for note in others:
                if note in before.corrections:
                    data = with_correction(data, note, Correction())
            return with_correction(data, note_id, change(known(before)))

        return known(self._own().configure(corrected))

    def report(self, entry: ReportEntry, change: Callable[[MetadataOverride], MetadataOverride]) -> MetadataOverride:
        """Change the event, day and addresses that kb.toml has of a report; return what they were before.

        Where its event becomes another its ids do too: those that it has now are kept, and lead to it. Raises
        ChangedSinceError where its file is no longer that of the report.
        """
        library, contents, source = self._own(), self._collection.contents(), entry.source
        ids = (contents.ids[source], entry.id) if contents else ()

        def changed(data: bytes, before: Configuration) -> bytes:
            if library.digest(source) != entry.digest:  # another may stand there, or none
                raise ChangedSinceError(source)
            known = before.overrides.get(source, MetadataOverride())
            given = change(known)
            former = () if known.event == given.event else ids
            after = replace(given, former=tuple(dict.fromkeys((*known.former, *given.former, *former))))
            for asked in entry.asked if given.event and former else ():
                moved = talk_id_at(asked, given.event)
                if asked in before.talks and moved not in before.talks:
                    data = with_talk(data, moved, before.talks[asked])
            return with_override(data, source, after)

        return library.configure(changed).overrides.get(source, MetadataOverride())

    def ids_of_talk(self, talk_id: str) -> tuple[str, ...]:
        """Return each id that a talk has in one of its reports alone, which is what reading them knows."""
        contents = self._collection.contents()
        return (contents.own_talk_ids(talk_id) if contents else ()) or (talk_id,)

    def talk(self, ids: Sequence[str], change: Callable[[TalkCorrection], TalkCorrection]) -> TalkCorrection:
        """Change what kb.toml has of a talk, or of a line that may be one, under its ids; return what it was before."""

        def changed(data: bytes, before: Configuration) -> bytes:
            after = change(before.talks.get(ids[0], TalkCorrection()))
            for each in ids:
                data = with_talk(data, each, after)
            return data

        return self._own().configure(changed).talks.get(ids[0], TalkCorrection())

    def searches(self) -> tuple[SavedSearch, ...]:
        """Return the searches that are saved."""
        return self._collection.library.configuration()[0].searches

    def save(self, search: SavedSearch, place: int | None = None) -> None:
        """Save a search, last or at a place. Raises LibraryError where another has its name, or there are too many."""

        def saved(data: bytes, before: Configuration) -> bytes:
            if len(before.searches) >= MOST_SEARCHES:
                raise LibraryError(
                    translatable("more than {0} searches cannot be saved; take one out first", MOST_SEARCHES)
                )
            if any(one.name == search.name for one in before.searches):
                raise LibraryError(
                    translatable("a search is saved as {0} already; give this one another name", search.name)
                )
            return with_search(data, search, place)

        self._own().configure(saved)

    def forget(self, name: str, address: str | None = None) -> tuple[SavedSearch, int] | None:
        """Forget a saved search; return it with its place, None where none has this name, and this address if any."""
        places: list[int] = []

        def forgotten(data: bytes, before: Configuration) -> bytes:
            every = enumerate(before.searches)
            places.extend(place for place, one in every if one.name == name and address in (None, one.address))
            return without_search(data, places[0]) if places else data

        before = self._own().configure(forgotten)
        return (before.searches[places[0]], places[0]) if places else None

    def remove(self, source: str, digest: str | None = None) -> FileChange:
        """Take a report out of the library, with a SHA-256 only where its file holds that; return what that changed."""
        return self._own().discard(source, digest)

    def take_back(self, changes: list[FileChange]) -> list[FileChange]:
        """Make files what they were before they were changed; return what takes that back. Raises ChangedSinceError."""
        return self._own().take_back(changes)

    def _own(self) -> Library:
        """Return the library. Raises LibraryError for the samples."""
        if self._collection.is_samples:
            path = self._collection.library.path
            raise LibraryError(translatable("{0}: these are the bundled samples; they stay as they are", path))
        return self._collection.library


def put_back(now: Mapping[str, T], before: Mapping[str, T], after: Mapping[str, T]) -> Mapping[str, T | None]:
    """Return what is so now, by its name, but what a change made so as it was before; None for what was not there.

    What others changed since of other things stays. Raises ChangedSinceError where they changed these.
    """
    changed = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    if any(now.get(name) != after.get(name) for name in changed):
        raise ChangedSinceError
    return {**now, **{name: before.get(name) for name in changed}}
