"""Adding reports to the library of a collection: single ones, or all of an export or archive."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TypeAlias

from msgspec.structs import replace

from index.messages import translatable
from kb.indexing.outcomes import Added
from kb.indexing.report_cache import ReportCache, ReportLoader, lesson_of
from kb.library.contents import Contents
from kb.library.file_changes import ChangedSinceError, digest_of, overrides_of
from kb.library.files import Library, ReportFile, Scan, carried_over, reports_in
from kb.library.places import OWN_LIBRARY, own_library
from kb.library.rewriting import with_corrections, with_seen
from kb.pipeline.relations import SAME_REPORT, share_in, texts_of
from kb.pipeline.reports import MAX_UNREAD, FinishedReport, finish_report, tools_of
from kb.readers.containers import container_ending
from kb.readers.formats import ending_of, read_outline
from kb.report.identity import normalized
from kb.report.model import NO_CORRECTIONS, CorrectionSet, MetadataOverride, Report
from kb.report.outline import Outline
from kb.report.problems import FileProblem, UnreadableError
from kb.search.collection import Collection
from kb.storage.caches import code_digest
from kb.storage.safe_files import locked, read_regular
from kb.talks import report_of

UNNAMED = "standard input"

_Identity: TypeAlias = tuple[str, str] | None
"""The id and the title of a report, None for an unreadable file."""


class Adder:
    """Adds reports to the library of a collection; while that is the samples, to a new library of the user."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        # Adding many reports before a sync compares each with all others that are not indexed yet.
        self._identities: dict[str, tuple[object, _Identity]] = {}  # by source, with a fingerprint

    def add(
        self,
        data: bytes,
        name: str | None = None,
        override: MetadataOverride | None = None,
        expected: str | None = None,
        corrections: CorrectionSet = NO_CORRECTIONS,
    ) -> Added:
        """Write a report to the library, durably; an older state of the same report is replaced.

        `corrections` of its notes and talks, by the own parts of their ids, are written with it.

        The name defaults to one of its event and title. An export or archive is written as it is, in place of an older
        one with the same reports. `expected` is the SHA-256 of the file to replace, empty for none. Raises
        UnreadableError, LibraryError, and ChangedSinceError if another file would be replaced.
        """
        if ending := container_ending(data):
            return self._add_many(data, name or f"reports{ending}", override)
        outline = read_outline(data, name or UNNAMED)
        report = report_of(outline, override)
        library = self._own_library()
        with locked(library.path):  # the second of two processes that add one report finds the first one's file
            old = self._same_report(data, outline, override, library)
            unchanged = old is not None and old.data == data
            if not unchanged and expected not in (None, old.digest if old else ""):
                raise ChangedSinceError(old.source if old else None)
            source = old.source if old else None
            known = library.configuration()[0].override(source or "")
            stored = report_of(outline, (override or MetadataOverride()).over(known)) if source else report
            change = library.put(
                data,
                name or report.id + ending_of(outline.format),
                override,
                source,
                corrections=corrections.of_report(stored),
            )
        return Added(report.id, f"{library.name}/{change.source}", source, unchanged=unchanged, change=change)

    def _add_many(self, data: bytes, name: str, override: MetadataOverride | None) -> Added:
        files, _ = _reports_and_problems(data, name)
        if override is not None and override != MetadataOverride():
            message = translatable(
                "holds {0} reports, but the metadata given is for one; write it for each report into kb.toml",
                len(files),
            )
            raise UnreadableError(FileProblem(name, None, message))
        library = self._own_library()
        with locked(library.path):
            old = library.older_container(files)
            unchanged = old is not None and read_regular(library.file(old)) == data
            overrides = former = None
            if old:
                scan = library.scan()
                before = [file for file in scan.files if file.container == old]
                after = [replace(file, source=old + file.source.removeprefix(name)) for file in files]
                overrides = carried_over(overrides_of(scan.configuration.overrides, old), before, after)
                former = carried_over({file.source: file.source for file in before}, before, after)
            change = library.put(data, name, replacing=old, inside=overrides, former=former)
        return Added(None, f"{library.name}/{change.source}", old, len(files), unchanged, change)

    def with_indexed_id(self, added: Added) -> Added:
        """Return an added report with its id in the index, which is longer than its own if two reports share it."""
        contents = self._collection.readable_contents()
        source = added.source.removeprefix(f"{self._collection.library.name}/")
        entry = contents.by_source.get(source) if contents else None
        return replace(added, report=entry.id) if entry else added

    def preview(
        self,
        data: bytes,
        name: str | None = None,
        override: MetadataOverride | None = None,
        most_unread: int = MAX_UNREAD,
        corrections: CorrectionSet = NO_CORRECTIONS,
    ) -> FinishedReport:
        """Return the finished report without adding it, as a sync would finish it. Raises UnreadableError.

        `corrections` of its notes and talks, by the own parts of their ids, hold already.

        The model reads its new notes, unless they are more than `most_unread`.
        """
        collection = self._collection
        configuration = collection.library.configuration()[0]
        tools, reader = tools_of(configuration.text), collection.passage_reader()
        outline, lesson = read_outline(data, name or UNNAMED), None
        if configuration.lesson.learns:
            loader = ReportLoader(tools, ReportCache(collection.index))
            lesson = lesson_of(collection.library.scan(), collection.readable_contents(), loader)
        if corrections != NO_CORRECTIONS:
            own = corrections.of_report(report_of(outline, override))
            tools = tools_of(with_corrections(configuration.text.encode(), configuration, own).decode())
        return finish_report(outline, tools, override, reader=reader, lesson=lesson, most_unread=most_unread)

    def preview_many(
        self, data: bytes, name: str | None, limit: int
    ) -> tuple[int, tuple[Report, ...], tuple[FileProblem, ...]]:
        """Return the number of reports in an export or archive, the first ones without tags, and its problems.

        Problems of single reports are those of the first ones only. Raises UnreadableError if it has no report.
        """
        files, problems = _reports_and_problems(data, name or UNNAMED)
        reports: list[Report] = []
        for file in files[:limit]:
            try:
                reports.append(report_of(read_outline(file.data, file.source)))
            except UnreadableError as error:
                problems.append(error.problem)
        return len(files), tuple(reports), tuple(problems)

    def replaced_file(self, data: bytes, outline: Outline, override: MetadataOverride | None) -> ReportFile | None:
        """Return the file that adding a report would replace, None if it would be a new file."""
        if self._collection.is_samples:
            return None
        return self._same_report(data, outline, override, self._collection.library)

    def seen_posts(self, feed: str) -> tuple[str, ...]:
        """Return the addresses of the posts of a feed that were seen. Makes no library."""
        if self._collection.is_samples and not OWN_LIBRARY.is_dir():
            return ()
        return self._own_library().configuration()[0].feeds.get(feed, ())

    def mark_seen(self, feed: str, posts: Sequence[str]) -> None:
        """Write the posts of a feed that were seen to kb.toml. Raises LibraryError."""
        self._own_library().configure(lambda data, _: with_seen(data, feed, posts))

    def _own_library(self) -> Library:
        return own_library() if self._collection.is_samples else self._collection.library

    def _same_report(
        self, data: bytes, outline: Outline, override: MetadataOverride | None, library: Library
    ) -> ReportFile | None:
        """Return the library's file with an earlier or equal version of the report, or None.

        Fields that `override` leaves open are those that kb.toml has for that file.
        """
        scan, digest = library.scan(), digest_of(data)
        files = [file for file in scan.files if file.container is None]  # exports and archives are never replaced
        if same := next((file for file in files if file.digest == digest), None):
            return same
        contents = self._collection.readable_contents() if library is self._collection.library else None
        ids = _known_ids(scan, contents)

        @cache  # only the event of an override matters here
        def report_under(event: str | None) -> Report:
            return report_of(outline, MetadataOverride(event))

        for file in files:
            known = scan.configuration.override(file.source)
            report = report_under((override or MetadataOverride()).over(known).event)
            if ids.get(file.source, report.id) != report.id or self._identity(file, known) != _identity(report):
                continue
            other = _report(file, known)
            if other and share_in(texts_of(report), texts_of(other)) >= SAME_REPORT:
                return file
        return None

    def _identity(self, file: ReportFile, override: MetadataOverride) -> _Identity:
        """Return the identity of the report in a file, which is read once for each of its states."""
        fingerprint = (file.digest, override)
        known, identity = self._identities.get(file.source, (None, None))
        if known != fingerprint:
            identity = _identity(_report(file, override))
            self._identities[file.source] = fingerprint, identity
        return identity


