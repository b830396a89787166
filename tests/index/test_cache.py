"""A cache that threads share stays within its limit and never mixes up values."""

import random
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from index.cache import Cache

THREADS = 8


@pytest.fixture(autouse=True)
def turns() -> Iterator[None]:
    """Switch between threads a thousand times as often as usual."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(5e-6)
    yield
    sys.setswitchinterval(usual)


def test_the_least_recently_used_value_is_dropped_first() -> None:
    cache = Cache[str](3 * 400, lambda _: 100)
    for key in "abc":
        cache.keep(key, key)
    cache.find("a")
    cache.keep("d", "d")

    assert [cache.find(key) for key in "abcd"] == ["a", None, "c", "d"]


def test_a_value_larger_than_the_limit_is_not_cached() -> None:
    cache = Cache[str](1000, len)
    cache.keep("a", "a")
    cache.keep("b", "b" * 2000)

    assert (cache.find("b"), cache.find("a")) == (None, "a")


def test_a_replaced_value_counts_once() -> None:
    cache = Cache[str](2 * 400, lambda _: 100)
    for value in ("1", "2", "3"):
        cache.keep("a", value)
    cache.keep("b", "b")

    assert (cache.find("a"), cache.find("b")) == ("3", "b")


def test_threads_that_share_a_cache_get_their_own_values_within_the_limit() -> None:
    cache = Cache[bytes](20_000, len)

    def use(seed: int) -> int:
        rng = random.Random(seed)  # noqa: S311
        values = [bytes([key]) * key for key in rng.choices(range(200), k=3000)]
        wrong = 0
        for value in values:
            found = cache.find(len(value))
            wrong += found not in (None, value)
            if found is None:
                cache.keep(len(value), value)
        return wrong

    with ThreadPoolExecutor(THREADS) as threads:
        wrong = list(threads.map(use, range(THREADS)))

    held = [value for key in range(200) if (value := cache.find(key)) is not None]
    assert wrong == [0] * THREADS
    assert 0 < sum(len(value) + 300 for value in held) <= 20_000
    cache.keep("last", b"x" * 19_000)  # if sizes were miscounted, this would not fit
    assert cache.find("last")
