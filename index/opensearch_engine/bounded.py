"""Answers over HTTP that are read as far as is reasonable, in reasonable time."""

import time
from dataclasses import dataclass
from typing import Any

MOST_BYTES = 256 * 1024 * 1024  # of an answer: 10,000 documents of a page each are 50 MB
_CHUNK = 1 << 20
_SECONDS = 60.0  # that an answer may take where nobody says how long


class TooLongError(Exception):
    """An answer is longer than any that was asked for."""


class TooSlowError(Exception):
    """An answer has begun, and does not come to its end."""


@dataclass(frozen=True, slots=True)
class Response:
    """What was answered, whole."""

    status: int
    headers: Any
    data: bytes


class BoundedPool:
    """A pool of connections whose answers are read as far as is reasonable, in reasonable time."""

    def __init__(self, pool: Any) -> None:  # noqa: ANN401  # of urllib3
        self._pool = pool

    def urlopen(self, method: str, url: str, body: bytes | None, **options: Any) -> Response:  # noqa: ANN401
        """Return what a request is answered with. Raises TooLongError, TooSlowError, and what the pool raises."""
        ends = time.monotonic() + float(options.get("timeout") or _SECONDS)
        response = self._pool.urlopen(method, url, body, preload_content=False, **options)
        parts, size = [], 0
        while part := response.read(_CHUNK):
            parts.append(part)
            size += len(part)
            if size > MOST_BYTES:
                response.close()
                raise TooLongError
            if time.monotonic() > ends:
                response.close()
                raise TooSlowError
        response.release_conn()
        return Response(response.status, response.headers, b"".join(parts))

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()
