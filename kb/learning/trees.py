"""Gradient-boosted decision trees over a few numbers (Friedman 2001), as scikit-learn fits them.

Input: a row of numbers for each example. Model: `NAME.npz` and `NAME.toml`, as those of `kb.learning.linear`.
Output: the probability of each label.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kb.learning.linear import Matrix, read_model, softmax


class BoostedTrees:
    """Trees of one depth. The score of a label is its bias plus the values of the leaves that an example reaches."""

    def __init__(
        self, labels: Sequence[str], arrays: Mapping[str, NDArray[Any]], thresholds: Mapping[str, float]
    ) -> None:
        """Take the arrays, a row for each tree; the trees of the labels follow each other in turn.

        `columns` and `bounds`, (trees, inner nodes), say which number of an example is compared with what. Greater
        ones go to the right: node n has the children 2n + 1 and 2n + 2. `leaves` are the values, (trees, leaves), and
        `biases` those of the labels.
        """
        self.labels = tuple(labels)
        self.thresholds = thresholds
        self.arrays = arrays

    def probabilities(self, rows: NDArray[np.floating[Any]]) -> Matrix:
        """Return the probability of each label, (examples, labels)."""
        columns, bounds, leaves = (self.arrays[name] for name in ("columns", "bounds", "leaves"))
        trees, inner = columns.shape
        every = np.arange(trees)
        nodes = np.zeros((len(rows), trees), np.intp)
        for _ in range((inner + 1).bit_length() - 1):
            numbers = np.take_along_axis(np.asarray(rows, np.float32), columns[every, nodes].astype(np.intp), axis=1)
            nodes = 2 * nodes + 1 + (numbers > bounds[every, nodes])
        values = leaves[every, nodes - inner].astype(np.float64)
        totals = values.reshape(len(rows), trees // len(self.labels), len(self.labels)).sum(axis=1)
        return softmax(totals + self.arrays["biases"])


@cache
def load_trees(name: str) -> BoostedTrees:
    """Return a shipped model of trees. Raises FileNotFoundError for an unknown name."""
    table, _, arrays = read_model(name)
    return BoostedTrees(table.labels, arrays, table.thresholds)
