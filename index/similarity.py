"""Similarity: how near the vectors of documents are to that of a query, and when that means something; for all engines.

All texts of a field point nearly the same way, so vectors are compared as they differ from the mean of all documents.
What that gives tells whether there is an answer. For the order, the few directions in which documents differ most are
left out too: they tell of what sort a text is, not what it says (docs/relevance.md, with all that was tried).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from index.embedder import EmbeddingError, Vectors
from index.ranking import AROUND
from index.sign_bit_sketch import SignBitSketch

Figures = NDArray[np.float64]
Places = NDArray[np.int32]

LEAST_COSINE, MOST_FOUND = 0.25, 200  # of documents that are found by similarity
_COMMON, _FEWEST_FOR_COMMON = 3, 300  # directions left out for the order, where there are so many documents
SAMPLE = 2000  # documents from which the directions are learned
# Of more documents only one of so many is looked at in full, those that lie on the query's side of the mean along most
# axes: of the 200 nearest that loses fewer than one (docs/relevance.md).
_MOST_EXACT, _ONE_OF = 20_000, 25
_BLOCK = 512  # vectors made floats at a time: 768 kB, which stay in the processor's cache
SAME = 0.97  # the cosine of texts that differ in a mark or a word
SHORT = 0.05  # how far from the mean a vector must be for its direction to be more than rounding
_COUNTED_BESIDE = 3  # documents: so much the mean of all counts beside those of a place; of 0, 1 and 3 it was best
_PLACES = 6  # of what is compared; sums of the same figures in another order differ in the fifteenth


class Quantised(Struct, frozen=True):
    """Vectors as whole numbers from -127 to 127, a row each, and what each row is to be multiplied by.

    A quarter of the memory; and a product of two is a whole number below 2 ** 24, which floats add up without rounding
    in whatever order, so that all engines agree.
    """

    numbers: NDArray[np.int8]
    scales: Figures

    @property
    def floats(self) -> Figures:
        """The vectors themselves."""
        floats: Figures = np.multiply(self.numbers, self.scales[:, None])
        return floats

    def times(self, others: "Quantised") -> Figures:
        """Return the products of each row with each of a few others."""
        columns = others.numbers.T.astype(np.float32)
        products = [block @ columns for block in self.blocks()]
        whole = np.concatenate([np.empty((0, len(others.scales))), *products])
        return whole * self.scales[:, None] * others.scales

    def only(self, rows: Places) -> "Quantised":
        """Return some of the rows."""
        return Quantised(self.numbers.take(rows, axis=0), self.scales.take(rows))  # twice as fast as by an index

    def above(self, point: Figures) -> Iterator[NDArray[np.bool_]]:
        """Yield along which axes each row lies above a point, some rows at a time."""
        for begin in range(0, len(self.scales), _BLOCK):
            scales = self.scales[begin : begin + _BLOCK, None].astype(np.float32)
            yield self.numbers[begin : begin + _BLOCK] * scales > point.astype(np.float32)

    def blocks(self) -> Iterator[NDArray[np.float32]]:
        """Yield the rows as floats, some at a time, not yet multiplied by the scales."""
        for begin in range(0, len(self.scales), _BLOCK):
            yield self.numbers[begin : begin + _BLOCK].astype(np.float32)


def quantised(vectors: Vectors) -> Quantised:
    """Return vectors as whole numbers."""
    scales = (np.maximum(np.abs(vectors).max(axis=1), 1e-9) / 127).astype(np.float32)
    return Quantised(np.rint(vectors / scales[:, None]).astype(np.int8), scales.astype(np.float64))


def mean_of(vectors: Quantised) -> Vectors:
    """Return the mean of vectors."""
    mean: Vectors = vectors.floats.mean(axis=0).astype(np.float32)
    return mean


def finding(asked: Quantised) -> Quantised:
    """Return of what is asked the part that finds."""
    return Quantised(asked.numbers[:1], asked.scales[:1])


def evenly(size: int) -> Places:
    """Return the rows of a sample, evenly from all."""
    return np.linspace(0, size - 1, min(size, SAMPLE)).astype(np.int32)


class Centring:
    """From where vectors are compared: the mean of `size` documents and the directions in which they differ most.

    Both are learned from a sample of the documents.
    """

    def __init__(self, sample: Quantised, size: int) -> None:
        self._sample = sample.floats
        self.size = size

    def asked(self, query: Vectors) -> Quantised:
        """Return the vector of a query as it differs from the mean, and the same without the common directions.

        Raises EmbeddingError where it is of another size than those of the documents: then it is of another model.
        """
        dimensions = self._sample.shape[1]
        if len(query) != dimensions:
            raise EmbeddingError(f"the model made {len(query)} numbers of the query, and {dimensions} of each document")
        centred = query - self.mean
        ordering = centred - self._common @ (self._common.T @ centred)
        return quantised(np.stack([centred, ordering]).astype(np.float32))

    def cosines(self, asked: Quantised, vectors: Quantised, lengths: Figures) -> Figures:
        """Return how like vectors of such lengths are to what is asked: the cosines that find, and those that order.

        Of what finds alone (`finding`) only the first.
        """
        far = self.far(asked)
        products: Figures = (vectors.times(asked) - self.mean @ asked.floats.T) / far
        return (products.T / lengths[: len(far)]).clip(-1, 1).round(_PLACES)

    def far(self, asked: Quantised) -> Figures:
        """Return how long what is asked is."""
        lengths: Figures = np.maximum(np.linalg.norm(asked.floats, axis=1), SHORT)
        return lengths

    def lengths(self, vectors: Quantised) -> Figures:
        """Return how far each vector is from the mean, in all directions and in those of the order."""
        axes = quantised(np.vstack([self.mean, self._common.T]).astype(np.float32))
        to_mean, *along = vectors.times(axes).T
        square = 1 - 2 * to_mean + self.mean @ self.mean
        less = sum(((part - self.mean @ axis) ** 2 for part, axis in zip(along, self._common.T, strict=True)), 0.0)
        lengths: Figures = np.sqrt(np.maximum(np.stack([square, square - less]), SHORT**2))
        return lengths

    @cached_property
    def mean(self) -> Figures:
        """The mean of the sample."""
        mean: Figures = self._sample.mean(axis=0)
        return mean

    @cached_property
    def _common(self) -> Figures:
        """The directions in which documents differ most, a column each; none where there are few documents."""
        if self.size < _FEWEST_FOR_COMMON:
            return np.empty((len(self.mean), 0))
        centred = self._sample - self.mean
        directions: Figures = np.linalg.eigh(centred.T @ centred)[1][:, -_COMMON:]
        return directions


class VectorIndex:
    """The vectors of documents, in the order of their positions: a row each."""

    def __init__(self, vectors: Quantised) -> None:
        self._vectors = vectors
        self.size = len(vectors.scales)

    def mean(self, rows: Places) -> Vectors:
        """Return the mean of the vectors of some documents."""
        return mean_of(self._vectors.only(rows))

    @property
    def centre(self) -> Figures:
        """The mean of all documents, as a sample of them tells it."""
        return self._centring.mean

    def among(self, rows: Places, others: Places, around: Iterable[Places], centre: Figures) -> Figures:
        """Return how like each of some documents is to each of others, as each differs from what stands around it.

        `around` are the documents of each place where any of them lies; each lies in one at most. `centre` is the mean
        of all documents, which counts as a few of each place.
        """
        both, place_of = np.unique(np.concatenate([rows, others]), return_inverse=True)
        away = self._vectors.only(both).floats - centre
        for place in around:
            beside = self._vectors.only(place).floats - centre
            away[np.isin(both, place)] -= beside.sum(axis=0) / (len(place) + _COUNTED_BESIDE)
        unit = away / np.maximum(np.linalg.norm(away, axis=1, keepdims=True), SHORT)
        cosines: Figures = np.round(unit[place_of[: len(rows)]] @ unit[place_of[len(rows) :]].T, _PLACES)
        return cosines

    def asked(self, query: Vectors) -> Quantised:
        """Return the vector of a query as it is compared (`Centring.asked`)."""
        return self._centring.asked(query)

    def cosines(self, asked: Quantised, rows: Places | None = None) -> Figures:
        """Return how like some documents, else all, are to what is asked (`Centring.cosines`)."""
        if rows is None:
            return self._centring.cosines(asked, self._vectors, self._lengths)
        return self._centring.cosines(asked, self._vectors.only(rows), self._lengths.take(rows, axis=1))

    def nearest(self, asked: Quantised) -> tuple[Places, Figures]:
        """Return the documents that are nearest what is asked, in order, and their cosines; all where there are few."""
        if self.size <= _MOST_EXACT:
            return np.arange(self.size, dtype=np.int32), self.cosines(finding(asked))[0]
        rows = self._sketch.nearest(asked.numbers[0].astype(np.float64), self.size // _ONE_OF).astype(np.int32)
        return rows, self.cosines(finding(asked), rows)[0]

    @cached_property
    def _centring(self) -> Centring:
        """What documents evenly from all tell."""
        return Centring(self._vectors.only(evenly(self.size)), self.size)

    @cached_property
    def _lengths(self) -> Figures:
        return self._centring.lengths(self._vectors)

    @cached_property
    def _sketch(self) -> SignBitSketch:
        return SignBitSketch(self._vectors.above(self._centring.mean))


@dataclass(frozen=True)
class DocumentVectors:
    """Those of `size` documents that have a vector, in the order of their positions, and their vectors."""

    docs: Places
    space: VectorIndex
    size: int

    @cached_property
    def rows(self) -> Places:
        """The row of the vector of each document, -1 where it has none."""
        rows = np.full(self.size, -1, np.int32)
        rows[self.docs] = np.arange(len(self.docs), dtype=np.int32)
        return rows


def around(docs: Places, sections: Places, cosines: Figures) -> Figures:
    """Return for each of some documents the sum of the greatest cosines in its section, over how many those may be."""
    order = np.lexsort((-cosines, sections))
    ordered = sections[order]
    begins = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]]) if len(docs) else np.empty(0, np.intp)
    number = np.cumsum(np.r_[True, ordered[1:] != ordered[:-1]]) - 1 if len(docs) else np.empty(0, np.intp)
    counted = np.where(np.arange(len(docs)) - begins[number] < AROUND, cosines[order], 0.0)
    sums = np.empty(len(docs))
    sums[order] = np.bincount(number, counted, len(begins))[number] / AROUND
    return sums


class Similarity:
    """How like documents are to a query; of those without a vector nothing is known."""

    def __init__(self, vectors: DocumentVectors, query: Vectors) -> None:
        self._vectors = vectors
        self._asked = vectors.space.asked(query)
        rows, self._cosines = vectors.space.nearest(self._asked)
        self._near = vectors.docs[rows]

    @property
    def nbytes(self) -> int:
        """How many bytes it takes."""
        return self._near.nbytes + self._cosines.nbytes + self._asked.numbers.nbytes

    def of(self, docs: Places) -> Figures:
        """Return how like some documents are to the query: the cosines that find them, and those that order them."""
        rows = self._vectors.rows[docs]
        known = rows >= 0
        cosines = np.zeros((2, len(docs)))
        cosines[:, known] = self._vectors.space.cosines(self._asked, rows[known])
        return cosines

    def found(self, candidates: NDArray[np.bool_], *, copies: bool = True) -> Places:
        """Return which of the candidates are found by similarity, most like first, then in the order of positions.

        Without `copies` none is that says the same as what is asked.
        """
        like = candidates[self._near] & (self._cosines >= LEAST_COSINE) & (copies | (self._cosines < SAME))
        order = np.argsort(-self._cosines[like], kind="stable")
        return self._near[like][order][:MOST_FOUND]
