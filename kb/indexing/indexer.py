"""The upkeep of an index: bring it up to its library, make vectors, check and repair it, report its status."""

import dataclasses
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, get_args

from msgspec.structs import replace

from index.engine import Coverage, EngineAwayError, OutdatedError, SearchIndexError, WriterBusyError
from index.messages import translatable
from kb.indexing.outcomes import LessonPreview, Status, SyncOutcome
from kb.library.configuration import Configuration, parse
from kb.library.contents import Contents, ReportEntry, Strengths
from kb.library.files import Scan
from kb.library.line_readings import kind_readings
from kb.library.moves import Move, follow, moves, with_move
from kb.library.places import damaged_files, listing
from kb.library.tables import LessonTable
from kb.pipeline.reports import Progress, ignore_progress, tools_of
from kb.report.model import Claim
from kb.report.problems import FileProblem, LibraryError
from kb.search.collection import Collection, embedder_of
from kb.storage.caches import code_digest
from kb.storage.walk import backups_below, shown_name

if TYPE_CHECKING:  # as in methods below: `kb status` must not load what reads reports (tests/kb/cli/test_starts.py)
    from index.embedding import PassageReader
    from kb.indexing.sync import Sync
    from kb.report.difference import Difference


_FIRST_PORTION = 2_000  # notes whose kinds are shown before the others are read, a minute on two cores
_STRENGTHS = (1.0, 0.5, 0.25, 0.125, 0.0625)  # of a lesson, until it changes few enough notes


