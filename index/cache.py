"""What threads share that was dear to make: values kept up to a bound, and one value that is kept until it is old."""

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

Value = TypeVar("Value")

_ENTRY = 300  # bytes that an entry costs beside its value: its key, its place, Python's own


class Cache(Generic[Value]):
    """Values by their keys, of `most` bytes in all; the one that was not asked for longest goes first.

    `measure` gives the bytes of a value, without those of its entry.
    """

    def __init__(self, most: int, measure: Callable[[Value], int]) -> None:
        self._most = most
        self._measure = measure
        self._lock = Lock()
        self._values: dict[Hashable, tuple[Value, int]] = {}  # in the order in which they were asked for
        self._bytes = 0

    def get(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """Return the value of a key, made where it is not kept; two threads may both make it."""
        with self._lock:  # as `find` does, which to call is dear where a query asks for twenty terms
            entry = self._values.pop(key, None)
            if entry is not None:
                self._values[key] = entry
                return entry[0]
        value = make()
        self.keep(key, value)
        return value

    def find(self, key: Hashable) -> Value | None:
        """Return the value that is kept of a key, None where none is."""
        with self._lock:
            entry = self._values.pop(key, None)
            if entry is None:
                return None
            self._values[key] = entry
            return entry[0]

    def keep(self, key: Hashable, value: Value) -> None:
        """Keep a value, and forget others as far as the bound wants it; one that is larger than that is not kept."""
        size = self._measure(value) + _ENTRY
        with self._lock:
            self._bytes += size - self._values.pop(key, (value, 0))[1]
            self._values[key] = value, size
            while self._bytes > self._most:
                self._bytes -= self._values.pop(next(iter(self._values)))[1]


class Latest(Generic[Value]):
    """The value of the newest stamp: one thread makes it, and others wait for it meanwhile."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: tuple[object, Value] | None = None

    def get(self, stamp: object, make: Callable[[], Value]) -> Value:
        """Return the value of a stamp, made where that which is kept is of another."""
        kept = self._kept
        if kept is None or kept[0] != stamp:
            with self._lock:
                kept = self._kept
                if kept is None or kept[0] != stamp:  # another thread may have made it meanwhile
                    kept = self._kept = stamp, make()
        return kept[1]

    def clear(self) -> Value | None:
        """Forget the value, and return it."""
        with self._lock:
            kept, self._kept = self._kept, None
        return kept[1] if kept else None
