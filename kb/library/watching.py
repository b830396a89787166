"""When something in a library changes: the one door to watchfiles."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import watchfiles

from kb.storage.walk import CONFIGURATION, is_backup

_QUIET = 100  # ms without another change: then a thousand files copied at once are one change
_LONGEST = 2000  # ms of changes without a pause, after which they count all the same
_LOOK_UP = 500  # ms after which the watching has begun, and is looked whether other folders are to be watched


def changes(watched: Callable[[], Sequence[Path]]) -> Iterator[None]:
    """Yield once when the folders are watched, then whenever a file in them changed that may matter, until Ctrl+C.

    Once `watched` gives other folders these are watched, and that is yielded too.
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
    """Yield what changed in folders, nothing each time that nothing did for a while, until Ctrl+C."""
    return watchfiles.watch(
        *folders,
        watch_filter=lambda _, path: _matters(path, folders),
        debounce=_LONGEST,
        step=_QUIET,
        rust_timeout=_LOOK_UP,
        yield_on_timeout=True,
        raise_interrupt=False,
    )


def _matters(path: str, folders: Sequence[Path]) -> bool:
    """Tell whether a file may be a report or kb.toml, and is no backup and nothing that is being written."""
    folder = next((folder for folder in folders if Path(path).is_relative_to(folder)), None)
    parts = Path(path).relative_to(folder).parts if folder else (Path(path).name,)
    if not parts or any(part.startswith(".") for part in parts):
        return False
    return parts[-1] == CONFIGURATION or not is_backup(parts[-1])
