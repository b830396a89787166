"""The file of the vectors that a model made: a head, then records, one after the other as they were made.

Where most are of no use any more it is written anew without them (`vectors`). A record is a key, the vector as numbers
of a byte with what they are multiplied by, and a checksum. Whatever is damaged counts as absent and is made again.
Nothing here needs numpy, which takes longer to import than all else that `kb status` does: how many vectors there are
is known without it.
"""

import hashlib
import zlib
from array import array
from collections.abc import Container, Iterator
from functools import lru_cache
from itertools import compress
from pathlib import Path
from struct import Struct
from typing import TypeAlias

from index.engine import Coverage
from index.messages import translatable
from index.whoosh_engine.generations import VECTORS, Generation, Segment
from index.whoosh_engine.manifest import DamageError
from index.whoosh_engine.rows import COLUMNS_FILE, NO_KEY, PASSAGE, array_bytes, key_array

HEAD = Struct("<4sI")  # what it is, and how many numbers a vector has
MAGIC = b"kbv1"
MOST_DIMENSIONS = 1 << 14
_KEY, _CHECK = 8, 4  # bytes of what a record begins and ends with
_BESIDE = _KEY + 4 + _CHECK  # bytes of a record beside its numbers

FileState: TypeAlias = tuple[int, ...]


def path_of(index: Path, model: str) -> Path:
    """Return the file of a model in the folder of an index."""
    return index / VECTORS / hashlib.sha256(model.encode()).hexdigest()[:16]


def state_of(path: Path) -> FileState:
    """Return a value that is another whenever the file is."""
    try:
        stat = path.stat()
    except OSError:
        return ()
    return stat.st_ino, stat.st_size, stat.st_mtime_ns


def dimensions_of(data: bytes) -> int:
    """Return how many numbers the vectors of a file have, 0 where it is none of ours."""
    if len(data) < HEAD.size:
        return 0
    magic, dimensions = HEAD.unpack_from(data)
    return int(dimensions) if magic == MAGIC and dimensions <= MOST_DIMENSIONS else 0


def whole_records(data: bytes) -> bytes:
    """Return the records of a file that are as they were written, one after the other."""
    dimensions = dimensions_of(data)
    if not dimensions:
        return b""
    size = dimensions + _BESIDE
    records = memoryview(data)[HEAD.size : len(data) - (len(data) - HEAD.size) % size]
    checks = Struct(f"<{size - _CHECK}xI").iter_unpack(records)
    begins = range(0, len(records), size)
    whole = [zlib.crc32(records[at : at + size - _CHECK]) == check for at, (check,) in zip(begins, checks, strict=True)]
    return b"".join(compress((records[at : at + size] for at in begins), whole)) if not all(whole) else bytes(records)


def records_in(path: Path) -> int:
    """Return how many records a file holds, those that are damaged or there twice among them."""
    with path.open("rb") as file:
        dimensions = dimensions_of(file.read(HEAD.size))
        return (file.seek(0, 2) - HEAD.size) // (dimensions + _BESIDE) if dimensions else 0


def keys_in(path: Path) -> frozenset[int]:
    """Return the keys of the vectors that a file holds; read once while it stays the same."""
    return _keys(path, state_of(path))


@lru_cache(1)
def _keys(path: Path, _state: FileState) -> frozenset[int]:
    try:
        data = path.read_bytes()
    except OSError:
        return frozenset()
    record = Struct(f"<Q{dimensions_of(data) + _BESIDE - _KEY}x")
    return frozenset(key for (key,) in record.iter_unpack(whole_records(data)))


def coverage(generation: Generation, kept: Container[int]) -> Coverage:
    """Return how many documents have a vector, given the keys of those kept, of how many that could have one."""
    wanted = [key for segment in generation.segments for key in _passage_keys(segment) if key != NO_KEY]
    return Coverage(sum(key in kept for key in wanted), len(wanted))


def _passage_keys(segment: Segment) -> Iterator[int]:
    """Yield the key of the vector of each live document. Raises DamageError."""
    file = segment.folder / COLUMNS_FILE
    try:
        keys = array("Q", array_bytes(file, key_array(PASSAGE), _KEY))
    except (OSError, ValueError, KeyError) as error:
        raise DamageError(
            translatable("{0} cannot be read ({1}); make the index anew: kb sync", file, error)
        ) from error
    dead = frozenset(segment.dead)
    return (key for number, key in enumerate(keys) if number not in dead)
