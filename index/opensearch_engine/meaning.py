"""What a cluster knows by vectors: of which documents it has one, and what these tell together."""

from collections.abc import Callable, Sequence
from functools import cached_property, lru_cache
from time import monotonic
from typing import NamedTuple

from index.embedder import Embedder, Vectors
from index.engine import Coverage
from index.opensearch_engine.batching import BatchedRequests
from index.opensearch_engine.filters import Filter
from index.opensearch_engine.mapping import token
from index.opensearch_engine.vectors import read_vectors, with_vectors
from index.similarity import SAMPLE, Centring, evenly

_QUERIES_KEPT = 256  # while one types each letter asks for a vector, and turning a page asks again
_FRESH = 5.0  # seconds in which vectors that another process added are not looked for
_HAS_PASSAGE: Filter = {"exists": {"field": "passage"}}


class Meaning:
    """A model that makes vectors, shared by the readers of an engine; `earlier` is the one before it."""

    def __init__(self, embedder: Embedder) -> None:
        self.name = embedder.name
        self._embedder = embedder
        self.earlier = Meaning(embedder.earlier) if embedder.earlier else None
        self.query = lru_cache(_QUERIES_KEPT)(self._embedded)

    @cached_property
    def model(self) -> str:
        """What the model is called in the index; where it makes vectors of another size it is another.

        Raises EmbeddingError where an endpoint does not tell.
        """
        return token(f"{self._embedder.name} {self._embedder.dimensions}", "model")

    def passages(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of what is found. Raises EmbeddingError."""
        return self._embedder.passages(texts)

    def _embedded(self, text: str) -> Vectors:
        vector: Vectors = self._embedder.queries([text])[0]
        return vector


class View(NamedTuple):
    """The vectors of a generation at one moment: from where they are compared, and all that is of their one model."""

    frame: Centring
    having: Filter
    query: Callable[[str], Vectors]


class Seen:
    """The vectors of one generation, as far as they were seen; more come while they are made."""

    def __init__(self, questions: BatchedRequests, meaning: Meaning) -> None:
        self._questions = questions
        self.meaning = meaning
        self._earlier = Seen(questions, meaning.earlier) if meaning.earlier else None
        self._coverage: tuple[float, Coverage] | None = None
        self._view: tuple[int, View] | None = None

    @property
    def having(self) -> Filter:
        """Which documents have a vector of the model. Raises EmbeddingError."""
        return {"term": {"model": self.meaning.model}}

    @property
    def lacking(self) -> Filter:
        """Which documents could have a vector, and have none. Raises EmbeddingError."""
        return {"bool": {"filter": [_HAS_PASSAGE], "must_not": [self.having]}}

    def coverage(self) -> Coverage:
        """Return how many documents have a vector, of how many that could. Raises EmbeddingError."""
        filters = (self.having, _HAS_PASSAGE)
        bodies = ({"size": 0, "track_total_hits": True, "query": self._questions.held(one)} for one in filters)
        counts = (int(answer["hits"]["total"]["value"]) for answer in self._questions.search(*bodies))
        return Coverage(*counts)

    def view(self) -> View | None:
        """Return what there is of the model that made most vectors, None while there is none. Raises EmbeddingError."""
        seen = self.lately()
        if self._earlier and seen.embedded < seen.documents and seen.embedded < self._earlier.lately().embedded:
            return self._earlier.view()
        size = seen.embedded
        if not size:
            return None
        if self._view is None or self._view[0] != size:
            some = {"ids": {"values": list(self._questions.manifest.ids(evenly(self._questions.manifest.documents)))}}
            body = {"size": SAMPLE, "query": self._questions.held(self.having, some), **with_vectors()}
            vectors = read_vectors(self._questions.search(body)[0]["hits"]["hits"])
            if not len(vectors.scales):  # so few have one yet
                return None
            self._view = size, View(Centring(vectors, size), self.having, self.meaning.query)
        return self._view[1]

    def lately(self) -> Coverage:
        """Return how many have a vector, as it was a moment ago; where all have one it stays so."""
        kept = self._coverage
        if kept is None or (kept[0] < monotonic() - _FRESH and kept[1].embedded < kept[1].documents):
            kept = self._coverage = monotonic(), self.coverage()
        return kept[1]
