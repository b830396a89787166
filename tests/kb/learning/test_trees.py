"""Boosted trees: each example reaches a leaf of each tree, and the leaves add up to the scores of the labels."""

import numpy as np
import pytest

from kb.learning import BoostedTrees

# The first tree is of `no`, the second of `yes`: number 1 > 2.0? then number 0 > 5.0?
ARRAYS = {
    "columns": np.array([[0, 0, 0], [1, 0, 0]], np.int8),
    "bounds": np.array([[np.inf] * 3, [2.0, np.inf, 5.0]], np.float32),
    "leaves": np.array([[0.0] * 4, [1.0, 99.0, 2.0, 3.0]], np.float32),
    "biases": np.array([0.0, -2.0]),
}


@pytest.mark.parametrize(
    ("row", "score"), [((9.0, 2.0), -1.0), ((5.0, 2.1), 0.0), ((5.1, 2.1), 1.0), ((0.0, -7.0), -1.0)]
)
def test_an_example_gets_the_values_of_the_leaves_that_it_reaches(row: tuple[float, float], score: float) -> None:
    no, yes = BoostedTrees(("no", "yes"), ARRAYS, {}).probabilities(np.array([row]))[0]

    assert (no + yes, yes) == (pytest.approx(1.0), pytest.approx(1 / (1 + np.exp(-score))))


def test_examples_are_rated_one_by_one_or_together_alike() -> None:
    model, rows = BoostedTrees(("no", "yes"), ARRAYS, {}), np.array([[9.0, 2.0], [5.1, 2.1], [5.0, 2.1]])

    assert (model.probabilities(rows) == np.concatenate([model.probabilities(row[None]) for row in rows])).all()
    assert model.probabilities(rows[:0]).shape == (0, 2)
