"""Files written whole or not at all: written beside, flushed to the disk, then renamed into place."""

import os
import secrets
import stat
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

if sys.platform != "win32":
    import fcntl

_BEGUN = (".kb-", ".tmp")  # how a file that is being written is named; the walk takes neither for a report
_GIVEN_UP = 3600  # seconds; no write takes so long: who began it was killed
_own = threading.local()  # the folders that this thread has to itself


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that it is whole or absent even after a power cut, and return when it is on the disk.

    Who may read it stays as it was, of a new file it is as the user's umask has it. Raises OSError where it cannot be
    written; then what was there before stays.
    """
    _sweep(path.parent)
    begun = path.parent / secrets.token_hex(8).join(_BEGUN)
    try:
        with begun.open("xb") as file:
            with suppress(FileNotFoundError):
                begun.chmod(stat.S_IMODE(path.stat().st_mode))
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        begun.replace(path)
    except BaseException:
        begun.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder, for which other threads and processes wait meanwhile.

    What looks and then writes would undo what another wrote between the two. Whoever has the lock may take it again
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


def move(path: Path, to: Path) -> None:
    """Rename a file within its folder, durably. Raises OSError where it cannot be."""
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


def _sweep(folder: Path) -> None:
    """Remove what a writer that was killed left behind."""
    for path in folder.glob("*".join(_BEGUN)):
        try:
            if time.time() - path.stat().st_mtime > _GIVEN_UP:
                path.unlink()
        except FileNotFoundError:
            pass  # another writer's, which has just become whole, or was swept by it
