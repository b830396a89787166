"""Similarity of documents to a query by the cosine of their vectors, for all engines.

The vectors of all texts of a field point in nearly the same direction. Therefore they are compared after centring:
less the mean of all documents. The centred cosine decides whether a document is similar at all. To rank documents, the
few directions in which they differ most are removed too: these separate kinds of text, not subjects
(docs/relevance.md, with the alternatives that were tried).

Vectors are stored quantised, as int8 with a scale for each row. Shapes are in parentheses, the row of a vector first.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from index.embedder import EmbeddingError, Vectors
from index.ranking import MAX_OF_SECTION

Floats: TypeAlias = NDArray[np.float64]
Numbers: TypeAlias = NDArray[np.int32]
"""Row numbers of vectors, or document numbers."""

MIN_COSINE = 0.25  # of a similar document to the query
MAX_SIMILAR = 200  # documents
COPY_COSINE = 0.97  # from here on two texts differ only in a mark or a word
MIN_NORM = 0.05  # of a centred vector; the direction of a shorter one is rounding error
SAMPLE_SIZE = 2000  # documents from which the mean and the common directions are computed

_COMMON_DIRECTIONS = 3  # removed for ranking
_MIN_FOR_COMMON = 300  # documents; of fewer the common directions are chance
# In larger indexes only 1 in 25 documents is compared exactly: those nearest by their sketch. This loses fewer than
# one of the 200 nearest (docs/relevance.md).
_MAX_EXACT, _SKETCH_SHARE = 20_000, 25
_BLOCK = 512  # vectors converted to float32 at a time: 768 kB, which fit in the processor's cache
_CENTRE_WEIGHT = 3  # the overall mean counts as this many documents of each context; best of 0, 1 and 3
_PLACES = 6  # decimals of a cosine; the order of summation changes the fifteenth
_SKETCH_BLOCK = 8192  # vectors whose bits fit in the processor's cache
_SKETCH_WORD = 64  # bits
_MAX_AXIS_WEIGHT = 3  # two bits; 3 * 64 axes of a word fit in 8 bits
_FULL_WEIGHT = 2.0  # times the root mean square of the query's axes: longer axes have the maximum weight


class Quantised(Struct, frozen=True):
    """Vectors as int8 (rows, dimensions) from -127 to 127, and the float64 scale of each row (rows,).

    They take a quarter of the memory of float32. A product of two rows is an integer. float32 adds integers exactly, in
    any order, below 2 ** 24, so all engines agree: always up to 1,040 dimensions, and nearly always above.
    """

    numbers: NDArray[np.int8]
    scales: Floats

    @property
    def floats(self) -> Floats:
        """The vectors as float64 (rows, dimensions)."""
        floats: Floats = np.multiply(self.numbers, self.scales[:, None])
        return floats

    def products(self, others: "Quantised") -> Floats:
        """Return the dot product of each row with each of a few other rows, (rows, other rows)."""
        columns = others.numbers.T.astype(np.float32)
        blocks = (self.numbers[begin : begin + _BLOCK] for begin in range(0, len(self.scales), _BLOCK))
        products = [block.astype(np.float32) @ columns for block in blocks]
        integers = np.concatenate([np.empty((0, len(others.scales))), *products])
        return integers * self.scales[:, None] * others.scales

    @property
    def match_row(self) -> "Quantised":
        """The first row of a centred query (`Centring.centred`)."""
        return Quantised(self.numbers[:1], self.scales[:1])

    def take(self, rows: Numbers) -> "Quantised":
        """Return some of the rows."""
        return Quantised(self.numbers.take(rows, axis=0), self.scales.take(rows))  # twice as fast as indexing

    def above(self, point: Floats) -> Iterator[NDArray[np.bool_]]:
        """Yield, a block of rows at a time, whether each component exceeds that of a point: (block, dimensions)."""
        for begin in range(0, len(self.scales), _BLOCK):
            scales = self.scales[begin : begin + _BLOCK, None].astype(np.float32)
            yield self.numbers[begin : begin + _BLOCK] * scales > point.astype(np.float32)


def quantised(vectors: Vectors) -> Quantised:
    """Quantise float32 vectors (rows, dimensions); the largest component of each row becomes 127 or -127."""
    scales = (np.maximum(np.abs(vectors).max(axis=1), 1e-9) / 127).astype(np.float32)
    return Quantised(np.rint(vectors / scales[:, None]).astype(np.int8), scales.astype(np.float64))


def mean_of(vectors: Quantised) -> Vectors:
    """Return the mean of vectors, float32 (dimensions,)."""
    mean: Vectors = vectors.floats.mean(axis=0).astype(np.float32)
    return mean


class SignBitSketch:
    """One bit for each component of many vectors: whether it exceeds the mean. Finds candidates near a query.

    A query has two more bits for each axis, its weight, so that a processor compares 64 axes at a time. This is RaBitQ
    (Gao and Long, 2024) without its rotation, which the axes of embedding models hardly need (docs/relevance.md).
    """

    def __init__(self, above: Iterable[NDArray[np.bool_]]) -> None:
        """`above` are blocks of rows, as `Quantised.above` yields them."""
        self._words = np.ascontiguousarray(np.concatenate([_packed(block) for block in above]).T)

    def nearest(self, query: Floats, count: int) -> NDArray[np.intp]:
        """Return the row numbers of the `count` vectors nearest a centred query (dimensions,), in order, with ties.

        The distance is the sum of the weights of the axes on which a vector and the query lie on different sides.
        """
        full = _FULL_WEIGHT * max(float(np.sqrt(np.mean(query**2))), 1e-9)
        weights = np.minimum(np.rint(np.abs(query) / full * _MAX_AXIS_WEIGHT), _MAX_AXIS_WEIGHT).astype(np.uint8)
        signs, ones, twos = _packed(np.stack([query > 0, weights & 1, weights & 2]))[:, :, None]
        distances = np.empty(self._words.shape[1], np.uint16)
        for begin in range(0, len(distances), _SKETCH_BLOCK):
            differing = self._words[:, begin : begin + _SKETCH_BLOCK] ^ signs
            weighted = np.bitwise_count(differing & ones) + 2 * np.bitwise_count(differing & twos)
            distances[begin : begin + _SKETCH_BLOCK] = weighted.sum(axis=0, dtype=np.uint16)
        return np.flatnonzero(distances <= np.partition(distances, count - 1)[count - 1])


def _packed(bits: NDArray[Any]) -> NDArray[np.uint64]:
    """Return rows of bits (rows, bits) as 64-bit words (rows, words), padded with zeros."""
    octets = np.packbits(bits, axis=1)
    words = np.zeros((len(bits), -(-bits.shape[1] // _SKETCH_WORD)), np.uint64)
    words.view(np.uint8)[:, : octets.shape[1]] = octets
    return words


class Centring:
    """The mean of `size` documents and the directions in which they differ most, computed from a sample of them."""

    def __init__(self, sample: Quantised, size: int) -> None:
        self._sample = sample.floats
        self.mean: Floats = self._sample.mean(axis=0)
        self.size = size

    def centred(self, query: Vectors) -> Quantised:
        """Centre the vector of a query (dimensions,) for matching and for ranking: (2, dimensions).

        The match row is the query less the mean. The rank row lacks the common directions too. Raises EmbeddingError if
        the query has a different number of dimensions, because then it comes from a different model.
        """
        dimensions = self._sample.shape[1]
        if len(query) != dimensions:
            raise EmbeddingError(
                "the model made a query vector of {0} numbers, but document vectors have {1}", len(query), dimensions
            )
        match_row = query - self.mean
        rank_row = match_row - self._common @ (self._common.T @ match_row)
        return quantised(np.stack([match_row, rank_row]).astype(np.float32))

    def cosines(self, query: Quantised, vectors: Quantised, norms: Floats) -> Floats:
        """Return the cosines of vectors to each row of a centred query, (query rows, vectors).

        `norms` are those of the vectors (`norms`); the vectors themselves are not centred.
        """
        products: Floats = (vectors.products(query) - self.mean @ query.floats.T) / self.query_norms(query)
        return (products.T / norms[: len(query.scales)]).clip(-1, 1).round(_PLACES)

    def query_norms(self, query: Quantised) -> Floats:
        """Return the norm of each row of a centred query, at least MIN_NORM: (query rows,)."""
        norms: Floats = np.maximum(np.linalg.norm(query.floats, axis=1), MIN_NORM)
        return norms

    def norms(self, vectors: Quantised) -> Floats:
        """Return the norms of vectors after centring for matching and for ranking, at least MIN_NORM: (2, vectors).

        The vectors are of length 1, so that the square of a centred norm is 1 - 2 v·m + m·m for the mean m.
        """
        axes = quantised(np.vstack([self.mean, self._common.T]).astype(np.float32))
        to_mean, *to_common = vectors.products(axes).T
        square = 1 - 2 * to_mean + self.mean @ self.mean
        along = ((part - self.mean @ axis) ** 2 for part, axis in zip(to_common, self._common.T, strict=True))
        norms: Floats = np.sqrt(np.maximum(np.stack([square, square - sum(along, 0.0)]), MIN_NORM**2))
        return norms

    @cached_property
    def _common(self) -> Floats:
        """The unit vectors in whose directions the documents differ most, (dimensions, 3); (dimensions, 0) for few."""
        if self.size < _MIN_FOR_COMMON:
            return np.empty((len(self.mean), 0))
        centred = self._sample - self.mean
        directions: Floats = np.linalg.eigh(centred.T @ centred)[1][:, -_COMMON_DIRECTIONS:]
        return directions


class VectorIndex:
    """The vectors of documents, a row each, in the order of their positions."""

    def __init__(self, vectors: Quantised) -> None:
        self._vectors = vectors
        self.size = len(vectors.scales)

    def mean(self, rows: Numbers) -> Vectors:
        """Return the mean of some rows, (dimensions,)."""
        return mean_of(self._vectors.take(rows))

    def contextual_cosines(self, rows: Numbers, others: Numbers, contexts: Iterable[Numbers], centre: Floats) -> Floats:
        """Return the cosine of each row to each of the others, each less the mean of its context: (rows, others).

        A context is the rows of a talk or report; each row is in one at most. `centre`, the mean of all documents,
        counts as a few documents of each context.
        """
        both, place_of = np.unique(np.concatenate([rows, others]), return_inverse=True)
        differences = self._vectors.take(both).floats - centre
        for context in contexts:
            in_context = self._vectors.take(context).floats - centre
            differences[np.isin(both, context)] -= in_context.sum(axis=0) / (len(context) + _CENTRE_WEIGHT)
        unit = differences / np.maximum(np.linalg.norm(differences, axis=1, keepdims=True), MIN_NORM)
        cosines: Floats = np.round(unit[place_of[: len(rows)]] @ unit[place_of[len(rows) :]].T, _PLACES)
        return cosines

    def cosines(self, query: Quantised, rows: Numbers | None = None) -> Floats:
        """Return the cosines of some rows, by default of all, to a centred query: (query rows, rows)."""
        if rows is None:
            return self.centring.cosines(query, self._vectors, self._norms)
        return self.centring.cosines(query, self._vectors.take(rows), self._norms.take(rows, axis=1))

    def nearest(self, query: Quantised) -> tuple[Numbers, Floats]:
        """Return the rows nearest a centred query, in order, and their cosines to its match row; all rows if few."""
        if self.size <= _MAX_EXACT:
            return np.arange(self.size, dtype=np.int32), self.cosines(query.match_row)[0]
        match_row = query.numbers[0].astype(np.float64)
        rows = self._sketch.nearest(match_row, self.size // _SKETCH_SHARE).astype(np.int32)
        return rows, self.cosines(query.match_row, rows)[0]

    @cached_property
    def centring(self) -> Centring:
        """The centring by a sample of evenly spaced rows."""
        rows = np.linspace(0, self.size - 1, min(self.size, SAMPLE_SIZE)).astype(np.int32)
        return Centring(self._vectors.take(rows), self.size)

    @cached_property
    def _norms(self) -> Floats:
        return self.centring.norms(self._vectors)

    @cached_property
    def _sketch(self) -> SignBitSketch:
        return SignBitSketch(self._vectors.above(self.centring.mean))


@dataclass(frozen=True)
class DocumentVectors:
    """Vectors, and the document number of each row, in the order of positions. The index has `size` documents."""

    docs: Numbers
    index: VectorIndex
    size: int

    @cached_property
    def rows(self) -> Numbers:
        """The row number of each document, -1 if it has no vector: (size,)."""
        rows = np.full(self.size, -1, np.int32)
        rows[self.docs] = np.arange(len(self.docs), dtype=np.int32)
        return rows


def section_boost(sections: Numbers, cosines: Floats) -> Floats:
    """Return for each document the mean of the two greatest cosines of its section, (documents,).

    Both arguments have an element for each document. A missing second cosine counts as 0.
    """
    if not len(sections):
        return np.empty(0)
    order = np.lexsort((-cosines, sections))
    is_first = np.r_[True, np.diff(sections[order]) != 0]
    section = np.cumsum(is_first) - 1
    rank = np.arange(len(order)) - np.flatnonzero(is_first)[section]
    sums = np.bincount(section, np.where(rank < MAX_OF_SECTION, cosines[order], 0.0))
    boosts = np.empty(len(order))
    boosts[order] = sums[section] / MAX_OF_SECTION
    return boosts


class Similarity:
    """The cosines of documents to a query; 0 for documents without a vector."""

    def __init__(self, vectors: DocumentVectors, query: Vectors) -> None:
        self._vectors = vectors
        self._query = vectors.index.centring.centred(query)
        rows, self._cosines = vectors.index.nearest(self._query)
        self._near = vectors.docs[rows]

    @property
    def nbytes(self) -> int:
        """The memory it takes, in bytes."""
        return self._near.nbytes + self._cosines.nbytes + self._query.numbers.nbytes

    def of(self, docs: Numbers) -> Floats:
        """Return the cosines of some documents to the match row and to the rank row of the query: (2, documents)."""
        rows = self._vectors.rows[docs]
        has_vector = rows >= 0
        cosines = np.zeros((2, len(docs)))
        cosines[:, has_vector] = self._vectors.index.cosines(self._query, rows[has_vector])
        return cosines

    def found(self, candidates: NDArray[np.bool_], *, copies: bool = True) -> Numbers:
        """Return the numbers of similar documents, nearest first, then by position; MAX_SIMILAR at most.

        `candidates` has an element for each document. Without `copies`, documents that equal the query are left out.
        """
        similar = candidates[self._near] & (self._cosines >= MIN_COSINE) & (copies | (self._cosines < COPY_COSINE))
        order = np.argsort(-self._cosines[similar], kind="stable")
        return self._near[similar][order][:MAX_SIMILAR]
