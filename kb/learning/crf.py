"""Linear-chain conditional random fields (Lafferty, McCallum and Pereira, 2001) over named features.

Input: the features of each token of some texts. Output: the best labels of each text's tokens, and their probabilities.
Model: a weight for each feature and label, and for each transition between labels; files as in `linear.py`.
`make fit` fits it with python-crfsuite; numpy applies it to all texts of a call at once.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kb.learning.linear import Features, LinearModel, Matrix, read_model


class ConditionalRandomField:
    """A linear-chain conditional random field."""

    def __init__(
        self,
        labels: Sequence[str],
        names: Sequence[str],
        weights: NDArray[np.floating[Any]],
        transitions: NDArray[np.floating[Any]],
        thresholds: Mapping[str, float],
    ) -> None:
        """Take `weights`, (names, labels), and `transitions`, (label before, label)."""
        self.labels, self.thresholds = tuple(labels), thresholds
        self._of_tokens = LinearModel(labels, names, np.vstack([np.zeros_like(weights[:1]), weights]), thresholds)
        self.transitions = np.asarray(transitions, np.float64)

    def weights(self) -> tuple[list[str], Matrix]:
        """Return the feature names, and the weights of each."""
        names, weights = self._of_tokens.weights()
        return names, weights[1:]

    def predict(self, texts: Sequence[Sequence[Features]]) -> list[tuple[list[int], Matrix]]:
        """Return for each text its best label sequence, and each label's probability, (tokens, labels)."""
        if not texts or not any(texts):
            return [([], np.empty((0, len(self.labels)))) for _ in texts]
        lengths = np.array([len(text) for text in texts])
        scores = np.zeros((len(texts), int(lengths.max()), len(self.labels)))  # beyond the end of a text: zeros
        scores[np.arange(scores.shape[1]) < lengths[:, None]] = self._of_tokens.scores(chain.from_iterable(texts))
        paths = self._best_paths(scores, lengths)
        probabilities = self._marginals(scores, lengths)
        return [([*map(int, paths[n, :length])], probabilities[n, :length]) for n, length in enumerate(lengths)]

    def _best_paths(self, scores: Matrix, lengths: NDArray[Any]) -> NDArray[Any]:
        """Return the best label sequence of each text by the Viterbi algorithm; past its end it is undefined."""
        count, longest, _ = scores.shape
        best, before = scores[:, 0], np.zeros(scores.shape, np.intp)
        final = best
        for at in range(1, longest):
            candidates = best[:, :, None] + self.transitions
            before[:, at] = candidates.argmax(axis=1)
            best = candidates.max(axis=1) + scores[:, at]
            final = np.where((at < lengths)[:, None], best, final)
        paths = np.zeros((count, longest), np.intp)
        label, texts = final.argmax(axis=1), np.arange(count)
        for at in range(longest - 1, -1, -1):
            paths[:, at] = label
            label = np.where((at < lengths) & (at > 0), before[texts, at, label], label)
        return paths

    def _marginals(self, scores: Matrix, lengths: NDArray[Any]) -> Matrix:
        """Return the probability of each label of each token by the forward-backward algorithm."""
        longest = scores.shape[1]
        transitions = np.exp(self.transitions)
        emissions = np.exp(scores - scores.max(axis=2, keepdims=True))
        forward, backward = np.zeros_like(scores), np.ones_like(scores)
        forward[:, 0] = emissions[:, 0]
        for at in range(1, longest):
            message = (forward[:, at - 1] @ transitions) * emissions[:, at]
            forward[:, at] = message / message.sum(axis=1, keepdims=True)
        for at in range(longest - 2, -1, -1):
            message = (backward[:, at + 1] * emissions[:, at + 1]) @ transitions.T
            inside = (at + 1 < lengths)[:, None]
            backward[:, at] = np.where(inside, message / message.sum(axis=1, keepdims=True), 1.0)
        joint = forward * backward
        return np.asarray(joint / joint.sum(axis=2, keepdims=True))


@cache
def load_crf(name: str) -> ConditionalRandomField:
    """Return a shipped model. Raises FileNotFoundError for an unknown name."""
    table, names, arrays = read_model(name)
    return ConditionalRandomField(table.labels, names, arrays["weights"], arrays["following"], table.thresholds)
