"""Vectors kept beside the generations by the text they are of: a file for each model (`vector_file`).

One process at a time makes them, whoever reads meanwhile; others that would wait, and find them made.
"""

import zlib
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from math import inf
from pathlib import Path

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from index.embedder import EmbeddingError, Vectors
from index.sentences import said
from index.similarity import Quantised, quantised
from index.whoosh_engine.columns import Keys, key_of
from index.whoosh_engine.vector_file import (
    HEAD,
    MAGIC,
    FileState,
    dimensions_of,
    keys_in,
    path_of,
    records_in,
    state_of,
    whole_records,
)
from index.whoosh_engine.write_lock import locked

_WASTE = 2  # a file is written anew that holds so many times what is still of use


class KeptVectors(Struct, frozen=True):
    """Vectors with their keys, these in order."""

    keys: Keys
    vectors: Quantised

    def of(self, keys: Keys) -> Quantised:
        """Return the vectors of some keys, all of which are there."""
        return self.vectors.only(places(self.keys, keys).astype(np.int32))


def places(known: Keys, keys: Keys) -> NDArray[np.intp]:
    """Return where each key is among those that are known, which are in order; -1 where it is not."""
    if not len(known):
        return np.full(len(keys), -1)
    found = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    return np.where(known[found] == keys, found, -1)


NOTHING = KeptVectors(np.empty(0, np.uint64), Quantised(np.empty((0, 0), np.int8), np.empty(0)))


class VectorFile:
    """The vectors that a model made of the texts of one index, all of as many numbers."""

    def __init__(self, index: Path, model: str) -> None:
        self._file = path_of(index, model)

    def state(self) -> FileState:
        """Return a value that is another whenever the file is."""
        return state_of(self._file)

    def read(self) -> KeptVectors:
        """Return what is kept now."""
        try:
            return _by_key(_records(self._file.read_bytes()))
        except OSError:
            return NOTHING

    def keys(self) -> frozenset[int]:
        """Return the keys of what is kept now."""
        return keys_in(self._file)

    def remove(self) -> None:
        """Forget all that is kept."""
        self._file.unlink(missing_ok=True)

    def alone(self, waiting: Callable[[], object]) -> AbstractContextManager[None]:
        """Give the right to add and to forget, which one process has at a time; `waiting` is called until then."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        return locked(self._file.with_suffix(".lock"), inf, waiting)

    def add(self, texts: Sequence[str], vectors: Vectors) -> None:
        """Keep the vectors of texts. Raises EmbeddingError where those kept are of another size: they stay."""
        made, size = quantised(vectors), vectors.shape[1]
        records = np.zeros(len(texts), _record(size))
        records["key"] = [key_of(text) for text in texts]
        records["scale"], records["numbers"] = made.scales, made.numbers
        records["check"] = _checks(records)
        with self._file.open("a+b") as file:
            file.seek(0)
            before = dimensions_of(file.read(HEAD.size))
            if before != size:
                if kept := len(self.keys()):
                    raise EmbeddingError(
                        said(
                            "the model makes vectors of {0:,} numbers, and the {1:,} that are kept have {2:,}: it is "
                            "another model of the same name; name it otherwise in kb.toml, or delete {3} to have all "
                            "made anew",
                            size,
                            kept,
                            before,
                            self._file,
                        )
                    )
                file.truncate(0)
                file.write(HEAD.pack(MAGIC, size))
            end = file.seek(0, 2)
            # Where a process or the power was cut off while it wrote, the last record is torn.
            file.truncate(end - (end - HEAD.size) % records.itemsize)
            file.write(records.tobytes())

    def forget_others(self, keys: Keys) -> None:
        """Write the file anew without what is of no use, vectors of other keys and second ones, where that is most."""
        if not self._file.exists() or records_in(self._file) <= _WASTE * len(np.unique(keys)):
            return
        data = self._file.read_bytes()
        records = _records(data)
        first = records[np.unique(records["key"], return_index=True)[1]]
        new = self._file.with_suffix(".new")
        new.write_bytes(data[: HEAD.size] + first[np.isin(first["key"], keys)].tobytes())
        new.replace(self._file)


def _record(dimensions: int) -> np.dtype[np.void]:
    return np.dtype([("key", "<u8"), ("scale", "<f4"), ("numbers", "i1", (dimensions,)), ("check", "<u4")])


def _records(data: bytes) -> NDArray[np.void]:
    """Return the records in a file that are as they were written."""
    return np.frombuffer(whole_records(data), _record(dimensions_of(data)))


def _checks(records: NDArray[np.void]) -> NDArray[np.uint32]:
    """Return the checksum of each record."""
    size = records.dtype.itemsize
    data = memoryview(records.tobytes())
    end = size - records.dtype["check"].itemsize
    return np.array([zlib.crc32(data[at : at + end]) for at in range(0, len(data), size)], np.uint32)


def _by_key(records: NDArray[np.void]) -> KeptVectors:
    keys, places = np.unique(records["key"], return_index=True)
    return KeptVectors(keys, Quantised(records["numbers"][places], records["scale"][places].astype(np.float64)))
