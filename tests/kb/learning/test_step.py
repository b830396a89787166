"""A few examples move the weights of a model towards what they tell, and no further."""

import numpy as np
import pytest

from kb.learning import Example, LinearModel, step_towards

LABELS = ("no", "yes", "perhaps")
MODEL = LinearModel(LABELS, ["high", "low"], [[0.0, 0.0, 0.0], [-1.0, 1.0, 0.0], [1.0, -1.0, 0.0]], {"yes": 0.7})
HIGH, NEW = ["high"], ["new"]


def likely(features: list[str], told: list[Example], label: str) -> float:
    return float(MODEL.probabilities([features], step=step_towards(MODEL, told))[0, LABELS.index(label)])


def told(features: list[str], *labels: str, times: int = 12) -> list[Example]:
    return [Example(tuple(features), labels)] * times


def test_what_examples_tell_becomes_likelier_where_it_is_alike_the_more_the_more_they_are() -> None:
    before = float(MODEL.probabilities([NEW])[0, 0])
    dozen, many = (likely(NEW, told(NEW, "no", times=times), "no") for times in (12, 1200))

    assert before < dozen < 0.8 < many
    assert before < likely(HIGH, told(NEW, "no"), "no") - float(MODEL.probabilities([HIGH])[0, 0]) + before < dozen


def test_of_labels_that_one_may_have_each_keeps_its_share() -> None:
    step = step_towards(MODEL, told(NEW, "no", "perhaps"))
    no, yes, perhaps = MODEL.probabilities([NEW], step=step)[0]

    assert yes < 1 / 3
    assert no == pytest.approx(perhaps)


def test_no_claim_becomes_likelier_and_the_rest_still_adds_up() -> None:
    step = step_towards(MODEL, told(HIGH, "yes", times=1000))
    shares = MODEL.probabilities([HIGH, NEW, ["low"]], step=step)

    assert (shares[:, 1] <= MODEL.probabilities([HIGH, NEW, ["low"]])[:, 1] + 1e-12).all()
    assert shares.sum(axis=1) == pytest.approx(1)


def test_the_weights_are_the_likeliest_that_there_are() -> None:
    examples = told(HIGH, "no", "perhaps", times=7) + told(NEW, "yes", "perhaps", times=5)
    names, step = step_towards(MODEL, examples).weights()
    table = np.array([[1, *(name in one.features for name in names)] for one in examples], float)
    before = np.log(MODEL.probabilities([one.features for one in examples]))
    may_be = np.array([[label in one.labels for label in LABELS] for one in examples])

    def loss(weights: np.ndarray) -> float:
        scores = before + table @ weights
        shares = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
        return float(-np.log((shares * may_be).sum(axis=1)).sum() + 100 * (weights**2).sum() / 2)

    random = np.random.default_rng(7)
    others = [loss(step + random.normal(0, size, step.shape)) for size in (0.01, 0.001) for _ in range(50)]

    assert loss(step) < min(others)
