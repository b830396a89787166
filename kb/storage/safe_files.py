"""Durable file operations: a file is written next to its place, flushed to the disk, then renamed."""

import errno
import fcntl
import os
import secrets
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from index.messages import translatable

_SCRATCH = (".kb-", ".tmp")  # around the name of a file that is being written; the walk skips both
_MAX_WRITE_TIME = 3600  # seconds; older scratch files were left by killed processes
_held = threading.local()  # the folders that this thread has locked


class NotRegularError(OSError):
    """A pipe, device or socket is in place of a file: to read it may never end."""


def open_regular(path: Path) -> BinaryIO:
    """Open a file to read its bytes. Raises OSError, NotRegularError."""

    def opener(name: str, flags: int) -> int:
        return os.open(name, flags | os.O_NONBLOCK)  # else a pipe waits for a writer

    file = open(path, "rb", opener=opener)  # noqa: SIM115  # Path.open has no opener
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise NotRegularError(errno.EINVAL, str(translatable("it is a pipe or a device")), os.fspath(path))
    return file


def read_regular(path: Path) -> bytes:
    """Return the bytes of a file. Raises OSError, NotRegularError."""
    with open_regular(path) as file:
        return file.read()


def write_whole(path: Path, data: bytes) -> None:
    """Write a file durably: even after a power cut the file is the old one or the new one.

    Its permissions stay; a new file has those of the user's umask. Raises OSError, and then the old file stays.
    """
    _sweep(path.parent)
    scratch = path.parent / secrets.token_hex(8).join(_SCRATCH)
    try:
        with scratch.open("xb") as file:
            with suppress(FileNotFoundError):
                scratch.chmod(stat.S_IMODE(path.stat().st_mode))
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        scratch.replace(path)
    except BaseException:
        scratch.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder; other threads and processes wait for it. The holder may take it again.

    The lock prevents lost updates: another process may not write between our read and our write.
    """
    held: set[Path] = vars(_held).setdefault("folders", set())
    if folder in held:
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        # Released when the file is closed, and by the system if the process is killed.
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        held.add(folder)
        yield
    finally:
        held.discard(folder)
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Make a folder and its missing parents, each flushed to the disk before the next."""
    if not folder.is_dir():
        make_folder(folder.absolute().parent)
        folder.mkdir(exist_ok=True)
        sync_folder(folder.absolute().parent)


def move(path: Path, to: Path) -> None:
    """Rename a file within its folder, durably. Raises OSError."""
    path.replace(to)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Flush the file names of a folder to the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sweep(folder: Path) -> None:
    """Remove the scratch files of killed writers."""
    for path in folder.glob("*".join(_SCRATCH)):
        with suppress(FileNotFoundError):  # another writer has renamed or removed it
            if time.time() - path.stat().st_mtime > _MAX_WRITE_TIME:
                path.unlink()
