"""What an engine knows by vectors: of which documents it has one, and how like each is to a text.

They are kept beside the generations by the texts they are of, a file for each model (`vector_file`). One process at a
time makes them, whoever reads meanwhile; others that would wait, and find them made.
"""

import zlib
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import cached_property
from math import inf
from pathlib import Path
from time import monotonic

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from index.cache import Cache, Latest
from index.embedder import BATCH, FRESH, Embedder, EmbeddingError, Vectors, kept_queries
from index.messages import translatable
from index.similarity import DocumentVectors, Quantised, Similarity, VectorIndex, quantised
from index.whoosh_engine import vector_file
from index.whoosh_engine.columns import Keys
from index.whoosh_engine.rows import NO_KEY, key_of
from index.whoosh_engine.snapshot import Snapshot
from index.whoosh_engine.vector_file import HEAD, FileState
from index.whoosh_engine.write_lock import locked

_MOST_KEPT = 16 * 1024 * 1024  # bytes of how like documents are to the texts last asked: over 100,000 those of 300
_NEVER: tuple[float, Sequence[FileState]] = (-inf, ())  # looked for
_WASTE = 2  # a file is written anew that holds so many times what is still of use


class VectorStore:
    """The vectors of an index, and the models that make them: the one that is wanted, then the one before it."""

    def __init__(self, index: Path, embedder: Embedder) -> None:
        self._models = [_Model(index, one) for one in (embedder, embedder.earlier) if one]
        self._file = self._models[0].file
        self._looked: tuple[float, Sequence[FileState]] = _NEVER
        self._latest = Latest[SnapshotVectors]()

    def text_vectors(self) -> "TextVectors":
        """Return what is kept of the model that is wanted."""
        return TextVectors(self._models[0].name, self._file)

    def of(self, snapshot: Snapshot) -> "SnapshotVectors":
        """Return the vectors of a snapshot by the model that made most of them, put together once."""
        # By its number an array is the same as long as it is held, which what is made of it does.
        return self._latest.get((id(snapshot.vector_keys), self._states()), lambda: self._read(snapshot))

    def _read(self, snapshot: Snapshot) -> "SnapshotVectors":
        keys = snapshot.vector_keys
        in_position = keys[snapshot.in_position]
        # What is of no document here is let go again, and takes no memory.
        every = ((model, model.file.read()) for model in self._models)
        with_docs = ((model, kept, snapshot.in_position[_places(kept.keys, in_position) >= 0]) for model, kept in every)
        model, kept, docs = max(with_docs, key=lambda one: len(one[2]))
        vectors = DocumentVectors(docs, VectorIndex(kept.of(keys[docs])), snapshot.size)
        return SnapshotVectors(keys, vectors, model.query, Cache(_MOST_KEPT, lambda similarity: similarity.nbytes))

    def embed(self, newest: Callable[[], Snapshot], progress: Callable[[int, int], None]) -> None:
        """Make and keep the vectors of documents that have none, newest first, each text's once.

        While another process does so it is waited for, and how far that is is reported. Raises EmbeddingError.
        """
        state: FileState | None = None

        def waiting() -> None:
            nonlocal state
            if state != (state := self._file.state()):
                total, lacking = self._lacking(newest())
                progress(total - sum(map(len, lacking.values())), total)

        with self._file.lock(waiting):
            snapshot = newest()  # by now: what only an older one lacked is of no use, and what that did not have is
            self._file.forget_others(snapshot.vector_keys[snapshot.vector_keys != NO_KEY])
            total, lacking = self._lacking(snapshot)
            every = [*lacking.values()]
            done = total - sum(map(len, every))
            for begin in range(0, len(every), BATCH):
                progress(done, total)
                some = every[begin : begin + BATCH]
                texts = [snapshot.passage(docs[0]) for docs in some]
                self._file.add(texts, self._models[0].passages(texts))
                done += sum(map(len, some))
            for model in self._models[1:]:
                model.file.remove()
        self._looked = _NEVER
        if every:
            progress(total, total)

    def _lacking(self, snapshot: Snapshot) -> tuple[int, Mapping[int, list[int]]]:
        """Return how many documents could have a vector, and by keys those that have none, newest first."""
        docs = snapshot.newest_first[snapshot.vector_keys[snapshot.newest_first] != NO_KEY]
        known, lacking = self._file.keys(), defaultdict[int, list[int]](list)
        for doc, key in zip(docs.tolist(), snapshot.vector_keys[docs].tolist(), strict=True):
            if key not in known:
                lacking[key].append(doc)
        return len(docs), lacking

    def _states(self) -> Sequence[FileState]:
        """Return which vectors there are, or were a moment ago."""
        looked, states = self._looked
        if looked < monotonic() - FRESH:
            states = [model.file.state() for model in self._models]
            self._looked = monotonic(), states
        return states


