"""The folder of reports, the only source of truth: which files it holds, and what its kb.toml says of them."""

import errno
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial, reduce
from itertools import chain, count
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from index.sentences import said, system_says, told_by
from kb.library.configuration import Configuration, parse
from kb.library.rewriting import read_configuration, with_override, with_seen
from kb.library.states import Change, State, digest_of, told_of, with_told
from kb.library.tables import ConfigurationError
from kb.readers.containers import TooLongError, file_bytes, unopened
from kb.report.model import MetadataOverride
from kb.report.problems import FileProblem, LibraryError
from kb.storage.safe_files import alone, aside, file_name, move, write_whole
from kb.storage.walk import CONFIGURATION, files_below, is_aside, is_left_alone, shown_name

NOT_A_REPORT = b"<!-- kb: not a report -->"  # a file that begins so is left alone
_BEGUN = ".kb-begun"  # the file that tells of a change to be settled; the walk takes no hidden one for a report
_IN_ANOTHER = re.compile(r"!/|#\d+$")  # where the source of a report that stands in a file names that file


class ChangedSinceError(LibraryError):
    """What is to be changed or taken back is no longer as it was: it stays as it is.

    `kept` is where lies, below the library, what `source` was to be again; `is_gone` tells that it lies there no more.
    """

    def __init__(self, source: str | None = None, kept: str | None = None, *, is_gone: bool = False) -> None:
        if is_gone:
            message = said("{0}: cannot be what it was; {1} is gone or holds something else", source, kept)
        else:
            lies = said("what it was lies in {0}", kept) if kept else said("look at it again after `kb sync`")
            message = said("{0}: was changed since, and stays as it is; {1}", source or CONFIGURATION, lies)
        super().__init__(message)
        self.source = source
        self.kept = kept
        self.is_gone = is_gone


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
    from kb.readers.containers import members_of

    for each in members_of(data, source):
        if isinstance(each, FileProblem):
            yield each
        else:
            container = source if each.source != source else None
            yield ReportFile(each.source, each.data, digest_of(each.data), container)


