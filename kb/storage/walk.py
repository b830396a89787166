"""The files of a folder that may be reports, and the names of reports and their backups."""

import hashlib
import os
import re
import unicodedata
from collections.abc import Callable, Iterator
from fnmatch import translate
from functools import lru_cache
from itertools import chain, count
from pathlib import Path

from kb.storage.safe_files import read_regular

CONFIGURATION = "kb.toml"
_MAX_NAME = 200  # bytes; file systems allow 255, and the name of a backup is longer
_MAX_SOURCE = 1_000  # characters; file systems allow paths of 4,096 bytes
_BACKUP = re.compile(r"[^.].*\.[0-9a-f]{8}(-\d+)?~", re.DOTALL)  # as `backup_path` names them

READINGS = "readings/"  # the folder with what assistants read
_READINGS_SUFFIX = ".jsonl"

_ESCAPED_BYTE = re.compile(r"\\x([89a-f][0-9a-f])")


def files_below(root: Path, unreadable: Callable[[OSError], None]) -> Iterator[Path]:
    """Yield the regular files below a folder in a stable order, without hidden files, backups and links to outside.

    `unreadable` is called for each folder that cannot be listed. Linked folders are not entered, so that no loop of
    links is followed.
    """
    inside = Path(os.path.realpath(root))
    for path in _walk(root, unreadable):
        if is_backup(path.name) or (path.exists() and not path.is_file()):  # reading a pipe or device may never end
            continue
        # Unlike Path.resolve, realpath accepts a link to itself, which then fails like any unreadable file.
        if Path(os.path.realpath(path)).is_relative_to(inside):
            yield path


def is_backup(name: str) -> bool:
    """Return whether the walk skips a file of this name: hidden files, backups, kb.toml."""
    return name.startswith((".", "~$")) or name.endswith(("~", "#", ".bak", ".swp", ".tmp")) or name == CONFIGURATION


def backups_below(root: Path) -> Iterator[Path]:
    """Yield the backups of replaced and removed reports below a folder."""
    return (path for path in _walk(root) if _BACKUP.fullmatch(path.name))


def folders_below(root: Path) -> Iterator[Path]:
    """Yield a folder and the folders below it, without hidden and linked ones."""
    return (folder for folder, _ in _folders(root))


def _walk(root: Path, unreadable: Callable[[OSError], None] | None = None) -> Iterator[Path]:
    return (Path(folder, name) for folder, names in _folders(root, unreadable) for name in sorted(names))


def _folders(root: Path, unreadable: Callable[[OSError], None] | None = None) -> Iterator[tuple[Path, list[str]]]:
    for folder, folders, names in os.walk(root, onerror=unreadable):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield Path(folder), names


def readings_path(source: str) -> str:
    """Return the path, in its library, of the file with what assistants read in a report.

    Long names are cut, for the suffix makes them longer than file systems allow, and archives may have any.
    """
    names = source.split("/") if len(source) <= _MAX_SOURCE else [source.replace("/", "-")]
    return READINGS + "/".join(map(_cut, names)) + _READINGS_SUFFIX


def _cut(name: str) -> str:
    """Return a name of at most `_MAX_NAME` bytes, in place of a longer one its beginning and a digest of it."""
    data = name.encode()
    if len(data) <= _MAX_NAME:
        return name
    ending = f".{hashlib.sha256(data).hexdigest()[:8]}"
    return data[: _MAX_NAME - len(ending)].decode(errors="ignore") + ending


def is_readings(path: str) -> bool:
    """Return whether a path in a library is that of such a file."""
    return path.startswith(READINGS) and path.endswith(_READINGS_SUFFIX)


def source_of_readings(path: str) -> str:
    """Return the source of the report in which assistants read what is in the file with this path."""
    return path.removeprefix(READINGS).removesuffix(_READINGS_SUFFIX)


def is_left_alone(source: str, ignored: tuple[str, ...]) -> bool:
    """Return whether a file is no report: the library's README, what assistants read, or what kb.toml ignores.

    * crosses folders in a pattern of `ignore`.

    The README of a subfolder is a report: authors with a folder for each event write it there, because GitHub shows
    it.
    """
    if source.split(".", maxsplit=1)[0].casefold() == "readme" or is_readings(source):
        return True
    return bool(ignored) and _pattern_of(ignored).match(source) is not None


@lru_cache(2)  # compiled once, however many files there are
def _pattern_of(ignored: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(map(translate, ignored)))


def shown_name(path: Path) -> str:
    r"""Return a path as it is shown and stored: with `/` between folders, and bytes that are not UTF-8 as \xe3."""
    return os.fsencode(path.as_posix()).decode("utf-8", "backslashreplace")


def name_of(shown: str) -> str:
    r"""Return the name of a file whose shown name has bytes that are not UTF-8 as \xe3."""
    return _ESCAPED_BYTE.sub(lambda escape: os.fsdecode(bytes.fromhex(escape[1])), shown)


def backup_path(path: Path, digest: str) -> Path:
    """Return the path of the backup of a file with this SHA-256: next to the file, as `memo.md.3f2a90c1~`.

    The name follows from the bytes, so that no backup overwrites another, and backups of equal bytes share one file.
    If other bytes have the name already, a number follows.
    """
    name = path.name
    while len(os.fsencode(name)) > _MAX_NAME:
        name = name[:-1]
    names = (f"{name}.{digest[:8]}{number}~" for number in chain([""], (f"-{number}" for number in count(2))))
    return next(
        backup for backup in map(path.with_name, names) if not os.path.lexists(backup) or _holds(backup, digest)
    )


def file_name(name: str) -> str:
    """Return a name that any file system accepts, in any script: without folders and control characters, and short.

    `werkzeug.secure_filename` would turn 講演メモ.md into `md`.
    """
    name = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    name = "".join("_" if unicodedata.category(c)[0] == "C" or c in '<>:"|?*' else c for c in name)
    stem, dot, ending = name.strip(" .~#$-").rpartition(".")
    if not stem:
        stem, dot, ending = ending, "", ""
    stem = stem.encode()[: _MAX_NAME - len((dot + ending).encode())].decode(errors="ignore")
    return (stem + dot + ending) or "report.txt"


def _holds(path: Path, digest: str) -> bool:
    try:
        return hashlib.sha256(read_regular(path)).hexdigest() == digest
    except OSError:
        return False
