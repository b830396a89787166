"""Multinomial logistic regression over named features, and its adaptation to a few examples.

Input: the feature names of each example, and a vector where the model has weights for one.
Model: `NAME.npz` (feature names and weights) and `NAME.toml` (labels, thresholds, measured figures).
`make fit` fits it with scikit-learn; numpy applies it. Output: the probability of each label.
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

_EXAMPLES_PER_BATCH = 1_000  # bounds memory: a report of 100,000 notes has 17 million features
_MAX_REASONS = 5  # features
_PRIOR_PRECISION = 30.0  # inverse variance of the Gaussian prior around a weight that no fitted example has
_ITERATIONS = 300  # of an adaptation; the weights have converged by then

Matrix: TypeAlias = NDArray[np.float64]
Features: TypeAlias = Sequence[str]
"""The features of an example, such as `ends ません`. A repeated one counts twice; an unknown one is ignored."""


class ModelTable(Struct, frozen=True):
    """The content of `NAME.toml`."""

    fitted_on: Any
    labels: tuple[str, ...]  # in the order of the weight columns
    thresholds: dict[str, float]  # minimum probability at which a label is used
    figures: dict[str, dict[str, float]]
    likely: dict[str, float] = {}  # the lower probability at which a label with a threshold is likely


class LinearModel:
    """A multinomial logistic regression (Hastie et al., The Elements of Statistical Learning, 4.4)."""

    def __init__(
        self,
        labels: Sequence[str],
        names: Sequence[str],
        weights: NDArray[np.floating[Any]],
        thresholds: Mapping[str, float],
        *,
        vector_weights: NDArray[np.floating[Any]] | None = None,
        information: NDArray[np.floating[Any]] | None = None,
        likely: Mapping[str, float] | None = None,
    ) -> None:
        """Take the weights: a column for each label, a first row of biases, and a row for each feature name.

        `vector_weights`, (dimensions, labels), weigh the vectors of examples. `information` is how much
        the fitted examples say about each row of weights, by default nothing (see `adaptation_to`). `thresholds` and
        `likely` are those of `ModelTable`.
        """
        self.labels = tuple(labels)
        self.thresholds = thresholds
        self.likely = likely or {}
        self._rows = {name: row for row, name in enumerate(names, start=1)}
        self._weights = np.asarray(weights)  # as stored: float16 takes a quarter of the memory
        self.vector_weights = None if vector_weights is None else np.asarray(vector_weights, np.float64)
        self._information = np.zeros(len(weights)) if information is None else np.asarray(information)

    def weights(self) -> tuple[list[str], Matrix]:
        """Return the feature names, and the weights with the biases as their first row."""
        return list(self._rows), self._weights.astype(np.float64)

    def information(self, names: Sequence[str]) -> NDArray[np.float64]:
        """Return the information on the biases, then on the weights of each feature; 0 for an unknown feature."""
        rows = [self._rows.get(name, -1) for name in names]
        known = [self._information[row] if row > 0 else 0.0 for row in rows]
        return np.array([self._information[0], *known], np.float64)

    def probabilities(
        self,
        examples: Iterable[Features],
        vectors: NDArray[np.floating[Any]] | None = None,
        adaptation: "LinearModel | None" = None,
    ) -> Matrix:
        """Return the probability of each label, (examples, labels).

        A model with vector weights needs `vectors`, (examples, dimensions). An `adaptation` (see `adaptation_to`)
        moves no label across its threshold: the precision and recall that were measured there must hold.
        """
        scores, *adapted = scores_by([self, adaptation] if adaptation else [self], examples)
        return self.probabilities_of(scores, vectors, *adapted)

    def probabilities_of(
        self, scores: Matrix, vectors: NDArray[np.floating[Any]] | None = None, adapted: Matrix | None = None
    ) -> Matrix:
        """Return the `probabilities` of examples with these scores, and with these of an adaptation."""
        if self.vector_weights is not None:
            scores = scores + np.asarray(vectors) @ self.vector_weights
        before = softmax(scores)
        return before if adapted is None else self.capped(before, softmax(scores + adapted))

    def capped(self, before: Matrix, after: Matrix) -> Matrix:
        """Return the probabilities `after`, where labels with a threshold are at most as likely as `before`.

        A label that reached its threshold `before` keeps its probability: corrections sample errors alone, so they say
        nothing about what is shown correctly.
        """
        thresholds = np.array([self.thresholds.get(label, np.inf) for label in self.labels])
        limited = np.where(np.isinf(thresholds), 0.0, np.where(before >= thresholds, before, np.minimum(before, after)))
        free = np.where(np.isinf(thresholds), after, 0.0)
        remaining = 1 - limited.sum(axis=1, keepdims=True)
        return np.asarray(limited + free * remaining / np.maximum(free.sum(axis=1, keepdims=True), 1e-300))

    def scores(self, examples: Iterable[Features]) -> Matrix:
        """Return the sum of the weights of each example's features, (examples, labels)."""
        # One flat list of rows is faster than an array for each example.
        rows, starts = list[int](), list[int]()
        for features in examples:
            starts.append(len(rows))
            rows.append(0)  # the bias
            rows += filter(None, map(self._rows.get, features))  # no feature has row 0
        return np.asarray(np.add.reduceat(self._weights[rows].astype(np.float64), starts))

    def reasons(self, features: Features, label: str) -> list[tuple[str, float]]:
        """Return the five features that say most for a label or, if negative, against it.

        The figure is the feature's weight for the label minus its mean weight for all labels.
        """
        column = self.labels.index(label)
        known = [(name, self._weights[self._rows[name]].astype(np.float64)) for name in features if name in self._rows]
        reasons = [(name, float(row[column] - row.mean())) for name, row in known]
        return sorted(reasons, key=lambda reason: -abs(reason[1]))[:_MAX_REASONS]


