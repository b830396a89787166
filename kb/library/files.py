"""The library: a folder of report files. It is scanned, and reports are put in and taken out."""

import errno
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from io import BytesIO
from itertools import chain, count
from pathlib import Path
from typing import TypeAlias, TypeVar

from msgspec import Struct, structs

from index.messages import message_of, os_message, translatable
from kb.library.configuration import Configuration
from kb.library.file_changes import ChangedSinceError, FileChange, FileState, Folder, digest_of, writing
from kb.library.line_readings import problems_in, readings_in, with_readings
from kb.readers.containers import TooLongError, bounded, file_bytes, members_of, unopened
from kb.report.identity import normalized
from kb.report.model import NO_CORRECTIONS, CorrectionSet, LineReading, MetadataOverride
from kb.report.problems import FileProblem, LibraryError, UnreadableError
from kb.storage.safe_files import NotRegularError, make_folder, read_regular, write_whole
from kb.storage.walk import CONFIGURATION, file_name, files_below, is_backup, is_left_alone, is_readings, readings_path

T = TypeVar("T")
Readings: TypeAlias = Mapping[str, Mapping[str, LineReading]]
"""Readings by source and key of the line."""

Members: TypeAlias = Callable[[str], Mapping[str, bytes]]
"""Returns the bytes of the reports in a container, by source."""

NOT_A_REPORT = b"<!-- kb: not a report -->"  # files that begin with it are skipped
_IN_CONTAINER = re.compile(r"!/|#\d+$")  # ends the path of the container in the source of a report inside it
_NUMBERED = re.compile(r"#\d+$")  # ends the source of a post in an export
# An export with at least this share of unchanged reports is a newer version of the other export.
_SAME_CONTAINER = 0.5


class ReportFile(Struct, frozen=True):
    """The bytes of one report and their SHA-256; its source is the path in the library, with `/` between folders.

    The source of a report in a `container`, an export or archive, goes on: `export.txt#3`, `talks.zip!/memo.md`.
    `read` are the bytes of the file with what assistants read in it.
    """

    source: str
    data: bytes
    digest: str
    container: str | None = None
    read: bytes = b""

    @property
    def version(self) -> str:
        """The SHA-256 of everything that the report is made from: its bytes, and what assistants read in it."""
        return digest_of(self.digest.encode() + self.read) if self.read else self.digest


class Listing(Struct, frozen=True):
    """A scan without the bytes: the version of each report by source, and the SHA-256 of kb.toml."""

    files: Mapping[str, str]
    configuration: str
    problems: tuple[FileProblem, ...]
    left_alone: tuple[str, ...]


class Scan(Struct, frozen=True):
    """A library at one moment. `digest` is that of kb.toml; `left_alone` are the sources of skipped files."""

    files: tuple[ReportFile, ...]
    configuration: Configuration
    digest: str
    problems: tuple[FileProblem, ...]
    left_alone: tuple[str, ...] = ()

    @property
    def listing(self) -> Listing:
        """The scan without the bytes."""
        return Listing({file.source: file.version for file in self.files}, self.digest, self.problems, self.left_alone)


def reports_in(data: bytes, source: str) -> Iterator[ReportFile | FileProblem]:
    """Yield the reports in a file, and a problem for each unreadable part."""
    for each in members_of(data, source):
        if isinstance(each, FileProblem):
            yield each
        else:
            container = source if each.source != source else None
            yield ReportFile(each.source, each.data, digest_of(each.data), container)


