"""Putting reports into the library of a collection: one by one, or many in an export or archive."""

from collections.abc import Mapping, Sequence
from functools import cache, lru_cache

from msgspec.structs import replace

from index.messages import translatable
from kb.indexing.outcomes import Added
from kb.library.contents import Contents
from kb.library.file_changes import ChangedSinceError, digest_of, overrides_of
from kb.library.files import Library, ReportFile, Scan, carried_over, reports_in
from kb.library.places import OWN_LIBRARY, own_library
from kb.pipeline.relations import SAME_REPORT, Texts, share_in, texts_of
from kb.pipeline.reports import FinishedReport, read_report
from kb.readers.containers import container_ending
from kb.readers.formats import ending_of, read_outline
from kb.report.identity import normalized
from kb.report.model import MetadataOverride, Report
from kb.report.outline import Outline
from kb.report.problems import FileProblem, UnreadableError
from kb.search.collection import Collection
from kb.storage.caches import code_digest
from kb.storage.safe_files import locked
from kb.talks import report_of

_UNNAMED = "standard input"


class Adder:
    """Puts reports into the library of a collection; the samples stay as they are, and an own one is begun."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection

    def add(
        self, data: bytes, name: str | None = None, given: MetadataOverride | None = None, expected: str | None = None
    ) -> Added:
        """Put a report into the library, durably, in place of the same report if it is there already.

        Without a name it gets one from its event and title. An export or archive is put there as it is, in place of an
        older one of the same reports. `expected` is the SHA-256 of the file whose place it is to take, empty for none.
        Raises UnreadableError, LibraryError, ChangedSinceError where it would be that of another.
        """
        if ending := container_ending(data):
            return self._add_many(data, name or f"reports{ending}", given)
        outline = read_outline(data, name or _UNNAMED)
        report = report_of(outline, given)
        library = self._own_library()
        with locked(library.path):  # of two who add one report, the second finds that of the first
            old = self._same_report(data, outline, given, library)
            unchanged = old is not None and old.data == data
            if not unchanged and expected not in (None, old.digest if old else ""):
                raise ChangedSinceError(old.source if old else None)
            source = old.source if old else None
            change = library.put(data, name or report.id + ending_of(outline.format), given, source)
        return Added(report.id, f"{library.name}/{change.source}", source, unchanged=unchanged, change=change)

    def _add_many(self, data: bytes, name: str, given: MetadataOverride | None) -> Added:
        files, _ = _reports_and_problems(data, name)
        if given is not None and given != MetadataOverride():
            message = translatable(
                "holds {0} reports, and what is told is of one; tell it of each in kb.toml", len(files)
            )
            raise UnreadableError(FileProblem(name, None, message))
        library = self._own_library()
        with locked(library.path):
            old = library.older_container(files)
            unchanged = old is not None and library.file(old).read_bytes() == data
            overrides = None
            if old:
                scan = library.scan()
                before = [file for file in scan.files if file.container == old]
                after = [replace(file, source=old + file.source.removeprefix(name)) for file in files]
                overrides = carried_over(overrides_of(scan.configuration.overrides, old), before, after)
            change = library.put(data, name, None, old, overrides)
        return Added(None, f"{library.name}/{change.source}", old, len(files), unchanged, change)

    def indexed(self, added: Added) -> Added:
        """Return what was added, its report under the id that this has in the index where it is indexed by itself."""
        library, contents = self._collection.library, self._collection.readable_contents()
        entries = contents.by_source.items() if contents else ()
        entry = next((entry for source, entry in entries if f"{library.name}/{source}" == added.source), None)
        return replace(added, report=entry.id) if entry else added

    def preview(self, data: bytes, name: str | None = None, given: MetadataOverride | None = None) -> FinishedReport:
        """Return what would be understood of a report, without keeping anything. Raises UnreadableError."""
        return read_report(data, name or _UNNAMED, self._collection.tools, given)

    def inside(
        self, data: bytes, name: str | None, most: int
    ) -> tuple[int, tuple[Report, ...], tuple[FileProblem, ...]]:
        """Return how many reports an export or archive holds, so many of the first, untagged, and what is wrong.

        Only of these is told that one cannot be read. Raises UnreadableError where there is none.
        """
        files, problems = _reports_and_problems(data, name or _UNNAMED)
        reports: list[Report] = []
        for file in files[:most]:
            try:
                reports.append(report_of(read_outline(file.data, file.source)))
            except UnreadableError as error:
                problems.append(error.problem)
        return len(files), tuple(reports), tuple(problems)

    def replaces(self, data: bytes, outline: Outline, given: MetadataOverride | None) -> ReportFile | None:
        """Return the file that adding a report, its bytes and their outline, would take the place of; None for none."""
        if self._collection.is_samples:
            return None
        return self._same_report(data, outline, given, self._collection.library)

    def seen(self, feed: str) -> tuple[str, ...]:
        """Return which posts of a feed were seen, by their addresses; that makes no library."""
        if self._collection.is_samples and not OWN_LIBRARY.is_dir():
            return ()
        return self._own_library().configuration()[0].feeds.get(feed, ())

    def see(self, feed: str, posts: Sequence[str]) -> None:
        """Keep in kb.toml which posts of a feed were seen. Raises LibraryError."""
        self._own_library().mark_seen(feed, posts)

    def _own_library(self) -> Library:
        return own_library() if self._collection.is_samples else self._collection.library

    def _same_report(
        self, data: bytes, outline: Outline, given: MetadataOverride | None, library: Library
    ) -> ReportFile | None:
        """Return the file of a library that holds this report, be it in another state; None where none does.

        What is given of it may leave open what kb.toml tells of that file.
        """
        scan, digest = library.scan(), digest_of(data)
        files = [file for file in scan.files if file.container is None]  # one that holds several stays as it is
        if same := next((file for file in files if file.digest == digest), None):
            return same
        contents = self._collection.readable_contents() if library is self._collection.library else None
        ids = _known_ids(scan, contents)

        @cache  # of an override, only the event decides what is compared
        def under(event: str | None) -> Report:
            return report_of(outline, MetadataOverride(event))

        for file in files:
            known = scan.configuration.overrides.get(file.source, MetadataOverride())
            report = under((given or MetadataOverride()).over(known).event)
            if ids.get(file.source, report.id) == report.id:
                named = (report.id, normalized(report.title))  # the four digits of two titles may be alike
                held = _identity(file, known)
                if held and held[:2] == named and share_in(texts_of(report), held[2]) >= SAME_REPORT:
                    return file
        return None


def _reports_and_problems(data: bytes, name: str) -> tuple[list[ReportFile], list[FileProblem]]:
    """Return what an export or archive holds. Raises UnreadableError where that is no report."""
    inside = tuple(reports_in(data, name))
    files = [each for each in inside if isinstance(each, ReportFile)]
    problems = [each for each in inside if isinstance(each, FileProblem)]
    if not files:
        raise UnreadableError(
            problems[0] if problems else FileProblem(name, None, translatable("holds no report; nothing to add"))
        )
    return files, problems


@lru_cache(256)  # whoever adds many reports meets each of the others every time
def _identity(file: ReportFile, given: MetadataOverride | None) -> tuple[str, str, Texts] | None:
    """Return id and title of the report that a file holds, and what it is compared by; None for what is no report."""
    try:
        report = report_of(read_outline(file.data, file.source), given)
    except UnreadableError:
        return None
    return report.id, normalized(report.title), texts_of(report)


def _known_ids(scan: Scan, contents: Contents | None) -> Mapping[str, str]:
    """Return the id that each file's report has by itself, of those that are as the index knows them."""
    if contents is None or contents.code != code_digest():
        return {}
    before, now = contents.parsed_configuration.overrides, scan.configuration.overrides
    known = (file.source for file in scan.files if contents.files.get(file.source) == file.digest)
    return {one: contents.ids.get(one, "") for one in known if before.get(one) == now.get(one)}
