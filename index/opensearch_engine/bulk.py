"""Writing many documents to a cluster: in batches, again where it was too busy, half as much where it was too much."""

import json
import random
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from functools import partial, reduce
from http import HTTPStatus
from typing import Any, NamedTuple

from index.messages import Message, translatable
from index.opensearch_engine.connection import AwayError, ClusterError, Connection, encoded

_MOST_DOCUMENTS, _MOST_BYTES = 500, 5 * 1024 * 1024  # of a batch
_SENDERS = 2  # batches under way at once: while one is written the next is made and sent
_LOOK = 5.0  # seconds after which a writer that waits is seen to be alive
_PATIENCE = 300.0  # seconds that a cluster may refuse, nothing written meanwhile
_LONGEST_PAUSE = 30.0
_MOST_NAMED, _LONGEST_REASON = 5, 300  # documents that cannot be written, and characters of why
_BUSY = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)


class Action(NamedTuple):
    """What is to be done with a document: the line that says so, and the document where it is written."""

    head: bytes
    body: bytes = b""

    @property
    def size(self) -> int:
        """How many bytes it takes."""
        return len(self.head) + len(self.body) + 2


def written(document_id: str, version: int, body: Mapping[str, Any]) -> Action:
    """Return the writing of a document, which does nothing where it is there in this version or a newer one."""
    head = {"index": {"_id": document_id, "version": version, "version_type": "external_gte"}}
    return Action(encoded(head), encoded(body))


def created(document_id: str, body: Mapping[str, Any]) -> Action:
    """Return the writing of a document that does nothing where there is one of that id."""
    return Action(encoded({"create": {"_id": document_id}}), encoded(body))


def changed(document_id: str, fields: Mapping[str, Any]) -> Action:
    """Return the change of some fields of a document, which does nothing where it is gone."""
    head = {"update": {"_id": document_id, "retry_on_conflict": 3}}
    return Action(encoded(head), encoded({"doc": fields}))


def deleted(document_id: str, version: int) -> Action:
    """Return the deletion of a document, however often it is said."""
    return Action(encoded({"delete": {"_id": document_id, "version": version, "version_type": "external_gte"}}))


class Bulk:
    """Writes to one index; `alive` is called between batches, and may raise to end it."""

    def __init__(self, connection: Connection, index: str, alive: Callable[[], None]) -> None:
        self._connection = connection
        self._index = index
        self._alive = alive
        self._poison: list[Message] = []
        self._most = _MOST_DOCUMENTS
        self._ended = True

    def write(self, actions: Iterable[Action]) -> None:
        """Write documents. Raises ClusterError that names those that cannot be written, after all others are."""
        self._ended = False
        with ThreadPoolExecutor(_SENDERS, "bulk") as pool:
            running: set[Future[None]] = set()
            try:
                for batch in _batches(actions):
                    running = self._settled({*running, pool.submit(self._write, batch)}, _SENDERS)
                self._settled(running, 0)
            finally:
                self._ended = True
        if self._poison:
            named = reduce(partial(translatable, "{0}; {1}"), self._poison[:_MOST_NAMED])
            if len(self._poison) > _MOST_NAMED:
                named = translatable("{0} and {1} more", named, len(self._poison) - _MOST_NAMED)
            raise ClusterError(translatable("{0}: documents cannot be written: {1}", self._connection.address, named))

    def _settled(self, running: set[Future[None]], most: int) -> set[Future[None]]:
        """Wait until no more batches than `most` are being written."""
        while len(running) > most:
            done, running = wait(running, _LOOK, FIRST_COMPLETED)
            self._alive()
            for one in done:
                one.result()
        return running

    def _write(self, batch: Sequence[Action]) -> None:
        """Write a batch, part by part where it is too much, until all of it is written."""
        left, since, failures = deque([batch]), time.monotonic(), 0
        while left and not self._ended:
            part = left.popleft()
            if len(part) > self._most:
                left.extendleft([part[self._most :], part[: self._most]])
                continue
            refused, why = self._sent(part)
            if len(refused) < len(part):
                since, failures = time.monotonic(), 0
            if refused:
                left.appendleft(refused)
                if time.monotonic() - since > _PATIENCE:
                    address = self._connection.address
                    raise why or AwayError(translatable("{0}: too busy for minutes; try again later", address))
                _pause(failures)
                failures += 1

    def _sent(self, part: Sequence[Action]) -> tuple[Sequence[Action], ClusterError | None]:
        """Send documents and return those to be sent again, and why."""
        lines = b"".join(b"".join((one.head, b"\n", one.body, b"\n" if one.body else b"")) for one in part)
        try:
            reply = self._connection.write("POST", f"/{self._index}/_bulk", lines)
        except ClusterError as error:
            if error.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE and len(part) > 1:
                self._most = len(part) // 2
                return part, error
            if isinstance(error, AwayError):
                return part, error
            if error.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
                self._poison.append(translatable("{0} (larger than the cluster takes)", _id_of(part[0])))
                return (), None
            raise
        return self._refused(part, reply.body.get("items", ()))

    def _refused(self, part: Sequence[Action], items: Sequence[Any]) -> tuple[Sequence[Action], ClusterError | None]:
        if len(items) != len(part):  # cut off on its way: what is written already is so again, to no effect
            address = self._connection.address
            return part, ClusterError(translatable("{0}: told of {1} of {2} documents", address, len(items), len(part)))
        again: list[Action] = []
        for action, item in zip(part, items, strict=True):
            result = next(iter(item.values()))
            status = int(result.get("status", HTTPStatus.INTERNAL_SERVER_ERROR))
            if status in _BUSY or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                again.append(action)
            elif status >= HTTPStatus.BAD_REQUEST and status not in (HTTPStatus.CONFLICT, HTTPStatus.NOT_FOUND):
                reason = str(result.get("error", {}).get("reason", status))
                self._poison.append(translatable("{0} ({1})", _id_of(action), reason[:_LONGEST_REASON]))
        return again, None


def _batches(actions: Iterable[Action]) -> Iterator[list[Action]]:
    batch, size = list[Action](), 0
    for action in actions:
        if batch and (len(batch) >= _MOST_DOCUMENTS or size + action.size > _MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(action)
        size += action.size
    if batch:
        yield batch


def _pause(failures: int) -> None:
    """Wait a while, longer after each failure, and not as long as others do that were refused with us."""
    longest: float = min(0.25 * 2**failures, _LONGEST_PAUSE)
    time.sleep(random.uniform(0, longest))  # noqa: S311  # no secret


def _id_of(action: Action) -> str:
    document = json.loads(action.body) if action.body else {}
    return str(document.get("key") or next(iter(json.loads(action.head).values()))["_id"])
