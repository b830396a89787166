"""Watches the folders of a library for changes: the one door to watchfiles."""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from pathlib import Path

import watchfiles
from watchfiles import Change

from index.messages import Message, translatable
from kb.report.problems import LibraryError
from kb.storage.walk import CONFIGURATION, files_below, folders_below, is_backup, shown_name

_QUIET = 100  # ms without a change that end a series of changes: a thousand copied files are one change
_MAX_SERIES = 2000  # ms; a series of changes without a pause is reported after this time
_TIMEOUT = 500  # ms after which watching has surely begun, and the folders to watch are looked up again
_POLL_SECONDS = 5  # between two looks at files that cannot be watched; a look at 10,000 takes 0.4 s of processor time


def changes(watched: Callable[[], Sequence[Path]], report: Callable[[Message | None], object]) -> Iterator[None]:
    """Yield once when the folders are watched, then after each change of a report file or kb.toml, until Ctrl+C.

    `watched` returns the folders; when it returns different ones, they are watched instead, and None is yielded. While
    they cannot be watched, their files are compared every few seconds. `report` is then called with the reason, and
    with None when they are watched again.
    """
    roots: tuple[Path, ...] = ()
    failures, states = 0, None
    with suppress(KeyboardInterrupt):
        while True:
            try:
                roots = tuple(watched())
                for changed in _changes_below(roots):
                    if changed:
                        if failures > 1:
                            report(None)
                        failures = 0
                        yield
                    if tuple(watched()) != roots:
                        break
            except Exception as error:  # noqa: BLE001  # if watching ended, later changes would not be indexed
                failures += 1
                if failures == 1:  # a changed file whose name is not UTF-8, or a removed folder; to begin again helps
                    time.sleep(_TIMEOUT / 1000)
                    continue
                if failures == 2:  # noqa: PLR2004  # of many in a row
                    report(translatable("changes are only found every {0} seconds: {1}", _POLL_SECONDS, error))
                time.sleep(_POLL_SECONDS)
                if (now := list(_file_states(roots))) != states:
                    states = now
                    yield


def _changes_below(roots: Sequence[Path]) -> Iterator[bool]:
    """Yield True when the folders are watched and after each change, False after timeouts.

    It watches the folders that a scan enters, and ends when a folder comes or goes. Raises LibraryError if the name of
    a folder is not UTF-8, and RuntimeError after a change of a file with such a name.
    """
    folders, begun = _folders_below(roots), False
    for changed in watchfiles.watch(
        *folders,
        watch_filter=lambda _, path: _matters(path, folders),
        debounce=_MAX_SERIES,
        step=_QUIET,
        rust_timeout=_TIMEOUT,
        yield_on_timeout=True,
        recursive=False,  # else links to folders would be followed
    ):
        yield bool(changed) or not begun
        # A folder may have been made before its parent was watched.
        if any(_is_other_folder(*one, folders) for one in changed) or not (begun or folders == _folders_below(roots)):
            return
        begun = True


def _folders_below(roots: Sequence[Path]) -> AbstractSet[str]:
    # A missing root, below which no folder is found, must be an error.
    folders = {os.fspath(folder) for root in roots for folder in (root, *folders_below(root))}
    for folder in sorted(folders):
        try:
            folder.encode()
        except UnicodeEncodeError as error:
            name = shown_name(Path(folder))
            raise LibraryError("{0}: the name of this folder is not UTF-8; rename it", name) from error
    return folders


def _matters(path: str, folders: AbstractSet[str]) -> bool:
    """Return whether a path may be a report file, kb.toml or a folder: nothing hidden, no backup or scratch file."""
    name = Path(path).name
    if path in folders or name == CONFIGURATION or not is_backup(name):
        return True
    return not name.startswith(".") and Path(path).is_dir()


def _is_other_folder(change: Change, path: str, folders: AbstractSet[str]) -> bool:
    """Return whether a folder came, went or was replaced."""
    return change != Change.modified if path in folders else Path(path).is_dir()


def _file_states(roots: Sequence[Path]) -> Iterator[tuple[object, ...]]:
    """Yield the path, size and times of each report file and kb.toml below folders."""
    for root in roots:
        for path in (root / CONFIGURATION, *files_below(root, lambda _: None)):
            with suppress(OSError):
                stat = path.stat()
                yield path, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino
