"""Files written whole or not at all: written beside, flushed to the disk, then renamed into place."""

import hashlib
import os
import sys
import threading
import time
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, count
from pathlib import Path

if sys.platform != "win32":
    import fcntl

_LONGEST_NAME = 200  # bytes; file systems allow 255, and a backup's name is longer
_BEGUN = (".kb-", ".tmp")  # how a file that is being written is named; the walk takes neither for a report
_GIVEN_UP = 3600  # seconds; no write takes so long: who began it was killed
_SEAL = 64  # hexadecimal digits of a SHA-256
_own = threading.local()  # the folders that this thread has to itself


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that it is whole or absent even after a power cut, and return when it is on the disk."""
    import tempfile

    _sweep(path.parent)
    descriptor, name = tempfile.mkstemp(prefix=_BEGUN[0], suffix=_BEGUN[1], dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Wait until nobody else does this to the folder, and keep others waiting meanwhile: processes and threads.

    What looks and then writes would undo what another wrote between the two; whoever has the folder may do it again
    inside. Windows has no lock of a folder.
    """
    own: set[Path] = vars(_own).setdefault("folders", set())
    if sys.platform == "win32" or folder in own:
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        # Let go when it is closed, and by the system where the process is killed.
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        own.add(folder)
        yield
    finally:
        own.discard(folder)
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it that are missing, each on the disk before anything is written into it."""
    if not folder.is_dir():
        make_folder(folder.absolute().parent)
        folder.mkdir(exist_ok=True)
        sync_folder(folder.absolute().parent)


def aside(path: Path, digest: str) -> Path:
    """Return where the bytes of a file, told by their SHA-256, lie once they are set aside: beside it, as `name.…~`.

    The name tells the bytes: nothing else is ever written there, and what is set aside twice lies there once. Where
    other bytes have it already a number follows.
    """
    name = path.name
    while len(os.fsencode(name)) > _LONGEST_NAME:
        name = name[:-1]
    names = (f"{name}.{digest[:8]}{number}~" for number in chain([""], (f"-{number}" for number in count(2))))
    return next(found for found in map(path.with_name, names) if not os.path.lexists(found) or _holds(found, digest))


def _holds(path: Path, digest: str) -> bool:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest() == digest
    except OSError:
        return False


def move(path: Path, to: Path) -> None:
    """Rename a file within its folder, durably."""
    path.replace(to)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Flush a folder's list of names to the disk, where the system can."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sealed(body: bytes) -> bytes:
    """Return what a file keeps with its seal, by which one that is not as it was written is told."""
    return hashlib.sha256(body).hexdigest().encode() + body


def unsealed(path: Path) -> bytes | None:
    """Return what a file keeps, None where there is none or it is not as it was written."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    body = data[_SEAL:]
    return body if hashlib.sha256(body).hexdigest().encode() == data[:_SEAL] else None


def _sweep(folder: Path) -> None:
    """Remove what a writer that was killed left behind."""
    for path in folder.glob("*".join(_BEGUN)):
        try:
            if time.time() - path.stat().st_mtime > _GIVEN_UP:
                path.unlink()
        except FileNotFoundError:
            pass  # another writer's, which has just become whole, or was swept by it


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