class Indexer:
    """Brings the index of a collection up to its library, and reports the state of both."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection

    def sync(self, progress: Progress = ignore_progress) -> SyncOutcome:
        """Bring the index up to the library. An unchanged library costs a look at its files.

        If another process publishes meanwhile, start again from its generation. Raises LibraryError, SearchIndexError,
        WriterBusyError.
        """
        started, moved = time.monotonic(), dict[str, str]()
        while True:
            with suppress(OutdatedError):
                return replace(self._sync(started, progress, moved), moved=moved)

    def _sync(self, started: float, progress: Progress, moved: dict[str, str]) -> SyncOutcome:
        """Sync once; add the reports whose corrections follow a moved file to `moved`."""
        collection, difference = self._collection, None
        since, before, scan = self._scan()
        if renamed := self._moves(before, scan):
            with suppress(LibraryError, OSError):  # in a read-only folder the corrections are reported as unused
                moved |= follow(collection.library, renamed)
                since, before, scan = self._scan()
        if before and self._is_current(before, scan) and not collection.engine.damage():
            after = before
        else:
            after, difference = self._prepare(scan, since, progress).run()
        if self._has_new_lesson(after, scan):  # corrected notes are in reports that were new to the index
            since = collection.engine.stamp()
            after, second = self._prepare(scan, since, progress).run()
            difference = difference or second
        old = before.by_id if before else {}
        remaining = old.keys() & after.by_id.keys()
        unchanged = sum(old[report].digest == after.by_id[report].digest for report in remaining)
        return SyncOutcome(
            new=len(after.by_id) - len(remaining),
            changed=len(remaining) - unchanged,
            gone=len(old) - len(remaining),
            unchanged=unchanged,
            notes=sum(entry.notes for entry in after.reports),
            seconds=time.monotonic() - started,
            problems=(*scan.problems, *after.problems),
            difference=difference,
            unused=after.unused,
        )

    def preview_sync(self, progress: Progress = ignore_progress) -> "Difference | None":
        """Return the difference that a sync would make, None for none. Raises LibraryError, SearchIndexError."""
        since, before, scan = self._scan()
        for move in self._moves(before, scan):
            data = with_move(scan.configuration.text.encode(), scan.configuration, move)
            scan = replace(scan, configuration=parse(data))
        return self._prepare(scan, since, progress, in_memory=True).preview()

    def _moves(self, before: Contents | None, scan: Scan) -> Sequence[Move]:
        return moves(before, scan) if before and not self._collection.is_samples else ()

    def preview_lesson(self) -> "LessonPreview | None":
        """Return what the corrections of kinds would teach that is not learned yet, None for no such corrections.

        What assistants read teaches, too. The lesson gets weaker until it changes no more notes than
        `kb.kinds.max_changed`. Raises LibraryError, SearchIndexError.
        """
        from kb.kinds import MAX_LESSON, max_changed

        since, _, scan = self._scan()
        known, new = scan.configuration.corrections, scan.configuration.unlearned
        read = _unlearned_readings(scan.configuration, (file.read for file in scan.files))
        if not new and not read:
            return None
        until = max([*read, scan.configuration.lesson.readings_until])
        for strength in _STRENGTHS:
            lesson = LessonTable(scan.configuration.lesson.corrections + new, until, strength)
            learned = replace(scan, configuration=dataclasses.replace(scan.configuration, lesson=lesson))
            difference = self._prepare(learned, since, ignore_progress, in_memory=True).preview()
            reports = difference.reports if difference else ()
            items = tuple(
                item for one in reports for item in one.items if item.sort == "kind" and item.note not in known
            )
            new_read = min(len(read), MAX_LESSON)
            preview = LessonPreview(lesson, new, new_read, items, too_many=len(items) > max_changed(new + new_read))
            if not preview.too_many:
                break
        return preview

    def unlearned(self) -> tuple[int, int]:
        """Return how many corrections of kinds, and kinds that assistants read, the lesson does not have yet."""
        library, contents = self._collection.library, self._collection.contents()
        configuration = library.configuration()[0]
        entries = contents.reports if contents else ()
        read = (library.readings(entry.source) for entry in entries if entry.read_by)
        return configuration.unlearned, len(_unlearned_readings(configuration, read))

    def _scan(self) -> tuple[object, Contents | None, Scan]:
        """Scan the library, and follow its configuration. Return the engine's stamp, the index's contents, the scan."""
        collection = self._collection
        collection.follow()  # the first own report replaces the samples
        since, before = collection.engine.stamp(), collection.readable_contents()
        if away := collection.away():
            raise EngineAwayError("{0}", away)  # the stand-in index does not know what the cluster holds
        scan = collection.library.scan()  # after the index was read, so that the scan is never older
        collection.reopen(collection.library, scan.configuration, is_samples=collection.is_samples)
        return since, before, scan

    def _prepare(
        self,
        scan: Scan,
        since: object,
        progress: Progress,
        *,
        in_memory: bool = False,
        after_reading: bool = False,
    ) -> "Sync":
        from kb.indexing.report_cache import ReportCache
        from kb.indexing.sync import Sync

        before = None
        with suppress(SearchIndexError):  # a damaged index is made again
            newest = self._collection.snapshot()
            before = None if newest.is_missing else newest
        collection, cache = self._collection, ReportCache(self._collection.index, in_memory=in_memory)
        reader = None if in_memory and before is None else collection.passage_reader()  # it would make an index folder
        return Sync(collection, scan, before, since, progress, cache=cache, reader=reader, after_reading=after_reading)

    def _is_current(self, contents: Contents, scan: Scan) -> bool:
        return contents.is_current(self._collection.library, scan.listing, code_digest())

    def _has_new_lesson(self, contents: Contents, scan: Scan) -> bool:
        """Return whether the corrections in kb.toml changed the lesson since the index was made."""
        if not contents.lesson and not scan.configuration.lesson.learns:
            return False
        from kb.indexing.report_cache import ReportCache, ReportLoader, lesson_of

        loader = ReportLoader(tools_of(scan.configuration.text), ReportCache(self._collection.index))
        return lesson_of(scan, contents, loader).key != contents.lesson

    def embed(self, progress: Progress = ignore_progress) -> None:
        """Make the missing vectors and read notes, newest first. Both are stored as they come.

        In each of ever larger portions, the reports whose notes were read are classified again. Raises EmbeddingError.
        """

        def report(done: int, total: int) -> None:
            progress("embedding", done, total)

        reader = self._collection.passage_reader()
        portion = _FIRST_PORTION if reader else None
        while not self._collection.engine.embed(report, portion):
            self._classify_again()
            portion = portion and 2 * portion
        if reader:
            self._read_rest(reader, progress)
            reader.forget_others()
            self._collection.engine.embed(report)  # on a cluster, a document that is written again has lost its vector

    def _read_rest(self, reader: "PassageReader", progress: Progress) -> None:
        """Read the notes that have a vector already, as of an earlier version, and classify their reports again."""
        contents, unread = self._classify_again(), list[str]()
        if contents is None or not _lacks_readings(contents, reader):
            return
        from kb.indexing.report_cache import ReportCache, ReportLoader

        files = {file.source: file for file in self._collection.library.scan().files}
        loader = ReportLoader(self._collection.tools, ReportCache(self._collection.index), reader)
        for entry in contents.newest_first:
            file = files.get(entry.source)
            if file and file.digest == entry.digest and entry.reading != reader.reading:
                unread += loader.unread(file)
        portion, done = _FIRST_PORTION, 0

        def report(read: int, _of_portion: int) -> None:
            progress("classifying", done + read, len(unread))

        while done < len(unread):
            reader.read(unread[done : done + portion], report)
            done, portion = done + portion, 2 * portion
            self._classify_again()

    def _classify_again(self) -> Contents | None:
        """Classify the reports again whose notes have been read since; return the newest contents.

        Do nothing while another process writes, or before a sync: the next one does it.
        """
        with suppress(WriterBusyError, LibraryError):
            while True:
                with suppress(OutdatedError):
                    since, before, scan = self._scan()
                    if before is None or not self._is_current(before, scan):
                        return None
                    sync = self._prepare(scan, since, ignore_progress, after_reading=True)
                    return sync.run()[0] if sync.is_needed else before
        return None

    def has_vectors_to_make(self) -> bool:
        """Return whether `embed` has anything to do."""
        coverage, reader = self.coverage(), self._collection.passage_reader()
        if coverage and coverage.embedded < coverage.documents:
            return True
        contents = self._collection.readable_contents()
        return bool(reader and contents and _lacks_readings(contents, reader))

    def coverage(self) -> Coverage | None:
        """Return how many notes have a vector, None without a model."""
        return self._collection.engine.coverage()

    def model(self) -> str | None:
        """Return the name of the model that makes vectors and its runtime, None without a model."""
        embedder = embedder_of(self._collection.configuration)()
        return f"{embedder.name}, {embedder.runtime}" if embedder else None

    def tidy(self) -> None:
        """Merge segments after some syncs. No answer changes, and no reader has to wait."""
        self._collection.engine.merge()

    def check(self, *, repair: bool = False) -> tuple[FileProblem, ...]:
        """Return the damage to the index and its cache, and what is invalid in kb.toml.

        With `repair`, delete damaged files and sync.

        Raises LibraryError, SearchIndexError, WriterBusyError.
        """
        files = damaged_files(self._collection.index)
        message = translatable("is not as it was written")
        damage = (*self._damage(), *(FileProblem(str(path), None, message) for path in files))
        if repair and damage:
            for path in files:
                path.unlink(missing_ok=True)
            self.sync()
        return (*damage, *self._collection.library.configuration()[2])

    def _damage(self) -> tuple[FileProblem, ...]:
        index = str(self._collection.index)
        try:
            damage = self._collection.damage()
            self._collection.contents()
        except SearchIndexError as error:
            damage = translatable("{0}", str(error).removeprefix(f"{index}: "))
        return (FileProblem(index, None, damage),) if damage else ()

    def status(self) -> Status:
        """Return the places, sizes and problems of library and index.

        Raises LibraryError for the index of another library.
        """
        library, index = self._collection.library, self._collection.index
        files, contents, damage = listing(library, index), self._collection.readable_contents(), self._damage()
        reports, reader = contents.reports if contents else (), self._collection.passage_reader()
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
            claims={claim: _strengths(claim, reports) for claim in get_args(Claim)},
            reader=reader.reading if reader else "",
            read=sum(entry.notes for entry in reports if reader and entry.reading == reader.reading),
            read_by=sum((Counter(entry.read_by) for entry in reports), Counter[str]()),
            unused=contents.unused if contents else (),
        )


def _strengths(claim: Claim, reports: Sequence[ReportEntry]) -> Strengths:
    known = [entry.claims[claim] for entry in reports if entry.claims]  # an index of an earlier version has none
    return Strengths(sum(one.sure for one in known), sum(one.likely for one in known))


def _unlearned_readings(configuration: Configuration, files: Iterable[bytes]) -> list[str]:
    """Return when assistants read the kinds that the lesson does not have yet; `files` have what they read."""
    until = configuration.lesson.readings_until
    return [one.at for data in files for one in kind_readings(data) if one.at > until]


def _lacks_readings(contents: Contents, reader: "PassageReader") -> bool:
    return any(entry.reading != reader.reading for entry in contents.reports if entry.notes)