class Library(Folder):
    """A folder of report files."""

    def scan(self) -> Scan:
        """Read all report files; unreadable files come as problems."""
        with suppress(LibraryError, OSError):  # in a read-only folder a journal stays
            self.settle()
        configuration, digest, invalid = self.configuration()
        entries = list(self.entries(configuration.ignore))
        files = tuple(entry for entry in entries if isinstance(entry, ReportFile))
        problems = (entry for entry in entries if isinstance(entry, FileProblem))
        left_alone = tuple(entry for entry in entries if isinstance(entry, str))
        return Scan(files, configuration, digest, (*problems, *invalid), left_alone)

    def entries(self, ignored: tuple[str, ...]) -> Iterator[ReportFile | FileProblem | str]:
        """Yield each report, a problem for each unreadable file or folder, and the source of each skipped file."""
        problems: list[FileProblem] = []

        def unreadable(error: OSError) -> None:
            message = translatable("this folder cannot be listed ({0}); check its permissions", os_message(error))
            problems.append(FileProblem(self._source(Path(error.filename)), None, message))

        for path in files_below(self.path, unreadable):
            source = self._source(path)
            if is_readings(source):
                continue
            if is_left_alone(source, ignored):
                yield source
                continue
            try:
                data = file_bytes(path)
            except OSError as error:
                yield FileProblem(source, None, unopened(path, error))
            except TooLongError as error:
                yield FileProblem(source, None, message_of(error))
            else:
                if source != path.relative_to(self.path).as_posix():
                    message = translatable(
                        "is read, but its name is not UTF-8, and many programs cannot open it; rename it"
                    )
                    problems.append(FileProblem(source, None, message))
                yield from (self._entry(each, ignored, problems) for each in reports_in(data, source))
        yield from problems

    def _entry(
        self, entry: ReportFile | FileProblem, ignored: tuple[str, ...], problems: list[FileProblem]
    ) -> ReportFile | FileProblem | str:
        """Return a report with what assistants read in it, its source if it is left alone, or its problem."""
        if is_left_alone(entry.source, ignored):
            return entry.source
        if isinstance(entry, FileProblem):
            return entry
        if entry.data.startswith(NOT_A_REPORT):
            return entry.source
        read = self.readings(entry.source, problems)
        return structs.replace(entry, read=read) if read else entry

    def readings(self, source: str, problems: list[FileProblem] | None = None) -> bytes:
        """Return the bytes of what assistants read in a report; add what is wrong with them to `problems`."""
        path = self.path / readings_path(source)
        try:
            data = _readings_bytes(path)
        except (OSError, TooLongError) as error:
            why = unopened(path, error) if isinstance(error, OSError) else message_of(error)
            if problems is not None:
                problems.append(FileProblem(readings_path(source), None, why))
            return b""
        if problems is not None:
            problems += problems_in(data, source)
        return data

    def readings_stamp(self, source: str) -> tuple[int, int] | None:
        """Return a value that changes whenever kb writes what assistants read in a report, None without a file."""
        try:
            found = (self.path / readings_path(source)).stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ino

    def keep_readings(
        self, source: str, change: Callable[[Mapping[str, LineReading]], Mapping[str, LineReading | None]]
    ) -> int:
        """Replace some of what assistants read in a report, all at once; return how many readings `change` named.

        `change` gets the readings by the keys of their lines and returns the new ones, None for those to take out.
        Raises LibraryError if the file cannot be written.
        """
        path = self.path / readings_path(source)
        with self._locked(), writing(path):
            data = _readings_bytes(path)
            changed = change(readings_in(data))
            after = with_readings(data, changed)
            if after != data:
                bounded(BytesIO(after))  # a longer file would not be read
                make_folder(path.parent)
                write_whole(path, after)
            return len(changed)

    def replace_readings(self, before: Readings, after: Readings) -> None:
        """Replace what assistants read in lines, given by source and key; `before` is what is there now.

        Raises ChangedSinceError, and changes nothing, if something else is there, and LibraryError.
        """
        with self._locked():
            for source, readings in before.items():
                known = readings_in(self.readings(source))
                if any(known.get(of) != one for of, one in readings.items()):
                    raise ChangedSinceError(readings_path(source))
            for source in after:
                self.keep_readings(source, lambda _: after[source])  # noqa: B023  # called at once

    def holds_reports(self) -> bool:
        """Return whether there is any report file, without reading whole files."""
        ignored = self.configuration()[0].ignore
        paths = files_below(self.path, lambda _: None)
        return any(not is_left_alone(self._source(path), ignored) and not _is_marked(path) for path in paths)

    def container(self, source: str) -> str | None:
        """Return the container of a report, None if the report is a file of its own."""
        if self.file(source).exists():
            return None
        ends = (match.start() for match in _IN_CONTAINER.finditer(source))
        return next((source[:end] for end in ends if self.file(source[:end]).is_file()), None)

    def data(self, source: str, members: Members | None = None) -> bytes:
        """Return the bytes of a report; `members` may be a cached form of the method. Raises OSError."""
        container = self.container(source)
        if container is None:
            return read_regular(self.file(source))
        found = (members or self.members)(container)
        if source not in found:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), source)
        return found[source]

    def members(self, container: str) -> Mapping[str, bytes]:
        """Return the bytes of the reports in a container by source. Raises OSError."""
        reports = reports_in(read_regular(self.file(container)), container)
        return {each.source: each.data for each in reports if isinstance(each, ReportFile)}

    def digest(self, source: str) -> str | None:
        """Return the SHA-256 of the bytes of a report, None if they cannot be read."""
        try:
            return digest_of(self.data(source))
        except OSError:
            return None

    def older_container(self, files: Sequence[ReportFile]) -> str | None:
        """Return the export or archive that is an older state of one with these reports, None without one."""
        digests = {file.digest for file in files}
        reports, unchanged = Counter[str](), Counter[str]()
        for entry in self.scan().files:
            if entry.container is not None:
                reports[entry.container] += 1
                unchanged[entry.container] += entry.digest in digests
        nearest = max(reports, key=lambda container: unchanged[container] / reports[container], default=None)
        if nearest is None or unchanged[nearest] < _SAME_CONTAINER * reports[nearest]:
            return None
        return nearest

    def put(
        self,
        data: bytes,
        name: str,
        override: MetadataOverride | None = None,
        replacing: str | None = None,
        *,
        inside: Mapping[str, MetadataOverride] | None = None,
        former: Mapping[str, str] | None = None,
        corrections: CorrectionSet = NO_CORRECTIONS,
    ) -> FileChange:
        """Write a report durably, with its metadata and corrections in kb.toml; return the change.

        A replaced file is backed up if it differs. Without `replacing` no file is overwritten, and README.md becomes
        report-README.md. Fields that the override leaves open stay as they are. `inside` are the new overrides of the
        reports in a container, and `former` their former sources by the new ones. Raises LibraryError if the report is
        marked as no report, if kb.toml ignores its name, or if it cannot be written.
        """
        if data.startswith(NOT_A_REPORT):
            raise LibraryError(
                "{0}: begins with {1}; take that line out to have it as a report", name, NOT_A_REPORT.decode()
            )
        with self._locked():
            path = self._free_path(file_name(name)) if replacing is None else self.file(replacing)
            source = self._source(path)
            before = self._state(source, corrections)
            overrides = {**(before.overrides if inside is None else inside)}
            if override and override != MetadataOverride():
                overrides[source] = override.over(overrides.get(source, MetadataOverride()))
            moved = (
                before.read
                if former is None
                else {to: before.read[at] for to, at in former.items() if at in before.read}
            )
            change = FileChange(source, before, FileState(digest_of(data), overrides, moved, corrections))
            return self._apply(change, data)

    def discard(self, source: str, digest: str | None = None) -> FileChange:
        """Remove a report from the library, and its metadata from kb.toml; return the change.

        Raises ChangedSinceError if its file has another SHA-256 than the given one, and LibraryError if the report is
        in a container.
        """
        with self._locked():
            if (container := self.container(source)) is not None:
                raise LibraryError(
                    '{0}: is one of several reports in {1}; to leave it out, add it to ignore = ["{0}"] in {2}, '
                    "or take {1} out of {3}",
                    source,
                    container,
                    CONFIGURATION,
                    self.name,
                )
            before = self._state(source)
            if before.digest is None or digest not in (None, before.digest):
                raise ChangedSinceError(source)
            return self._apply(FileChange(source, before, FileState(None, read=before.read)))

    def _free_path(self, name: str) -> Path:
        name = f"{name}.txt" if is_backup(name) else name
        name = f"report-{name}" if is_left_alone(name, ()) else name
        if is_left_alone(name, self.configuration()[0].ignore):
            raise LibraryError(
                "{0}: {1} says to ignore files of this name; rename it, or change ignore", name, CONFIGURATION
            )
        stem, ending = Path(name).stem, Path(name).suffix
        names = chain([name], (f"{stem}-{number}{ending}" for number in count(2)))
        return next(path for path in map(self.path.joinpath, names) if not os.path.lexists(path))


