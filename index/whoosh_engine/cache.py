"""Values that were dear to read, kept in memory up to a bound; the one that was not asked for longest goes first."""

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

Value = TypeVar("Value")

_ENTRY = 300  # bytes that an entry costs beside its arrays: its key, its place, Python's own


class Cache(Generic[Value]):
    """Values by their keys, shared by threads; `measure` tells the bytes of one."""

    def __init__(self, most: int, measure: Callable[[Value], int]) -> None:
        self._most = most
        self._measure = measure
        self._lock = Lock()
        self._values: dict[Hashable, tuple[Value, int]] = {}  # in the order in which they were asked for
        self._bytes = 0

    def get(self, key: Hashable, read: Callable[[], Value]) -> Value:
        """Return the value of a key, reading it where it is not kept; two threads may both read it."""
        with self._lock:
            entry = self._values.pop(key, None)
            if entry is not None:
                self._values[key] = entry
                return entry[0]
        value = read()
        self._keep(key, value, self._measure(value) + _ENTRY)
        return value

    def _keep(self, key: Hashable, value: Value, size: int) -> None:
        with self._lock:
            self._bytes += size - self._values.pop(key, (value, 0))[1]
            self._values[key] = value, size
            while self._bytes > self._most:
                self._bytes -= self._values.pop(next(iter(self._values)))[1]