class SnapshotVectors(Struct, frozen=True):
    """The vectors of a snapshot's documents, as far as there were some, and the one model that made them."""

    keys: Keys
    vectors: DocumentVectors
    query: Callable[[str], Vectors]
    similarities: Cache[Similarity]

    def similarity(self, text: str) -> Similarity | None:
        """Return how like the documents are to a text, None where none has a vector. Raises EmbeddingError."""
        vectors = self.vectors
        return self.similarities.get(text, lambda: Similarity(vectors, self.query(text))) if len(vectors.docs) else None


class TextVectors:
    """The vectors that a model made, by the texts they are of, as they are when the first is asked for."""

    def __init__(self, model: str, file: "VectorFile") -> None:
        self.name = model
        self._file = file

    @cached_property
    def _kept(self) -> "SortedVectors":
        return self._file.read()

    def of(self, texts: Sequence[str]) -> "Vectors | None":
        """Return the vectors of texts, None where one is lacking."""
        keys = np.array([key_of(text) for text in texts], np.uint64)
        if not len(keys) or (_places(self._kept.keys, keys) < 0).any():
            return None
        return self._kept.of(keys).floats.astype(np.float32)


class _Model:
    """A model and the vectors that are kept of it."""

    def __init__(self, index: Path, embedder: Embedder) -> None:
        self.name = embedder.name
        self.file = VectorFile(index, embedder.name)
        self.passages = embedder.passages
        self.query = kept_queries(embedder)


class SortedVectors(Struct, frozen=True):
    """Vectors with their keys, these in order."""

    keys: Keys
    vectors: Quantised

    def of(self, keys: Keys) -> Quantised:
        """Return the vectors of some keys, all of which are there."""
        return self.vectors.only(_places(self.keys, keys).astype(np.int32))


def _places(known: Keys, keys: Keys) -> NDArray[np.intp]:
    """Return where each key is among those that are known, which are in order; -1 where it is not."""
    if not len(known):
        return np.full(len(keys), -1)
    found = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    return np.where(known[found] == keys, found, -1)


class VectorFile:
    """The vectors that a model made of the texts of one index, all of as many numbers."""

    def __init__(self, index: Path, model: str) -> None:
        self._file = vector_file.path_of(index, model)

    def state(self) -> FileState:
        """Return a value that is another whenever the file is."""
        return vector_file.state_of(self._file)

    def read(self) -> SortedVectors:
        """Return what is kept now."""
        try:
            records = _records(self._file.read_bytes())
        except OSError:
            return SortedVectors(np.empty(0, np.uint64), Quantised(np.empty((0, 0), np.int8), np.empty(0)))
        keys, rows = np.unique(records["key"], return_index=True)
        return SortedVectors(keys, Quantised(records["numbers"][rows], records["scale"][rows].astype(np.float64)))

    def keys(self) -> frozenset[int]:
        """Return the keys of what is kept now."""
        return vector_file.keys_in(self._file)

    def remove(self) -> None:
        """Forget all that is kept."""
        self._file.unlink(missing_ok=True)

    def lock(self, waiting: Callable[[], object]) -> AbstractContextManager[None]:
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
            before = vector_file.dimensions_of(file.read(HEAD.size))
            if before != size:
                if kept := len(self.keys()):
                    raise EmbeddingError(
                        translatable(
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
                file.write(HEAD.pack(vector_file.MAGIC, size))
            end = file.seek(0, 2)
            # Where a process or the power was cut off while it wrote, the last record is torn.
            file.truncate(end - (end - HEAD.size) % records.itemsize)
            file.write(records.tobytes())

    def forget_others(self, keys: Keys) -> None:
        """Write the file anew without what is of no use, vectors of other keys and second ones, where that is most."""
        if not self._file.exists() or vector_file.records_in(self._file) <= _WASTE * len(np.unique(keys)):
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
    return np.frombuffer(vector_file.whole_records(data), _record(vector_file.dimensions_of(data)))


def _checks(records: NDArray[np.void]) -> NDArray[np.uint32]:
    """Return the checksum of each record."""
    size = records.dtype.itemsize
    data = memoryview(records.tobytes())
    end = size - records.dtype["check"].itemsize
    return np.array([zlib.crc32(data[at : at + end]) for at in range(0, len(data), size)], np.uint32)