def _readings_bytes(path: Path) -> bytes:
    """Return the bytes of a file with readings, empty without one. Raises OSError, TooLongError.

    A link is not followed: it could lead to any file of the machine, whose bytes would be copied into the library.
    """
    if path.is_symlink():
        raise NotRegularError(errno.EINVAL, str(translatable("it is a link")), os.fspath(path))
    try:
        return file_bytes(path)
    except (FileNotFoundError, NotADirectoryError):
        return b""


def carried_over(
    overrides: Mapping[str, T], before: Sequence[ReportFile], after: Sequence[ReportFile]
) -> Mapping[str, T]:
    """Return the overrides of the reports in a container, or anything else, by their sources in its newer state.

    A report is recognised by its bytes. An edited report is recognised by its name in an archive, and by its title in
    an export, where numbers shift: no report gets the override of another.
    """
    old = {file.source: file for file in before}
    new = {file.source: file for file in after}
    sources = {file.digest: file.source for file in after}
    edited = [file for file in after if file.digest not in {file.digest for file in before}]
    carried: dict[str, T] = {}
    for source, override in overrides.items():
        file, now = old.get(source), new.get(source)
        if file is None or (now and now.digest == file.digest):
            carried[source] = override
        elif file.digest in sources:
            carried[sources[file.digest]] = override
        elif not _NUMBERED.search(source):
            carried[source] = override
        elif title := _title(file):
            carried |= {candidate.source: override for candidate in edited if _title(candidate) == title}
    return carried


def _title(file: ReportFile) -> str | None:
    """Return the normalised title of the report in a file, None if the file is unreadable."""
    from kb.readers.formats import read_outline
    from kb.talks import report_of

    try:
        return normalized(report_of(read_outline(file.data, file.source)).title)
    except UnreadableError:
        return None


def _is_marked(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(NOT_A_REPORT)) == NOT_A_REPORT
    except OSError:
        return False
