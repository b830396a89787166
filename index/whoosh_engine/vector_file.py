"""The file with the vectors that a model made: a header, then records of a fixed size in the order they were made.

A record is a key, the scale of the vector and its numbers as bytes, and a checksum. Damaged records count as missing
and are made again. This module does not import numpy, so that `kb status` can count vectors without it.
"""

import hashlib
import zlib
from array import array
from collections.abc import Callable, Collection, Container, Iterator, Mapping
from contextlib import AbstractContextManager
from functools import lru_cache
from itertools import compress
from math import inf
from pathlib import Path
from struct import Struct
from typing import TypeAlias

from index.embedder import EmbeddingError
from index.engine import Coverage
from index.whoosh_engine.generations import VECTORS, DamageError, Generation, locked
from index.whoosh_engine.rows import COLUMNS_FILE, NO_KEY, PASSAGE, array_bytes

FileState: TypeAlias = tuple[int, ...]

HEADER = Struct("<4sI")  # magic and number of dimensions
_MAGIC = b"kbv1"
_MAX_DIMENSIONS = 1 << 14
_KEY, _SCALE, _CHECKSUM = 8, 4, 4  # bytes
_OVERHEAD = _KEY + _SCALE + _CHECKSUM  # bytes of a record in addition to its numbers
_MAX_WASTE = 2  # records for each one in use, beyond which the file is rewritten


class VectorFile:
    """The vectors that a model made of the texts of an index, by the keys of the texts (`key_of`)."""

    def __init__(self, index: Path, model: str) -> None:
        self._path = index / VECTORS / hashlib.sha256(model.encode()).hexdigest()[:16]

    def state(self) -> FileState:
        """Return a value that changes with the file."""
        try:
            stat = self._path.stat()
        except OSError:
            return ()
        return stat.st_ino, stat.st_size, stat.st_mtime_ns

    def keys(self) -> frozenset[int]:
        """Return the keys of all vectors. The file is read again only if it changed."""
        return _keys(self._path, self.state())

    def records(self) -> tuple[int, bytes]:
        """Return the number of dimensions and all undamaged records, one after another."""
        return _records(self._path)

    def lock(self, waiting: Callable[[], object]) -> AbstractContextManager[None]:
        """Give the right to write, which one process has at a time; call `waiting` again and again until then."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        return locked(self._path.with_suffix(".lock"), inf, waiting)

    def append(self, dimensions: int, vectors: Mapping[int, bytes]) -> None:
        """Add vectors, each as its scale and its numbers.

        Raises EmbeddingError if vectors of other dimensions are stored; these stay.
        """
        with self._path.open("a+b") as file:
            file.seek(0)
            stored = _dimensions(file.read(HEADER.size))
            if stored != dimensions:
                if count := len(self.keys()):
                    raise EmbeddingError(
                        "the model makes vectors of {0:,} numbers, and the {1:,} that are kept have {2:,}: it is "
                        "another model of the same name; name it otherwise in kb.toml, or delete {3} to have all "
                        "made anew",
                        dimensions,
                        count,
                        stored,
                        self._path,
                    )
                file.truncate(0)
                file.write(HEADER.pack(_MAGIC, dimensions))
            end = file.seek(0, 2)
            file.truncate(end - (end - HEADER.size) % (dimensions + _OVERHEAD))  # a crash may have cut the last record
            records = (key.to_bytes(_KEY, "little") + vector for key, vector in vectors.items())
            file.write(b"".join(record + zlib.crc32(record).to_bytes(_CHECKSUM, "little") for record in records))

    def compact(self, keys: Collection[int]) -> None:
        """Rewrite the file with one record for each of these keys, if most of its records are not needed."""
        try:
            with self._path.open("rb") as file:
                dimensions = _dimensions(file.read(HEADER.size))
                count = (file.seek(0, 2) - HEADER.size) // (dimensions + _OVERHEAD) if dimensions else 0
        except FileNotFoundError:
            return
        if count <= _MAX_WASTE * len(keys):
            return
        _, records = self.records()
        size = dimensions + _OVERHEAD
        begins = {key: number * size for number, key in enumerate(_keys_in(dimensions, records)) if key in keys}
        new = self._path.with_suffix(".new")
        kept = (records[begin : begin + size] for begin in begins.values())
        new.write_bytes(HEADER.pack(_MAGIC, dimensions) + b"".join(kept))
        new.replace(self._path)


def _dimensions(data: bytes) -> int:
    """Return the number of dimensions in the header of a file, 0 if it is not one of ours."""
    if len(data) < HEADER.size:
        return 0
    magic, dimensions = HEADER.unpack_from(data)
    return int(dimensions) if magic == _MAGIC and dimensions <= _MAX_DIMENSIONS else 0


def _records(path: Path) -> tuple[int, bytes]:
    try:
        data = path.read_bytes()
    except OSError:
        return 0, b""
    dimensions = _dimensions(data)
    if not dimensions:
        return 0, b""
    size = dimensions + _OVERHEAD
    records = memoryview(data)[HEADER.size : len(data) - (len(data) - HEADER.size) % size]
    begins = range(0, len(records), size)
    checksums = Struct(f"<{size - _CHECKSUM}xI").iter_unpack(records)
    whole = [
        zlib.crc32(records[at : at + size - _CHECKSUM]) == checksum
        for at, (checksum,) in zip(begins, checksums, strict=True)
    ]
    if all(whole):
        return dimensions, bytes(records)
    return dimensions, b"".join(compress((records[at : at + size] for at in begins), whole))


def _keys_in(dimensions: int, records: bytes) -> Iterator[int]:
    return (key for (key,) in Struct(f"<Q{dimensions + _OVERHEAD - _KEY}x").iter_unpack(records))


@lru_cache(1)
def _keys(path: Path, _state: FileState) -> frozenset[int]:
    return frozenset(_keys_in(*_records(path)))


def coverage(generation: Generation, keys: Container[int]) -> Coverage:
    """Return how many documents of a generation have one of these vectors, and how many can have one.

    Raises DamageError if the columns cannot be read.
    """
    passages: list[int] = []
    for segment in generation.segments:
        file = segment.folder / COLUMNS_FILE
        try:
            own = array("Q", array_bytes(file, f"key {PASSAGE}", _KEY))
        except (OSError, ValueError, KeyError) as error:
            raise DamageError("{0} cannot be read ({1}); make the index anew: kb sync", file, error) from error
        deleted = frozenset(segment.deleted)
        passages += [key for number, key in enumerate(own) if key != NO_KEY and number not in deleted]
    return Coverage(sum(key in keys for key in passages), len(passages))
