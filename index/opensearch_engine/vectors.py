"""The vectors of documents on a cluster: stored, made where they are missing, and compared by a script."""

from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from importlib.resources import files
from time import monotonic
from typing import Any, NamedTuple

import numpy as np

from index import similarity as comparing
from index.embedder import BATCH, RECHECK_AFTER, Embedder, Vectors, cached_queries
from index.engine import Coverage, Hit
from index.opensearch_engine.bulk import Bulk, action
from index.opensearch_engine.generations import Generation
from index.opensearch_engine.layout import Filter, received, token, with_keys, with_values
from index.ranking import MAX_OF_SECTION
from index.similarity import COPY_COSINE, MIN_COSINE, MIN_NORM, Centring, Numbers, Quantised

MAX_COMPARED = 200_000  # documents; a node compares some 700,000 a second
MAX_RANKED = 500  # documents whose score includes their similarity
_MAX_WINDOW = 10_000  # documents in one answer, a cluster's own limit
_EMBEDDED_AT_ONCE = 512  # documents that get their vectors before any of them can be found
_HAS_PASSAGE: Filter = {"exists": {"field": "passage"}}
_PLACES = 2  # of a cosine that adds to a score, because each different number of points is a clause
_VECTORS: Mapping[str, Any] = {"_source": False, "docvalue_fields": ["key", "passage", "vector", "scale"]}
_COSINE = (files("index.opensearch_engine") / "cosine.painless").read_text("utf-8")


class Strength(NamedTuple):
    """The similarity of a document to a query: its cosine, and the strengths of two signals (`index.ranking`)."""

    cosine: float
    likeness: float = 0.0
    around: float = 0.0


