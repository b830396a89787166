"""Likeness: how near the vectors of documents are to that of a query, and when that means something; for every engine.

All texts of a field point nearly the same way, so vectors are compared as they differ from the mean of all documents.
What that gives tells whether there is an answer. For the order, the few directions in which documents differ most are
left out too: they tell of what sort a text is, not what it says. Both are told by `docs/relevance.md`, with what was
tried.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from math import log, sqrt

import numpy as np
from numpy.typing import NDArray

from index.embedding import EmbeddingError, Vectors

Figures = NDArray[np.float64]
Places = NDArray[np.int32]

LEAST_COSINE, MOST_FOUND = 0.25, 200  # of documents that are found by likeness
_GATE = 0.112  # times the root of the logarithm of the number of documents, as the best of so many grows by chance
_FEWEST = 30  # documents: what is common to fewer cannot be told from what they say
_COMMON, _FEWEST_FOR_COMMON = 3, 300  # directions left out for the order, where there are so many documents
_SAMPLE = 2000  # documents from which the directions are learned
_BLOCK = 2048  # vectors made floats at a time: 3 MB, which stay in the processor's cache
_PLACES = 6  # of what is compared; sums of the same figures in another order differ in the fifteenth


@dataclass(frozen=True, slots=True)
class Quantised:
    """Vectors as whole numbers from -127 to 127, a row each, and what each row is to be multiplied by.

    A quarter of the memory; and a product of two is a whole number below 2 ** 24, which floats add up without rounding
    in whatever order, so that all engines agree.
    """

    numbers: NDArray[np.int8]
    scales: Figures

    def times(self, others: "Quantised") -> Figures:
        """Return the products of each row with each of a few others."""
        columns = others.numbers.T.astype(np.float32)
        products = [block @ columns for block in self._blocks()]
        whole = np.concatenate([np.empty((0, len(others.scales))), *products])
        return whole * self.scales[:, None] * others.scales

    def at(self, places: NDArray[np.intp]) -> Vectors:
        """Return some rows as the vectors that they are."""
        vectors: Vectors = (self.numbers[places] * self.scales[places, None]).astype(np.float32)
        return vectors

    def _blocks(self) -> Iterator[NDArray[np.float32]]:
        for begin in range(0, len(self.scales), _BLOCK):
            yield self.numbers[begin : begin + _BLOCK].astype(np.float32)


def quantised(vectors: Vectors) -> Quantised:
    """Return vectors as whole numbers."""
    scales = (np.maximum(np.abs(vectors).max(axis=1), 1e-9) / 127).astype(np.float32)
    return Quantised(np.rint(vectors / scales[:, None]).astype(np.int8), scales.astype(np.float64))


@dataclass(frozen=True, slots=True)
class Likeness:
    """How like each document is to a query: the cosine by which it is found, and the one by which it is ordered.

    `documents` is how many have a vector; of the others both are 0.
    """

    cosines: Figures
    order: Figures
    documents: int

    @classmethod
    def none(cls, size: int) -> "Likeness":
        """Return what is known of so many documents where nothing is."""
        return cls(np.zeros(size), np.zeros(size), 0)

    def spread(self, places: Places, size: int) -> "Likeness":
        """Return the same for `size` documents, of which these have a vector."""
        wider = Likeness(np.zeros(size), np.zeros(size), self.documents)
        wider.cosines[places], wider.order[places] = self.cosines, self.order
        return wider

    def tells(self, named: NDArray[np.bool_]) -> bool:
        """Tell whether there is an answer: whether a document that has what the query names is like enough."""
        if self.documents < _FEWEST:
            return False
        return float(self.cosines[named].max(initial=0.0)) >= _GATE * sqrt(log(self.documents))

    def found(self, candidates: Places) -> Places:
        """Return which of the candidates are found by likeness, most like first."""
        like = candidates[self.cosines[candidates] >= LEAST_COSINE]
        return like[np.argsort(-self.cosines[like], kind="stable")][:MOST_FOUND]


class Space:
    """The vectors of documents, in the order of their positions."""

    def __init__(self, vectors: Quantised) -> None:
        self._vectors = vectors

    def likeness(self, query: Vectors) -> Likeness:
        """Return how like each document is to the vector of a query.

        Raises EmbeddingError where that is of another size: then it is of another model.
        """
        size = len(self._vectors.scales)
        if not size:
            return Likeness.none(0)
        if len(query) != self._vectors.numbers.shape[1]:
            raise EmbeddingError(
                f"the model made {len(query)} numbers of the query, and {self._vectors.numbers.shape[1]} of documents"
            )
        centred = query - self._mean
        ordering = centred - self._common @ (self._common.T @ centred)
        own = quantised(np.stack([centred, ordering]).astype(np.float32))
        products = self._vectors.times(own) - self._mean @ (own.numbers * own.scales[:, None]).T
        lengths = np.linalg.norm(own.numbers * own.scales[:, None], axis=1)
        found, order = (products / np.maximum(lengths, 1e-9)).T / self._lengths
        return Likeness(np.round(found, _PLACES), np.round(order, _PLACES), size)

    @cached_property
    def _sample(self) -> Vectors:
        """The vectors of documents evenly from all."""
        size = len(self._vectors.scales)
        return self._vectors.at(np.unique(np.linspace(0, size - 1, min(size, _SAMPLE)).astype(np.intp)))

    @cached_property
    def _mean(self) -> Figures:
        mean: Figures = self._sample.mean(axis=0, dtype=np.float64)
        return mean

    @cached_property
    def _common(self) -> Figures:
        """The directions in which documents differ most, a column each; none where there are few documents."""
        if len(self._vectors.scales) < _FEWEST_FOR_COMMON:
            return np.empty((len(self._mean), 0))
        centred = self._sample - self._mean
        _, directions = np.linalg.eigh(centred.T @ centred)
        return directions[:, -_COMMON:]

    @cached_property
    def _lengths(self) -> Figures:
        """How far each vector is from the mean, in all directions and in those of the order."""
        own = quantised(np.vstack([self._mean, self._common.T]).astype(np.float32))
        to_mean, *along = self._vectors.times(own).T
        square = 1 - 2 * to_mean + self._mean @ self._mean
        less = sum(((part - self._mean @ axis) ** 2 for part, axis in zip(along, self._common.T, strict=True)), 0.0)
        lengths: Figures = np.sqrt(np.maximum(np.stack([square, square - less]), 1e-6))
        return lengths
