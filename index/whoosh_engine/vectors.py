"""The vectors of an index: which documents have one, and how similar each is to a text.

Vectors are stored by text, in a file for each model (`vector_file`), and serve all generations. One process at a time
makes vectors; others read meanwhile. A second process that wants to make them waits, then uses those of the first.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from math import inf
from operator import attrgetter
from pathlib import Path
from threading import Condition
from time import monotonic

import numpy as np
from cachetools import LRUCache, cached
from msgspec import Struct
from numpy.typing import NDArray

from index.cache import Cache
from index.embedder import BATCH, RECHECK_AFTER, Embedder, Vectors, cached_queries
from index.similarity import DocumentVectors, Quantised, Similarity, VectorIndex, quantised
from index.whoosh_engine.columns import Keys
from index.whoosh_engine.rows import NO_KEY
from index.whoosh_engine.snapshot import Snapshot
from index.whoosh_engine.vector_file import FileState, VectorFile

_SIMILARITY_CACHE_SIZE = 16 * 1024 * 1024  # bytes: the similarity of 100,000 documents to 300 texts


class VectorStore:
    """The vectors of an index by the configured model."""

    def __init__(self, index: Path, embedder: Embedder) -> None:
        self._embedder = embedder
        self._file = VectorFile(index, embedder.name)
        self._checked_at, self._state = -inf, FileState()  # as of the last check for new vectors
        # The key is the id of a vector array. The entry refers to the array, so its id is not reused.
        self._read = cached(
            LRUCache[object, SnapshotVectors](1),
            key=lambda snapshot, state: (id(snapshot.vector_keys), *state),
            condition=Condition(),
        )(partial(_read, self._file, cached_queries(embedder)))

    def of(self, snapshot: Snapshot) -> "SnapshotVectors":
        """Return the vectors of a snapshot. Those that another process adds are noticed after RECHECK_AFTER seconds."""
        if self._checked_at < monotonic() - RECHECK_AFTER:
            self._state = self._file.state()
            self._checked_at = monotonic()
        return self._read(snapshot, self._state)

    def embed(
        self, newest: Callable[[], Snapshot], progress: Callable[[int, int], None], most: int | None = None
    ) -> bool:
        """Make and store the vectors that documents lack, newest document first, one for each text.

        Make `most` vectors and return whether none is left. While another process makes vectors, wait and report its
        progress. Raises EmbeddingError.
        """
        state: FileState | None = None

        def waiting() -> None:
            nonlocal state
            if state != (state := self._file.state()):
                total, lacking = self._lacking(newest())
                progress(total - sum(map(len, lacking.values())), total)

        with self._file.lock(waiting):
            snapshot = newest()  # another may have been published while this process waited
            self._file.compact(frozenset(snapshot.vector_keys.tolist()) - {NO_KEY})
            total, lacking = self._lacking(snapshot)
            keys = [*lacking][:most]
            done = total - sum(map(len, lacking.values()))
            for begin in range(0, len(keys), BATCH):
                progress(done, total)
                batch = keys[begin : begin + BATCH]
                vectors = self._embedder.passages([snapshot.passage(lacking[key][0]) for key in batch])
                self._file.append(vectors.shape[1], dict(zip(batch, _encoded(vectors), strict=True)))
                done += sum(len(lacking[key]) for key in batch)
        self._checked_at = -inf
        if keys:
            progress(done, total)
        return done == total

    def _lacking(self, snapshot: Snapshot) -> tuple[int, Mapping[int, list[int]]]:
        """Return how many documents can have a vector, and by key the documents that lack it, newest first."""
        docs = snapshot.newest_first[snapshot.vector_keys[snapshot.newest_first] != NO_KEY]
        stored, lacking = self._file.keys(), defaultdict[int, list[int]](list)
        for doc, key in zip(docs.tolist(), snapshot.vector_keys[docs].tolist(), strict=True):
            if key not in stored:
                lacking[key].append(doc)
        return len(docs), lacking


def _read(
    file: VectorFile, query: Callable[[str], Vectors], snapshot: Snapshot, _state: FileState
) -> "SnapshotVectors":
    keys, stored = snapshot.vector_keys, SortedVectors.read(file)
    docs = snapshot.in_position[_places(stored.keys, keys[snapshot.in_position]) >= 0]
    # Only the vectors of these documents are copied; those of other generations take no memory.
    return SnapshotVectors(keys, DocumentVectors(docs, VectorIndex(stored.of(keys[docs])), snapshot.size), query)


class SnapshotVectors:
    """The vectors of a snapshot's documents. `query` returns the vector of a query; the last ones are cached."""

    def __init__(self, keys: Keys, vectors: DocumentVectors, query: Callable[[str], Vectors]) -> None:
        self.keys = keys
        self.vectors = vectors
        self._query = query
        self._similarities = Cache[Similarity](_SIMILARITY_CACHE_SIZE, attrgetter("nbytes"))

    def similarity(self, text: str) -> Similarity | None:
        """Return how similar the documents are to a text, or None if none has a vector. Raises EmbeddingError."""
        if not len(self.vectors.docs):
            return None
        similarity = self._similarities.find(text)
        if similarity is None:
            similarity = Similarity(self.vectors, self._query(text))
            self._similarities.keep(text, similarity)
        return similarity


class SortedVectors(Struct, frozen=True):
    """Vectors, sorted by their distinct keys."""

    keys: Keys
    vectors: Quantised

    @classmethod
    def read(cls, file: VectorFile) -> "SortedVectors":
        """Return all vectors in a file."""
        dimensions, data = file.records()
        records = np.frombuffer(data, [("key", "<u8"), *_vector_fields(dimensions), ("checksum", "<u4")])
        keys, rows = np.unique(records["key"], return_index=True)
        return cls(keys, Quantised(records["numbers"][rows], records["scale"][rows].astype(np.float64)))

    def of(self, keys: Keys) -> Quantised:
        """Return the vectors of these keys, all of which must be stored."""
        return self.vectors.take(_places(self.keys, keys).astype(np.int32))


def _encoded(vectors: Vectors) -> Sequence[bytes]:
    """Return the scale and the numbers of each vector as stored in a file."""
    made = quantised(vectors)
    records = np.empty(len(vectors), _vector_fields(vectors.shape[1]))
    records["scale"], records["numbers"] = made.scales, made.numbers
    return [record.tobytes() for record in records]


def _vector_fields(dimensions: int) -> list[tuple[str, str] | tuple[str, str, tuple[int]]]:
    """Return the fields of a vector in a record, as numpy describes them."""
    return [("scale", "<f4"), ("numbers", "i1", (dimensions,))]


def _places(sorted_keys: Keys, keys: Keys) -> NDArray[np.intp]:
    """Return the index of each key among the sorted ones, or -1."""
    if not len(sorted_keys):
        return np.full(len(keys), -1)
    found = np.minimum(np.searchsorted(sorted_keys, keys), len(sorted_keys) - 1)
    return np.where(sorted_keys[found] == keys, found, -1)
