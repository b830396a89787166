"""What an engine knows by vectors: of which documents it has one, and how like each is to a text."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, lru_cache
from math import inf
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct

from index.embedder import Embedder, Vectors
from index.similarity import DocumentVectors, Similarity, VectorIndex
from index.whoosh_engine.cache import Cache
from index.whoosh_engine.column_names import NO_KEY
from index.whoosh_engine.columns import key_of
from index.whoosh_engine.snapshot import Snapshot
from index.whoosh_engine.vector_file import FileState
from index.whoosh_engine.vectors import KeptVectors, VectorFile, places

if TYPE_CHECKING:
    from index.whoosh_engine.columns import Keys
    from index.whoosh_engine.term_store import Docs

_BATCH = 64  # texts, for all cores: a second of work, which is all that is lost where it is broken off
_QUERIES_KEPT = 256  # while one types each letter asks for a vector, and turning a page asks again
_MOST_KEPT = 16 * 1024 * 1024  # bytes of how like documents are to the texts last asked: over 100,000 those of 300
_FRESH = 5.0  # seconds in which vectors that another process added are not looked for
_NEVER: tuple[float, Sequence[FileState]] = (-inf, ())  # looked for


class Model:
    """A model and the vectors that are kept of it."""

    def __init__(self, index: Path, embedder: Embedder) -> None:
        self.name = embedder.name
        self.file = VectorFile(index, embedder.name)
        self.passages = embedder.passages
        self.query = lru_cache(_QUERIES_KEPT)(lambda text: embedder.queries([text])[0])


class TextVectors:
    """The vectors that a model made, by the texts they are of, as they are when the first is asked for."""

    def __init__(self, model: Model) -> None:
        self.name = model.name
        self._file = model.file

    @cached_property
    def _kept(self) -> KeptVectors:
        return self._file.read()

    def of(self, texts: Sequence[str]) -> "Vectors | None":
        """Return the vectors of texts, None where one is lacking."""
        keys = np.array([key_of(text) for text in texts], np.uint64)
        if not len(keys) or (places(self._kept.keys, keys) < 0).any():
            return None
        return self._kept.of(keys).floats.astype(np.float32)


class Seen(Struct, frozen=True):
    """The vectors of a snapshot's documents, as far as there were some, and the one model that made them."""

    keys: "Keys"
    states: Sequence[FileState]  # of the files, by which others are told
    vectors: DocumentVectors
    query: Callable[[str], Vectors]
    kept: Cache[Similarity]

    def similarity(self, text: str) -> Similarity | None:
        """Return how like the documents are to a text, None where none has a vector. Raises EmbeddingError."""
        vectors = self.vectors
        return self.kept.get(text, lambda: Similarity(vectors, self.query(text))) if len(vectors.docs) else None


class Meaning:
    """The vectors of an index, and the models that make them: the one that is wanted, then the one before it."""

    def __init__(self, index: Path, embedder: Embedder) -> None:
        self._models = [Model(index, one) for one in (embedder, embedder.earlier) if one]
        self._file = self._models[0].file
        self._looked: tuple[float, Sequence[FileState]] = _NEVER
        self._seen: Seen | None = None

    def kept(self) -> TextVectors:
        """Return what is kept of the model that is wanted."""
        return TextVectors(self._models[0])

    def seen(self, snapshot: Snapshot) -> Seen:
        """Return what is known of a snapshot by the model that made most of its vectors, put together once."""
        keys, states, seen = snapshot.vector_keys, self._states(), self._seen
        if seen is None or seen.keys is not keys or seen.states != states:
            model, docs, kept = max(
                (self._kept(model, snapshot) for model in self._models), key=lambda one: len(one[1])
            )
            vectors = DocumentVectors(docs, VectorIndex(kept.of(keys[docs])), snapshot.size)
            seen = Seen(keys, states, vectors, model.query, Cache(_MOST_KEPT, lambda similarity: similarity.nbytes))
            self._seen = seen
        return seen

    def _kept(self, model: Model, snapshot: Snapshot) -> "tuple[Model, Docs, KeptVectors]":
        """Return which documents have a vector of a model, in the order of their positions, and all that is kept."""
        kept = model.file.read()  # let go again: what is of no document here takes no memory
        found = places(kept.keys, snapshot.vector_keys[snapshot.in_position]) >= 0
        return model, snapshot.in_position[found], kept

    def embed(self, newest: Callable[[], Snapshot], told: Callable[[int, int], None]) -> None:
        """Make and keep the vectors of documents that have none, newest first, each text's once.

        While another process does so it is waited for, and how far that is is told. Raises EmbeddingError.
        """
        seen: FileState | None = None

        def waiting() -> None:
            nonlocal seen
            if seen != (seen := self._file.state()):
                total, lacking = self._lacking(newest())
                told(total - sum(map(len, lacking.values())), total)

        with self._file.alone(waiting):
            snapshot = newest()  # by now: what only an older one lacked is of no use, and what that did not have is
            self._file.forget_others(snapshot.vector_keys[snapshot.vector_keys != NO_KEY])
            total, lacking = self._lacking(snapshot)
            every = [*lacking.values()]
            done = total - sum(map(len, every))
            for begin in range(0, len(every), _BATCH):
                told(done, total)
                some = every[begin : begin + _BATCH]
                texts = [snapshot.passage(docs[0]) for docs in some]
                self._file.add(texts, self._models[0].passages(texts))
                done += sum(map(len, some))
            for model in self._models[1:]:
                model.file.remove()
        self._looked = _NEVER
        if every:
            told(total, total)

    def _lacking(self, snapshot: Snapshot) -> "tuple[int, Mapping[int, list[int]]]":
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
        if looked < monotonic() - _FRESH:
            states = [model.file.state() for model in self._models]
            self._looked = monotonic(), states
        return states
