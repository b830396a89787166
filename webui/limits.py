"""What a server does only so often: costly answers at once, and wrong keys in a minute."""

import threading
import time
from collections import deque
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from werkzeug.exceptions import TooManyRequests

P = ParamSpec("P")
R = TypeVar("R")

_SECONDS = 2  # after which who was turned away from a costly answer may ask again
_GUESSES, _MINUTE = 10, 60.0  # wrong keys that an address may give, in so many seconds
_ADDRESSES = 1000  # remembered at most


def at_once(number: int) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Return what lets a view run so often at once; who comes on top is told to come again (429, Retry-After)."""

    def limited(view: Callable[P, R]) -> Callable[P, R]:
        running = threading.BoundedSemaphore(number)

        @wraps(view)
        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            if not running.acquire(blocking=False):
                raise TooManyRequests(retry_after=_SECONDS)
            try:
                return view(*args, **kwargs)
            finally:
                running.release()

        return run

    return limited


class Guesses:
    """The wrong keys of the last minute, by the address they came from."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._wrong: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    def check(self, address: str | None) -> None:
        """Raise TooManyRequests where an address has given too many wrong keys, right as the next one may be."""
        with self._lock:
            times = self._wrong.get(address or "")
            if times and len(times) == _GUESSES and (left := times[0] + _MINUTE - self._now()) > 0:
                raise TooManyRequests(retry_after=int(left) + 1)

    def wrong(self, address: str | None) -> None:
        """Take note of a wrong key."""
        with self._lock:
            times = self._wrong.pop(address or "", None) or deque(maxlen=_GUESSES)
            times.append(self._now())
            self._wrong[address or ""] = times  # the last to have guessed is the last to be forgotten
            if len(self._wrong) > _ADDRESSES:
                self._wrong.pop(next(iter(self._wrong)))
