"""Reads a file no further than any report goes."""

from pathlib import Path
from typing import BinaryIO

from kb.readers.archives import LONGEST_FILE

# The longest file, here as in what the page takes. The longest real report is a tenth of it; what is longer is no
# report but a film under a wrong name, which would fill the memory.
LONGEST_REPORT = LONGEST_FILE


class TooLongError(ValueError):
    """A file is longer than any report; the message says so, and leaves naming it to who knows its name."""


def file_bytes(path: Path) -> bytes:
    """Return the bytes of a file. Raises OSError, TooLongError."""
    with path.open("rb") as file:
        return bounded(file)


def bounded(file: BinaryIO) -> bytes:
    """Return what an open file holds, which may be a device that never ends. Raises OSError, TooLongError."""
    data = file.read(LONGEST_REPORT + 1)
    if len(data) > LONGEST_REPORT:
        raise TooLongError(f"longer than {LONGEST_REPORT >> 20} MB; divide it, or take out what is no text")
    return data
