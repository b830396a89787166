"""How like documents on a cluster are to a query: which are found by that, and what it adds to the score of the best.

Exact over what words and filters leave: all documents that may be found are looked at; where they are too many, those
that have a word of the query; where these are too, none. Similarity puts the best by their words in order, and no
others.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from index.embedder import Vectors
from index.opensearch_engine.batching import RequestBatch
from index.opensearch_engine.filters import Filter
from index.opensearch_engine.meaning import View
from index.opensearch_engine.vectors import nearest, read_vectors, value_of, with_vectors
from index.ranking import SIGNALS
from index.similarity import LEAST_COSINE, MOST_FOUND, Figures, Quantised, around, finding

MOST_LOOKED_AT = 200_000  # documents: a node looks at some 700,000 a second
MOST_RANKED = 500  # documents, the best by their words, that similarity puts in order
_KEY = 120  # bytes of an id with its cosine
_WEIGHTS = {signal.name: signal.weight for signal in SIGNALS}


class _Ranked(NamedTuple):
    """A document that is put in order: its section, and how like the query it is, as in `Strength`."""

    key: str
    section: str | None
    cosine: float
    own: float


class Strength(NamedTuple):
    """How like a query a document is: the cosine that finds, that which orders, and what is found around it."""

    cosine: float
    own: float
    around: float

    def points(self, most: float) -> float:
        """Return what is added to the score, all words giving so much at most."""
        return most * (_WEIGHTS["likeness"] * self.own + _WEIGHTS["around"] * self.around)


_NONE: Sequence[_Ranked] = ()
_NOTHING: tuple[Sequence[str], Figures] = ((), np.empty(0))


class Similarity:
    """How like documents of one generation are to a text."""

    def __init__(self, asked: RequestBatch, view: View, query: Vectors) -> None:
        self._round = asked
        self._centring = view.frame
        self._having = view.having
        self._query = view.frame.asked(query)

    def found(self, candidates: Sequence[Filter], words: Filter) -> Sequence[str]:
        """Return the ids of the candidates that are found by similarity."""
        looked = self._looked_at(candidates, words)
        if looked is None:
            return ()
        keys, cosines = self._nearest(self._query, looked)
        return [key for key, cosine in zip(keys, cosines.tolist(), strict=True) if cosine >= LEAST_COSINE]

    def strengths(self, bodies: Iterable[Mapping[str, Any]], sections: str | None) -> Mapping[str, Strength]:
        """Return how like the query the first documents of some searches are, by their ids."""
        fields = with_vectors(*([f"facet.{sections}"] if sections else []))
        every = [{**body, "size": MOST_RANKED, "track_total_hits": False, **fields} for body in bodies]
        read = partial(self._ranked, sections)
        ranked = list(dict.fromkeys(one for body in every for one in self._round.ask(body, read, _NONE, None)))
        names = [one.section or one.key for one in ranked]
        places = {name: place for place, name in enumerate(dict.fromkeys(names))}
        near = around(
            np.arange(len(ranked), dtype=np.int32),
            np.array([places[name] for name in names], np.int32),
            np.array([one.own for one in ranked]),
        )
        return {
            one.key: Strength(one.cosine, one.own, beside) for one, beside in zip(ranked, near.tolist(), strict=True)
        }

    def _ranked(self, sections: str | None, answer: Mapping[str, Any]) -> Sequence[_Ranked]:
        """Return how like the query the hits of an answer are; of those without a vector nothing is known."""
        hits = answer["hits"]["hits"]
        having = [hit for hit in hits if value_of(hit, "vector")]
        cosines = dict(zip(map(_key, having), self._cosines(self._query, having).T.tolist(), strict=True))
        return [
            _Ranked(_key(hit), value_of(hit, f"facet.{sections}"), *cosines.get(_key(hit), (0.0, 0.0))) for hit in hits
        ]

    def _looked_at(self, candidates: Sequence[Filter], words: Filter) -> Sequence[Filter] | None:
        """Return which of the candidates are looked at, None where they are too many or not counted yet."""
        for some in (candidates, (*candidates, words)):
            if self._round.count(self._having, *some, guess=MOST_LOOKED_AT + 1) <= MOST_LOOKED_AT:
                return some
        return None

    def _nearest(self, asked: Quantised, among: Sequence[Filter]) -> tuple[Sequence[str], Figures]:
        """Return the ids of the documents that are nearest what is asked, and their cosines."""
        body = nearest(self._centring, finding(asked), self._round.held(self._having, *among), MOST_FOUND)

        def read(answer: Mapping[str, Any]) -> tuple[Sequence[str], Figures]:
            hits = answer["hits"]["hits"]
            return tuple(map(_key, hits)), self._cosines(finding(asked), hits)[0]

        return self._round.ask(body, read, _NOTHING, lambda told: _KEY * len(told[0]))

    def _cosines(self, asked: Quantised, hits: Sequence[Mapping[str, Any]]) -> Figures:
        """Return how like what is asked some hits are that have a vector."""
        if not hits:
            return np.empty((len(asked.scales), 0))
        vectors = read_vectors(hits)
        return self._centring.cosines(asked, vectors, self._centring.lengths(vectors))


def _key(hit: Mapping[str, Any]) -> str:
    return str(value_of(hit, "key"))
