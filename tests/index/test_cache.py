"""What threads share stays within its bound, and is what was made, however many ask at once."""

import random
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from index.cache import Cache, Latest

THREADS = 8


@pytest.fixture(autouse=True)
def turns() -> Iterator[None]:
    """Have threads take turns a thousand times as often as usual."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(5e-6)
    yield
    sys.setswitchinterval(usual)


def test_the_value_that_was_not_asked_for_longest_goes_first() -> None:
    cache = Cache[str](3 * 400, lambda _: 100)
    for key in "abc":
        cache.keep(key, key)
    cache.get("a", lambda: "made anew")
    cache.keep("d", "d")

    assert [cache.find(key) for key in "abcd"] == ["a", None, "c", "d"]


def test_a_value_that_is_larger_than_the_bound_is_not_kept() -> None:
    cache = Cache[str](1000, len)
    cache.keep("a", "a")

    assert (cache.get("b", lambda: "b" * 2000), cache.find("b"), cache.find("a")) == ("b" * 2000, None, None)


def test_a_value_that_is_kept_anew_counts_once() -> None:
    cache = Cache[str](2 * 400, lambda _: 100)
    for value in ("1", "2", "3"):
        cache.keep("a", value)
    cache.keep("b", "b")

    assert (cache.find("a"), cache.find("b")) == ("3", "b")


def test_threads_that_share_a_cache_get_their_own_values_within_the_bound() -> None:
    cache = Cache[bytes](20_000, len)

    def ask(seed: int) -> int:
        rng = random.Random(seed)  # noqa: S311
        values = [bytes([key]) * key for key in rng.choices(range(200), k=3000)]
        return sum(cache.get(len(value), partial(bytes, value)) != value for value in values)

    with ThreadPoolExecutor(THREADS) as threads:
        wrong = list(threads.map(ask, range(THREADS)))

    held = [value for key in range(200) if (value := cache.find(key)) is not None]
    assert wrong == [0] * THREADS
    assert 0 < sum(len(value) + 300 for value in held) <= 20_000
    cache.keep("last", b"x" * 19_000)  # what was counted is what is held, or this would not fit
    assert cache.find("last")


def test_the_latest_value_is_made_once_a_stamp_however_many_threads_ask() -> None:
    latest, made = Latest[int](), list[int]()

    def make(stamp: int) -> int:
        made.append(stamp)
        time.sleep(0.001)
        return stamp

    with ThreadPoolExecutor(THREADS) as threads:
        for stamp in range(50):
            assert set(threads.map(lambda _, s=stamp: latest.get(s, lambda: make(s)), range(THREADS))) == {stamp}

    assert made == list(range(50))


def test_what_could_not_be_made_is_made_again() -> None:
    latest = Latest[int]()

    with pytest.raises(ZeroDivisionError):
        latest.get(1, lambda: 1 // 0)

    assert (latest.get(1, lambda: 5), latest.clear(), latest.clear(), latest.get(1, lambda: 6)) == (5, 5, None, 6)
