"""Bulk writes: in batches that are sent again while the cluster is busy, and halved where they are too large."""

import json
import random
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial, reduce
from http import HTTPStatus
from typing import Any

from index.messages import Message, translatable
from index.opensearch_engine.connection import AwayError, ClusterError, Connection, encoded

_BATCH_DOCUMENTS, _BATCH_BYTES = 500, 5 * 1024 * 1024
_PATIENCE = 300.0  # seconds in which a cluster may refuse everything
_MAX_NAMED, _MAX_REASON = 5, 300  # documents in an error message, and characters of each reason


def action(kind: str, document_id: str, body: Mapping[str, Any] | None = None, version: int | None = None) -> bytes:
    """Return the lines for the `index`, `create`, `update` or `delete` of a document, which may be repeated.

    It does nothing if the index has a newer version, a `create` if it has the document, an `update` if it has not.
    """
    versions = {} if version is None else {"version": version, "version_type": "external_gte"}
    lines = [{kind: {"_id": document_id, **versions}}, *([] if body is None else [body])]
    return b"".join(encoded(line) + b"\n" for line in lines)


class Bulk:
    """Bulk writes to one index; `alive` is called between batches, and may raise to stop them."""

    def __init__(self, connection: Connection, index: str, alive: Callable[[], None] = lambda: None) -> None:
        self._connection = connection
        self._index = index
        self._alive = alive
        self._invalid: list[Message] = []
        self._max_documents = _BATCH_DOCUMENTS

    def write(self, actions: Iterable[bytes]) -> None:
        """Carry out some actions. Raises ClusterError with the invalid documents after all valid ones are written."""
        for batch in _batches(actions):
            self._write(batch)
        if self._invalid:
            named = reduce(partial(translatable, "{0}; {1}"), self._invalid[:_MAX_NAMED])
            if len(self._invalid) > _MAX_NAMED:
                named = translatable("{0} and {1} more", named, len(self._invalid) - _MAX_NAMED)
            raise ClusterError("{0}: documents cannot be written: {1}", self._connection.address, named)

    def _write(self, batch: Sequence[bytes]) -> None:
        """Send a batch, in parts if it is too large, until all of it is written."""
        left, since, failures = deque([batch]), time.monotonic(), 0
        while left:
            self._alive()
            part = left.popleft()
            if len(part) > self._max_documents:
                left.extendleft([part[self._max_documents :], part[: self._max_documents]])
                continue
            refused, error = self._sent(part)
            if len(refused) < len(part):
                since, failures = time.monotonic(), 0
            if refused:
                left.appendleft(refused)
                if time.monotonic() - since > _PATIENCE:
                    address = self._connection.address
                    raise error or AwayError("{0}: too busy for minutes; try again later", address)
                _pause(failures)
                failures += 1

    def _sent(self, part: Sequence[bytes]) -> tuple[Sequence[bytes], ClusterError | None]:
        """Send some actions; return those to be sent again, and why."""
        try:
            reply = self._connection.write("POST", f"/{self._index}/_bulk", b"".join(part))
        except ClusterError as error:
            too_large = error.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
            if too_large and len(part) == 1:
                self._invalid.append(translatable("{0} (larger than the cluster takes)", _key_of(part[0])))
                return (), None
            if too_large:
                self._max_documents = len(part) // 2
            if too_large or isinstance(error, AwayError):
                return part, error
            raise
        items = reply.get("items", ())
        if len(items) != len(part):  # the answer was cut off; to write a document again has no effect
            counts = self._connection.address, len(items), len(part)
            return part, ClusterError("{0}: confirmed {1} of {2} documents", *counts)
        return [action for action, item in zip(part, items, strict=True) if self._is_refused(action, item)], None

    def _is_refused(self, action: bytes, item: Mapping[str, Any]) -> bool:
        """Return whether to send an action again; record an invalid document."""
        result = next(iter(item.values()))
        status = int(result.get("status", 500))
        if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return True
        if status >= HTTPStatus.BAD_REQUEST and status not in (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT):
            reason = str(result.get("error", {}).get("reason", status))
            self._invalid.append(translatable("{0} ({1})", _key_of(action), reason[:_MAX_REASON]))
        return False


def _batches(actions: Iterable[bytes]) -> Iterator[list[bytes]]:
    batch, size = list[bytes](), 0
    for one in actions:
        if len(batch) >= _BATCH_DOCUMENTS or (batch and size + len(one) > _BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(one)
        size += len(one)
    if batch:
        yield batch


def _pause(failures: int) -> None:
    """Sleep, longer after each failure, and a random time so that several writers do not return together."""
    time.sleep(random.uniform(0, min(0.25 * 2**failures, 30.0)))  # noqa: S311  # seconds; no secret


def _key_of(lines: bytes) -> str:
    head, *documents = map(json.loads, lines.splitlines())
    return str(next((document.get("key") for document in documents), None) or next(iter(head.values()))["_id"])
