"""Changes of a report file and its entries in kb.toml: atomic, and undone to the byte.

A change of the file alone, or of kb.toml alone, is one write. A change of both has these states on the disk:

    at rest ─ journal written ─> begun ─ kb.toml, file and readings written ─> done ─ `_recover` ─> at rest
                                   └─ an error, or the process is killed ───────────────┘

`_recover` also runs after an error, and before each writer. It compares the file with the change in the journal:

    the file is as       kb.toml and the readings become
    after the change     as after the change
    before the change    as before the change
    neither              (they stay: somebody has edited the file)

Then it deletes the journal. What a change replaces or removes is first copied or moved to a backup next to it
(`walk.backup_path`), which `take_back` restores.
"""

import glob
import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from index.messages import message_of, os_message, translatable
from kb.library.configuration import Configuration, parse_whole
from kb.library.rewriting import configuration_bytes, read_configuration, with_corrections, with_overrides
from kb.library.tables import ConfigurationError
from kb.readers.containers import TooLongError
from kb.report.model import NO_CORRECTIONS, Correction, CorrectionSet, MetadataOverride, TalkCorrection
from kb.report.problems import FileProblem, LibraryError
from kb.storage import walk
from kb.storage.safe_files import NotRegularError, locked, make_folder, move, read_regular, write_whole

_JOURNAL = ".kb-begun"  # the file with the change in progress; hidden, so that the walk skips it
_LOOK_AGAIN = translatable("look at it again after `kb sync`")


class ChangedSinceError(LibraryError):
    """Somebody else changed the file or kb.toml since, so nothing was written.

    `kept` is the path in the library of the backup that would have been restored; with `is_gone` it is missing.
    """

    def __init__(self, source: str | None = None, kept: str | None = None, *, is_gone: bool = False) -> None:
        if is_gone:
            message = translatable("{0}: cannot be restored; {1} is gone or has changed", source, kept)
        else:
            remedy = translatable("its earlier state is in {0}", kept) if kept else _LOOK_AGAIN
            message = translatable(
                "{0}: was changed since, and stays as it is; {1}", source or walk.CONFIGURATION, remedy
            )
        super().__init__(message)
        self.source = source
        self.kept = kept
        self.is_gone = is_gone


class FileState(Struct, frozen=True):
    """The SHA-256 of a file, None if it is missing, and the overrides of the reports in it by source.

    `corrections` are those of notes and talks that are written together with the file. `read` are the bytes of what
    assistants read in the reports of a container, by source. Those of a file with one report stay where they are,
    whatever happens to the file.
    """

    digest: str | None
    overrides: Mapping[str, MetadataOverride] = {}
    read: Mapping[str, bytes] = {}
    corrections: CorrectionSet = NO_CORRECTIONS

    def loses(self, after: "FileState") -> bool:
        """Return whether kb.toml has less, or something else, about the file in the state after it."""
        pairs = (
            (self.overrides, after.overrides),
            (self.corrections.notes, after.corrections.notes),
            (self.corrections.talks, after.corrections.talks),
        )
        return any(was != type(was)() and new.get(key) != was for old, new in pairs for key, was in old.items())


class FileChange(Struct, frozen=True):
    """The change of a file; `kept` are the paths in the library of the backups of what it replaced."""

    source: str
    before: FileState
    after: FileState
    kept: tuple[str, ...] = ()


def joined(changes: Iterable[FileChange]) -> list[FileChange]:
    """Merge successive changes into one for each file that differs in the end."""
    merged: dict[str, FileChange] = {}
    for change in changes:
        first = merged.get(change.source, FileChange(change.source, change.before, change.before))
        merged[change.source] = replace(change, before=first.before, kept=(*first.kept, *change.kept))
    return [change for change in merged.values() if change.before != change.after]


def digest_of(data: bytes) -> str:
    """Return the SHA-256 of bytes."""
    return hashlib.sha256(data).hexdigest()


def overrides_of(overrides: Mapping[str, MetadataOverride], source: str) -> Mapping[str, MetadataOverride]:
    """Return the overrides of the reports in a file, by source."""
    inside = (f"{source}#", f"{source}!/")
    return {key: one for key, one in overrides.items() if key == source or key.startswith(inside)}


