"""Vectors of documents on a cluster: how they lie there, which documents have one, and which are nearest a text.

A script tells these there. It looks at every document that may be found, so that nothing is guessed, and needs no
plugin. What it gives in single precision chooses documents; how like these are is worked out here, from their vectors,
as everywhere.
"""

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from time import monotonic
from typing import Any, NamedTuple

import numpy as np

from index.embedder import RECHECK_AFTER, Embedder, Vectors, cached_queries
from index.engine import Coverage
from index.opensearch_engine.batching import BatchedRequests, total_of
from index.opensearch_engine.filters import Filter
from index.opensearch_engine.mapping import token
from index.similarity import MIN_NORM, SAMPLE_SIZE, Centring, Quantised, quantised, sample_rows

_HAS_PASSAGE: Filter = {"exists": {"field": "passage"}}
_SLACK = 1e-4  # of a cosine in single precision: what lies at a bound is judged here
_PADDING = "=="  # a cluster leaves it out; more than is needed does no harm
_FIELDS = ("key", "vector", "scale")
_COSINE = """
BytesRef numbers = doc['vector'].value;
byte[] own = numbers.bytes;
int begin = numbers.offset;
String query = params.query;
String mean = params.mean;
int product = 0;
int toMean = 0;
for (int at = 0; at < numbers.length; at++) {
  int one = own[begin + at];
  product += one * (query.charAt(at) - 128);
  toMean += one * (mean.charAt(at) - 128);
}
double scale = doc['scale'].value;
double square = 1 - 2 * toMean * scale * params.meanScale + params.meanSquare;
double length = Math.sqrt(Math.max(square, params.least));
double cosine = (product * scale * params.queryScale - params.apart) / (length * params.far);
return cosine >= params.below ? 0 : Math.max(0, 1 + cosine);
"""


class Model:
    """A model that makes vectors, shared by the readers of an engine; `earlier` is the one before it."""

    def __init__(self, embedder: Embedder) -> None:
        self.name = embedder.name
        self._embedder = embedder
        self.earlier = Model(embedder.earlier) if embedder.earlier else None
        self.query = cached_queries(embedder)

    @cached_property
    def token(self) -> str:
        """What the model is called in the index; where it makes vectors of another size it is another.

        Raises EmbeddingError where an endpoint does not tell.
        """
        return token(f"{self._embedder.name} {self._embedder.dimensions}", "model")

    def passages(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of what is found. Raises EmbeddingError."""
        return self._embedder.passages(texts)


class VectorView(NamedTuple):
    """The vectors of a generation at one moment: from where they are compared, and all that is of their one model."""

    centring: Centring
    having: Filter
    query: Callable[[str], Vectors]


class GenerationVectors:
    """The vectors of one generation; more come while they are made."""

    def __init__(self, requests: BatchedRequests, model: Model) -> None:
        self.requests = requests
        self.model = model
        self._earlier = GenerationVectors(requests, model.earlier) if model.earlier else None
        self._coverage: tuple[float, Coverage] | None = None
        self._view: tuple[int, VectorView] | None = None

    @property
    def having(self) -> Filter:
        """Which documents have a vector of the model. Raises EmbeddingError."""
        return {"term": {"model": self.model.token}}

    @property
    def lacking(self) -> Filter:
        """Which documents could have a vector, and have none. Raises EmbeddingError."""
        return {"bool": {"filter": [_HAS_PASSAGE], "must_not": [self.having]}}

    def coverage(self) -> Coverage:
        """Return how many documents have a vector, of how many that could. Raises EmbeddingError."""
        filters = (self.having, _HAS_PASSAGE)
        bodies = ({"size": 0, "track_total_hits": True, "query": self.requests.of_generation(one)} for one in filters)
        return Coverage(*map(total_of, self.requests.search(*bodies)))

    def view(self) -> VectorView | None:
        """Return what there is of the model that made most vectors, None while there is none. Raises EmbeddingError."""
        recent = self.recent_coverage()
        size = recent.embedded
        if self._earlier and size < recent.documents and size < self._earlier.recent_coverage().embedded:
            return self._earlier.view()
        if not size:
            return None
        if self._view is None or self._view[0] != size:
            manifest = self.requests.manifest
            some = {"ids": {"values": list(manifest.ids(sample_rows(manifest.documents)))}}
            body = {"size": SAMPLE_SIZE, "query": self.requests.of_generation(self.having, some), **with_vectors()}
            sample = read_vectors(self.requests.search(body)[0]["hits"]["hits"])
            if not len(sample.scales):  # so few have one yet
                return None
            self._view = size, VectorView(Centring(sample, size), self.having, self.model.query)
        return self._view[1]

    def recent_coverage(self) -> Coverage:
        """Return how many have a vector, as it was a moment ago; where all have one it stays so."""
        kept = self._coverage
        if kept is None or (kept[0] < monotonic() - RECHECK_AFTER and kept[1].lacking):
            kept = self._coverage = monotonic(), self.coverage()
        return kept[1]


def nearest(centring: Centring, query: Quantised, among: Filter, size: int, below: float = 2.0) -> Mapping[str, Any]:
    """Return the search for the `size` documents that are nearest a query, those whose cosine is `below` first."""
    mean = quantised(centring.mean.astype(np.float32)[None])
    params = {
        "query": _characters(query),
        "queryScale": float(query.scales[0]),
        "apart": float(centring.mean @ query.floats[0]),
        "far": float(centring.query_norms(query)[0]),
        "mean": _characters(mean),
        "meanScale": float(mean.scales[0]),
        "meanSquare": float(centring.mean @ centring.mean),
        "least": MIN_NORM**2,
        "below": below + _SLACK,
        "size": centring.size,  # answers are kept by what was asked: another is due when more documents have a vector
    }
    return {
        "size": size,
        "track_total_hits": False,
        "query": {"script_score": {"query": among, "script": {"source": _COSINE, "params": params}}},
        "sort": [{"_score": "desc"}, {"rank": "asc"}, {"place": "asc"}],
        **with_vectors(),
    }


def with_vectors(*fields: str) -> Mapping[str, Any]:
    """Return the part of a search that says that each hit is to come with its vector and some fields, and no more."""
    return {"_source": False, "stored_fields": "_none_", "docvalue_fields": [*_FIELDS, *fields]}


def stored_vector(vectors: Quantised, row: int, model: str) -> Mapping[str, Any]:
    """Return the fields that hold a vector."""
    numbers = b64encode(vectors.numbers[row].tobytes()).decode("ascii")
    return {"vector": numbers, "scale": float(vectors.scales[row]), "model": model}


def read_vectors(hits: Sequence[Mapping[str, Any]]) -> Quantised:
    """Return the vectors of hits that all have one."""
    encoded = (value_of(hit, "vector") + _PADDING for hit in hits)
    numbers = [np.frombuffer(b64decode(one), np.int8) for one in encoded]
    scales = np.array([value_of(hit, "scale") for hit in hits], np.float32).astype(np.float64)
    return Quantised(np.stack(numbers) if numbers else np.empty((0, 0), np.int8), scales)


def value_of(hit: Mapping[str, Any], field: str) -> Any:  # noqa: ANN401  # a text or a number
    """Return the first value of a field of a hit, None where it has none."""
    values = hit.get("fields", {}).get(field)
    return values[0] if values else None


def _characters(vectors: Quantised) -> str:
    """Return the numbers of the first vector as characters, which a script reads faster than numbers."""
    return bytes((vectors.numbers[0].astype(np.int16) + 128).astype(np.uint8)).decode("latin-1")
