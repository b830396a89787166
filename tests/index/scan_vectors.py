"""The cosines of documents for the oracle, as ARCHITECTURE.md defines them."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]


def as_stored(vectors: NDArray[np.float32]) -> Floats:
    """Return vectors (rows, dimensions) with each component rounded to a 127th of the greatest one of its row."""
    steps = (np.maximum(np.abs(vectors).max(axis=1, keepdims=True), 1e-9) / 127).astype(np.float32)
    rounded: Floats = np.rint(vectors / steps).astype(np.float64) * steps
    return rounded


class Centred:
    """Vectors of documents, as they differ from the mean of all."""

    def __init__(self, vectors: NDArray[np.float32]) -> None:
        """`vectors` are of length 1 (documents, dimensions), in the order of positions."""
        self.vectors = as_stored(vectors)
        size, dimensions = vectors.shape
        sample = self.vectors[np.linspace(0, size - 1, min(size, 2000)).astype(int)]
        self.mean = sample.mean(axis=0)
        away = sample - self.mean
        self._common = np.linalg.eigh(away.T @ away)[1][:, -3:] if size >= 300 else np.empty((dimensions, 0))

    def cosines(self, query: NDArray[np.float32]) -> Floats:
        """Return the cosines to a query, with and without the common directions: (2, documents)."""
        match = query - self.mean
        rank = match - self._common @ (self._common.T @ match)
        queries = as_stored(np.array([match, rank], np.float32))
        products = (self.vectors - self.mean) @ queries.T
        lengths = np.linalg.norm(queries, axis=1)
        cosines = products.T / np.maximum(lengths, 0.05)[:, None] / self._norms()
        return np.round(np.clip(cosines, -1, 1), 6)

    def _norms(self) -> Floats:
        """Return the lengths of the differences, with and without the common directions: (2, documents)."""
        mean, *common = as_stored(np.array([self.mean, *self._common.T], np.float32))
        match = 1 - 2 * self.vectors @ mean + self.mean @ self.mean
        along = [self.vectors @ c - self.mean @ exact for c, exact in zip(common, self._common.T, strict=True)]
        rank = match - sum(each**2 for each in along)
        return np.sqrt(np.maximum([match, rank], 0.05**2))