class GenerationVectors:
    """The vectors of one model in a generation, which grow while they are made. Its methods raise EmbeddingError."""

    def __init__(self, generation: Generation, embedder: Embedder) -> None:
        self.name = embedder.name
        self._generation = generation
        self._embedder = embedder
        self._query = cached_queries(embedder)
        self._recent: tuple[float, Coverage] | None = None
        self.centring = Centring(Quantised(np.zeros((1, 1), np.int8), np.zeros(1)), 0)  # before the first vector

    @cached_property
    def _model(self) -> str:
        return token(f"{self.name} {self._embedder.dimensions}", "model")

    @property
    def _having(self) -> Filter:
        return {"term": {"model": self._model}}

    def coverage(self, max_age: float = 0.0) -> Coverage:
        """Return how many documents have a vector, as of some seconds ago at most; once complete it stays so."""
        if self._recent is None or (monotonic() - self._recent[0] >= max_age and self._recent[1].lacking):
            counts = self._generation.counts(self._having, _HAS_PASSAGE, fresh=True)
            self._recent = monotonic(), Coverage(*counts)
        return self._recent[1]

    def answering(self) -> "GenerationVectors | None":
        """Return the vectors with their centring, or None before the first vector; call it before comparing."""
        recent = self.coverage(RECHECK_AFTER)
        if self.centring.size != recent.embedded:
            # The names of passages are hashes, so the first of them are a random sample.
            sample = read_vectors(self._hits(size=comparing.SAMPLE_SIZE, sort=["passage"]))
            self.centring = Centring(sample, len(sample.scales) and recent.embedded)
        return self if self.centring.size else None

    def strengths(self, text: str, among: Filter, words: Filter, sections: str | None) -> Mapping[str, Strength]:
        """Return the similarity of the nearest documents to a text, by id; among too many, only those with a word."""
        hits, field = list[Any](), f"facet.{sections}"
        for filters in ((among,), (among, words)):
            if self.centring.size <= MAX_COMPARED or self._generation.count(*filters) <= MAX_COMPARED:
                hits = self._nearest(self._query(text), *filters, size=MAX_RANKED, docvalue_fields=["key", field])
                break
        found = {value_of(hit, "key"): (cosine_of(hit), value_of(hit, field)) for hit in hits}
        best: dict[str, list[float]] = {}  # of each section
        for key, (cosine, section) in found.items():
            best.setdefault(section or key, []).append(max(cosine, 0.0))
        strengths: dict[str, Strength] = {}
        for key, (cosine, section) in found.items():
            around = sum(best[section or key][:MAX_OF_SECTION]) / MAX_OF_SECTION
            strengths[key] = Strength(cosine, round(max(cosine, 0.0), _PLACES), round(around, _PLACES))
        return strengths

    def more_like(self, ids: Sequence[str], group: str, limit: int) -> tuple[Hit, ...]:
        """Return the documents nearest to the mean vector of the given ones, none if there are too many to compare."""
        own = with_keys(dict.fromkeys(ids))
        hits = self._hits(own) if self.centring.size <= MAX_COMPARED else []
        if not hits:
            return ()
        # A document without a vector has values, too.
        values = self._generation.values(group, own)
        others = {"bool": {"must_not": [with_values(group, sorted(values)), own]}}
        mean = comparing.mean_of(read_vectors(hits))
        nearest = self._nearest(
            mean, others, size=limit, below=COPY_COSINE, _source=["stored"], docvalue_fields=["key"]
        )
        near = [(cosine, hit) for hit in nearest if (cosine := cosine_of(hit)) >= MIN_COSINE]
        return tuple(Hit(value_of(hit, "key"), cosine, received(hit["_source"]["stored"])) for cosine, hit in near)

    def similarity(self, ids: Sequence[str], other_ids: Sequence[str], context: str) -> tuple[tuple[float, ...], ...]:
        """Return a row of cosines for each of `ids`, to each of `other_ids` (`index.engine.IndexReader.similarity`)."""
        field = f"facet.{context}"
        fields: Mapping[str, Any] = {"_source": False, "docvalue_fields": ["key", "vector", "scale", field]}
        own = self._hits(with_keys(dict.fromkeys((*ids, *other_ids))), **fields)
        hits = {value_of(hit, "key"): hit for hit in own}
        if not ids or not other_ids or not hits.keys() >= {*ids, *other_ids}:
            return ()
        contexts: dict[str, list[str]] = {value: [] for hit in own if (value := value_of(hit, field))}
        query = self._generation.filtered(self._having, with_values(context, sorted(contexts)))
        for hit in self._generation.every({"query": query, "sort": ["rank", "place"], **fields}):
            contexts[value_of(hit, field)].append(value_of(hit, "key"))
            hits[value_of(hit, "key")] = hit
        row_of = {key: row for row, key in enumerate(hits)}

        def rows(keys: Sequence[str]) -> Numbers:
            return np.array([row_of[key] for key in keys], np.int32)

        index = comparing.VectorIndex(read_vectors([*hits.values()]))
        cosines = index.contextual_cosines(rows(ids), rows(other_ids), map(rows, contexts.values()), self.centring.mean)
        return tuple(map(tuple, cosines.tolist()))

    def embed(self, progress: Callable[[int, int], None], most: int | None = None) -> bool:
        """Make the vectors that documents lack, newest first, as `Engine.embed` says."""
        coverage, generation = self.coverage(), self._generation
        done, bulk = coverage.embedded, Bulk(generation.connection, generation.index)
        end = coverage.documents if most is None else done + most
        body = {
            "size": _EMBEDDED_AT_ONCE,
            "query": generation.filtered(_HAS_PASSAGE, {"bool": {"must_not": [self._having]}}),
            "sort": [{"date": {"order": "desc", "missing": "_last"}}],
            "_source": ["passage", "text"],
        }
        while page := generation.hits(body):
            if done >= end:
                return False
            progress(done, coverage.documents)
            texts = {hit["_source"]["passage"]: received(hit["_source"]["text"]) for hit in page}
            for made in self._made(texts):
                documents = [hit for hit in page if hit["_source"]["passage"] in made]
                bulk.write(action("update", hit["_id"], {"doc": made[hit["_source"]["passage"]]}) for hit in documents)
                done += len(documents)
                progress(done, coverage.documents)
            generation.connection.write("POST", f"/{generation.index}/_refresh")
            self._recent = None
        return True

    def _made(self, texts: Mapping[str, str]) -> Iterator[Mapping[str, Mapping[str, Any]]]:
        """Yield the vectors of texts as fields of their documents: first copies of any generation, then new ones."""
        hits = self._copies(list(texts))
        known = self._fields([value_of(hit, "passage") for hit in hits], read_vectors(hits))
        yield known
        missing = [name for name in texts if name not in known]
        for begin in range(0, len(missing), BATCH):
            names = missing[begin : begin + BATCH]
            made = self._embedder.passages([texts[name] for name in names])
            yield self._fields(names, comparing.quantised(made))

    def _fields(self, names: Sequence[str], vectors: Quantised) -> Mapping[str, Mapping[str, Any]]:
        encoded = (b64encode(numbers.tobytes()).decode() for numbers in vectors.numbers)
        rows = zip(names, encoded, vectors.scales.tolist(), strict=True)
        return {name: {"vector": one, "scale": scale, "model": self._model} for name, one, scale in rows}

    def _copies(self, names: Sequence[str]) -> list[Mapping[str, Any]]:
        """Return documents of any generation, or of the index before, that have a vector of some texts."""
        query = {"bool": {"filter": [self._having, {"terms": {"passage": list(names)}}]}}
        connection = self._generation.connection
        body = {"size": _MAX_WINDOW, "query": query, **_VECTORS}
        return list(connection.search(f"{connection.address.index}-*", body)[0]["hits"]["hits"])

    def _nearest(self, text: Vectors, *filters: Filter, below: float = 2.0, **options: object) -> list[Any]:
        """Return the documents nearest a vector; those with a cosine of `below` or more come last."""
        centring, query = self.centring, self.centring.centred(text)
        mean = comparing.quantised(centring.mean.astype(np.float32)[None])
        params = {
            "query": _characters(query),  # which a script reads faster than numbers
            "queryScale": float(query.scales[0]),
            "apart": float(centring.mean @ query.floats[0]),
            "far": float(centring.query_norms(query)[0]),
            "mean": _characters(mean),
            "meanScale": float(mean.scales[0]),
            "meanSquare": float(centring.mean @ centring.mean),
            "least": MIN_NORM**2,
            "below": below,
        }
        order = [{"_score": "desc"}, {"rank": "asc"}, {"place": "asc"}]
        return self._hits(*filters, script={"source": _COSINE, "params": params}, sort=order, **options)

    def _hits(self, *filters: Filter, script: object = None, **options: object) -> list[Any]:
        """Return the documents with a vector that pass some filters, with their vectors."""
        query = self._generation.filtered(self._having, *filters)
        scored = {"script_score": {"query": query, "script": script}} if script else query
        return self._generation.hits({"size": _MAX_WINDOW, "query": scored, **_VECTORS, **options})


def read_vectors(hits: Sequence[Mapping[str, Any]]) -> Quantised:
    """Return the vectors of hits, which all have one."""
    # A cluster leaves out the padding of base64; a surplus does no harm.
    numbers = [np.frombuffer(b64decode(value_of(hit, "vector") + "=="), np.int8) for hit in hits]
    scales = np.array([value_of(hit, "scale") for hit in hits], np.float32).astype(np.float64)
    return Quantised(np.stack(numbers) if numbers else np.empty((0, 0), np.int8), scales)


def value_of(hit: Mapping[str, Any], field: str) -> Any:  # noqa: ANN401  # a text or a number
    """Return the first value of a field of a hit, None if it has none."""
    return next(iter(hit.get("fields", {}).get(field) or ()), None)


def cosine_of(hit: Mapping[str, Any]) -> float:
    """Return the cosine that the script computed for a hit."""
    return min(round(float(hit["_score"]) - 1, 6), 1.0)  # single precision


def _characters(vectors: Quantised) -> str:
    return bytes((vectors.numbers[0].astype(np.int16) + 128).astype(np.uint8)).decode("latin-1")
