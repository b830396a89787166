"""Similarity: how near the vectors of documents are to that of a query, and when that means something; for all engines.

All texts of a field point nearly the same way, so vectors are compared as they differ from the mean of all documents.
What that gives tells whether there is an answer. For the order, the few directions in which documents differ most are
left out too: they tell of what sort a text is, not what it says (docs/relevance.md, with all that was tried).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from index.embedder import EmbeddingError, Vectors
from index.messages import translatable
from index.ranking import MOST_OF_SECTION

Figures = NDArray[np.float64]
Places = NDArray[np.int32]
"""Numbers of rows or of documents."""

LEAST_COSINE, MOST_FOUND = 0.25, 200  # of documents that are found by similarity
_COMMON, _FEWEST_FOR_COMMON = 3, 300  # directions left out for the order, where there are so many documents
SAMPLE = 2000  # documents from which the directions are learned
# Of more documents only one of so many is looked at in full, those nearest by their sketch: of the 200 nearest that
# loses fewer than one (docs/relevance.md).
_MOST_EXACT, _ONE_OF = 20_000, 25
_BLOCK = 512  # vectors made floats at a time: 768 kB, which stay in the processor's cache
SAME = 0.97  # the cosine of texts that differ in a mark or a word
LEAST_NORM = 0.05  # how far from the mean a vector must be for its direction to be more than rounding
_COUNTED_BESIDE = 3  # documents: so much the mean of all counts beside those of a place; of 0, 1 and 3 it was best
_PLACES = 6  # of what is compared; sums of the same figures in another order differ in the fifteenth
_SKETCH_BLOCK = 8192  # vectors at a time, whose bits stay in the processor's cache
_SKETCH_WORD = 64  # bits
_SKETCH_WEIGHT = 3  # the most that an axis may count: two bits, and 3 * 64 axes of a word fit in 8
_SKETCH_FULL = 2.0  # times the root mean square of the query's axes: from there on an axis counts most


class Quantised(Struct, frozen=True):
    """Vectors as whole numbers from -127 to 127, a row each, and what each row is to be multiplied by.

    A quarter of the memory; and a product of two is a whole number, which floats add up without rounding in whatever
    order as long as it is below 2 ** 24, so that all engines agree: of vectors of up to 1,040 numbers it is always, of
    longer ones where few of their numbers are great.
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
        blocks = (self.numbers[begin : begin + _BLOCK] for begin in range(0, len(self.scales), _BLOCK))
        products = [block.astype(np.float32) @ columns for block in blocks]
        whole = np.concatenate([np.empty((0, len(others.scales))), *products])
        return whole * self.scales[:, None] * others.scales

    @property
    def finding(self) -> "Quantised":
        """Of a centred query the row that finds (`Centring.centred`)."""
        return Quantised(self.numbers[:1], self.scales[:1])

    def only(self, rows: Places) -> "Quantised":
        """Return some of the rows."""
        return Quantised(self.numbers.take(rows, axis=0), self.scales.take(rows))  # twice as fast as by an index

    def above(self, point: Figures) -> Iterator[NDArray[np.bool_]]:
        """Yield along which axes each row lies above a point, some rows at a time."""
        for begin in range(0, len(self.scales), _BLOCK):
            scales = self.scales[begin : begin + _BLOCK, None].astype(np.float32)
            yield self.numbers[begin : begin + _BLOCK] * scales > point.astype(np.float32)


def quantised(vectors: Vectors) -> Quantised:
    """Return vectors as whole numbers, the greatest of each row as 127 or -127."""
    scales = (np.maximum(np.abs(vectors).max(axis=1), 1e-9) / 127).astype(np.float32)
    return Quantised(np.rint(vectors / scales[:, None]).astype(np.int8), scales.astype(np.float64))


def mean_of(vectors: Quantised) -> Vectors:
    """Return the mean of vectors."""
    mean: Vectors = vectors.floats.mean(axis=0).astype(np.float32)
    return mean


def sample_rows(size: int) -> Places:
    """Return the rows of a sample of `size` rows, evenly from all; SAMPLE at most."""
    return np.linspace(0, size - 1, min(size, SAMPLE)).astype(np.int32)


