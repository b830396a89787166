"""Cosines, sketches and section boosts, each compared with a plain computation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import similarity
from index.similarity import SignBitSketch, VectorIndex, quantised, section_boost


def distances(vectors: list[list[bool]], query: list[float]) -> list[int]:
    """Return the summed weights of the axes on which each vector and the query lie on different sides."""
    root = (sum(axis**2 for axis in query) / len(query)) ** 0.5
    weights = [min(round(abs(axis) / (2 * root) * 3), 3) if root else 0 for axis in query]
    return [
        sum(weight for above, axis, weight in zip(vector, query, weights, strict=True) if above != (axis > 0))
        for vector in vectors
    ]


@given(st.integers(1, 200), st.integers(1, 40), st.integers(0, 2**32 - 1), st.data())
def test_a_sketch_finds_the_vectors_on_the_same_side_of_the_weighted_axes(
    axes: int, size: int, seed: int, data: st.DataObject
) -> None:
    rng = np.random.default_rng(seed)
    vectors, query = rng.random((size, axes)) > 0.5, np.rint(rng.normal(size=axes) * 40)
    count = data.draw(st.integers(1, size))

    nearest = SignBitSketch([vectors[: size // 2], vectors[size // 2 :]]).nearest(query, count)

    expected = distances(vectors.tolist(), query.tolist())
    farthest = sorted(expected)[count - 1]
    assert nearest.tolist() == [row for row, distance in enumerate(expected) if distance <= farthest]


@given(st.integers(60, 300), st.integers(0, 2**32 - 1))
def test_a_large_index_computes_the_same_cosines_for_the_nearest_by_sketch(size: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(size, 48)).astype(np.float32) + 0.5
    index = VectorIndex(quantised(vectors))
    query = index.centring.centred(vectors[size // 2])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(similarity, "_MAX_EXACT", 50)
        rows, cosines = index.nearest(query)

    exact = index.cosines(query.match_row)[0]
    assert size // 2 in rows
    assert cosines.tolist() == exact[rows].tolist()
    assert len(rows) < size


@given(st.integers(0, 2**32 - 1), st.integers(1, 400), st.integers(16, 64))
def test_cosines_are_those_of_the_centred_vectors(seed: int, count: int, size: int) -> None:
    rng = np.random.default_rng(seed)
    vectors = (rng.normal(size=(count + 1, size)) + 0.3).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    *passages, query = vectors

    index = VectorIndex(quantised(np.array(passages)))
    cosines = index.cosines(index.centring.centred(query), np.arange(count, dtype=np.int32))[0]

    mean = np.mean(passages, axis=0)
    lengths = np.linalg.norm(passages - mean, axis=1) * np.linalg.norm(query - mean)
    expected = (np.array(passages) - mean) @ (query - mean) / np.maximum(lengths, 1e-9)
    assert np.allclose(cosines[lengths > 0.2], expected[lengths > 0.2], atol=0.05)


@given(st.lists(st.tuples(st.integers(0, 4), st.floats(-1, 1)), max_size=12))
def test_a_section_boost_is_half_the_sum_of_the_two_greatest_cosines(
    documents: list[tuple[int, float]],
) -> None:
    sections = np.array([section for section, _ in documents], np.int32)

    boosts = section_boost(sections, np.array([cosine for _, cosine in documents]))

    assert boosts.tolist() == pytest.approx(
        [sum(sorted((c for s, c in documents if s == section), reverse=True)[:2]) / 2 for section, _ in documents]
    )
