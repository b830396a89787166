"""Logistic regression over named features, applied, and moved by a few examples towards what they tell, no further."""

import numpy as np
import pytest

from kb.learning import Example, LinearModel, step_towards

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


LABELS = ("no", "yes", "perhaps")
STEPPED = LinearModel(LABELS, ["high", "low"], [[0.0, 0.0, 0.0], [-1.0, 1.0, 0.0], [1.0, -1.0, 0.0]], {"yes": 0.7})
HIGH, NEW = ["high"], ["new"]


def probability(features: list[str], taught: list[Example], label: str) -> float:
    return float(STEPPED.probabilities([features], step=step_towards(STEPPED, taught))[0, LABELS.index(label)])


def examples(features: list[str], *labels: str, times: int = 12) -> list[Example]:
    return [Example(tuple(features), labels)] * times


def test_what_examples_tell_becomes_likelier_where_it_is_alike_the_more_the_more_they_are() -> None:
    before = float(STEPPED.probabilities([NEW])[0, 0])
    dozen, many = (probability(NEW, examples(NEW, "no", times=times), "no") for times in (12, 1200))

    assert before < dozen < 0.8 < many
    assert (
        before
        < probability(HIGH, examples(NEW, "no"), "no") - float(STEPPED.probabilities([HIGH])[0, 0]) + before
        < dozen
    )


def test_of_labels_that_one_may_have_each_keeps_its_share() -> None:
    step = step_towards(STEPPED, examples(NEW, "no", "perhaps"))
    no, yes, perhaps = STEPPED.probabilities([NEW], step=step)[0]

    assert yes < 1 / 3
    assert no == pytest.approx(perhaps)


def test_no_claim_becomes_likelier_and_the_rest_still_adds_up() -> None:
    step = step_towards(STEPPED, examples(HIGH, "yes", times=1000))
    shares = STEPPED.probabilities([HIGH, NEW, ["low"]], step=step)

    assert (shares[:, 1] <= STEPPED.probabilities([HIGH, NEW, ["low"]])[:, 1] + 1e-12).all()
    assert shares.sum(axis=1) == pytest.approx(1)


def test_the_weights_are_the_likeliest_that_there_are() -> None:
    taught = examples(HIGH, "no", "perhaps", times=7) + examples(NEW, "yes", "perhaps", times=5)
    names, step = step_towards(STEPPED, taught).weights()
    table = np.array([[1, *(name in one.features for name in names)] for one in taught], float)
    before = np.log(STEPPED.probabilities([one.features for one in taught]))
    may_be = np.array([[label in one.labels for label in LABELS] for one in taught])

    def loss(weights: np.ndarray) -> float:
        scores = before + table @ weights
        shares = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
        return float(-np.log((shares * may_be).sum(axis=1)).sum() + 100 * (weights**2).sum() / 2)

    random = np.random.default_rng(7)
    others = [loss(step + random.normal(0, size, step.shape)) for size in (0.01, 0.001) for _ in range(50)]

    assert loss(step) < min(others)
