"""Which files of a folder may be reports, and what a file is called that has a name in no known encoding."""

import os
import re
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path

CONFIGURATION = "kb.toml"
_SET_ASIDE = re.compile(r"[^.].*\.[0-9a-f]{8}(-\d+)?~", re.DOTALL)  # as `kb.storage.safe_files.aside` names them


def files_below(root: Path, unreadable: Callable[[OSError], None]) -> Iterator[Path]:
    """Yield the files below a folder in a stable order: no hidden ones, no backups, no devices, nothing outside.

    A folder that cannot be listed is handed to `unreadable`, and the others go on. Linked folders are not entered, so
    no loop of links is ever followed.
    """
    inside = Path(os.path.realpath(root))
    for folder, folders, names in os.walk(root, onerror=unreadable):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(folder, name)
            # Unlike Path.resolve, realpath takes a link to itself: reading that fails, and is told, as of any bad file.
            if not is_aside(name) and not _is_special(path) and Path(os.path.realpath(path)).is_relative_to(inside):
                yield path


def is_aside(name: str) -> bool:
    """Return whether a file name is hidden, an editor's backup or our own configuration."""
    return name.startswith((".", "~$", "#")) or name.endswith(("~", ".bak", ".swp", ".tmp")) or name == CONFIGURATION


def set_aside_below(root: Path) -> Iterator[Path]:
    """Yield the files below a folder that were set aside: what was there before reports were replaced or removed."""
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(folder, name) for name in sorted(names) if _SET_ASIDE.fullmatch(name))


def is_left_alone(source: str, ignored: tuple[str, ...]) -> bool:
    """Return whether a file is the library's own README, or matches a pattern of kb.toml's `ignore`; * crosses folders.

    A README below is a report like any other: who keeps a folder an event writes the report there, for a forge to show.
    """
    if source.split(".", maxsplit=1)[0].casefold() == "readme":
        return True
    return any(fnmatchcase(source, pattern) for pattern in ignored)


def shown_name(path: Path) -> str:
    r"""Return a path as it is shown and stored, with `/` between folders: bytes that are no UTF-8 stand as \xe3."""
    return os.fsencode(path.as_posix()).decode("utf-8", "backslashreplace")


def _is_special(path: Path) -> bool:
    """Whether it is a pipe, socket or device: reading one may never end."""
    return path.exists() and not path.is_file()
