"""A cache that threads share, bounded by the bytes of its values."""

from collections.abc import Callable, Hashable
from contextlib import suppress
from threading import Lock
from typing import Generic, TypeVar

from cachetools import LRUCache

Value = TypeVar("Value")

_ENTRY_SIZE = 300  # bytes of an entry in addition to its value: the key and Python's own objects


class Cache(Generic[Value]):
    """Values by key, of `limit` bytes together; the least recently used are dropped.

    `size_of` returns the bytes of a value.
    """

    def __init__(self, limit: int, size_of: Callable[[Value], int]) -> None:
        self._values = LRUCache[Hashable, tuple[Value, int]](limit, lambda entry: entry[1])
        self._size_of = size_of
        self._lock = Lock()

    def find(self, key: Hashable) -> Value | None:
        """Return the value of a key, or None."""
        with self._lock:
            entry = self._values.get(key)
        return entry[0] if entry else None

    def keep(self, key: Hashable, value: Value) -> None:
        """Cache a value, unless it is larger than the limit."""
        size = self._size_of(value) + _ENTRY_SIZE
        with self._lock, suppress(ValueError):  # raised for a value larger than the limit
            self._values[key] = value, size
