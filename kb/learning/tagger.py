"""Linear-chain conditional random fields: which label each piece of a text has, and how likely that is.

Lafferty, McCallum and Pereira, Conditional Random Fields, 2001. Applied by numpy, fitted elsewhere; a model
is `NAME.npz` with `NAME.toml` beside it, as those of `linear.py` are.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kb.learning.linear import Features, read_model

Matrix = NDArray[np.float64]


class Tagger:
    """A conditional random field: a weight for each feature and label, and for each label that follows another."""

    def __init__(
        self,
        labels: Sequence[str],
        names: Sequence[str],
        weights: NDArray[np.floating[Any]],
        following: NDArray[np.floating[Any]],
        thresholds: Mapping[str, float],
    ) -> None:
        """`weights` has a row for each name and a column for each label, `following` a row for the label before."""
        self.labels, self.thresholds = tuple(labels), thresholds
        self._rows = {name: row for row, name in enumerate(names)}
        self._weights = np.vstack([np.asarray(weights, np.float64), np.zeros(len(labels))])
        self.following = np.asarray(following, np.float64)

    def weights(self) -> tuple[list[str], Matrix]:
        """Return the names of all features, and the weights of each."""
        return list(self._rows), self._weights[:-1]

    def tagged(self, texts: Sequence[Sequence[Features]]) -> list[tuple[list[int], Matrix]]:
        """Return for each text the likeliest labels of its pieces together, and how likely each label of each is."""
        if not texts or not any(texts):
            return [([], np.empty((0, len(self.labels)))) for _ in texts]
        lengths = np.array([len(text) for text in texts])
        scores = self._scores(texts, lengths)
        paths = self._paths(scores, lengths)
        likely = self._marginals(scores, lengths)
        return [([*map(int, paths[n, :size])], likely[n, :size]) for n, size in enumerate(lengths)]

    def _scores(self, texts: Sequence[Sequence[Features]], lengths: NDArray[Any]) -> Matrix:
        rows, begins, known, nothing = list[int](), list[int](), self._rows, len(self._rows)
        for text in texts:
            for features in text:
                begins.append(len(rows))
                rows += [known[name] for name in features if name in known]
                rows.append(nothing)
        flat = np.add.reduceat(self._weights[rows], begins)
        scores = np.zeros((len(texts), int(lengths.max()), len(self.labels)))
        scores[np.arange(scores.shape[1]) < lengths[:, None]] = flat
        return scores

    def _paths(self, scores: Matrix, lengths: NDArray[Any]) -> NDArray[Any]:
        """Return the best path of each text (Viterbi); what lies behind its end is of no matter."""
        count, longest, _ = scores.shape
        best, before = scores[:, 0], np.zeros(scores.shape, np.intp)
        last = best
        for at in range(1, longest):
            paths = best[:, :, None] + self.following
            before[:, at] = paths.argmax(axis=1)
            best = paths.max(axis=1) + scores[:, at]
            last = np.where((at < lengths)[:, None], best, last)
        found = np.zeros((count, longest), np.intp)
        own = last.argmax(axis=1)
        every = np.arange(count)
        for at in range(longest - 1, -1, -1):
            found[:, at] = own
            own = np.where((at < lengths) & (at > 0), before[every, at, own], own)
        return found

    def _marginals(self, scores: Matrix, lengths: NDArray[Any]) -> Matrix:
        """Return how likely each label of each piece is (forward and backward)."""
        longest = scores.shape[1]
        chain = np.exp(self.following)
        emitted = np.exp(scores - scores.max(axis=2, keepdims=True))
        forward, backward = np.zeros_like(scores), np.ones_like(scores)
        forward[:, 0] = emitted[:, 0]
        for at in range(1, longest):
            own = (forward[:, at - 1] @ chain) * emitted[:, at]
            forward[:, at] = own / own.sum(axis=1, keepdims=True)
        for at in range(longest - 2, -1, -1):
            own = (backward[:, at + 1] * emitted[:, at + 1]) @ chain.T
            inside = (at + 1 < lengths)[:, None]
            backward[:, at] = np.where(inside, own / own.sum(axis=1, keepdims=True), 1.0)
        likely = forward * backward
        return np.asarray(likely / likely.sum(axis=2, keepdims=True))


@cache
def load_tagger(name: str) -> Tagger:
    """Return the tagger of a name that comes along with kb. Raises FileNotFoundError where there is none."""
    table, names, arrays = read_model(name)
    return Tagger(table.labels, names, arrays["weights"], arrays["following"], table.thresholds)
