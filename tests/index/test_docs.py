"""Document arrays behave as Python's sets; a trigram filter never misses a text that contains the phrase."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from index.whoosh_engine import columns
from index.whoosh_engine.columns import Texts, TrigramFilter
from index.whoosh_engine.docs import among, both, either, least, less

sets = st.one_of(st.frozensets(st.integers(0, 60)), st.builds(range, st.integers(0, 40), st.integers(0, 2000)))
few = st.lists(st.integers(0, 2010), max_size=4)
written = st.lists(st.text("ab監", max_size=6).map(str.encode), max_size=5)


def docs(numbers: frozenset[int] | range) -> NDArray[np.int32]:
    return np.array(sorted(numbers), np.int32)


@given(sets, sets)
def test_set_operations_agree_with_python(first: frozenset[int] | range, second: frozenset[int] | range) -> None:
    assert both(docs(first), docs(second)).tolist() == sorted({*first} & {*second})
    assert either((docs(first), docs(second), docs(first))).tolist() == sorted({*first} | {*second})
    assert less(docs(first), docs(second)).tolist() == sorted({*first} - {*second})


@given(few, sets)
def test_membership_does_not_depend_on_order(numbers: list[int], others: frozenset[int] | range) -> None:
    assert among(np.array(numbers, np.int32), docs(others)).tolist() == [number in others for number in numbers]


@given(st.integers(0, 5000), st.one_of(st.none(), st.integers(0, 40)), st.integers(0, 2**32 - 1))
def test_the_smallest_numbers_are_those_of_a_sort(size: int, count: int | None, seed: int) -> None:
    numbers = np.random.default_rng(seed).permutation(size).astype(np.int64)

    assert least(numbers, count).tolist() == np.argsort(numbers)[:count].tolist()


@pytest.mark.parametrize("lists", [(), (np.empty(0, np.int32),)])
def test_the_union_of_empty_sets_is_empty(lists: tuple[NDArray[np.int32], ...]) -> None:
    assert either(lists).tolist() == []


@given(written, st.data(), st.integers(1, 9))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_trigram_filter_finds_every_text_with_the_phrase_whatever_the_block_size(
    monkeypatch: pytest.MonkeyPatch, contents: list[bytes], data: st.DataObject, length: int
) -> None:
    monkeypatch.setattr(columns, "_BYTES_AT_ONCE", length)
    whole = data.draw(st.sampled_from(contents or [b""]))
    begin = data.draw(st.integers(0, len(whole)))
    phrase = whole[begin : data.draw(st.integers(begin, len(whole)))]

    found = TrigramFilter(Texts.of(contents)).candidates(phrase).tolist()

    assert set(found) >= {number for number, text in enumerate(contents) if phrase in text}
