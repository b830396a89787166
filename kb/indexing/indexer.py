"""Keeping an index: it follows its library, its vectors are made, and what is wrong with it is told and mended."""

import time
from contextlib import suppress
from typing import TYPE_CHECKING

from index.engine import Coverage, EngineAwayError, OutdatedError, SearchIndexError, WriterBusyError
from index.messages import translatable
from kb.library.contents import Contents
from kb.library.files import Scan
from kb.library.listing import listing
from kb.pipeline.reports import Progress, silent
from kb.report.problems import FileProblem, LibraryError
from kb.search.collection import Collection, Snapshot
from kb.search.engines import embedder_of
from kb.search.results import Status, SyncOutcome
from kb.storage.caches import code_digest
from kb.storage.walk import backups_below, shown_name

if TYPE_CHECKING:
    from index.embedder import KeptVectors
    from kb.report.difference import Difference


class Indexer:
    """Brings the index of a collection up to its library, and tells how both are."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection

    def sync(self, progress: Progress = silent) -> SyncOutcome:
        """Bring the index up to the library; an unchanged library costs a look at its files.

        Where another process does so meanwhile, it begins again from what that wrote. Raises LibraryError,
        SearchIndexError, WriterBusyError.
        """
        started = time.monotonic()
        while True:
            with suppress(OutdatedError):
                return self._sync(started, progress)

    def _sync(self, started: float, progress: Progress) -> SyncOutcome:
        from kb.indexing.sync import Sync

        collection, difference = self._collection, None
        since, before, scan = self._turn_to_library()
        if before and self._is_current(before, scan) and not collection.engine.damage():
            after = before
        else:
            vectors = self._vectors_of_kinds() if before else None
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

    def preview_sync(self, progress: Progress = silent) -> "Difference | None":
        """Return what a sync would change, None for nothing, and do nothing. Raises LibraryError, SearchIndexError."""
        from kb.indexing.sync import Sync
        from kb.library.kept import KeptInMemory

        since, before, scan = self._turn_to_library()
        vectors, aside = self._vectors_of_kinds() if before else None, KeptInMemory(self._collection.index)
        return Sync(self._collection, scan, self._held(), since, progress, aside=aside, vectors=vectors).preview()

    def _turn_to_library(self) -> tuple[object, Contents | None, Scan]:
        """Turn to the library as it is now; return the engine's stamp, what the index holds, and what it is to hold."""
        collection = self._collection
        collection.follow()  # the first own report ends the showing of the samples
        since, before = collection.engine.stamp(), collection.readable_contents()
        if away := collection.away():
            raise EngineAwayError(away)  # what stands in tells nothing of what is to be written
        scan = collection.library.scan()  # after the index was asked, so that it is never older than what that holds
        collection.reopen(collection.library, scan.configuration, is_samples=collection.is_samples)
        return since, before, scan

    def _is_current(self, contents: Contents, scan: Scan) -> bool:
        return contents.is_current(self._collection.library, scan.listing, code_digest())

    def _held(self) -> Snapshot | None:
        """Return what the index holds; a damaged one holds nothing, for it is made again."""
        try:
            return self._collection.snapshot()
        except SearchIndexError:
            return None

    def _teaches_anew(self, contents: Contents, scan: Scan) -> bool:
        """Return whether the corrections of the library teach something else than what an index was made with."""
        corrections = scan.configuration.corrections.values()
        if not contents.lesson and not any(one.kind or one.denied for one in corrections):
            return False
        from kb.indexing.report_cache import ReportLoader, lesson_of

        collection = self._collection
        return lesson_of(scan, contents, ReportLoader(collection.index, collection.tools)).key != contents.lesson

    def embed(self, progress: Progress = silent) -> None:
        """Make the vectors that notes lack; what breaks this off loses nothing that was made. Raises EmbeddingError."""
        self._collection.engine.embed(lambda done, total: progress("embedding", done, total))
        # Where another sync comes meanwhile, or is at work, this is done after that.
        with suppress(OutdatedError, WriterBusyError, LibraryError):
            if self._classify_by_vectors(progress):  # on a cluster a document that is written anew lacks its vector
                self._collection.engine.embed(lambda done, total: progress("embedding", done, total))

    def _classify_by_vectors(self, progress: Progress) -> bool:
        """Classify notes anew that words alone classified; return whether there were such reports."""
        from kb.indexing.sync import Sync

        vectors = self._vectors_of_kinds()
        if vectors is None:
            return False
        since, before, scan = self._turn_to_library()
        if before is None or not self._is_current(before, scan):
            return False
        if not self._unclassified(before, vectors):
            return False
        Sync(self._collection, scan, self._held(), since, progress, vectors=vectors, anew=True).run()
        return True

    def _unclassified(self, contents: Contents, vectors: "KeptVectors") -> bool:
        """Return whether there are reports whose notes words alone classified."""
        return any(entry.vectors != vectors.name for entry in contents.reports if entry.notes)

    def has_vectors_to_make(self) -> bool:
        """Return whether notes lack vectors, or kinds that are told by them (`embed`)."""
        coverage, vectors = self.coverage(), self._vectors_of_kinds()
        if coverage and coverage.embedded < coverage.documents:
            return True
        contents = self._collection.readable_contents()
        return bool(vectors and contents and self._unclassified(contents, vectors))

    def _vectors_of_kinds(self) -> "KeptVectors | None":
        """Return the vectors that notes are classified by too, None where there are none."""
        from kb.kinds import vector_model

        vectors = self._collection.engine.kept_vectors()
        return vectors if vectors and vectors.name == vector_model() else None

    def coverage(self) -> Coverage | None:
        """Return how many notes can be found by similarity, None where there is no model."""
        return self._collection.engine.coverage()

    def model(self) -> str | None:
        """Return which model finds notes by similarity and what runs it, None where there is none."""
        embedder = embedder_of(self._collection.tools.configuration)()
        return f"{embedder.name}, {embedder.runtime}" if embedder else None

    def tidy(self) -> None:
        """Do what an index needs after some syncs, and nobody has to wait for; the answers stay the same."""
        self._collection.engine.merge()

    def check(self, *, repair: bool = False) -> tuple[FileProblem, ...]:
        """Return what is wrong with the index and with what is kept beside it; with `repair` it is made anew.

        Raises LibraryError, SearchIndexError, WriterBusyError.
        """
        from kb.library.kept import KeptReports, Updates

        kept, updates = KeptReports(self._collection.index), Updates(self._collection.index)
        broken = (*kept.damaged(), *updates.damaged())
        found = (
            *self._damage(),
            *(FileProblem(str(path), None, translatable("is not as it was written")) for path in broken),
        )
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
            damage = translatable("{0}", str(error).removeprefix(f"{index}: "))
        return (FileProblem(index, None, damage),) if damage else ()

    def status(self) -> Status:
        """Return where things are and what is in them. Raises LibraryError for the index of another library."""
        library, index = self._collection.library, self._collection.index
        files, contents, damage = listing(library, index), self._collection.readable_contents(), self._damage()
        reports = contents.reports if contents else ()
        return Status(
            library=library.path,
            index=index,
            showing_samples=self._collection.is_samples,
            older_answers=bool(contents and damage),
            reports=len(reports),
            talks=len(contents.talks) if contents else 0,
            notes=sum(entry.notes for entry in reports),
            memory=self._collection.engine.memory() if contents else 0,
            kept=tuple(shown_name(path.relative_to(library.path)) for path in backups_below(library.path)),
            left_alone=files.left_alone,
            learned=contents.learned if contents else {},
            up_to_date=bool(contents and contents.is_current(library, files, code_digest())) and not damage,
            problems=(*damage, *files.problems, *(contents.problems if contents else ())),
        )
