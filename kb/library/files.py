"""The folder of reports, the only source of truth: which reports its files hold, and how one comes in or goes out."""

import errno
import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import chain, count
from pathlib import Path

from msgspec import Struct

from index.messages import message_of, os_message, translatable
from kb.library.configuration import Configuration
from kb.library.file_changes import ChangedSinceError, FileChange, FileState, Folder, digest_of
from kb.readers.containers import TooLongError, file_bytes, unopened
from kb.report.identity import normalized
from kb.report.model import MetadataOverride
from kb.report.problems import FileProblem, LibraryError, UnreadableError
from kb.storage.walk import CONFIGURATION, file_name, files_below, is_backup, is_left_alone

NOT_A_REPORT = b"<!-- kb: not a report -->"  # a file that begins so is left alone
_IN_ANOTHER = re.compile(r"!/|#\d+$")  # where the source of a report that stands in a file names that file
_NUMBERED = re.compile(r"#\d+$")  # how the source of a post in an export ends
# An export of today holds what that of last year held, but for what was edited since.
_SAME = 0.5


class ReportFile(Struct, frozen=True):
    """One report of the library: its path below the library with `/` between folders, its bytes and their SHA-256.

    Of a report that stands in a file with others, its `container`, the path goes on: `export.txt#3`,
    `talks.zip!/memo.md`.
    """

    source: str
    data: bytes
    digest: str
    container: str | None = None


class Listing(Struct, frozen=True):
    """A scan without the bytes: the SHA-256 of each report by its source, and of kb.toml, and what else was found."""

    files: Mapping[str, str]
    configuration: str
    problems: tuple[FileProblem, ...]
    left_alone: tuple[str, ...]


class Scan(Struct, frozen=True):
    """A library as it was found at one moment. `digest` is that of kb.toml; `left_alone` are no reports."""

    files: tuple[ReportFile, ...]
    configuration: Configuration
    digest: str
    problems: tuple[FileProblem, ...]
    left_alone: tuple[str, ...] = ()

    @property
    def listing(self) -> Listing:
        """It without the bytes."""
        return Listing({file.source: file.digest for file in self.files}, self.digest, self.problems, self.left_alone)


def reports_in(data: bytes, source: str) -> Iterator[ReportFile | FileProblem]:
    """Yield the report that a file is, or those that stand in it, and what of it cannot be read."""
    from kb.readers.containers import members_of

    for each in members_of(data, source):
        if isinstance(each, FileProblem):
            yield each
        else:
            container = source if each.source != source else None
            yield ReportFile(each.source, each.data, digest_of(each.data), container)


