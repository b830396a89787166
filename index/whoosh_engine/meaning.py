"""What an engine knows by vectors: of which documents it has one, and how like each is to a text."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import lru_cache
from math import inf
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, TypeAlias

from index.embedder import Embedder, Vectors
from index.likeness import DocumentVectors, Likeness, Space
from index.whoosh_engine.cache import Cache
from index.whoosh_engine.column_names import NO_KEY
from index.whoosh_engine.snapshot import Snapshot
from index.whoosh_engine.vector_file import FileState
from index.whoosh_engine.vectors import VectorFile, places

if TYPE_CHECKING:
    from index.whoosh_engine.columns import Keys

_BATCH = 64  # texts, for all cores: a second of work, which is all that is lost where it is broken off
_QUERIES_KEPT = 256  # while one types each letter asks for a vector, and turning a page asks again
_MOST_KEPT = 16 * 1024 * 1024  # bytes of how like documents are to the texts last asked: over 100,000 those of 300
_FRESH = 5.0  # seconds in which vectors that another process added are not looked for
_NEVER: tuple[float, FileState] = (-inf, ())  # looked for

_Gathered: TypeAlias = "tuple[Keys, FileState, DocumentVectors, Cache[Likeness]]"


class Meaning:
    """The vectors of an index, and the model that makes them."""

    def __init__(self, index: Path, embedder: Embedder) -> None:
        self._embedder = embedder
        self._file = VectorFile(index, embedder.name)
        self._looked: tuple[float, FileState] = _NEVER
        self._gathered: _Gathered | None = None
        self._of_query = lru_cache(_QUERIES_KEPT)(self._embedded)

    def query(self, text: str) -> Vectors:
        """Return the vector of what is looked for. Raises EmbeddingError."""
        return self._of_query(text)

    def likeness(self, snapshot: Snapshot, text: str) -> Likeness | None:
        """Return how like a snapshot's documents are to a text, None where none has a vector. Raises EmbeddingError."""
        _, _, vectors, kept = self._gather(snapshot)
        return kept.get(text, lambda: Likeness(vectors, self.query(text))) if len(vectors.docs) else None

    def vectors(self, snapshot: Snapshot) -> DocumentVectors:
        """Return the vectors of a snapshot's documents, as far as there are some; put together once."""
        return self._gather(snapshot)[2]

    def _gather(self, snapshot: Snapshot) -> "_Gathered":
        keys, state, gathered = snapshot.vector_keys, self._state(), self._gathered
        if gathered is None or gathered[0] is not keys or gathered[1] != state:
            kept = self._file.read()  # let go again: what is of no document here takes no memory
            docs = snapshot.in_position[places(kept.keys, keys[snapshot.in_position]) >= 0]
            vectors = DocumentVectors(docs, Space(kept.of(keys[docs])), snapshot.size)
            kept_likeness = Cache[Likeness](_MOST_KEPT, lambda likeness: likeness.nbytes)
            gathered = self._gathered = keys, state, vectors, kept_likeness
        return gathered

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
                self._file.add(texts, self._embedder.passages(texts))
                done += sum(map(len, some))
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

    def _embedded(self, text: str) -> Vectors:
        vector: Vectors = self._embedder.queries([text])[0]
        return vector

    def _state(self) -> FileState:
        """Return which vectors there are, or were a moment ago."""
        looked, state = self._looked
        if looked < monotonic() - _FRESH:
            state = self._file.state()
            self._looked = monotonic(), state
        return state