def _reports_and_problems(data: bytes, name: str) -> tuple[list[ReportFile], list[FileProblem]]:
    """Return the reports in an export or archive, and its problems. Raises UnreadableError if it has no report."""
    members = tuple(reports_in(data, name))
    files = [member for member in members if isinstance(member, ReportFile)]
    problems = [member for member in members if isinstance(member, FileProblem)]
    if not files:
        raise UnreadableError(
            problems[0] if problems else FileProblem(name, None, translatable("holds no report; nothing to add"))
        )
    return files, problems


def _report(file: ReportFile, override: MetadataOverride) -> Report | None:
    """Return the report in a file, None if the file is unreadable."""
    try:
        return report_of(read_outline(file.data, file.source), override)
    except UnreadableError:
        return None


def _identity(report: Report | None) -> _Identity:
    """Return the id and title: reports with different titles may share an id, which has four digits of their hash."""
    return (report.id, normalized(report.title)) if report else None


def _known_ids(scan: Scan, contents: Contents | None) -> Mapping[str, str]:
    """Return the own id of each report whose file and override are unchanged since it was indexed."""
    if contents is None or contents.code != code_digest():
        return {}
    before, now = contents.parsed_configuration.overrides, scan.configuration.overrides
    sources = (file.source for file in scan.files if contents.files.get(file.source) == file.version)
    return {source: contents.ids.get(source, "") for source in sources if before.get(source) == now.get(source)}
