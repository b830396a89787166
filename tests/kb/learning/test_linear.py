"""Logistic regression over named features, applied."""

import numpy as np
import pytest

from kb.learning import LinearModel

MODEL = LinearModel(("advice", "problem"), ("ends with べき", "has →"), np.array([[0, 0], [2, -2], [0, 1]]), {})


def test_features_add_up_and_unknown_ones_say_nothing() -> None:
    likely = MODEL.probabilities([["ends with べき", "has →", "never seen"], ["has →"], []])

    assert likely == pytest.approx(np.array([[0.953, 0.047], [0.269, 0.731], [0.5, 0.5]]), abs=1e-3)


def test_of_nothing_nothing_is_likely() -> None:
    assert MODEL.probabilities([]).shape == (0, 2)


def test_the_strongest_features_say_why_and_why_not() -> None:
    assert MODEL.reasons(["never seen", "has →", "ends with べき"], "advice") == [
        ("ends with べき", 2.0),
        ("has →", -0.5),
    ]
