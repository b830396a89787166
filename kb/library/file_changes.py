"""Changes of a library's files and of what kb.toml says of them: both or neither, and taken back to the byte."""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from index.messages import os_message, translatable
from kb.library.configuration import Configuration, parse
from kb.library.rewriting import read_configuration, with_overrides, with_seen
from kb.library.tables import ConfigurationError
from kb.report.model import MetadataOverride
from kb.report.problems import FileProblem, LibraryError
from kb.storage.safe_files import locked, move, write_whole
from kb.storage.walk import CONFIGURATION, backup_path, files_below, shown_name

_JOURNAL = ".kb-begun"  # the file that says which change was begun; the walk takes no hidden one for a report


class ChangedSinceError(LibraryError):
    """What is to be changed or taken back is no longer as it was: it stays as it is.

    `kept` is where lies, below the library, what `source` was to be again; with `is_gone` it lies there no more.
    """

    def __init__(self, source: str | None = None, kept: str | None = None, *, is_gone: bool = False) -> None:
        if is_gone:
            message = translatable("{0}: cannot be what it was; {1} is gone or holds something else", source, kept)
        else:
            lies = (
                translatable("what it was lies in {0}", kept)
                if kept
                else translatable("look at it again after `kb sync`")
            )
            message = translatable("{0}: was changed since, and stays as it is; {1}", source or CONFIGURATION, lies)
        super().__init__(message)
        self.source = source
        self.kept = kept
        self.is_gone = is_gone


class FileState(Struct, frozen=True):
    """The SHA-256 of a file, None where there is none, and the overrides for it and for each report in it."""

    digest: str | None
    overrides: Mapping[str, MetadataOverride] = {}


class FileChange(Struct, frozen=True):
    """How a file became another; `kept` is where lies, below the library, what was there before and no longer is."""

    source: str
    before: FileState
    after: FileState
    kept: tuple[str, ...] = ()


def joined(changes: Iterable[FileChange]) -> list[FileChange]:
    """Return changes, in their order, as one for each file that became another."""
    whole: dict[str, FileChange] = {}
    for change in changes:
        first = whole.get(change.source, FileChange(change.source, change.before, change.before))
        whole[change.source] = replace(change, before=first.before, kept=(*first.kept, *change.kept))
    return [change for change in whole.values() if change.before != change.after]


def digest_of(data: bytes) -> str:
    """Return the SHA-256 of bytes."""
    return hashlib.sha256(data).hexdigest()


def overrides_of(overrides: Mapping[str, MetadataOverride], source: str) -> Mapping[str, MetadataOverride]:
    """Return those for a file and for the reports in it, each by its source."""
    inside = (f"{source}#", f"{source}!/")
    return {place: one for place, one in overrides.items() if place == source or place.startswith(inside)}


