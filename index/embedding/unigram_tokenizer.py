"""The tokenizer of multilingual-e5-small: a unigram language model of pieces (Kudo 2018), as in SentencePiece.

Pieces are looked up by hash: sum((code point + 1) * BASE ** place) modulo 2 ** 64 (Karp and Rabin 1987). The hashes of
all substrings are differences of one running sum. A dictionary of the 250,000 pieces would take longer to build than
embedding a query.
"""

import re

import numpy as np
from numpy.typing import NDArray

from index.embedding.e5_weights import Pieces

BEGIN, END, UNKNOWN = 0, 2, 3  # the numbers of special pieces
_SPACES = re.compile(" {2,}")
_SPACE = "▁"  # a space in pieces
_UNKNOWN_PENALTY = 10.0  # below the score of the least likely piece
_BASE = 0x9E3779B97F4A7C15  # odd, so that it has an inverse
_INVERSE = pow(_BASE, -1, 1 << 64)

_Hashes = NDArray[np.uint64]


class UnigramTokenizer:
    """Splits texts into the pieces with the greatest sum of scores. Shared by threads."""

    def __init__(self, pieces: Pieces) -> None:
        begins, ends = pieces.bounds[:-1], pieces.bounds[1:]
        sums = _running_sums(pieces.text)
        hashes = (sums[ends] - sums[begins]) * _powers(_INVERSE, len(sums))[begins]
        hashes[UNKNOWN] = 0  # it is not the text of a piece
        order = np.argsort(hashes)
        self._hashes, self._numbers, self._scores = hashes[order], order.astype(np.int32), pieces.scores[order]
        self._code_points = pieces.code_points
        self._unknown = float(pieces.scores.min()) - _UNKNOWN_PENALTY
        self._longest = int((ends - begins).max())

    def ids(self, text: str) -> list[int]:
        """Return the piece numbers of a text, without BEGIN and END."""
        text = _SPACES.sub(" ", text.translate(self._code_points))
        text = (text if text.startswith(" ") else f" {text}").replace(" ", _SPACE)
        size = len(text)
        best, back = [0.0] + [float("-inf")] * size, [(0, UNKNOWN)] * (size + 1)
        reached_by_unknown = 0
        for begin, end, number, score in self._pieces_in(text):
            while reached_by_unknown < begin:
                self._step_over(reached_by_unknown, best, back)
                reached_by_unknown += 1
            if best[begin] + score > best[end]:
                best[end], back[end] = best[begin] + score, (begin, number)
        for at in range(reached_by_unknown, size):
            self._step_over(at, best, back)
        found = []
        end = size
        while end:
            end, number = back[end]
            found.append(number)
        return found[::-1]

    def _step_over(self, at: int, best: list[float], back: list[tuple[int, int]]) -> None:
        """Take the character at a place as unknown, unless a better path leads past it."""
        if best[at] + self._unknown > best[at + 1]:
            best[at + 1], back[at + 1] = best[at] + self._unknown, (at, UNKNOWN)

    def _pieces_in(self, text: str) -> "zip[tuple[int, int, int, float]]":
        """Return (begin, end, number, score) of every piece anywhere in a text, by begin."""
        sums = _running_sums(text)
        begins = np.arange(len(text))[:, None]
        ends = np.minimum(begins + np.arange(1, self._longest + 1), len(text))
        hashes = (sums[ends] - sums[begins]) * _powers(_INVERSE, len(text))[:, None]
        places = np.minimum(np.searchsorted(self._hashes, hashes), len(self._hashes) - 1)
        known = self._hashes[places] == hashes
        known[:, 1:] &= ends[:, 1:] > ends[:, :-1]  # ends past the text are clipped to its end; drop these duplicates
        rows, columns = np.nonzero(known)
        found = places[rows, columns]
        numbers, scores = self._numbers[found].tolist(), self._scores[found].astype(float).tolist()
        return zip(rows.tolist(), ends[rows, columns].tolist(), numbers, scores, strict=True)


def _running_sums(text: str) -> _Hashes:
    """Return the running sum of the hash at each place of a text, its end included."""
    code_points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4").astype(np.uint64)
    sums = np.zeros(len(code_points) + 1, np.uint64)
    np.cumsum((code_points + np.uint64(1)) * _powers(_BASE, len(code_points)), out=sums[1:])
    return sums


def _powers(base: int, count: int) -> _Hashes:
    """Return the first powers of a number, from 0 on, modulo 2 ** 64."""
    powers = np.full(count, base, np.uint64)
    powers[:1] = 1
    return np.cumprod(powers)