class Folder:
    """A folder of report files with its kb.toml. Writers wait for each other, in threads and in processes.

    They also finish or undo a change that a killed process began.
    """

    def __init__(self, path: Path) -> None:
        """Raise LibraryError if the folder does not exist."""
        if not path.is_dir():
            problem = translatable("not a folder") if path.exists() else translatable("no such folder")
            raise LibraryError("{0}: {1}; make it, or name another with --library or KB_LIBRARY", path, problem)
        self._unwritten: list[bytes] | None = None  # the states of kb.toml in a block of `one_write`
        self.path = path.resolve()
        self.name = walk.shown_name(self.path)

    def configuration(self) -> tuple[Configuration, str, tuple[FileProblem, ...]]:
        """Return the configuration in kb.toml, its SHA-256, and its problems; a broken kb.toml is an empty one."""
        return read_configuration(self.path / walk.CONFIGURATION)

    def file(self, source: str) -> Path:
        """Return the path of a report's file, which may not exist."""
        path = self.path / source
        if "\\" not in source or os.path.lexists(path):
            return path
        # A source has the bytes of a name that are not UTF-8 as escapes. The name of a removed file may have these
        # bytes, or the very escapes: then a backup has them, too.
        removed = path if any(path.parent.glob(f"{glob.escape(path.name)}.*~")) else self.path / walk.name_of(source)
        return next(
            (each for each in walk.files_below(self.path, lambda _: None) if self._source(each) == source), removed
        )

    def settle(self) -> None:
        """Finish or undo a change in the journal. Raises LibraryError or OSError if the folder is read-only."""
        if (self.path / _JOURNAL).exists():
            with self._locked():
                pass

    def take_back(self, changes: list[FileChange]) -> list[FileChange]:
        """Undo changes of files, to the byte; return the changes that redo them.

        Raises ChangedSinceError, and changes nothing, if a file has changed since or a backup is missing.
        """
        with self._locked():
            backups = [self._backup_before(change) for change in changes]
            reverse = (FileChange(change.source, change.after, change.before) for change in changes)
            return [self._apply(change, backup) for change, backup in zip(reverse, backups, strict=True)]

    def configure(self, change: Callable[[bytes, Configuration], bytes]) -> Configuration:
        """Replace kb.toml by `change(bytes, configuration)`; return the configuration from before.

        Raises LibraryError if kb.toml is broken, or would be; then nothing is written.
        """
        with self._locked():
            return self._configure(change)

    @contextmanager
    def one_write(self) -> Iterator[None]:
        """Write all changes of kb.toml in a block as one at its end; none of them after an error."""
        path = self.path / walk.CONFIGURATION
        with self._locked():
            states = self._unwritten = list[bytes]()
            try:
                yield
            finally:
                self._unwritten = None
            if states:
                with writing(path):
                    write_whole(path, states[-1])

    def _backup_before(self, change: FileChange) -> Path | None:
        """Return the backup of a file from before a change, None if the file was missing. Raises ChangedSinceError."""
        digest, now = change.before.digest, self._state(change.source, change.after.corrections)
        backup = walk.backup_path(self.file(change.source), digest) if digest not in (None, now.digest) else None
        source = self._source(backup) if backup else None
        if change.before.read == change.after.read:  # what was read since stays
            now = replace(now, read=change.after.read)
        if now != change.after:
            raise ChangedSinceError(change.source, source if backup and backup.exists() else None)
        if backup and not backup.exists():
            raise ChangedSinceError(change.source, next(iter(change.kept), source), is_gone=True)
        return backup

    def _apply(self, change: FileChange, content: bytes | Path | None = None) -> FileChange:
        """Apply a change and return it with the paths of the backups that it made.

        `content` are the new bytes, or the path of a backup with them; None removes the file.
        """
        path, before, after = self.file(change.source), change.before, change.after
        backups: list[Path] = []
        with self._journaled(change), writing(path):
            if before.loses(after):
                backups.append(_backed_up(self.path / walk.CONFIGURATION))
            if after.digest is None and before.digest:
                backups.insert(0, walk.backup_path(path, before.digest))
                move(path, backups[0])
            else:  # kb.toml comes before the file, so that it never appears without its entries
                self._write_entries(after, before)
            if content is not None and before.digest != after.digest:
                if before.digest:
                    backups.insert(0, _backed_up(path))
                if isinstance(content, Path):
                    move(content, path)
                else:
                    write_whole(path, content)
            lost = (source for source, data in before.read.items() if data not in after.read.values())
            backups += [_backed_up(self.path / walk.readings_path(source)) for source in lost]
            self._put_readings(after.read, before.read)
        written = self._state(change.source, after.corrections)  # as kb.toml gives them back
        after = replace(after, overrides=written.overrides, corrections=written.corrections)
        return replace(change, after=after, kept=tuple(map(self._source, backups)))

    @contextmanager
    def _journaled(self, change: FileChange) -> Iterator[None]:
        """Keep a change of both a file and kb.toml in the journal until it is done or undone."""
        before, after = (replace(state, digest=None) for state in (change.before, change.after))
        if before == after or change.before.digest == change.after.digest:
            yield
            return
        self._configure(lambda before, _: before)  # raises if kb.toml is broken
        path = self.path / _JOURNAL
        with writing(path):
            write_whole(path, msgspec.json.encode(change))
        try:
            yield
        finally:
            with suppress(LibraryError):  # the first failure is the one to raise; the next writer recovers
                self._recover()

    def _recover(self) -> None:
        """Write the overrides that belong to the present bytes of the file in the journal, and delete the journal."""
        path = self.path / _JOURNAL
        with writing(path):
            try:
                change = msgspec.json.decode(read_regular(path), type=FileChange)
            except FileNotFoundError:
                return
            except (NotRegularError, ValueError):
                change = None
            now = change and self._state(change.source).digest
            if change and now == change.after.digest:
                self._write_entries(change.after, change.before)
                self._put_readings(change.after.read, change.before.read)
            elif change and now == change.before.digest:
                self._write_entries(change.before, change.after)
                self._put_readings(change.before.read, change.after.read)
            path.unlink()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the lock of the library, after recovering from a killed writer."""
        with locked(self.path):
            self._recover()
            yield

    def _state(self, source: str, corrections: CorrectionSet = NO_CORRECTIONS) -> FileState:
        """Return the present state of a file, with the present corrections of the notes and talks of the given ones."""
        path, configuration = self.file(source), self.configuration()[0]
        overrides = overrides_of(configuration.overrides, source)
        notes = {note: configuration.corrections.get(note, Correction()) for note in corrections.notes}
        talks = {talk: configuration.talks.get(talk, TalkCorrection()) for talk in corrections.talks}
        with writing(path):
            digest = digest_of(read_regular(path)) if os.path.lexists(path) else None
            return FileState(digest, overrides, self._readings_inside(source), CorrectionSet(notes, talks))

    def _readings_inside(self, container: str) -> Mapping[str, bytes]:
        """Return the bytes of what assistants read in the reports of a container, by source."""
        path = self.path / walk.READINGS / container
        of_posts = path.parent.glob(f"{glob.escape(path.name)}#*")
        paths = sorted((*of_posts, *path.with_name(f"{path.name}!").rglob("*")))
        found = ((self._source(each), each) for each in paths if each.is_file())
        return {walk.source_of_readings(name): read_regular(each) for name, each in found if walk.is_readings(name)}

    def _put_readings(self, after: Mapping[str, bytes], before: Mapping[str, bytes]) -> None:
        for source in {**before, **after}:
            path = self.path / walk.readings_path(source)
            if source not in after:
                path.unlink(missing_ok=True)
            elif after[source] != before.get(source):
                make_folder(path.parent)
                write_whole(path, after[source])

    def _write_entries(self, after: FileState, before: FileState) -> None:
        """Write the overrides and corrections of a state to kb.toml, in place of those of the state before."""
        overridden = with_overrides({**dict.fromkeys(before.overrides), **after.overrides})
        self._configure(lambda data, known: with_corrections(overridden(data, known), known, after.corrections))

    def _configure(self, change: Callable[[bytes, Configuration], bytes]) -> Configuration:
        path = self.path / walk.CONFIGURATION
        try:
            before = self._unwritten[-1] if self._unwritten else configuration_bytes(path) or b""
            configuration = parse_whole(before)
        except ConfigurationError as error:
            raise LibraryError("{0}: {1}; fix it first, nothing was written", path, error) from error
        after = change(before, configuration)
        if after != before:
            try:
                parse_whole(after)
            except ConfigurationError as error:  # an invalid kb.toml is not used at all
                raise LibraryError("{0}: {1}; nothing was written", path, error) from error
            if self._unwritten is not None:
                self._unwritten.append(after)
            else:
                with writing(path):
                    write_whole(path, after)
        return configuration

    def _source(self, path: Path) -> str:
        return walk.shown_name(path.relative_to(self.path))


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn an OSError or TooLongError of a write into a LibraryError that names the path. Raises LibraryError."""
    try:
        yield
    except (OSError, TooLongError) as error:
        why = os_message(error) if isinstance(error, OSError) else message_of(error)
        raise LibraryError("{0}: cannot be written ({1}); the library stays as it was", path, why) from error


def _backed_up(path: Path) -> Path:
    """Copy a file that is about to be replaced to its backup; return the path of that."""
    data = read_regular(path)
    backup = walk.backup_path(path, digest_of(data))
    write_whole(backup, data)
    return backup