class Folder:
    """A folder of report files with its kb.toml.

    A change of both is written down in a journal before it is made: after a process that was killed amid it the next
    has kb.toml say what goes with the bytes that are there. Threads and processes wait for each other to write.
    """

    def __init__(self, path: Path) -> None:
        """Take a folder. Raises LibraryError where there is none."""
        if not path.is_dir():
            what = translatable("not a folder") if path.exists() else translatable("no such folder")
            raise LibraryError(
                translatable("{0}: {1}; make it, or name another with --library or KB_LIBRARY", path, what)
            )
        self.path = path.resolve()
        self.name = shown_name(self.path)

    def configuration(self) -> tuple[Configuration, str, tuple[FileProblem, ...]]:
        """Return what kb.toml says, its SHA-256, and what is wrong with it: then the library goes without."""
        return read_configuration(self.path / CONFIGURATION)

    def file(self, source: str) -> Path:
        """Return the path of a report's file, be there one or not."""
        path = self.path / source
        if "\\" not in source or path.exists():
            return path
        # Bytes of a name that are no UTF-8 stand in its source as they are shown.
        return next((each for each in files_below(self.path, lambda _: None) if self._source(each) == source), path)

    def settle(self) -> None:
        """End a change that somebody began. Raises LibraryError, OSError where nothing can be written."""
        if (self.path / _JOURNAL).exists():
            with self._locked():
                pass

    def take_back(self, changes: list[FileChange]) -> list[FileChange]:
        """Make each file again what it was before a change, to the byte; return what takes that back in turn.

        Raises ChangedSinceError, and leaves all as they are, where one is no longer as its change left it, or what it
        was is nowhere any more.
        """
        with self._locked():
            kept = [self._before(change) for change in changes]
            reverse = (FileChange(change.source, change.after, change.before) for change in changes)
            return [self._apply(change, content) for change, content in zip(reverse, kept, strict=True)]

    def configure(self, change: Callable[[bytes, Configuration], bytes]) -> Configuration:
        """Write kb.toml as a change makes it of its bytes and what they say; return what it said before.

        Raises LibraryError for a broken one, and writes nothing.
        """
        with self._locked():
            return self._configure(change)

    def mark_seen(self, feed: str, posts: Sequence[str]) -> None:
        """Write into kb.toml which posts of a feed were seen. Raises LibraryError for a broken one."""
        self.configure(lambda before, _: with_seen(before, feed, posts))

    def _before(self, change: FileChange) -> Path | None:
        """Return where lies what a file was before a change, None where it was none. Raises ChangedSinceError."""
        digest, now = change.before.digest, self._state(change.source)
        kept = backup_path(self.file(change.source), digest) if digest not in (None, now.digest) else None
        where = self._source(kept) if kept else None
        if now != change.after:
            raise ChangedSinceError(change.source, where if kept and kept.exists() else None)
        if kept and not kept.exists():
            raise ChangedSinceError(change.source, next(iter(change.kept), where), is_gone=True)
        return kept

    def _apply(self, change: FileChange, content: bytes | Path | None = None) -> FileChange:
        """Make a file what a change says, and return that as it was done, with where lies what is no longer there.

        `content` are the new bytes, or the path of the backup that holds them; None where the file goes away.
        """
        path, before, after = self.file(change.source), change.before, change.after
        kept: list[Path] = []
        with self._journaled(change), _writing(path):
            if any(after.overrides.get(place) != was for place, was in before.overrides.items()):  # kb.toml loses it
                kept.append(_backed_up(self.path / CONFIGURATION))
            if after.digest is None and before.digest:
                kept.insert(0, backup_path(path, before.digest))
                move(path, kept[0])
            else:
                self._override(after.overrides, before.overrides)  # whoever sees the file sees that too
            if content is not None and before.digest != after.digest:
                if before.digest:
                    kept.insert(0, _backed_up(path))
                if isinstance(content, Path):
                    move(content, path)
                else:
                    write_whole(path, content)
        written = overrides_of(self.configuration()[0].overrides, change.source)  # as they can be written again
        return replace(change, after=FileState(after.digest, written), kept=tuple(map(self._source, kept)))

    @contextmanager
    def _journaled(self, change: FileChange) -> Iterator[None]:
        """Keep on the disk what a change is about to do to both a file and kb.toml, until it is done or undone."""
        if change.before.overrides == change.after.overrides or change.before.digest == change.after.digest:
            yield
            return
        self._configure(lambda before, _: before)  # a broken kb.toml stops what it could not hold
        path = self.path / _JOURNAL
        with _writing(path):
            write_whole(path, msgspec.json.encode(change))
        try:
            yield
        finally:
            with suppress(LibraryError):  # the first failure is the one to raise, and the next who writes settles it
                self._recover()

    def _recover(self) -> None:
        """Have kb.toml say of a file in the journal what goes with the bytes that it has, and end the journal."""
        path = self.path / _JOURNAL
        try:
            change = msgspec.json.decode(path.read_bytes(), type=FileChange)
        except FileNotFoundError:
            return
        except ValueError:
            change = None
        with _writing(path):
            now = change and self._state(change.source).digest
            if change and now == change.after.digest:
                self._override(change.after.overrides, change.before.overrides)
            elif change and now == change.before.digest:
                self._override(change.before.overrides, change.after.overrides)
            path.unlink()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Keep other writers waiting, once what one of them had begun and never ended is settled."""
        with locked(self.path):
            self._recover()
            yield

    def _state(self, source: str) -> FileState:
        path, overrides = self.file(source), overrides_of(self.configuration()[0].overrides, source)
        with _writing(path):
            return FileState(digest_of(path.read_bytes()) if os.path.lexists(path) else None, overrides)

    def _override(self, after: Mapping[str, MetadataOverride], before: Mapping[str, MetadataOverride]) -> None:
        self._configure(with_overrides({**dict.fromkeys(before), **after}))

    def _configure(self, change: Callable[[bytes, Configuration], bytes]) -> Configuration:
        path = self.path / CONFIGURATION
        before = path.read_bytes() if path.exists() else b""
        try:
            configuration = parse(before)
        except ConfigurationError as error:
            raise LibraryError(translatable("{0}: {1}; mend it first, nothing was written", path, error)) from error
        after = change(before, configuration)
        if after != before:
            try:
                parse(after)
            except ConfigurationError as error:  # none of it would be used any more, whoever wrote what is wrong
                raise LibraryError(translatable("{0}: {1}; nothing was written", path, error)) from error
            with _writing(path):
                write_whole(path, after)
        return configuration

    def _source(self, path: Path) -> str:
        return shown_name(path.relative_to(self.path))


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Raise of a failed write that it was one, and where: the report that was to be kept is not to blame."""
    try:
        yield
    except OSError as error:
        raise LibraryError(
            translatable("{0}: cannot be written ({1}); the library stays as it was", path, os_message(error))
        ) from error


def _backed_up(path: Path) -> Path:
    """Copy a file that is about to become another beside it; return where."""
    data = path.read_bytes()
    kept = backup_path(path, digest_of(data))
    write_whole(kept, data)
    return kept
