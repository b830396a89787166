"""Linear-chain taggers: the best path and how likely each label is, held against all paths there are."""

from itertools import pairwise, product

import numpy as np
import pytest

from kb.learning import Tagger, load_tagger

TAGGER = Tagger(
    ("O", "B", "I"),
    ("a", "b", "c"),
    np.array([[0.5, 1.0, -1.0], [0.2, -0.5, 1.5], [1.0, 0.1, 0.3]]),
    np.array([[0.5, 0.3, -8.0], [0.1, -0.2, 1.0], [0.2, 0.4, 0.6]]),
    {},
)
TEXTS = [[["a"], ["b", "unknown"], ["b", "c"]], [["c"]], [["b"], ["a", "c"]]]


def by_all_paths(text: list[list[str]]) -> tuple[list[int], np.ndarray]:
    """Return the best path of a text and how likely each label of each piece is, by looking at every path."""
    names, weights = TAGGER.weights()
    scores = [sum((weights[names.index(name)] for name in one if name in names), np.zeros(3)) for one in text]
    paths = list(product(range(3), repeat=len(text)))
    points = [
        sum(scores[at][label] for at, label in enumerate(path))
        + sum(TAGGER.following[one, other] for one, other in pairwise(path))
        for path in paths
    ]
    shares = np.exp(points) / np.exp(points).sum()
    likely = np.zeros((len(text), 3))
    for path, share in zip(paths, shares, strict=True):
        for at, label in enumerate(path):
            likely[at, label] += share
    return list(paths[int(np.argmax(points))]), likely


def test_texts_of_any_length_are_tagged_together_as_each_alone() -> None:
    for (path, likely), text in zip(TAGGER.tagged(TEXTS), TEXTS, strict=True):
        best, shares = by_all_paths(text)

        assert path == best
        assert likely == pytest.approx(shares)


def test_nothing_is_tagged_where_nothing_stands() -> None:
    assert [(path, likely.shape) for path, likely in TAGGER.tagged([[], []])] == [([], (0, 3)), ([], (0, 3))]


def test_a_tagger_comes_along_with_kb() -> None:
    assert load_tagger("spans").labels[0] == "O"
