"""Sets of documents as arrays are the sets of Python; of those that may hold a phrase never one is too few."""

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
def test_documents_are_together_what_sets_are(some: frozenset[int] | range, others: frozenset[int] | range) -> None:
    a, b = set(some), set(others)

    assert both(docs(some), docs(others)).tolist() == sorted(a & b)
    assert either((docs(some), docs(others), docs(some))).tolist() == sorted(a | b)
    assert less(docs(some), docs(others)).tolist() == sorted(a - b)


@given(few, sets)
def test_documents_in_any_order_are_found_among_others(some: list[int], others: frozenset[int] | range) -> None:
    assert among(np.array(some, np.int32), docs(others)).tolist() == [one in others for one in some]


@given(st.integers(0, 5000), st.one_of(st.none(), st.integers(0, 40)), st.integers(0, 2**32 - 1))
def test_the_least_numbers_are_those_of_a_sort(size: int, count: int | None, seed: int) -> None:
    numbers = np.random.default_rng(seed).permutation(size).astype(np.int64)

    assert least(numbers, count).tolist() == np.argsort(numbers)[:count].tolist()


@pytest.mark.parametrize("lists", [(), (np.empty(0, np.int32),)])
def test_no_documents_are_together_none(lists: tuple[NDArray[np.int32], ...]) -> None:
    assert either(lists).tolist() == []


@given(written, st.data(), st.integers(1, 9))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_text_that_holds_a_piece_may_hold_it_however_many_are_worked_on_at_once(
    monkeypatch: pytest.MonkeyPatch, every: list[bytes], data: st.DataObject, length: int
) -> None:
    monkeypatch.setattr(columns, "_BYTES_AT_ONCE", length)
    whole = data.draw(st.sampled_from(every or [b""]))
    begin = data.draw(st.integers(0, len(whole)))
    piece = whole[begin : data.draw(st.integers(begin, len(whole)))]

    found = TrigramFilter(Texts.of(every)).candidates(piece).tolist()

    assert set(found) >= {number for number, text in enumerate(every) if piece in text}
