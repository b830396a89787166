"""Keeping a collection: reports come in and go out, tags are put right, and the index follows the library."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec.structs import replace

from index.engine import Coverage, EngineAwayError, OutdatedError, SearchIndexError, WriterBusyError
from index.sentences import said
from kb.library.contents import Contents
from kb.library.file_changes import ChangedSinceError, overrides_of
from kb.library.files import Library, ReportFile, Scan, carried_over, reports_in
from kb.library.listing import listing
from kb.library.places import own_library
from kb.pipeline.understanding import FinishedReport, Progress, understand, untold
from kb.report.identity import normalized
from kb.report.model import MetadataOverride, Report
from kb.report.problems import FileProblem, LibraryError, UnreadableError
from kb.search.collection import Collection, Snapshot
from kb.search.embedding import embedder_of
from kb.search.outcomes import Added, Status, SyncOutcome
from kb.storage.caches import code_digest
from kb.storage.safe_files import locked
from kb.storage.walk import backups_below, shown_name

if TYPE_CHECKING:
    from index.embedder import KeptVectors
    from kb.pipeline.relating import Texts
    from kb.report.difference import Difference

_UNNAMED = "standard input"


class Keeper:
    """Changes the library of a collection, and brings its index up to it."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection

    def sync(self, progress: Progress = untold) -> SyncOutcome:
        """Bring the index up to the library; an unchanged library costs a look at its files.

        Where another process does so meanwhile, it begins again from what that wrote. Raises LibraryError,
        SearchIndexError, WriterBusyError.
        """
        started = time.monotonic()
        while True:
            with suppress(OutdatedError):
                return self._sync(started, progress)

    def _sync(self, started: float, progress: Progress) -> SyncOutcome:
        from kb.search.syncing import Sync

        collection, difference = self._collection, None
        since, before, scan = self._found()
        current = before is not None and before.is_current(collection.library, scan.listing, code_digest())
        if before and current and not collection.engine.damage():
            after = before
        else:
            vectors = self._vectors_of_kinds() if before and self._teaches_anew(before, scan) else None
            after, difference = Sync(collection, scan, self._held(), since, progress, vectors=vectors).run()
        if self._teaches_anew(after, scan):  # corrected notes stand in reports that were new to the index
            since, held = collection.engine.stamp(), self._held()
            vectors = self._vectors_of_kinds()
            after, learned = Sync(collection, scan, held, since, progress, vectors=vectors).run()
            difference = difference or learned
        old = before.by_id if before else {}
        kept = old.keys() & after.by_id.keys()
        unchanged = sum(old[report].digest == after.by_id[report].digest for report in kept)
        return SyncOutcome(
            new=len(after.by_id) - len(kept),
            changed=len(kept) - unchanged,
            gone=len(old) - len(kept),
            unchanged=unchanged,
            notes=sum(entry.notes for entry in after.reports),
            seconds=time.monotonic() - started,
            problems=(*scan.problems, *after.problems),
            difference=difference,
        )

    def _teaches_anew(self, contents: Contents, scan: Scan) -> bool:
        """Tell whether the corrections of the library teach something else than what an index was made with."""
        told = scan.configuration.corrections.values()
        if not contents.lesson and not any(one.kind or one.denied for one in told):
            return False
        from kb.search.finishing import Finisher
        from kb.search.teaching import lesson_of

        collection = self._collection
        return lesson_of(scan, contents, Finisher(collection.index, collection.tools)).key != contents.lesson

    def _vectors_of_kinds(self) -> "KeptVectors | None":
        """Return the vectors that kinds are told by too, None where there are none."""
        from kb.kinds import vector_model

        vectors = self._collection.engine.kept_vectors()
        return vectors if vectors and vectors.name == vector_model() else None

    def preview_sync(self, progress: Progress = untold) -> "Difference | None":
        """Return what a sync would change, None for nothing, and do nothing. Raises LibraryError, SearchIndexError."""
        from kb.library.kept import KeptInMemory
        from kb.search.syncing import Sync

        since, _, scan = self._found()
        aside = KeptInMemory(self._collection.index)
        return Sync(self._collection, scan, self._held(), since, progress, aside=aside).preview()

    def _found(self) -> tuple[object, Contents | None, Scan]:
        """Turn to the library as it is now; return the engine's stamp, what the index holds, and what it is to hold."""
        collection = self._collection
        collection.follow()  # the first own report ends the showing of the samples
        since, before = collection.engine.stamp(), self._contents_before()
        if away := collection.away():
            raise EngineAwayError(away)  # what stands in tells nothing of what is to be written
        library = collection.library
        scan = library.scan()  # after the index was asked, so that it is never older than what that holds
        collection.reopen(library, scan.configuration, is_samples=collection.is_samples)
        return since, before, scan

    def embed(self, progress: Progress = untold) -> None:
        """Make the vectors that notes lack; what breaks this off loses nothing that was made. Raises EmbeddingError."""
        self._collection.engine.embed(lambda done, total: progress("embedding", done, total))
        # Where another sync comes meanwhile, or is at work, this is done after that.
        with suppress(OutdatedError, WriterBusyError, LibraryError):
            if self._tell_kinds_by_vectors(progress):  # on a cluster a document that is written anew lacks its vector
                self._collection.engine.embed(lambda done, total: progress("embedding", done, total))

    def _tell_kinds_by_vectors(self, progress: Progress) -> bool:
        """Tell the kinds of notes anew where words alone told them; return whether there were such reports."""
        from kb.search.syncing import Sync

        vectors = self._vectors_of_kinds()
        if vectors is None:
            return False
        since, before, scan = self._found()
        current = before and before.is_current(self._collection.library, scan.listing, code_digest())
        if not (before and current and any(entry.vectors != vectors.name for entry in before.reports if entry.notes)):
            return False
        Sync(self._collection, scan, self._held(), since, progress, vectors=vectors).run()
        return True

    def coverage(self) -> Coverage | None:
        """Return how many notes can be found by similarity, None where there is no model."""
        return self._collection.engine.coverage()

    def model(self) -> str | None:
        """Return which model finds notes by similarity and what runs it, None where there is none."""
        embedder = embedder_of(self._collection.tools.configuration)()
        return f"{embedder.name}, {embedder.runtime}" if embedder else None

    def _held(self) -> Snapshot | None:
        """Return what the index holds; a damaged one holds nothing, for it is made again."""
        try:
            return self._collection.snapshot()
        except SearchIndexError:
            return None

    def _contents_before(self) -> Contents | None:
        """Return what the index remembers beside its documents, by the same rule."""
        try:
            return self._collection.contents()
        except SearchIndexError:
            return None

    def tidy(self) -> None:
        """Do what an index needs after some syncs, and nobody has to wait for; the answers stay the same."""
        self._collection.engine.merge()

    def add(
        self, data: bytes, name: str | None = None, given: MetadataOverride | None = None, expected: str | None = None
    ) -> Added:
        """Put a report into the library, durably, in place of the same report if it is there already.

        Without a name it gets one from its event and title. An export or archive is put there as it is, in place of an
        older one of the same reports. `expected` is the SHA-256 of the file whose place it is to take, empty for none.
        Raises UnreadableError, LibraryError, ChangedSinceError where it would be that of another.
        """
        from kb.readers.containers import container_ending
        from kb.readers.formats import ending_of, read_outline
        from kb.talks import report_of

        if ending := container_ending(data):
            return self._add_many(data, name or f"reports{ending}", given)
        outline = read_outline(data, name or _UNNAMED)
        report = report_of(outline, given)
        library = self._own_library()
        with locked(library.path):  # of two who add one report, the second finds that of the first
            old = self._same_report(report, library)
            unchanged = old is not None and old.data == data
            if not unchanged and expected not in (None, old.digest if old else ""):
                raise ChangedSinceError(old.source if old else None)
            source = old.source if old else None
            change = library.put(data, name or report.id + ending_of(outline.format), given, source)
        return Added(report.id, f"{library.name}/{change.source}", source, unchanged=unchanged, change=change)

    def indexed(self, added: Added) -> Added:
        """Return what was added, its report under the id that this has in the index where it is indexed by itself."""
        library, contents = self._collection.library, self._contents_before()
        entries = contents.by_source.items() if contents else ()
        entry = next((entry for source, entry in entries if f"{library.name}/{source}" == added.source), None)
        return replace(added, report=entry.id) if entry else added

    def seen(self, feed: str) -> tuple[str, ...]:
        """Return which posts of a feed were seen, by their addresses."""
        return self._own_library().configuration()[0].feeds.get(feed, ())

    def see(self, feed: str, posts: Sequence[str]) -> None:
        """Keep in kb.toml which posts of a feed were seen. Raises LibraryError."""
        self._own_library().mark_seen(feed, posts)

    def preview(self, data: bytes, name: str | None = None, given: MetadataOverride | None = None) -> FinishedReport:
        """Return what would be understood of a report, without keeping anything. Raises UnreadableError."""
        return understand(data, name or _UNNAMED, self._collection.tools, given)

    def inside(
        self, data: bytes, name: str | None, most: int
    ) -> tuple[int, tuple[Report, ...], tuple[FileProblem, ...]]:
        """Return how many reports an export or archive holds, so many of the first, untagged, and what is wrong.

        Only of these is told that one cannot be read. Raises UnreadableError where there is none.
        """
        from kb.readers.formats import read_outline
        from kb.talks import report_of

        files, problems = self._files_in(data, name or _UNNAMED)
        reports: list[Report] = []
        for file in files[:most]:
            try:
                reports.append(report_of(read_outline(file.data, file.source)))
            except UnreadableError as error:
                problems.append(error.problem)
        return len(files), tuple(reports), tuple(problems)

    def _add_many(self, data: bytes, name: str, given: MetadataOverride | None) -> Added:
        """Put an export or archive into the library. Raises UnreadableError, LibraryError."""
        files, _ = self._files_in(data, name)
        if given is not None and given != MetadataOverride():
            message = said("holds {0} reports, and what is told is of one; tell it of each in kb.toml", len(files))
            raise UnreadableError(FileProblem(name, None, message))
        library = self._own_library()
        with locked(library.path):
            old = library.older_container(files)
            unchanged = old is not None and library.file(old).read_bytes() == data
            inside = self._carried(library, old, name, files) if old else None
            change = library.put(data, name, None, old, inside)
        return Added(None, f"{library.name}/{change.source}", old, len(files), unchanged, change)

    def _carried(
        self, library: Library, old: str, name: str, files: Sequence[ReportFile]
    ) -> Mapping[str, MetadataOverride]:
        """Return what is to be told of reports once those of a file `name` stand in the place of an older state."""
        scan = library.scan()
        before = [file for file in scan.files if file.container == old]
        after = [replace(file, source=old + file.source.removeprefix(name)) for file in files]
        return carried_over(overrides_of(scan.configuration.overrides, old), before, after)

    def _files_in(self, data: bytes, name: str) -> tuple[list[ReportFile], list[FileProblem]]:
        """Return what an export or archive holds. Raises UnreadableError where that is no report."""
        inside = tuple(reports_in(data, name))
        files = [each for each in inside if isinstance(each, ReportFile)]
        problems = [each for each in inside if isinstance(each, FileProblem)]
        if not files:
            raise UnreadableError(
                problems[0] if problems else FileProblem(name, None, said("holds no report; nothing to add"))
            )
        return files, problems

    def replaces(self, report: Report) -> ReportFile | None:
        """Return the file that adding a report would take the place of, if any."""
        return None if self._collection.is_samples else self._same_report(report, self._collection.library)

    def _own_library(self) -> Library:
        """Return where reports are added: the samples stay as they are."""
        return own_library() if self._collection.is_samples else self._collection.library

    def _same_report(self, report: Report, library: Library) -> ReportFile | None:
        """Return the file of a library that holds this report, be it in another state; None where none does."""
        from kb.pipeline.relating import SAME_REPORT, overlap, texts_of

        scan, texts = library.scan(), texts_of(report)
        contents = self._contents_before() if library is self._collection.library else None
        named = (report.id, normalized(report.title))  # the four digits of two titles may be alike
        for file in _perhaps_holding(report, scan, contents):
            known = _identity(file, scan.configuration.overrides.get(file.source))
            if known and known[:2] == named and overlap(known[2], texts) >= SAME_REPORT:
                return file
        return None

    def check(self, *, repair: bool = False) -> tuple[FileProblem, ...]:
        """Return what is wrong with the index and with what is kept beside it; with `repair` it is made anew.

        Raises LibraryError, SearchIndexError, WriterBusyError.
        """
        from kb.library.kept import KeptReports, Updates

        kept, updates = KeptReports(self._collection.index), Updates(self._collection.index)
        broken = (*kept.damaged(), *updates.damaged())
        found = (*self._damage(), *(FileProblem(str(path), None, said("is not as it was written")) for path in broken))
        if repair and found:
            for path in broken:
                path.unlink(missing_ok=True)
            self.sync()
        return found

    def _damage(self) -> tuple[FileProblem, ...]:
        """Return what is wrong with the generations of the index."""
        index = str(self._collection.index)
        try:
            damage = self._collection.damage()
            self._collection.contents()
        except SearchIndexError as error:
            damage = str(error)
        return (FileProblem(index, None, said("{0}", damage.removeprefix(f"{index}: "))),) if damage else ()

    def status(self) -> Status:
        """Return where things are and what is in them. Raises LibraryError for the index of another library."""
        library, index = self._collection.library, self._collection.index
        found = listing(library, index)
        contents, wrong = self._contents_before(), self._damage()
        reports = contents.reports if contents else ()
        return Status(
            library=library.path,
            index=index,
            showing_samples=self._collection.is_samples,
            older_answers=bool(contents and wrong),
            reports=len(reports),
            talks=len(contents.talks) if contents else 0,
            notes=sum(entry.notes for entry in reports),
            memory=self._collection.engine.memory() if contents else 0,
            kept=tuple(shown_name(path.relative_to(library.path)) for path in backups_below(library.path)),
            left_alone=found.left_alone,
            learned=contents.learned if contents else {},
            up_to_date=bool(contents and contents.is_current(library, found, code_digest())) and not wrong,
            problems=(*wrong, *found.problems, *(contents.problems if contents else ())),
        )


@lru_cache(256)  # whoever adds many reports meets each of the others every time
def _identity(file: ReportFile, given: MetadataOverride | None) -> "tuple[str, str, Texts] | None":
    """Return id and title of the report that a file holds, and what it is compared by; None for what is no report."""
    from kb.pipeline.relating import texts_of
    from kb.readers.formats import read_outline
    from kb.talks import report_of

    try:
        report = report_of(read_outline(file.data, file.source), given)
    except UnreadableError:
        return None
    return report.id, normalized(report.title), texts_of(report)


def _perhaps_holding(report: Report, scan: Scan, contents: Contents | None) -> Iterator[ReportFile]:
    """Yield the files that may hold a report: those with its id, as the index knows them, and those unknown to it."""
    contents = contents if contents and contents.code == code_digest() else None
    known, ids = (contents.files, contents.ids) if contents else ({}, {})
    overrides = contents.overrides if contents else {}
    files = (file for file in scan.files if file.container is None)  # which stays as it is
    for file in files:
        is_known = (known.get(file.source), overrides.get(file.source)) == (
            file.digest,
            scan.configuration.overrides.get(file.source),
        )
        if not is_known or ids.get(file.source) == report.id:
            yield file
