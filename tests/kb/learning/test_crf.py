"""Conditional random fields: the best path and the probabilities of labels, compared with a search of all paths."""

from itertools import pairwise, product

import numpy as np
import pytest

from kb.learning import ConditionalRandomField, load_crf

CRF = ConditionalRandomField(
    ("O", "B", "I"),
    ("a", "b", "c"),
    np.array([[0.5, 1.0, -1.0], [0.2, -0.5, 1.5], [1.0, 0.1, 0.3]]),
    np.array([[0.5, 0.3, -8.0], [0.1, -0.2, 1.0], [0.2, 0.4, 0.6]]),
    {},
)
TEXTS = [[["a"], ["b", "unknown"], ["b", "c"]], [["c"]], [["b"], ["a", "c"]]]


def by_all_paths(text: list[list[str]]) -> tuple[list[int], np.ndarray]:
    """Return the best path of a text and the probability of each label of each token, from all paths."""
    names, weights = CRF.weights()
    scores = [sum((weights[names.index(name)] for name in token if name in names), np.zeros(3)) for token in text]
    paths = list(product(range(3), repeat=len(text)))
    path_scores = [
        sum(scores[at][label] for at, label in enumerate(path))
        + sum(CRF.transitions[before, label] for before, label in pairwise(path))
        for path in paths
    ]
    path_probabilities = np.exp(path_scores) / np.exp(path_scores).sum()
    probabilities = np.zeros((len(text), 3))
    for path, probability in zip(paths, path_probabilities, strict=True):
        for at, label in enumerate(path):
            probabilities[at, label] += probability
    return list(paths[int(np.argmax(path_scores))]), probabilities


def test_texts_of_any_length_are_labelled_together_as_each_alone() -> None:
    for (path, probabilities), text in zip(CRF.predict(TEXTS), TEXTS, strict=True):
        best_path, marginals = by_all_paths(text)

        assert path == best_path
        assert probabilities == pytest.approx(marginals)


def test_an_empty_text_has_no_labels() -> None:
    assert [(path, marginals.shape) for path, marginals in CRF.predict([[], []])] == [([], (0, 3)), ([], (0, 3))]


def test_a_model_is_shipped() -> None:
    assert load_crf("spans").labels[0] == "O"
