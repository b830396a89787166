"""Which files of a folder may be reports, and how files are named: reports, their backups, names in no encoding."""

import hashlib
import os
import re
import unicodedata
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from itertools import chain, count
from pathlib import Path

CONFIGURATION = "kb.toml"
_LONGEST_NAME = 200  # bytes; file systems allow 255, and a backup's name is longer
_BACKUP = re.compile(r"[^.].*\.[0-9a-f]{8}(-\d+)?~", re.DOTALL)  # as `backup_path` names them


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
            if is_backup(name) or (path.exists() and not path.is_file()):  # to read a pipe or device may never end
                continue
            # Unlike Path.resolve, realpath takes a link to itself: reading that fails, as of any bad file.
            if Path(os.path.realpath(path)).is_relative_to(inside):
                yield path


def is_backup(name: str) -> bool:
    """Return whether a file name is hidden, an editor's backup or our own configuration."""
    return name.startswith((".", "~$", "#")) or name.endswith(("~", ".bak", ".swp", ".tmp")) or name == CONFIGURATION


def backups_below(root: Path) -> Iterator[Path]:
    """Yield our own backups below a folder: what was there before reports were replaced or removed."""
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(folder, name) for name in sorted(names) if _BACKUP.fullmatch(name))


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


def backup_path(path: Path, digest: str) -> Path:
    """Return where a file's bytes of a SHA-256 lie once it is replaced or removed: beside it, as `memo.md.3f2a90c1~`.

    The name follows from the bytes: nothing else is ever written there, and what is backed up twice lies there once.
    Where other bytes have it already a number follows.
    """
    name = path.name
    while len(os.fsencode(name)) > _LONGEST_NAME:
        name = name[:-1]
    names = (f"{name}.{digest[:8]}{number}~" for number in chain([""], (f"-{number}" for number in count(2))))
    return next(found for found in map(path.with_name, names) if not os.path.lexists(found) or _holds(found, digest))


def file_name(name: str) -> str:
    """Return a name that any file system takes, in any script: no folder, no control character, not hidden, short.

    `werkzeug.secure_filename` would make `md` of 講演メモ.md.
    """
    name = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    name = "".join("_" if unicodedata.category(c)[0] == "C" or c in '<>:"|?*' else c for c in name)
    stem, dot, ending = name.strip(" .~#$-").rpartition(".")
    if not stem:
        stem, dot, ending = ending, "", ""
    stem = stem.encode()[: _LONGEST_NAME - len((dot + ending).encode())].decode(errors="ignore")
    return (stem + dot + ending) or "report.txt"


def _holds(path: Path, digest: str) -> bool:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest() == digest
    except OSError:
        return False
