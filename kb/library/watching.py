"""Watches the folders of a library for changes: the one door to watchfiles."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import watchfiles

from kb.storage.walk import CONFIGURATION, is_backup

_QUIET = 100  # ms without a change that end a series of changes: a thousand copied files are one change
_MAX_SERIES = 2000  # ms; a series of changes without a pause is reported after this time
_TIMEOUT = 500  # ms after which watching has surely begun, and the folders to watch are looked up again


def changes(watched: Callable[[], Sequence[Path]]) -> Iterator[None]:
    """Yield once when the folders are watched, then after each change of a report file or kb.toml, until Ctrl+C.

    `watched` returns the folders; when it returns different ones, they are watched instead, and None is yielded.
    """
    folders, ended = watched(), False
    while not ended:
        begun, ended = False, True
        for changed in _changes_in(folders):
            if changed or not begun:
                begun = True
                yield
            if (now := watched()) != folders:
                folders, ended = now, False
                break


def _changes_in(folders: Sequence[Path]) -> Iterator[set[watchfiles.main.FileChange]]:
    """Yield the changes in folders, an empty set after each timeout, until Ctrl+C."""
    return watchfiles.watch(
        *folders,
        watch_filter=lambda _, path: _matters(path, folders),
        debounce=_MAX_SERIES,
        step=_QUIET,
        rust_timeout=_TIMEOUT,
        yield_on_timeout=True,
        raise_interrupt=False,
    )


def _matters(path: str, folders: Sequence[Path]) -> bool:
    """Return whether a path may be a report file or kb.toml: no hidden file, backup or scratch file."""
    folder = next((folder for folder in folders if Path(path).is_relative_to(folder)), None)
    parts = Path(path).relative_to(folder).parts if folder else (Path(path).name,)
    if not parts or any(part.startswith(".") for part in parts):
        return False
    return parts[-1] == CONFIGURATION or not is_backup(parts[-1])
