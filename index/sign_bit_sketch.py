"""On which side of the mean vectors lie, axis by axis: bits that tell which of many may be like a query.

A bit for each axis of a document and two for how much it counts in the query, so that a processor compares 64 axes at a
time: RaBitQ (Gao and Long, 2024) without its rotation, which the axes of models hardly need (docs/relevance.md).
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

_BLOCK = 8192  # vectors at a time, whose bits stay in the processor's cache
_WORD = 64  # bits
_MOST = 3  # that an axis may count
_FAR = 2.0  # times the root mean square of the query's axes: from there on an axis counts most


class SignBitSketch:
    """Of many vectors, along which axes each lies above the mean."""

    def __init__(self, above: Iterable[NDArray[np.bool_]]) -> None:
        """`above` has a row for each vector, of some vectors at a time."""
        self._words = np.ascontiguousarray(np.concatenate([_packed(some) for some in above]).T)

    def nearest(self, query: NDArray[np.float64], count: int) -> NDArray[np.intp]:
        """Return which vectors lie on a query's side of the mean along most of the axes that count in it.

        The query is told as it differs from the mean. They are `count` in order, and more where some are as near.
        """
        apart = self._apart(query)
        return np.flatnonzero(apart <= np.partition(apart, count - 1)[count - 1])

    def _apart(self, query: NDArray[np.float64]) -> NDArray[np.uint16]:
        """Return for each vector how much the axes count along which it lies on the other side."""
        far = _FAR * max(float(np.sqrt(np.mean(query**2))), 1e-9)
        counts = np.minimum(np.rint(np.abs(query) / far * _MOST), _MOST).astype(np.uint8)
        own, once, twice = _packed(np.stack([query > 0, counts & 1, counts & 2]))[:, :, None]
        apart = np.empty(self._words.shape[1], np.uint16)
        for begin in range(0, len(apart), _BLOCK):
            other = self._words[:, begin : begin + _BLOCK] ^ own
            counted = np.bitwise_count(other & once) + 2 * np.bitwise_count(other & twice)  # 3 * 64 at most
            apart[begin : begin + _BLOCK] = counted.sum(axis=0, dtype=np.uint16)
        return apart


def _packed(bits: NDArray[Any]) -> NDArray[np.uint64]:
    """Return rows of bits as rows of whole words."""
    octets = np.packbits(bits, axis=1)
    words = np.zeros((len(bits), -(-bits.shape[1] // _WORD)), np.uint64)
    words.view(np.uint8)[:, : octets.shape[1]] = octets
    return words