class SignBitSketch:
    """Of many vectors, along which axes each lies above the mean: bits that tell which may be near a query.

    A bit for each axis of a document and two for how much it counts in the query, so that a processor compares 64 axes
    at a time: RaBitQ (Gao and Long, 2024) without its rotation, which the axes of models hardly need
    (docs/relevance.md).
    """

    def __init__(self, above: Iterable[NDArray[np.bool_]]) -> None:
        """`above` has a row for each vector, of some vectors at a time."""
        self._words = np.ascontiguousarray(np.concatenate([_packed(some) for some in above]).T)

    def nearest(self, query: Figures, count: int) -> NDArray[np.intp]:
        """Return which vectors lie on the side of a query, centred, along most of the axes that count in it.

        They are `count` in order, and more where some are as near.
        """
        full = _SKETCH_FULL * max(float(np.sqrt(np.mean(query**2))), 1e-9)
        weights = np.minimum(np.rint(np.abs(query) / full * _SKETCH_WEIGHT), _SKETCH_WEIGHT).astype(np.uint8)
        own, once, twice = _packed(np.stack([query > 0, weights & 1, weights & 2]))[:, :, None]
        distances = np.empty(self._words.shape[1], np.uint16)
        for begin in range(0, len(distances), _SKETCH_BLOCK):
            other = self._words[:, begin : begin + _SKETCH_BLOCK] ^ own
            weighted = np.bitwise_count(other & once) + 2 * np.bitwise_count(other & twice)
            distances[begin : begin + _SKETCH_BLOCK] = weighted.sum(axis=0, dtype=np.uint16)
        return np.flatnonzero(distances <= np.partition(distances, count - 1)[count - 1])


