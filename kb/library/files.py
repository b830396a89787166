"""The folder of reports, the only source of truth: which files it holds, and what its kb.toml says of them."""

import errno
import hashlib
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import reduce
from itertools import chain, count
from pathlib import Path

from msgspec import Struct

from kb.library.bounded import TooLongError, file_bytes, unopened
from kb.library.configuration import Configuration, parse
from kb.library.rewriting import read_configuration, with_given, with_seen
from kb.library.safe_files import alone, file_name, move, set_aside, write_whole
from kb.library.tables import ConfigurationError
from kb.library.walk import CONFIGURATION, files_below, is_aside, is_left_alone, shown_name
from kb.report.model import Given
from kb.report.problems import FileProblem

NOT_A_REPORT = b"<!-- kb: not a report -->"  # a file that begins so is left alone
_IN_ANOTHER = re.compile(r"!/|#\d+$")  # where the source of a report that stands in a file names that file


class LibraryError(ValueError):
    """The library, or a file of it, cannot be used; the message names it and says what to do."""


class ReportFile(Struct, frozen=True):
    """One report of the library: its path below the library with `/` between folders, its bytes and their SHA-256.

    Of a report that stands in a file with others, its `container`, the path goes on: `export.txt#3`,
    `talks.zip!/memo.md`.
    """

    source: str
    data: bytes
    digest: str
    container: str | None = None


class Seen(Struct, frozen=True):
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
    def seen(self) -> Seen:
        """It without the bytes."""
        return Seen({file.source: file.digest for file in self.files}, self.digest, self.problems, self.left_alone)


def reports_in(data: bytes, source: str) -> Iterator[ReportFile | FileProblem]:
    """Yield the report that a file is, or those that stand in it, and what of it cannot be read."""
    from kb.readers.containers import opened

    for each in opened(data, source):
        if isinstance(each, FileProblem):
            yield each
        else:
            container = source if each.source != source else None
            yield ReportFile(each.source, each.data, hashlib.sha256(each.data).hexdigest(), container)


