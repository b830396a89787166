"""Vectors by themselves: their cosines, their sketches and the boost of a section, each held against a plain count."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import similarity
from index.similarity import SignBitSketch, VectorIndex, quantised, section_boost


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

    every = distances(vectors.tolist(), query.tolist())
    farthest = sorted(every)[count - 1]
    assert nearest.tolist() == [number for number, distance in enumerate(every) if distance <= farthest]


@given(st.integers(60, 300), st.integers(0, 2**32 - 1))
def test_of_many_documents_the_nearest_are_looked_at_and_have_the_cosines_that_they_have_among_few(
    size: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(size, 48)).astype(np.float32) + 0.5
    index = VectorIndex(quantised(vectors))
    query = index.centring.centred(vectors[size // 2])
    with pytest.MonkeyPatch.context() as few:
        few.setattr(similarity, "_MOST_EXACT", 50)
        rows, cosines = index.nearest(query)

    every = index.cosines(query.finding)[0]
    assert size // 2 in rows
    assert cosines.tolist() == every[rows].tolist()
    assert len(rows) < size


@given(st.integers(0, 2**32 - 1), st.integers(1, 400), st.integers(16, 64))
def test_the_cosine_is_that_of_the_vectors_as_they_differ_from_their_mean(seed: int, count: int, size: int) -> None:
    rng = np.random.default_rng(seed)
    vectors = (rng.normal(size=(count + 1, size)) + 0.3).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    *passages, query = vectors

    index = VectorIndex(quantised(np.array(passages)))
    cosines = index.cosines(index.centring.centred(query), np.arange(count, dtype=np.int32))[0]

    mean = np.mean(passages, axis=0)
    lengths = np.linalg.norm(passages - mean, axis=1) * np.linalg.norm(query - mean)
    wanted = (np.array(passages) - mean) @ (query - mean) / np.maximum(lengths, 1e-9)
    assert np.allclose(cosines[lengths > 0.2], wanted[lengths > 0.2], atol=0.05)


@given(st.lists(st.tuples(st.integers(0, 4), st.floats(-1, 1)), max_size=12))
def test_a_section_gives_each_of_its_documents_half_of_its_two_greatest_cosines(
    documents: list[tuple[int, float]],
) -> None:
    sections = np.array([section for section, _ in documents], np.int32)

    boosts = section_boost(sections, np.array([cosine for _, cosine in documents]))

    assert boosts.tolist() == pytest.approx(
        [sum(sorted((c for s, c in documents if s == section), reverse=True)[:2]) / 2 for section, _ in documents]
    )