def scores_by(models: Sequence[LinearModel], examples: Iterable[Features]) -> list[Matrix]:
    """Return the scores of examples by each model (`LinearModel.scores`); they are iterated over once."""
    remaining, batches = iter(examples), [[np.empty((0, len(model.labels))) for model in models]]
    while batch := list(islice(remaining, _EXAMPLES_PER_BATCH)):
        batches.append([model.scores(batch) for model in models])
    return [np.concatenate(scores) for scores in zip(*batches, strict=True)]


def softmax(scores: Matrix) -> Matrix:
    """Return the probabilities of scores, (examples, labels)."""
    powers: Matrix = np.exp(scores - scores.max(axis=1, keepdims=True, initial=-np.inf))
    powers /= powers.sum(axis=1, keepdims=True)
    return powers


class Example(Struct, frozen=True):
    """The features of an example, the labels that it may have, just one if its label is known, and its weight.

    An example of weight 0.5 counts as half of one.
    """

    features: tuple[str, ...]
    labels: tuple[str, ...]
    weight: float = 1.0


def adaptation_to(model: LinearModel, examples: Sequence[Example], strength: float = 1.0) -> LinearModel:
    """Return the weight changes that fit a model to a few examples, times `strength`.

    The changes have the highest posterior under a Gaussian prior around the model's weights (Chelba and Acero,
    Adaptation of Maximum Entropy Capitalizer, 2006). Its precision grows with the Fisher information of the fitted
    examples on each weight (Kirkpatrick et al., Overcoming catastrophic forgetting in neural networks, 2017): a feature
    that thousands of them have is the last to move, because notes that nobody corrected have it, too.
    """
    names = sorted({name for example in examples for name in example.features})
    columns = {name: column for column, name in enumerate(names, start=1)}
    table = np.zeros((len(examples), len(names) + 1))
    table[:, 0] = 1
    for row, example in enumerate(examples):
        np.add.at(table[row], [columns[name] for name in example.features], 1)
    allowed = np.array([[label in example.labels for label in model.labels] for example in examples], np.float64)
    before = np.log(model.probabilities([example.features for example in examples]) + 1e-12)
    # By the representer theorem the optimum is a linear combination of the examples; solve with their kernel matrix.
    variances = 1 / (_PRIOR_PRECISION + model.information(names))
    kernel = table * variances @ table.T
    weights = np.array([[example.weight] for example in examples])
    rate = 1 / (1 + (kernel @ weights).max() / 2)  # never overshoots: softmax has a curvature of at most 1/2
    coefficients = np.zeros_like(before)
    for _ in range(_ITERATIONS):
        probabilities = softmax(before + kernel @ coefficients)
        targets = probabilities * allowed
        targets /= targets.sum(axis=1, keepdims=True)
        coefficients += rate * (weights * (targets - probabilities) - coefficients)
    return LinearModel(model.labels, names, strength * table.T @ coefficients * variances[:, None], {})


@cache
def load(name: str) -> LinearModel:
    """Return a shipped model. Raises FileNotFoundError for an unknown name."""
    table, names, arrays = read_model(name)
    return LinearModel(
        table.labels,
        names,
        arrays["weights"],
        table.thresholds,
        vector_weights=arrays.get("vector_weights"),
        information=arrays.get("information"),
        likely=table.likely,
    )


def model_table(name: str) -> ModelTable:
    """Return the table of a shipped model, without its weights."""
    return datafiles.table("kb.learning", f"{name}.toml", ModelTable)


def read_model(name: str) -> tuple[ModelTable, list[str], dict[str, NDArray[Any]]]:
    """Return the table of a shipped model, its feature names, and its other arrays by name."""
    with (files("kb.learning") / f"{name}.npz").open("rb") as data, np.load(data, allow_pickle=False) as file:
        arrays = dict(file)
    names = arrays.pop("names", np.empty(0, np.uint8)).tobytes().decode("utf-8").split("\n")
    return model_table(name), names, arrays