def _packed(bits: NDArray[Any]) -> NDArray[np.uint64]:
    """Return rows of bits as rows of whole words of 64, filled up with 0."""
    octets = np.packbits(bits, axis=1)
    words = np.zeros((len(bits), -(-bits.shape[1] // _SKETCH_WORD)), np.uint64)
    words.view(np.uint8)[:, : octets.shape[1]] = octets
    return words


class Centring:
    """The mean of `size` documents, from which vectors are compared, and the directions in which they differ most.

    Both are learned from a sample of the documents.
    """

    def __init__(self, sample: Quantised, size: int) -> None:
        self._sample = sample.floats
        self.mean: Figures = self._sample.mean(axis=0)
        self.size = size

    def centred(self, query: Vectors) -> Quantised:
        """Return a query's vector, (dimensions,), less the mean; its second row lacks the common directions too.

        The first row finds, the second orders. Raises EmbeddingError where it has another size than those of the
        documents: then it is of another model.
        """
        dimensions = self._sample.shape[1]
        if len(query) != dimensions:
            raise EmbeddingError(
                translatable(
                    "the model made {0} numbers of the query, and {1} of each document", len(query), dimensions
                )
            )
        finding = query - self.mean
        ordering = finding - self._common @ (self._common.T @ finding)
        return quantised(np.stack([finding, ordering]).astype(np.float32))

    def cosines(self, query: Quantised, vectors: Quantised, norms: Figures) -> Figures:
        """Return the cosines of vectors, of these `norms`, to each row of a centred query: (rows, vectors)."""
        own = self.query_norms(query)
        products: Figures = (vectors.times(query) - self.mean @ query.floats.T) / own
        return (products.T / norms[: len(own)]).clip(-1, 1).round(_PLACES)

    def query_norms(self, query: Quantised) -> Figures:
        """Return the norm of each row of a centred query, LEAST_NORM at least."""
        norms: Figures = np.maximum(np.linalg.norm(query.floats, axis=1), LEAST_NORM)
        return norms

    def norms(self, vectors: Quantised) -> Figures:
        """Return how far each vector is from the mean, (2, vectors): in all directions, and without the common ones."""
        axes = quantised(np.vstack([self.mean, self._common.T]).astype(np.float32))
        to_mean, *along = vectors.times(axes).T
        square = 1 - 2 * to_mean + self.mean @ self.mean
        less = sum(((part - self.mean @ axis) ** 2 for part, axis in zip(along, self._common.T, strict=True)), 0.0)
        norms: Figures = np.sqrt(np.maximum(np.stack([square, square - less]), LEAST_NORM**2))
        return norms

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

    def contextual_cosines(self, rows: Places, others: Places, contexts: Iterable[Places], centre: Figures) -> Figures:
        """Return the cosine of each of some documents to each of others, as each differs from its context.

        `contexts` are the documents of each talk or report in which any of them lies; each lies in one at most.
        `centre` is the mean of all documents, which counts as a few of each context.
        """
        both, place_of = np.unique(np.concatenate([rows, others]), return_inverse=True)
        differences = self._vectors.only(both).floats - centre
        for context in contexts:
            beside = self._vectors.only(context).floats - centre
            differences[np.isin(both, context)] -= beside.sum(axis=0) / (len(context) + _COUNTED_BESIDE)
        unit = differences / np.maximum(np.linalg.norm(differences, axis=1, keepdims=True), LEAST_NORM)
        cosines: Figures = np.round(unit[place_of[: len(rows)]] @ unit[place_of[len(rows) :]].T, _PLACES)
        return cosines

    def cosines(self, query: Quantised, rows: Places | None = None) -> Figures:
        """Return the cosines of some documents, None for all, to a centred query (`Centring.cosines`)."""
        if rows is None:
            return self.centring.cosines(query, self._vectors, self._norms)
        return self.centring.cosines(query, self._vectors.only(rows), self._norms.take(rows, axis=1))

    def nearest(self, query: Quantised) -> tuple[Places, Figures]:
        """Return the documents nearest a centred query, in order of position, and their cosines; all where few are."""
        if self.size <= _MOST_EXACT:
            return np.arange(self.size, dtype=np.int32), self.cosines(query.finding)[0]
        rows = self._sketch.nearest(query.numbers[0].astype(np.float64), self.size // _ONE_OF).astype(np.int32)
        return rows, self.cosines(query.finding, rows)[0]

    @cached_property
    def centring(self) -> Centring:
        """The centring by a sample of the documents."""
        return Centring(self._vectors.only(sample_rows(self.size)), self.size)

    @cached_property
    def _norms(self) -> Figures:
        return self.centring.norms(self._vectors)

    @cached_property
    def _sketch(self) -> SignBitSketch:
        return SignBitSketch(self._vectors.above(self.centring.mean))


@dataclass(frozen=True)
class DocumentVectors:
    """Those of `size` documents that have a vector, in the order of their positions, and their vectors."""

    docs: Places
    index: VectorIndex
    size: int

    @cached_property
    def rows(self) -> Places:
        """The row of the vector of each document, -1 where it has none."""
        rows = np.full(self.size, -1, np.int32)
        rows[self.docs] = np.arange(len(self.docs), dtype=np.int32)
        return rows


def section_boost(sections: Places, cosines: Figures) -> Figures:
    """Return for each document the sum of the greatest cosines in its section, over how many those may be."""
    if not len(sections):
        return np.empty(0)
    order = np.lexsort((-cosines, sections))
    begins = np.r_[True, np.diff(sections[order]) != 0]
    number = np.cumsum(begins) - 1
    rank = np.arange(len(order)) - np.flatnonzero(begins)[number]
    sums = np.bincount(number, np.where(rank < MOST_OF_SECTION, cosines[order], 0.0))
    boosts = np.empty(len(order))
    boosts[order] = sums[number] / MOST_OF_SECTION
    return boosts


class Similarity:
    """The cosines of documents to a query; of those without a vector nothing is known."""

    def __init__(self, vectors: DocumentVectors, query: Vectors) -> None:
        self._vectors = vectors
        self._query = vectors.index.centring.centred(query)
        rows, self._cosines = vectors.index.nearest(self._query)
        self._near = vectors.docs[rows]

    @property
    def nbytes(self) -> int:
        """How many bytes it takes."""
        return self._near.nbytes + self._cosines.nbytes + self._query.numbers.nbytes

    def of(self, docs: Places) -> Figures:
        """Return the cosines of some documents to the query, (2, documents): those that find, and those that order."""
        rows = self._vectors.rows[docs]
        known = rows >= 0
        cosines = np.zeros((2, len(docs)))
        cosines[:, known] = self._vectors.index.cosines(self._query, rows[known])
        return cosines

    def found(self, candidates: NDArray[np.bool_], *, copies: bool = True) -> Places:
        """Return which of the candidates are found by similarity, nearest first, then in the order of positions.

        Without `copies` none that says the same as the query.
        """
        similar = candidates[self._near] & (self._cosines >= LEAST_COSINE) & (copies | (self._cosines < SAME))
        order = np.argsort(-self._cosines[similar], kind="stable")
        return self._near[similar][order][:MOST_FOUND]
