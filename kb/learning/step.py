"""What a few examples change of a linear model: a step from its weights towards what they tell.

The weights become the likeliest ones where each is believed to be what it was, give or take: a Gaussian prior around
them (Chelba and Acero, Adaptation of Maximum Entropy Capitalizer, 2006), which is ridge regression towards them.
"""

from collections.abc import Sequence

import numpy as np
from msgspec import Struct

from kb.learning.linear import LinearModel, shares_of

_BELIEF = 100.0  # in the weights as they are: the inverse of the variance of each
_ROUNDS = 300


class Example(Struct, frozen=True):
    """What is true of something, and the labels one of which it has: one where that is known, more where less is."""

    features: tuple[str, ...]
    labels: tuple[str, ...]


def step_towards(model: LinearModel, examples: Sequence[Example]) -> LinearModel:
    """Return what examples change of a model: weights to be added to its own."""
    names = sorted({name for one in examples for name in one.features})
    columns = {name: column for column, name in enumerate(names, start=1)}
    table = np.zeros((len(examples), len(names) + 1))
    table[:, 0] = 1
    for row, one in enumerate(examples):
        np.add.at(table[row], [columns[name] for name in one.features], 1)
    may_be = np.array([[label in one.labels for label in model.labels] for one in examples], np.float64)
    before = np.log(model.probabilities(one.features for one in examples) + 1e-12)
    kernel = table @ table.T / _BELIEF
    pace = 1 / (1 + kernel.sum(axis=1).max() / 2)  # of a step that never goes too far: half is the most a share curves
    pulls = np.zeros_like(before)  # the likeliest weights are sums of the examples, each as far as it is not met yet
    for _ in range(_ROUNDS):
        shares = shares_of(before + kernel @ pulls)
        wanted = shares * may_be
        wanted /= wanted.sum(axis=1, keepdims=True)
        pulls += pace * (wanted - shares - pulls)
    return LinearModel(model.labels, names, table.T @ pulls / _BELIEF, {})
