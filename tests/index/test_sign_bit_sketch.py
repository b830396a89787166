"""On which side of the mean vectors lie: what is nearest a query by that, held against a plain count."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import similarity
from index.sign_bit_sketch import SignBitSketch
from index.similarity import VectorIndex, finding, quantised


def distances(vectors: list[list[bool]], query: list[float]) -> list[int]:
    """Return how much the axes count along which each vector lies on the other side, one after the other."""
    root = (sum(axis**2 for axis in query) / len(query)) ** 0.5
    counts = [min(round(abs(axis) / (2 * root) * 3), 3) if root else 0 for axis in query]
    return [
        sum(count for above, axis, count in zip(vector, query, counts, strict=True) if above != (axis > 0))
        for vector in vectors
    ]


@given(st.integers(1, 200), st.integers(1, 40), st.integers(0, 2**32 - 1), st.data())
def test_the_nearest_are_those_on_the_same_side_along_the_axes_that_count(
    axes: int, size: int, seed: int, data: st.DataObject
) -> None:
    rng = np.random.default_rng(seed)
    vectors, query = rng.random((size, axes)) > 0.5, np.rint(rng.normal(size=axes) * 40)
    count = data.draw(st.integers(1, size))

    nearest = SignBitSketch([vectors[: size // 2], vectors[size // 2 :]]).nearest(query, count)

    apart = distances(vectors.tolist(), query.tolist())
    farthest = sorted(apart)[count - 1]
    assert nearest.tolist() == [number for number, distance in enumerate(apart) if distance <= farthest]


@given(st.integers(60, 300), st.integers(0, 2**32 - 1))
def test_of_many_documents_the_likest_are_seen_and_told_as_among_few(size: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(size, 48)).astype(np.float32) + 0.5
    space = VectorIndex(quantised(vectors))
    asked = space.asked(vectors[size // 2])
    with pytest.MonkeyPatch.context() as few:
        few.setattr(similarity, "_MOST_EXACT", 50)
        rows, cosines = space.nearest(asked)

    every = space.cosines(finding(asked))[0]
    assert size // 2 in rows
    assert cosines.tolist() == every[rows].tolist()
    assert len(rows) < size
