"""Logistic regression over named features, and its adaptation to a few examples."""

import numpy as np
import pytest

from kb.learning import Example, LinearModel, adaptation_to

MODEL = LinearModel(("advice", "problem"), ("ends with べき", "has →"), np.array([[0, 0], [2, -2], [0, 1]]), {})


def test_features_add_up_and_unknown_features_are_ignored() -> None:
    probabilities = MODEL.probabilities([["ends with べき", "has →", "never seen"], ["has →"], []])

    assert probabilities == pytest.approx(np.array([[0.953, 0.047], [0.269, 0.731], [0.5, 0.5]]), abs=1e-3)


def test_no_examples_give_no_probabilities() -> None:
    assert MODEL.probabilities([]).shape == (0, 2)


def test_examples_beyond_the_first_batch_have_the_same_probabilities() -> None:
    examples = [["has →"], [], ["ends with べき"]]

    assert (MODEL.probabilities(examples * 700) == np.tile(MODEL.probabilities(examples), (700, 1))).all()


def test_the_strongest_features_are_the_reasons_for_and_against_a_label() -> None:
    assert MODEL.reasons(["never seen", "has →", "ends with べき"], "advice") == [
        ("ends with べき", 2.0),
        ("has →", -0.5),
    ]


LABELS = ("no", "yes", "perhaps")
ADAPTED = LinearModel(LABELS, ["high", "low"], [[0.0, 0.0, 0.0], [-1.0, 1.0, 0.0], [1.0, -1.0, 0.0]], {"yes": 0.7})
HIGH, NEW = ["high"], ["new"]


def probability(features: list[str], corrected: list[Example], label: str) -> float:
    adaptation = adaptation_to(ADAPTED, corrected)
    return float(ADAPTED.probabilities([features], adaptation=adaptation)[0, LABELS.index(label)])


def examples(features: list[str], *labels: str, times: int = 12) -> list[Example]:
    return [Example(tuple(features), labels)] * times


def test_more_examples_of_a_label_make_it_likelier_most_of_all_for_similar_features() -> None:
    before = float(ADAPTED.probabilities([NEW])[0, 0])
    dozen, many = (probability(NEW, examples(NEW, "no", times=times), "no") for times in (12, 1200))

    assert before < dozen < 0.8 < many
    assert (
        before
        < probability(HIGH, examples(NEW, "no"), "no") - float(ADAPTED.probabilities([HIGH])[0, 0]) + before
        < dozen
    )


def test_an_example_of_half_the_weight_counts_as_half_of_one() -> None:
    whole = examples(NEW, "no", times=6) + examples(HIGH, "yes", times=3)
    halves = [Example(one.features, one.labels, 0.5) for one in (*whole, *whole)]

    assert adaptation_to(ADAPTED, halves).weights()[1] == pytest.approx(adaptation_to(ADAPTED, whole).weights()[1])


def test_labels_that_an_example_may_have_keep_their_shares() -> None:
    adaptation = adaptation_to(ADAPTED, examples(NEW, "no", "perhaps"))
    no, yes, perhaps = ADAPTED.probabilities([NEW], adaptation=adaptation)[0]

    assert yes < 1 / 3
    assert no == pytest.approx(perhaps)


def test_no_label_with_a_threshold_becomes_likelier_and_the_probabilities_still_add_up() -> None:
    adaptation = adaptation_to(ADAPTED, examples(HIGH, "yes", times=1000))
    probabilities = ADAPTED.probabilities([HIGH, NEW, ["low"]], adaptation=adaptation)

    assert (probabilities[:, 1] <= ADAPTED.probabilities([HIGH, NEW, ["low"]])[:, 1] + 1e-12).all()
    assert probabilities.sum(axis=1) == pytest.approx(1)


def test_a_label_that_reached_its_threshold_stays_as_likely_as_it_was() -> None:
    adaptation = adaptation_to(ADAPTED, examples(HIGH, "no", "perhaps", times=1000))
    sure = ["low"] * 2, ["high"] * 2
    certain = LinearModel(LABELS, ["high", "low"], [[0.0, 0, 0], [-1, 2, 0], [1, -1, 0]], {"yes": 0.7})
    before, after = (certain.probabilities(sure, adaptation=one)[:, 1] for one in (None, adaptation))

    assert before[1] > 0.7
    assert after[1] == pytest.approx(before[1])
    assert after[0] < before[0]


def test_the_features_of_many_fitted_examples_move_least() -> None:
    informed = LinearModel(LABELS, ["high", "low"], np.zeros((3, 3)), {}, information=np.array([1000.0, 500.0, 0.0]))
    names, weights = adaptation_to(informed, examples(["high", "low", "new"], "no")).weights()
    bias, *moved = np.abs(weights).max(axis=1)
    by_name = dict(zip(names, moved, strict=True))

    assert bias < by_name["high"] < by_name["low"] / 10
    assert by_name["new"] == pytest.approx(by_name["low"])


def test_the_adapted_weights_have_the_highest_posterior() -> None:
    corrected = examples(HIGH, "no", "perhaps", times=7) + examples(NEW, "yes", "perhaps", times=5)
    names, adapted = adaptation_to(ADAPTED, corrected).weights()
    table = np.array([[1, *(name in example.features for name in names)] for example in corrected], float)
    before = np.log(ADAPTED.probabilities([example.features for example in corrected]))
    allowed = np.array([[label in example.labels for label in LABELS] for example in corrected])

    def loss(weights: np.ndarray) -> float:
        scores = before + table @ weights
        probabilities = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
        return float(-np.log((probabilities * allowed).sum(axis=1)).sum() + 30 * (weights**2).sum() / 2)

    random = np.random.default_rng(7)
    nearby = [loss(adapted + random.normal(0, size, adapted.shape)) for size in (0.01, 0.001) for _ in range(50)]

    assert loss(adapted) < min(nearby)