class Library:
    """A folder of report files."""

    def __init__(self, path: Path) -> None:
        if not path.is_dir():
            what = said("not a folder") if path.exists() else said("no such folder")
            raise LibraryError(said("{0}: {1}; make it, or name another with --library or KB_LIBRARY", path, what))
        self.path = path.resolve()
        self.name = shown_name(self.path)

    def scan(self) -> Scan:
        """Return all report files with their bytes; those that cannot be read are told as problems."""
        if (self.path / _BEGUN).exists():
            with suppress(LibraryError, OSError), self._alone():  # where nothing can be written it stays begun
                pass
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
            message = said("this folder cannot be listed ({0}); check its permissions", system_says(error))
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
                yield FileProblem(source, None, told_by(error))
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

    def digest(self, source: str) -> str | None:
        """Return the SHA-256 of a report as it is now, None where none can be read."""
        try:
            return digest_of(self.data(source))
        except OSError:
            return None

    def put(
        self,
        data: bytes,
        name: str,
        given: MetadataOverride | None = None,
        replacing: str | None = None,
        inside: Mapping[str, MetadataOverride] | None = None,
    ) -> Change:
        """Write a report on the disk, durably, with what is given by hand for it, and return what that changed.

        It takes the place of the file `replacing`, which is set aside if it differs; else it never overwrites a file,
        and README.md becomes report-README.md. `inside` is what is told from then on of the reports in it. What was
        told before and is not told anew stays. Raises LibraryError.
        """
        if data.startswith(NOT_A_REPORT):
            raise LibraryError(
                said("{0}: begins with {1}; take that line out to have it as a report", name, NOT_A_REPORT.decode())
            )
        with self._alone():
            path = self._free_path(file_name(name)) if replacing is None else self.file(replacing)
            source = self._source(path)
            before = self._state(source)
            told = {**(before.given if inside is None else inside)}
            if given not in (None, MetadataOverride()):
                told[source] = with_told(told.get(source, MetadataOverride()), given)
            change = Change(source, before, State(digest_of(data), told))
            return self._turn(change, lambda path: write_whole(path, data))

    def discard(self, source: str, digest: str | None = None) -> Change:
        """Take a report out of the library and forget what was told of it; return what that changed.

        With a SHA-256 it is taken out only where its file holds that. Raises ChangedSinceError, and LibraryError for
        one that stands in a file with others, which stays as it is.
        """
        with self._alone():
            container = self.container(source)
            if container is not None:
                raise LibraryError(
                    said(
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
            return self._turn(Change(source, before, State(None)))

    def take_back(self, changes: list[Change]) -> list[Change]:
        """Make each file again what it was before a change, to the byte; return what takes that back in turn.

        Where one is no longer as its change left it, or what it was is nowhere any more, all stay as they are. Raises
        ChangedSinceError.
        """
        with self._alone():
            wanted = [(change.reverse, self._wanted(change)) for change in changes]
            return [self._turn(change, partial(move, kept) if kept else None) for change, kept in wanted]

    def _wanted(self, change: Change) -> Path | None:
        """Return where lies what a file was before a change, None where it was none. Raises ChangedSinceError."""
        digest, now = change.before.digest, self._state(change.source)
        kept = aside(self.file(change.source), digest) if digest not in (None, now.digest) else None
        where = self._source(kept) if kept else None
        if now != change.after:
            raise ChangedSinceError(change.source, where if kept and kept.exists() else None)
        if kept and not kept.exists():
            raise ChangedSinceError(change.source, next(iter(change.kept), where), is_gone=True)
        return kept

    def _turn(self, change: Change, bring: Callable[[Path], object] | None = None) -> Change:
        """Make a file what a change says, and return that as it was done, with where lies what is no longer there.

        `bring` has the new bytes stand at a path, None takes the file away. Who comes after one that was killed amid
        this settles it: what is told is then what is told of the bytes that are there.
        """
        path, before, after = self.file(change.source), change.before, change.after
        kept: list[Path] = []
        with self._begun(change), _writing(path):
            if change.forgets:
                kept.append(_copied_aside(self.path / CONFIGURATION))
            if after.digest is None and before.digest:
                kept.insert(0, aside(path, before.digest))
                move(path, kept[0])
            else:
                self._tell(after.given, before.given)  # whoever sees the file sees that too
            if bring and before.digest != after.digest:
                if before.digest:
                    kept.insert(0, _copied_aside(path))
                bring(path)
        told = told_of(self.configuration()[0].given, change.source)  # as it can be told again
        return replace(change, after=State(after.digest, told), kept=tuple(map(self._source, kept)))

    @contextmanager
    def _begun(self, change: Change) -> Iterator[None]:
        """Keep on the disk what a change is about to do to both a file and kb.toml, until it is done or undone."""
        if change.before.given == change.after.given or change.before.digest == change.after.digest:
            yield
            return
        self._configure(lambda before, _: before)  # a broken kb.toml stops what it cannot be told of
        path = self.path / _BEGUN
        with _writing(path):
            write_whole(path, msgspec.json.encode(change))
        try:
            yield
        finally:
            with suppress(LibraryError):  # the first failure is the one to tell, and the next who writes settles it
                self._settle()

    def _settle(self) -> None:
        """Have told of a file that somebody began to change what is told of the bytes that it has, if there is one."""
        path = self.path / _BEGUN
        try:
            change = msgspec.json.decode(path.read_bytes(), type=Change)
        except FileNotFoundError:
            return
        except ValueError:
            change = None
        with _writing(path):
            now = change and self._state(change.source).digest
            if change and now == change.after.digest:
                self._tell(change.after.given, change.before.given)
            elif change and now == change.before.digest:
                self._tell(change.before.given, change.after.given)
            path.unlink()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other writers waiting, once what one of them had begun and never ended is settled."""
        with alone(self.path):
            self._settle()
            yield

    def _state(self, source: str) -> State:
        """Return what a file is now."""
        path, given = self.file(source), told_of(self.configuration()[0].given, source)
        with _writing(path):
            return State(digest_of(path.read_bytes()) if os.path.lexists(path) else None, given)

    def _tell(self, given: Mapping[str, MetadataOverride], before: Mapping[str, MetadataOverride]) -> None:
        """Tell this of files in place of what was told of them before."""
        self._configure(partial(_with_all, dict.fromkeys(before) | dict(given)))

    def tell(self, source: str, given: MetadataOverride | None) -> None:
        """Write what is given by hand for a file into kb.toml; None forgets it. Raises LibraryError for broken TOML."""
        self.tell_all({source: given})

    def tell_all(self, given: Mapping[str, MetadataOverride | None]) -> None:
        """Write the same for several files at once, in this order."""
        self.configure(partial(_with_all, given))

    def see(self, feed: str, posts: Sequence[str]) -> None:
        """Write into kb.toml which posts of a feed were seen. Raises LibraryError for a broken one."""
        self.configure(lambda before, _: with_seen(before, feed, posts))

    def configure(self, change: Callable[[bytes, Configuration], bytes]) -> Configuration:
        """Write kb.toml as a change makes it of its bytes and what they say; return what it said before.

        Raises LibraryError for a broken one, and writes nothing.
        """
        with self._alone():
            return self._configure(change)

    def _configure(self, change: Callable[[bytes, Configuration], bytes]) -> Configuration:
        path = self.path / CONFIGURATION
        before = path.read_bytes() if path.exists() else b""
        try:
            told = parse(before)
        except ConfigurationError as error:
            raise LibraryError(said("{0}: {1}; mend it first, nothing was written", path, error)) from error
        after = change(before, told)
        if after != before:
            try:
                parse(after)
            except ConfigurationError as error:  # none of it would be used any more, whoever told what is wrong
                raise LibraryError(said("{0}: {1}; nothing was written", path, error)) from error
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
                said("{0}: {1} says to ignore files of this name; rename it, or change ignore", name, CONFIGURATION)
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
        raise LibraryError(
            said("{0}: cannot be written ({1}); the library stays as it was", path, system_says(error))
        ) from error


def _with_all(given: Mapping[str, MetadataOverride | None], data: bytes, _: Configuration) -> bytes:
    """Return a kb.toml that tells this of files, in this order."""
    return reduce(lambda before, one: with_override(before, *one), given.items(), data)


def _copied_aside(path: Path) -> Path:
    """Set a file aside that is about to become another; return where."""
    data = path.read_bytes()
    kept = aside(path, digest_of(data))
    write_whole(kept, data)
    return kept


def _begins(path: Path, mark: bytes) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(mark)) == mark
    except OSError:
        return False
