"""How like documents on a cluster are to a query and to each other: what is found by that, and what it adds to a score.

Exact over what words and filters leave: all documents that may be found are looked at; where they are too many, those
that have a word of the query; where these are too, none. Similarity puts the best by their words in order, and no
others.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from index.embedder import Vectors
from index.engine import Hit
from index.opensearch_engine.batching import RequestBatch
from index.opensearch_engine.filters import Filter, counting, counts_in, with_keys
from index.opensearch_engine.mapping import received
from index.opensearch_engine.vectors import (
    GenerationVectors,
    VectorView,
    nearest,
    read_vectors,
    value_of,
    with_vectors,
)
from index.ranking import WEIGHTS
from index.similarity import (
    COPY_COSINE,
    MAX_SIMILAR,
    MIN_COSINE,
    Centring,
    Floats,
    Numbers,
    Quantised,
    VectorIndex,
    mean_of,
    section_boost,
)

MOST_LOOKED_AT = 200_000  # documents: a node looks at some 700,000 a second
MOST_RANKED = 500  # documents, the best by their words, that similarity puts in order
_KEY = 120  # bytes of an id with its cosine


class _Ranked(NamedTuple):
    """A document that is put in order: its section, and how like the query it is, as in `Strength`."""

    key: str
    section: str | None
    cosine: float
    own: float


class Strength(NamedTuple):
    """How like a query a document is: the cosine that finds, that which orders, and what its section adds."""

    cosine: float
    own: float
    section_boost: float

    def points(self, most: float) -> float:
        """Return what is added to the score, all words giving so much at most."""
        return most * (WEIGHTS["likeness"] * self.own + WEIGHTS["around"] * self.section_boost)


_NONE: Sequence[_Ranked] = ()
_NOTHING: tuple[Sequence[str], Floats] = ((), np.empty(0))


class Similarity:
    """How like documents of one generation are to a text."""

    def __init__(self, batch: RequestBatch, view: VectorView, query: Vectors) -> None:
        self._batch = batch
        self._centring = view.centring
        self._having = view.having
        self._query = view.centring.centred(query)

    def found(self, candidates: Sequence[Filter], words: Filter) -> Sequence[str]:
        """Return the ids of the candidates that are found by similarity."""
        looked = self._looked_at(candidates, words)
        if looked is None:
            return ()
        keys, cosines = self._nearest(looked)
        return [key for key, cosine in zip(keys, cosines.tolist(), strict=True) if cosine >= MIN_COSINE]

    def strengths(self, bodies: Iterable[Mapping[str, Any]], sections: str | None) -> Mapping[str, Strength]:
        """Return how like the query the first documents of some searches are, by their ids."""
        fields = with_vectors(*([f"facet.{sections}"] if sections else []))
        every = [{**body, "size": MOST_RANKED, "track_total_hits": False, **fields} for body in bodies]
        read = partial(self._ranked, sections)
        ranked = list(dict.fromkeys(one for body in every for one in self._batch.ask(body, read, _NONE, None)))
        names = [one.section or one.key for one in ranked]
        places = {name: place for place, name in enumerate(dict.fromkeys(names))}
        beside = section_boost(
            np.array([places[name] for name in names], np.int32),
            np.array([one.own for one in ranked]),
        )
        strengths = (Strength(one.cosine, one.own, two) for one, two in zip(ranked, beside.tolist(), strict=True))
        return dict(zip((one.key for one in ranked), strengths, strict=True))

    def _ranked(self, sections: str | None, answer: Mapping[str, Any]) -> Sequence[_Ranked]:
        """Return how like the query the hits of an answer are; of those without a vector nothing is known."""
        hits = answer["hits"]["hits"]
        having = [hit for hit in hits if value_of(hit, "vector")]
        cosines = dict(zip(map(_key, having), cosines_of(self._centring, self._query, having).T.tolist(), strict=True))
        return [
            _Ranked(_key(hit), value_of(hit, f"facet.{sections}"), *cosines.get(_key(hit), (0.0, 0.0))) for hit in hits
        ]

    def _looked_at(self, candidates: Sequence[Filter], words: Filter) -> Sequence[Filter] | None:
        """Return which of the candidates are looked at, None where they are too many or not counted yet."""
        for some in (candidates, (*candidates, words)):
            if self._batch.count(self._having, *some, guess=MOST_LOOKED_AT + 1) <= MOST_LOOKED_AT:
                return some
        return None

    def _nearest(self, among: Sequence[Filter]) -> tuple[Sequence[str], Floats]:
        """Return the ids of the documents that are nearest the query, and their cosines."""
        query = self._query.match_row
        body = nearest(self._centring, query, self._batch.requests.of_generation(self._having, *among), MAX_SIMILAR)

        def read(answer: Mapping[str, Any]) -> tuple[Sequence[str], Floats]:
            hits = answer["hits"]["hits"]
            return tuple(map(_key, hits)), cosines_of(self._centring, query, hits)[0]

        return self._batch.ask(body, read, _NOTHING, lambda found: _KEY * len(found[0]))


def cosines_of(centring: Centring, query: Quantised, hits: Sequence[Mapping[str, Any]]) -> Floats:
    """Return how like a query some hits are that have a vector (`Centring.cosines`)."""
    if not hits:
        return np.empty((len(query.scales), 0))
    vectors = read_vectors(hits)
    return centring.cosines(query, vectors, centring.norms(vectors))


def _key(hit: Mapping[str, Any]) -> str:
    return str(value_of(hit, "key"))


_MOST_DOCUMENTS = 10_000  # that are looked for by their ids, what a cluster by itself gives at once
_PLACES_AT_ONCE = 10  # talks and reports, of at most a thousand documents each


def more_like(vectors: GenerationVectors, ids: Sequence[str], group: str, limit: int) -> tuple[Hit, ...]:
    """Return the documents that are most like the mean of some, as `index.engine.Reader.more_like` says.

    None where there are too many to look at.
    """
    view = vectors.view()
    if view is None or view.centring.size > MOST_LOOKED_AT:
        return ()
    centring, field, asked = view.centring, f"facet.{group}", with_keys([*dict.fromkeys(ids)])
    own = _with_vectors(vectors, view, [asked], field)
    if not own:
        return ()
    query = centring.centred(mean_of(read_vectors(own))).match_row
    # Of all that are asked: one without a vector has values, too.
    values = counts_in(vectors.requests.search(counting(vectors.requests.of_generation(asked), field))[0])
    others = {"bool": {"must_not": [{"terms": {field: sorted(values)}}, asked]}}
    body = nearest(centring, query, vectors.requests.of_generation(view.having, others), MAX_SIMILAR, COPY_COSINE)
    hits = vectors.requests.search({**body, "_source": ["stored"], "stored_fields": ["_source"]})[0]["hits"]["hits"]
    cosines = cosines_of(centring, query, hits)[0].tolist()
    found = [(hit, cosine) for hit, cosine in zip(hits, cosines, strict=True) if MIN_COSINE <= cosine < COPY_COSINE]
    found.sort(key=lambda one: -one[1])
    return tuple(Hit(value_of(hit, "key"), cosine, received(hit["_source"]["stored"])) for hit, cosine in found[:limit])


def similarity(
    vectors: GenerationVectors, some: Sequence[str], others: Sequence[str], context: str
) -> tuple[tuple[float, ...], ...]:
    """Return the cosine of each of some documents to each of others, as `index.engine.Reader.similarity` says."""
    field, view = f"facet.{context}", vectors.view()
    if not some or not others or view is None:
        return ()
    hits = {
        value_of(hit, "key"): hit
        for hit in _with_vectors(vectors, view, [with_keys([*dict.fromkeys((*some, *others))])], field)
    }
    if not hits.keys() >= {*some, *others}:
        return ()
    values = sorted({value_of(hit, field) for hit in hits.values() if value_of(hit, field)})
    places: dict[str, list[str]] = {value: [] for value in values}
    begins = range(0, len(values), _PLACES_AT_ONCE)
    filters = [{"terms": {field: values[begin : begin + _PLACES_AT_ONCE]}} for begin in begins]
    for hit in _with_vectors(vectors, view, filters, field):
        places[value_of(hit, field)].append(value_of(hit, "key"))
        hits[value_of(hit, "key")] = hit
    row_of = {key: row for row, key in enumerate(hits)}

    def rows(keys: Sequence[str]) -> Numbers:
        return np.array([row_of[key] for key in keys], np.int32)

    space = VectorIndex(read_vectors([*hits.values()]))
    cosines = space.contextual_cosines(rows(some), rows(others), map(rows, places.values()), view.centring.mean)
    return tuple(map(tuple, cosines.tolist()))


def _with_vectors(
    vectors: GenerationVectors, view: VectorView, filters: Sequence[Filter], field: str
) -> list[Mapping[str, Any]]:
    """Return the documents that any of some filters lets pass and that have a vector, with it and a field."""
    fields = {"size": _MOST_DOCUMENTS, **with_vectors(field)}
    bodies = [{"query": vectors.requests.of_generation(view.having, one), **fields} for one in filters]
    return [hit for answer in (vectors.requests.search(*bodies) if bodies else ()) for hit in answer["hits"]["hits"]]
