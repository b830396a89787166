"""Texts one after the other as bytes, and which of them may hold a piece of text.

Of each text there is a bit for each sort of three bytes in a row.
"""

from collections.abc import Iterable, Iterator
from functools import reduce

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from index.whoosh_engine.docs import Docs

# Of these sorts a bullet has a quarter, so that of a hundred thousand without a phrase of three characters a hundred
# are looked at in vain; they take 32 bytes a text.
_SORTS = 256
_LONG = 3  # bytes in a row: a Japanese character in UTF-8
_AT_ONCE = 1 << 16  # texts, whose bits take a byte each until they are packed
_BYTES_AT_ONCE = 1 << 20  # each takes 28 meanwhile


class Texts(Struct, frozen=True):
    """Texts one after the other, encoded, each with its end."""

    data: bytes
    ends: NDArray[np.int64]

    @classmethod
    def of(cls, texts: Iterable[bytes]) -> "Texts":
        """Return texts as they lie in a file."""
        every = list(texts)
        return cls(b"".join(every), np.cumsum([len(text) for text in every], dtype=np.int64))

    def __getitem__(self, number: int) -> bytes:
        return self.data[self.ends[number - 1] if number else 0 : self.ends[number]]

    def __iter__(self) -> Iterator[bytes]:
        return map(self.__getitem__, range(len(self)))

    def __len__(self) -> int:
        return len(self.ends)


class Signatures:
    """The signatures of texts, a row of bits for each sort."""

    def __init__(self, texts: Texts) -> None:
        self._count = len(texts)
        begins = range(0, self._count, _AT_ONCE)
        packed = [_packed(texts, begin, min(begin + _AT_ONCE, self._count)) for begin in begins]
        self._rows = np.concatenate([np.empty((_SORTS, 0), np.uint8), *packed], axis=1)

    def may_hold(self, piece: bytes) -> Docs:
        """Return the numbers of the texts that may hold a piece, among them all that do."""
        sorts = set(_sorts(np.frombuffer(piece, np.uint8)).tolist())
        if not sorts:
            return np.arange(self._count, dtype=np.int32)
        bits = reduce(np.bitwise_and, (self._rows[sort] for sort in sorts))
        octets = np.flatnonzero(bits != 0)  # few of them: all as bits would be eight times as much to look through
        places, bit = np.nonzero(np.unpackbits(bits[octets, None], axis=1))
        return (octets[places] * 8 + bit).astype(np.int32)


def _packed(texts: Texts, begin: int, end: int) -> NDArray[np.uint8]:
    """Return the bits of some texts."""
    first = int(texts.ends[begin - 1]) if begin else 0
    ends = texts.ends[begin:end] - first
    data = np.frombuffer(texts.data, np.uint8, int(ends[-1]), first)
    bits = np.zeros((_SORTS, end - begin), np.bool_)
    for place in range(0, len(data) - _LONG + 1, _BYTES_AT_ONCE):
        sorts = _sorts(data[place : place + _BYTES_AT_ONCE + _LONG - 1])
        places = np.arange(place, place + len(sorts))
        numbers = np.searchsorted(ends, places, side="right")
        within = places + _LONG <= ends[numbers]
        bits[sorts[within], numbers[within]] = True
    return np.packbits(bits, axis=1)


def _sorts(data: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the sort of each three bytes in a row; the factors are odd, so that each byte counts in full."""
    each = data.astype(np.uint16)
    mixed = each[:-2] * 31 + each[1:-1] * 97 + each[2:] * 57
    sorts: NDArray[np.uint8] = ((mixed ^ (mixed >> 7)) & (_SORTS - 1)).astype(np.uint8)
    return sorts
