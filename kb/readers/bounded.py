"""Reads a file no further than any report goes, and tells why it cannot be opened."""

import errno
from pathlib import Path
from typing import BinaryIO

from index.sentences import Sentence, said, system_says
from kb.readers.archives import LONGEST_ARCHIVE, LONGEST_REPORT, archive_of


class TooLongError(ValueError):
    """A file is longer than any report; the message says so, and leaves naming it to who knows its name."""


def file_bytes(path: Path) -> bytes:
    """Return the bytes of a file. Raises OSError, TooLongError."""
    with path.open("rb") as file:
        return bounded(file)


def bounded(file: BinaryIO) -> bytes:
    """Return what an open file holds, which may be a device that never ends. Raises OSError, TooLongError."""
    data, longest = file.read(LONGEST_REPORT + 1), LONGEST_REPORT
    if len(data) > LONGEST_REPORT and archive_of(data):
        data, longest = data + file.read(LONGEST_ARCHIVE + 1 - len(data)), LONGEST_ARCHIVE
    if len(data) > longest:
        raise TooLongError(said("longer than {0} MB; divide it, or take out what is no text", longest >> 20))
    return data


def unopened(path: Path, error: OSError) -> Sentence:
    """Return why a file cannot be opened, and what to do."""
    leads_nowhere = path.is_symlink() and error.errno in (errno.ELOOP, errno.ENOENT)
    if leads_nowhere:
        remedy = said("the link leads to no file; remove it, or let it lead to a report")
    else:
        remedy = said("check its name") if error.errno == errno.ENOENT else said("check its permissions")
    return said("cannot be opened ({0}); {1}", system_says(error), remedy)
