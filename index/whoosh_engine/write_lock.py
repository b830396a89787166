"""The right to write to a folder: one process has it at a time, and it ends with the process however that ends."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from index.engine import WRITER_TIMEOUT, WriterBusyError
from index.messages import Message, translatable

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_PAUSE = 0.05  # seconds between two attempts
_FAR = 1 << 30  # the byte that is locked: on Windows a locked byte cannot be read, and others read who holds the lock


@contextmanager
def locked(file: Path, patience: float | None = None, waiting: Callable[[], object] = lambda: None) -> Iterator[None]:
    """Hold the lock that a file stands for; while another holds it, `waiting` is called time and again.

    Raises WriterBusyError where that is longer than the patience, in seconds, None for WRITER_TIMEOUT.
    """
    with file.open("a+b", buffering=0) as lock:
        ends = time.monotonic() + (WRITER_TIMEOUT if patience is None else patience)
        while not _taken(lock.fileno()):
            if time.monotonic() > ends:
                raise WriterBusyError(file.parent, _holder(file))
            waiting()
            time.sleep(_PAUSE)
        lock.truncate(0)
        lock.write(f"{os.getpid()} {datetime.now().astimezone().isoformat(timespec='seconds')}\n".encode())
        yield  # closing the file gives the lock back


def _taken(descriptor: int) -> bool:
    with suppress(OSError):
        if sys.platform == "win32":
            os.lseek(descriptor, _FAR, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False


def _holder(file: Path) -> Message:
    """Return who holds the lock, as it says in the file."""
    match file.read_bytes().decode("ascii", "replace").split():
        case [process, since]:
            return translatable("process {0} since {1}", process, since)
    return translatable("another process")