class Library(Folder):
    """A folder of report files."""

    def scan(self) -> Scan:
        """Return all report files with their bytes; those that cannot be read come as problems."""
        with suppress(LibraryError, OSError):  # where nothing can be written a change stays begun
            self.settle()
        configuration, digest, wrong = self.configuration()
        files: list[ReportFile] = []
        problems: list[FileProblem] = []
        left_alone: list[str] = []
        for entry in self.entries(configuration.ignore):
            if isinstance(entry, ReportFile):
                files.append(entry)
            elif isinstance(entry, FileProblem):
                problems.append(entry)
            else:
                left_alone.append(entry)
        return Scan(tuple(files), configuration, digest, (*problems, *wrong), tuple(left_alone))

    def entries(self, ignored: tuple[str, ...]) -> Iterator[ReportFile | FileProblem | str]:
        """Yield each report, each file or folder that cannot be read, and the source of each that is left alone."""
        problems: list[FileProblem] = []

        def unreadable(error: OSError) -> None:
            message = translatable("this folder cannot be listed ({0}); check its permissions", os_message(error))
            problems.append(FileProblem(self._source(Path(error.filename)), None, message))

        for path in files_below(self.path, unreadable):
            source = self._source(path)
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
                for each in reports_in(data, source):
                    marked = isinstance(each, ReportFile) and each.data.startswith(NOT_A_REPORT)
                    yield each.source if marked or is_left_alone(each.source, ignored) else each
        yield from problems

    def holds_reports(self) -> bool:
        """Return whether there is any report file, without reading them whole."""
        ignored = self.configuration()[0].ignore
        paths = files_below(self.path, lambda _: None)
        return any(not is_left_alone(self._source(path), ignored) and not _is_marked(path) for path in paths)

    def container(self, source: str) -> str | None:
        """Return the file in which a report stands beside others, None where it is a file of its own."""
        if self.file(source).exists():
            return None
        ends = (found.start() for found in _IN_ANOTHER.finditer(source))
        return next((source[:end] for end in ends if self.file(source[:end]).is_file()), None)

    def data(self, source: str) -> bytes:
        """Return the bytes of a report. Raises OSError where it cannot be read."""
        container = self.container(source)
        if container is None:
            return self.file(source).read_bytes()
        for each in reports_in(self.file(container).read_bytes(), container):
            if isinstance(each, ReportFile) and each.source == source:
                return each.data
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), source)

    def digest(self, source: str) -> str | None:
        """Return the SHA-256 of a report as it is now, None where none can be read."""
        try:
            return digest_of(self.data(source))
        except OSError:
            return None

    def older_container(self, files: Sequence[ReportFile]) -> str | None:
        """Return the export or archive that holds an older state of these reports, None for new ones."""
        digests = {file.digest for file in files}
        held, again = Counter[str](), Counter[str]()
        for entry in self.scan().files:
            if entry.container is not None:
                held[entry.container] += 1
                again[entry.container] += entry.digest in digests
        found = max(held, key=lambda container: again[container] / held[container], default=None)
        return found if found is not None and again[found] >= _SAME * held[found] else None

    def put(
        self,
        data: bytes,
        name: str,
        override: MetadataOverride | None = None,
        replacing: str | None = None,
        inside: Mapping[str, MetadataOverride] | None = None,
    ) -> FileChange:
        """Write a report on the disk, durably, with its metadata in kb.toml, and return what that changed.

        It takes the place of the file `replacing`, which is kept beside it if it differs; else it never overwrites a
        file, and README.md becomes report-README.md. `inside` are the overrides from then on for the reports in it.
        What an override leaves open stays as it was. Raises LibraryError where the report is marked to be none, or of
        a name that kb.toml has ignored, and where it cannot be written.
        """
        if data.startswith(NOT_A_REPORT):
            raise LibraryError(
                translatable(
                    "{0}: begins with {1}; take that line out to have it as a report", name, NOT_A_REPORT.decode()
                )
            )
        with self._locked():
            path = self._free_path(file_name(name)) if replacing is None else self.file(replacing)
            source = self._source(path)
            before = self._state(source)
            overrides = {**(before.overrides if inside is None else inside)}
            if override and override != MetadataOverride():
                overrides[source] = override.over(overrides.get(source, MetadataOverride()))
            change = FileChange(source, before, FileState(digest_of(data), overrides))
            return self._apply(change, data)

    def discard(self, source: str, digest: str | None = None) -> FileChange:
        """Take a report out of the library and its metadata out of kb.toml; return what that changed.

        With a SHA-256 it is taken out only where its file holds that. Raises ChangedSinceError where it does not, and
        LibraryError for a report that stands in a file with others, which stays as it is.
        """
        with self._locked():
            container = self.container(source)
            if container is not None:
                raise LibraryError(
                    translatable(
                        '{0}: stands in {1} beside others; to leave it out, add it to ignore = ["{0}"] in {2}, or take '
                        "{1} out of {3}",
                        source,
                        container,
                        CONFIGURATION,
                        self.name,
                    )
                )
            before = self._state(source)
            if before.digest is None or digest not in (None, before.digest):
                raise ChangedSinceError(source)
            return self._apply(FileChange(source, before, FileState(None)))

    def _free_path(self, name: str) -> Path:
        name = f"{name}.txt" if is_backup(name) else name
        name = f"report-{name}" if is_left_alone(name, ()) else name
        if is_left_alone(name, self.configuration()[0].ignore):
            raise LibraryError(
                translatable(
                    "{0}: {1} says to ignore files of this name; rename it, or change ignore", name, CONFIGURATION
                )
            )
        stem, ending = Path(name).stem, Path(name).suffix
        names = chain([name], (f"{stem}-{number}{ending}" for number in count(2)))
        return next(path for path in map(self.path.joinpath, names) if not os.path.lexists(path))


def carried_over(
    overrides: Mapping[str, MetadataOverride], before: Sequence[ReportFile], after: Sequence[ReportFile]
) -> Mapping[str, MetadataOverride]:
    """Return overrides for the reports in a file by where they stand once another state of it is there.

    A report goes by its bytes; one that was edited by its name in an archive, and by its title in an export, where its
    number is that of another post once one is written before it: no report gets the override of another.
    """
    stood = {file.source: file for file in before}
    stands = {file.source: file for file in after}
    places = {file.digest: file.source for file in after}
    edited = [file for file in after if file.digest not in {file.digest for file in before}]
    carried: dict[str, MetadataOverride] = {}
    for place, override in overrides.items():
        file, now = stood.get(place), stands.get(place)
        if file is None or (now and now.digest == file.digest):
            carried[place] = override
        elif file.digest in places:
            carried[places[file.digest]] = override
        elif not _NUMBERED.search(place):
            carried[place] = override
        elif title := _title(file):
            carried |= {found.source: override for found in edited if _title(found) == title}
    return carried


def _title(file: ReportFile) -> str | None:
    """Return the normalised title of the report that a file holds, None where it holds none."""
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
