"""A lock file that lets one process at a time write; it ends with the process, however that ends."""

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
_LOCKED_BYTE = 1 << 30  # beyond the text: Windows forbids reading a locked byte, and others read who holds the lock


@contextmanager
def locked(file: Path, timeout: float | None = None, waiting: Callable[[], object] = lambda: None) -> Iterator[None]:
    """Hold the lock of a file; call `waiting` again and again while another process holds it.

    Raises WriterBusyError after `timeout` seconds, by default WRITER_TIMEOUT.
    """
    with file.open("a+b", buffering=0) as lock:
        ends = time.monotonic() + (WRITER_TIMEOUT if timeout is None else timeout)
        while not _take(lock.fileno()):
            if time.monotonic() > ends:
                raise WriterBusyError(file.parent, _holder(file))
            waiting()
            time.sleep(_PAUSE)
        lock.truncate(0)
        lock.write(f"{os.getpid()} {datetime.now().astimezone().isoformat(timespec='seconds')}\n".encode())
        yield  # closing the file releases the lock


def _take(descriptor: int) -> bool:
    with suppress(OSError):
        if sys.platform == "win32":
            os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False


def _holder(file: Path) -> Message:
    """Return the process that holds the lock, as written in the file."""
    match file.read_bytes().decode("ascii", "replace").split():
        case [process, since]:
            return translatable("process {0} since {1}", process, since)
    return translatable("another process")
