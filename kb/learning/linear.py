"""Logistic regression over named features: how likely each label is, and why; a few examples move its weights.

It is fitted elsewhere and applied by numpy. A model is `NAME.npz` (the weights) with `NAME.toml` beside it: its labels,
the thresholds from which a claim is made, and the figures that it was measured by.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from itertools import islice
from typing import Any, TypeAlias

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from index import datafiles

_AT_ONCE = 1_000  # examples: a report of 100,000 notes has 17 million features
_MOST_REASONS = 5
_BELIEF = 100.0  # in weights that a step starts from: the inverse of the variance of each
_ROUNDS = 300  # of a step, by when no weight moves any more

Features: TypeAlias = Sequence[str]
"""What is true of an example, by names such as `ends with ません`; one that stands there twice counts twice, and one that
no model knows not at all."""


class ModelTable(Struct, frozen=True):
    """`NAME.toml`: labels in the order of the columns, and how likely each must be at least to be claimed."""

    fitted_on: Any
    labels: tuple[str, ...]
    thresholds: dict[str, float]
    figures: dict[str, dict[str, float]]
    vectors_of: str = ""  # the model whose vectors are weighed too (`index.embedder.Embedder.name`)


class LinearModel:
    """A multinomial logistic regression (Hastie et al., The Elements of Statistical Learning, 4.4), made by `load`."""

    def __init__(
        self,
        labels: Sequence[str],
        names: Sequence[str],
        weights: NDArray[np.floating[Any]],
        thresholds: Mapping[str, float],
        *,
        vector_weights: NDArray[np.floating[Any]] | None = None,
        vectors_of: str = "",
    ) -> None:
        """`weights` has a column a label; its first row always counts, each further one where its name is a feature.

        `vector_weights`, (dimensions, labels), is what each number of an example's vector counts, by the model
        `vectors_of`.
        """
        self.labels = tuple(labels)
        self.thresholds = thresholds
        self.vectors_of = vectors_of
        self._rows = {name: row for row, name in enumerate(names, start=1)}
        self._weights = np.asarray(weights, np.float64)
        self.vector_weights = None if vector_weights is None else np.asarray(vector_weights, np.float64)

    def weights(self) -> tuple[list[str], NDArray[np.float64]]:
        """Return the names of all features, and the weights: a row for what always counts, then one for each name."""
        return list(self._rows), self._weights

    def probabilities(
        self,
        examples: Iterable[Features],
        vectors: NDArray[np.floating[Any]] | None = None,
        step: "LinearModel | None" = None,
    ) -> NDArray[np.float64]:
        """Return how likely each label of each example is, (examples, labels).

        `vectors`, (examples, dimensions), are asked for by a model that has weights for them. By a `step`
        (`step_towards`) no label that is claimed from a threshold on becomes likelier: what that is right of holds.
        """
        left, nothing = iter(examples), np.empty((0, len(self.labels)))
        parts, steps = [nothing], [nothing]
        while some := list(islice(left, _AT_ONCE)):
            parts.append(self.scores(some))
            if step:
                steps.append(step.scores(some))
        scores = np.concatenate(parts)
        if self.vector_weights is not None:
            scores += np.asarray(vectors, np.float64) @ self.vector_weights
        before = softmax(scores)
        return self.capped(before, softmax(scores + np.concatenate(steps))) if step else before

    def capped(self, before: NDArray[np.float64], after: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the probabilities `after` with those of claims no higher than `before`, (examples, labels) each."""
        claimed = np.array([label in self.thresholds for label in self.labels])
        claims = np.where(claimed, np.minimum(before, after), 0.0)
        others = np.where(claimed, 0.0, after)
        left = 1 - claims.sum(axis=1, keepdims=True)
        return np.asarray(claims + others * left / np.maximum(others.sum(axis=1, keepdims=True), 1e-300))

    def scores(self, examples: Sequence[Features]) -> NDArray[np.float64]:
        """Return what the features of each example add up to for each label, (examples, labels)."""
        rows, begins = list[int](), list[int]()  # of all examples one after the other: arrays are dear to make
        known = self._rows  # none of them 0
        for features in examples:
            begins.append(len(rows))
            rows.append(0)
            rows += filter(None, map(known.get, features))
        scores: NDArray[np.float64] = np.add.reduceat(self._weights[rows], begins)
        return scores

    def reasons(self, features: Features, label: str) -> list[tuple[str, float]]:
        """Return the five features that speak most for a label or, negative, against it: its weight over the mean."""
        column = self.labels.index(label)
        known = [(name, self._weights[self._rows[name]]) for name in features if name in self._rows]
        reasons = [(name, float(row[column] - row.mean())) for name, row in known]
        return sorted(reasons, key=lambda reason: -abs(reason[1]))[:_MOST_REASONS]


def softmax(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the probability of each label of each example by its scores, (examples, labels)."""
    powers: NDArray[np.float64] = np.exp(scores - scores.max(axis=1, keepdims=True, initial=-np.inf))
    powers /= powers.sum(axis=1, keepdims=True)
    return powers


class Example(Struct, frozen=True):
    """What is true of something, and the labels one of which it has: one where that is known, more where less is."""

    features: tuple[str, ...]
    labels: tuple[str, ...]


def step_towards(model: LinearModel, examples: Sequence[Example]) -> LinearModel:
    """Return what a few examples change of a model: weights to be added to its own.

    They become the likeliest ones where each is believed to be what it was, give or take: a Gaussian prior around them
    (Chelba and Acero, Adaptation of Maximum Entropy Capitalizer, 2006), which is ridge regression towards them.
    """
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
        shares = softmax(before + kernel @ pulls)
        wanted = shares * may_be
        wanted /= wanted.sum(axis=1, keepdims=True)
        pulls += pace * (wanted - shares - pulls)
    return LinearModel(model.labels, names, table.T @ pulls / _BELIEF, {})


@cache
def load(name: str) -> LinearModel:
    """Return the model of a name that comes along with kb. Raises FileNotFoundError where there is none."""
    table, names, arrays = read_model(name)
    return LinearModel(
        table.labels,
        names,
        arrays["weights"],
        table.thresholds,
        vector_weights=arrays.get("vector_weights"),
        vectors_of=table.vectors_of,
    )


def read_model(name: str) -> tuple[ModelTable, list[str], dict[str, NDArray[Any]]]:
    """Return the table of a model, the names of its features, and its other arrays by their names."""
    table = datafiles.table("kb.learning", f"{name}.toml", ModelTable)
    with (files("kb.learning") / f"{name}.npz").open("rb") as data, np.load(data, allow_pickle=False) as file:
        arrays = dict(file)
    return table, arrays.pop("names").tobytes().decode("utf-8").split("\n"), arrays
