"""Keeping a collection: reports come in and go out, tags are put right, and the index follows the library."""

import time
from collections.abc import Iterator, Sequence

from index.engine import SearchIndexError
from index.schema import Document
from kb.library.contents import Contents, ReportEntry
from kb.library.files import Library, LibraryError, ReportFile, Scan
from kb.library.fingerprint import code_digest
from kb.library.places import own_library
from kb.readers.formats import ending_of, read_outline
from kb.relating import SAME_REPORT, RelatedReports, overlap, relate
from kb.report.model import Correction, Given, Report
from kb.report.problems import FileProblem, UnreadableError
from kb.search.answers import Added, Status, SyncOutcome
from kb.search.collection import Collection
from kb.search.documents import documents
from kb.talks import report_of
from kb.understanding import FinishedReport, Progress, understand, understand_all, untold


class Keeper:
    """Changes the library of a collection, and brings its index up to it."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection

    def sync(self, progress: Progress = untold) -> SyncOutcome:
        """Bring the index up to the library; an unchanged library costs a look at its files.

        Raises LibraryError, SearchIndexError, WriterBusyError.
        """
        started = time.monotonic()
        library, is_samples = self._collection.find_library()  # the first own report ends the showing of the samples
        scan = library.scan()
        self._collection.reopen(library, scan.configuration, is_samples=is_samples)
        before = self._contents_before()
        after = before if before and before.is_current(library, scan, code_digest()) else self._indexed(scan, progress)
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
        )

    def _contents_before(self) -> Contents | None:
        """Return what the index holds; a damaged one holds nothing, for it is made again."""
        try:
            return self._collection.contents()
        except SearchIndexError:
            return None

    def _indexed(self, scan: Scan, progress: Progress) -> Contents:
        """Index a library anew and return what the index holds then."""
        finished, problems = understand_all(scan.files, self._collection.tools, progress)
        related = relate(finished)
        contents = _contents(related, problems, self._collection.library, scan)
        total, done = sum(entry.notes for entry in contents.reports), 0

        def told(one: FinishedReport) -> Iterator[Document]:
            nonlocal done
            yield from documents(one, self._collection.tools.analyzer, self._collection.catalogue)
            done += len(one.report.notes)
            progress("writing", done, total)

        replaced = {one.report.source: told(one) for one in related.reports}
        self._collection.engine.publish(replaced, (), tuple(replaced), contents.as_meta())
        return contents

    def add(self, data: bytes, name: str | None = None, given: Given | None = None) -> Added:
        """Put a report into the library, durably, in place of the same report if it is there already.

        Without a name it gets one from its event and title. Raises UnreadableError, LibraryError.
        """
        outline = read_outline(data, name or "standard input")
        report = report_of(outline, given)
        library = own_library() if self._collection.is_samples else self._collection.library
        old = self.replaces(report)
        source = library.put(data, name or report.id + ending_of(outline.format), replacing=old)
        if given is not None and given != Given():
            library.tell(source, given)
        return Added(report.id, f"{library.name}/{source}", old)

    def preview(self, data: bytes, name: str | None = None, given: Given | None = None) -> FinishedReport:
        """Return what would be understood of a report, without keeping anything. Raises UnreadableError."""
        return understand(data, name or "standard input", self._collection.tools, given)

    def replaces(self, report: Report) -> str | None:
        """Return the source of the file that adding a report would take the place of, if any."""
        if self._collection.is_samples:
            return None
        scan = self._collection.library.scan()
        for file in _perhaps_holding(report, scan, self._contents_before()):
            try:
                known = report_of(read_outline(file.data, file.source), scan.configuration.given.get(file.source))
            except UnreadableError:
                continue
            if known.id == report.id and overlap(known, report) >= SAME_REPORT:
                return file.source
        return None

    def correct(self, note_id: str, correction: Correction) -> None:
        """Keep in kb.toml which services a note is and is not about; it holds after the next sync.

        Raises LibraryError for a sample or a broken kb.toml.
        """
        self._refuse_samples()
        self._collection.library.correct(note_id, correction)

    def remove(self, entry: ReportEntry) -> str:
        """Take a report out of the library; return the name its file is kept under. Raises LibraryError for a sample."""
        self._refuse_samples()
        return self._collection.library.discard(entry.source)

    def _refuse_samples(self) -> None:
        if self._collection.is_samples:
            path = self._collection.library.path
            raise LibraryError(f"{path}: these are the bundled samples; they stay as they are")

    def status(self) -> Status:
        """Return where things are and what is in them. Raises LibraryError for the index of another library."""
        library, index = self._collection.library, self._collection.index
        scan = library.scan()
        unreadable: tuple[FileProblem, ...] = ()
        try:
            contents = self._collection.contents()
        except SearchIndexError as error:
            contents, message = None, str(error).removeprefix(f"{index}: ")
            unreadable = (FileProblem(str(index), None, message),)
        reports = contents.reports if contents else ()
        return Status(
            library=library.path,
            index=index,
            showing_samples=self._collection.is_samples,
            reports=len(reports),
            talks=sum(len(entry.talks) for entry in reports),
            notes=sum(entry.notes for entry in reports),
            left_alone=scan.left_alone,
            up_to_date=bool(contents and contents.is_current(library, scan, code_digest())),
            problems=(*unreadable, *scan.problems, *(contents.problems if contents else ())),
        )


def _contents(related: RelatedReports, problems: Sequence[FileProblem], library: Library, scan: Scan) -> Contents:
    """Return what an index of these reports is to remember beside its documents."""
    digests = {file.source: file.digest for file in scan.files}
    twins = {problem.source for problem in related.problems}  # of a copy nothing more is told than that it is one
    every = (*(problem for problem in problems if problem.source not in twins), *related.problems)
    places = {source: place for place, source in enumerate(digests)}
    return Contents(
        library=library.name,
        code=code_digest(),
        configuration=scan.digest,
        files=digests,
        reports=tuple(_entry(one.report, digests[one.report.source]) for one in related.reports),
        problems=tuple(sorted(every, key=lambda problem: places[problem.source])),
    )


def _entry(report: Report, digest: str) -> ReportEntry:
    return ReportEntry(
        id=report.id,
        source=report.source,
        digest=digest,
        title=report.title,
        event=report.event,
        held_on=report.held_on,
        published=report.published,
        url=report.url,
        talks=report.talks,
        notes=len(report.notes),
    )


def _perhaps_holding(report: Report, scan: Scan, contents: Contents | None) -> Iterator[ReportFile]:
    """Yield the files that may hold a report: those with its id, as the index knows them, and those that it does not know."""
    current = contents is not None and (contents.code, contents.configuration) == (code_digest(), scan.digest)
    known = contents.files if contents and current else {}
    ids = {entry.source: entry.id for entry in contents.reports} if contents else {}
    for file in scan.files:
        if known.get(file.source) != file.digest or ids.get(file.source, "").startswith(report.id):
            yield file