class Library:
    """A folder of report files."""

    def __init__(self, path: Path) -> None:
        if not path.is_dir():
            what = "not a folder" if path.exists() else "no such folder"
            raise LibraryError(f"{path}: {what}; make it, or name another with --library or KB_LIBRARY")
        self.path = path.resolve()
        self.name = shown_name(self.path)

    def scan(self) -> Scan:
        """Return all report files with their bytes; those that cannot be read are told as problems."""
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
            message = f"this folder cannot be listed ({error.strerror}); check its permissions"
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
                yield FileProblem(source, None, str(error))
            else:
                for each in reports_in(data, source):
                    marked = isinstance(each, ReportFile) and each.data.startswith(NOT_A_REPORT)
                    yield each.source if marked or is_left_alone(each.source, ignored) else each
        yield from problems

    def holds_reports(self) -> bool:
        """Return whether there is any report file, without reading them whole."""
        ignored = self.configuration()[0].ignore
        paths = files_below(self.path, lambda _: None)
        return any(not is_left_alone(self._source(path), ignored) and not _begins(path, NOT_A_REPORT) for path in paths)

    def file(self, source: str) -> Path:
        """Return the path of a report's file."""
        path = self.path / source
        if "\\" not in source or path.exists():
            return path
        return next((each for each in files_below(self.path, lambda _: None) if self._source(each) == source), path)

    def container(self, source: str) -> str | None:
        """Return the file in which a report stands beside others, None where it is a file of its own."""
        if self.file(source).exists():
            return None
        ends = (found.start() for found in _IN_ANOTHER.finditer(source))
        return next((source[:end] for end in ends if self.file(source[:end]).is_file()), None)

    def data(self, source: str) -> bytes:
        """Return the bytes of a report. Raises OSError."""
        container = self.container(source)
        if container is None:
            return self.file(source).read_bytes()
        for each in reports_in(self.file(container).read_bytes(), container):
            if isinstance(each, ReportFile) and each.source == source:
                return each.data
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), source)

    def put(self, data: bytes, name: str, given: Given | None = None, replacing: str | None = None) -> str:
        """Write a report on the disk, durably, with what is given by hand for it, and return its source.

        It takes the place of the file `replacing`, which is kept as `name~` if it differs; else it never overwrites a
        file, and README.md becomes report-README.md. What is given is written first: whoever sees the file sees that
        too, and who is killed between the two has only to repeat it. Raises LibraryError.
        """
        if data.startswith(NOT_A_REPORT):
            raise LibraryError(
                f"{name}: begins with {NOT_A_REPORT.decode()}; take that line out to have it as a report"
            )
        with alone(self.path):
            path = self._free_path(file_name(name)) if replacing is None else self.file(replacing)
            source = self._source(path)
            with self._told(source, given), _writing(path):
                before = None if replacing is None else path.read_bytes()
                if before is not None and before != data:
                    write_whole(path.with_name(path.name + "~"), before)
                if before != data:
                    write_whole(path, data)
        return source

    def discard(self, source: str) -> str:
        """Take a report out of the library and forget what was told of it; return the name it is kept under.

        Raises LibraryError for one that stands in a file with others, which stays as it is.
        """
        container = self.container(source)
        if container is not None:
            raise LibraryError(
                f"{source}: stands in {container} beside others; to leave it out, add it to "
                f'ignore = ["{source}"] in {CONFIGURATION}, or take {container} out of {self.name}'
            )
        path = self.file(source)
        with alone(self.path):
            with _writing(path):
                kept = set_aside(path)
            self.tell(source, None)
        return shown_name(Path(kept.name))

    @contextmanager
    def _told(self, source: str, given: Given | None) -> Iterator[None]:
        """Write what is given for a file, if anything is, and take that back where what is done then fails."""
        before = self.configuration()[0].given.get(source)
        if given not in (None, Given()):
            self.tell(source, given)
        try:
            yield
        except LibraryError:
            with suppress(LibraryError):  # the first failure is the one to tell
                self.tell(source, before)
            raise

    def tell(self, source: str, given: Given | None) -> None:
        """Write what is given by hand for a file into kb.toml; None forgets it. Raises LibraryError for broken TOML."""
        self.tell_all({source: given})

    def tell_all(self, given: Mapping[str, Given | None]) -> None:
        """Write the same for several files at once, in this order."""
        self.configure(lambda before, _: reduce(lambda data, one: with_given(data, *one), given.items(), before))

    def see(self, feed: str, posts: Sequence[str]) -> None:
        """Write into kb.toml which posts of a feed were seen. Raises LibraryError for a broken one."""
        self.configure(lambda before, _: with_seen(before, feed, posts))

    def restore(self, source: str, given: Given | None) -> None:
        """Put a report back that was taken out, with what was told of it. Raises LibraryError if another is there."""
        path = self.file(source)
        backup = path.with_name(path.name + "~")
        with alone(self.path):
            if os.path.lexists(path) or not backup.is_file():
                raise LibraryError(f"{source}: cannot be put back; another file is there, or {backup.name} is gone")
            with self._told(source, given), _writing(path):
                move(backup, path)

    def configure(self, change: Callable[[bytes, Configuration], bytes]) -> Configuration:
        """Write kb.toml as a change makes it of its bytes and what they say; return what it said before.

        Raises LibraryError for a broken one, and writes nothing.
        """
        path = self.path / CONFIGURATION
        with alone(self.path):
            before = path.read_bytes() if path.exists() else b""
            try:
                told = parse(before)
            except ConfigurationError as error:
                raise LibraryError(f"{path}: {error}; mend it first, nothing was written") from error
            after = change(before, told)
            if after != before:
                try:
                    parse(after)
                except ConfigurationError as error:  # none of it would be used any more, whoever told what is wrong
                    raise LibraryError(f"{path}: {error}; nothing was written") from error
                with _writing(path):
                    write_whole(path, after)
        return told

    def _source(self, path: Path) -> str:
        return shown_name(path.relative_to(self.path))

    def _free_path(self, name: str) -> Path:
        name = f"{name}.txt" if is_aside(name) else name
        name = f"report-{name}" if is_left_alone(name, ()) else name
        if is_left_alone(name, self.configuration()[0].ignore):
            raise LibraryError(
                f"{name}: {CONFIGURATION} says to ignore files of this name; rename it, or change ignore"
            )
        stem, ending = Path(name).stem, Path(name).suffix
        names = chain([name], (f"{stem}-{number}{ending}" for number in count(2)))
        return next(path for path in map(self.path.joinpath, names) if not os.path.lexists(path))

    def configuration(self) -> tuple[Configuration, str, tuple[FileProblem, ...]]:
        """Return what kb.toml says, its SHA-256, and what is wrong with it: then the library goes without."""
        return read_configuration(self.path / CONFIGURATION)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Tell of a failed write that it was one, and where: the report that was to be kept is not to blame."""
    try:
        yield
    except OSError as error:
        raise LibraryError(f"{path}: cannot be written ({error.strerror}); the library stays as it was") from error


def _begins(path: Path, mark: bytes) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(mark)) == mark
    except OSError:
        return False
