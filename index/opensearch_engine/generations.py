"""The generations of an index: which is the newest, what it holds, and which writer may write the next.

A document is written once, with its run (its source as one publish wrote it) and the token of that publish. The
manifest of a generation lists its runs: all runs so far, except replaced runs and runs of unfinished writers.

One writer at a time holds a lease, which ends when the writer is silent. Each writer gets a higher token than any
before it. Readers see its documents once the state names the generation of that token.
"""

import json
import os
import socket
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import blake2b
from http import HTTPStatus
from typing import Any, TypeVar

import msgspec

from index.cache import Cache
from index.engine import WRITER_TIMEOUT, OutdatedError, WriterBusyError
from index.messages import translatable
from index.opensearch_engine.connection import ClusterError, Connection, encoded
from index.opensearch_engine.layout import TERMS, Filter, all_of, counts_in
from index.schema import Schema

Value = TypeVar("Value")

LEASE = 60.0  # seconds
STATE, MANIFESTS = "state", "manifest"  # the id of the state document, and the run of the manifests
_RENEW_AFTER = LEASE / 4  # seconds
_SEARCHES_AT_ONCE = 50  # in one request, which a busy node answers in time
CACHE_SIZE = 32 * 1024 * 1024  # bytes of counts
_PAUSE = 0.1  # seconds between two attempts to get the lease


@dataclass(frozen=True, slots=True)
class Run:
    """A source as one publish wrote it: its rank among the sources, and its number of documents."""

    name: str
    rank: int
    documents: int


@dataclass(frozen=True)
class Manifest:
    """One generation: the runs of its sources in their order."""

    token: int
    runs: Mapping[str, Run]
    meta: Mapping[str, Any]
    dead: Sequence[str] = ()  # runs that were replaced
    aborted: Sequence[int] = ()  # tokens of writers that did not finish
    tidied: Sequence[int] = ()  # those whose documents are deleted

    @cached_property
    def documents(self) -> int:
        """The number of documents."""
        return sum(run.documents for run in self.runs.values())

    @cached_property
    def filter(self) -> Mapping[str, Any]:
        """The filter for the documents of this generation."""
        excluded = {"run": list(self.dead), "born": list(self.aborted)}
        must_not = [{"terms": {field: values}} for field, values in excluded.items() if values]
        born = {"filter": [{"range": {"born": {"lte": self.token}}}]}
        return {"bool": {**born, "must_not": must_not} if must_not else born}


EMPTY = Manifest(0, {}, {})  # before the first generation


@dataclass(frozen=True, slots=True)
class State:
    """The newest generation, and the writer that holds the lease for the next."""

    generation: int = 0
    token: int = 0  # the highest that a writer got
    holder: str = ""
    until: float = 0.0  # the end of the lease
    aborted: tuple[int, ...] = ()  # tokens of writers that did not finish
    since: float = 0.0  # the time of the newest generation
    layout: str = ""  # of the index (`Layout.version`)

    @property
    def is_held(self) -> bool:
        """Whether a writer holds the lease now."""
        return bool(self.holder) and time.time() < self.until


@dataclass(frozen=True, slots=True)
class StoredState:
    """A state as it was read: its index, and the sequence number and primary term of its last change."""

    index: str
    state: State
    change: tuple[int, int]

    @property
    def stamp(self) -> tuple[str, int]:
        """A value that changes with each generation."""
        return self.index, self.state.generation


def run_name(source: str, token: int) -> str:
    """Return the name of the run of a source."""
    data = source.encode("utf-8", "surrogatepass")
    return f"{token}-{blake2b(data, digest_size=9).hexdigest()}"


def manifest_id(token: int) -> str:
    """Return the id of the manifest of a generation."""
    return f"{MANIFESTS}-{token}"


def record(value: object) -> Mapping[str, str]:
    """Return a value as a document that only stores it."""
    return {"record": json.dumps(msgspec.to_builtins(value))}  # ASCII: a file name may hold lone surrogates


def read_state(connection: Connection, name: str) -> StoredState | None:
    """Return the state of the index that an alias names, None if there is no index."""
    body = connection.get(f"/{name}/_doc/{STATE}")
    if "error" in body or body.get("found") is False:
        return None
    return StoredState(body["_index"], _recorded(body, State, name), (body["_seq_no"], body["_primary_term"]))


def read_manifest(connection: Connection, index: str, token: int) -> Manifest:
    """Return the manifest of a generation. Raises ClusterError if it is missing."""
    return _recorded(connection.get(f"/{index}/_doc/{manifest_id(token)}"), Manifest, index)


def _recorded(body: Mapping[str, Any], kind: type[Value], index: str) -> Value:
    try:
        return msgspec.convert(json.loads(body["_source"]["record"]), kind)
    except (KeyError, TypeError, ValueError) as e:
        raise ClusterError(
            "{0}: holds what no kb of this version wrote ({1}); give another name to kb's own", index, e
        ) from e


class Generation:
    """The documents of one generation, searched and counted; its counts never change and are cached."""

    def __init__(self, connection: Connection, index: str, manifest: Manifest, schema: Schema) -> None:
        self.connection = connection
        self.schema = schema
        self.index = index
        self.manifest = manifest
        self._counts = Cache[int](CACHE_SIZE, lambda _: 0)

    def filtered(self, *filters: Filter) -> Filter:
        """Return the filter for documents of the generation that pass some filters."""
        return all_of((self.manifest.filter, *filters))

    def search(self, *bodies: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """Return the answers to several searches; without an index each finds nothing."""
        if not self.index:
            return [{"hits": {"total": {"value": 0}, "hits": []}} for _ in bodies]
        answers: list[Mapping[str, Any]] = []
        for begin in range(0, len(bodies), _SEARCHES_AT_ONCE):
            answers += self.connection.search(self.index, *bodies[begin : begin + _SEARCHES_AT_ONCE])
        return answers

    def hits(self, body: Mapping[str, Any]) -> list[Any]:
        """Return the hits of one search."""
        return list(self.search(body)[0]["hits"]["hits"])

    def every(self, body: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """Yield all hits of a search with a sort."""
        return self.connection.every(self.index, body) if self.index else iter(())

    def values(self, group: str | None, *filters: Filter, among: Iterable[str] = ()) -> dict[str, int]:
        """Return the values of a facet group, or some of them, with the number of documents that pass some filters."""
        only = {"include": values} if (values := list(among)) else {}
        terms = {"terms": {**TERMS, "field": f"facet.{group}", **only}}
        answer = self.search({"size": 0, "query": self.filtered(*filters), "aggs": {"values": terms}})[0]
        return counts_in(answer.get("aggregations", {}), "values")

    def count(self, *filters: Filter) -> int:
        """Return the number of documents that pass some filters."""
        return self.counts(all_of(filters))[0]

    def counts(self, *filters: Filter, fresh: bool = False) -> list[int]:
        """Return the number of documents that pass each filter, asked in one request; `fresh` uses no cache."""
        queries = [self.filtered(one) for one in filters]
        keys = [blake2b(encoded(query), digest_size=16).digest() for query in queries]
        known = {key: None if fresh else self._counts.find(key) for key in keys}
        asked = {key: query for key, query in zip(keys, queries, strict=True) if known[key] is None}
        bodies = [{"size": 0, "track_total_hits": True, "query": query} for query in asked.values()]
        for key, answer in zip(asked, self.search(*bodies) if bodies else (), strict=True):
            known[key] = total = int(answer["hits"]["total"]["value"])
            self._counts.keep(key, total)
        return [known[key] or 0 for key in keys]


class Lease:
    """The right of one writer to write an index."""

    def __init__(self, connection: Connection, stored: StoredState) -> None:
        self.connection = connection
        self.stored = stored
        self._renewed = time.monotonic()

    @property
    def token(self) -> int:
        """The token of the documents that the writer writes."""
        return self.stored.state.token

    def renew(self, after: float = _RENEW_AFTER) -> None:
        """Renew the lease if it is older than some seconds. Raises WriterBusyError if another writer took it over."""
        if time.monotonic() - self._renewed >= after:
            self.change(replace(self.stored.state, until=time.time() + LEASE))

    def change(self, state: State) -> None:
        """Change the state. Raises WriterBusyError if another writer has changed it."""
        index, (number, term) = self.stored.index, self.stored.change
        path, options = f"/{index}/_doc/{STATE}", {"if_seq_no": number, "if_primary_term": term}
        body = self.connection.write("PUT", path, record(state), allowed=(HTTPStatus.CONFLICT,), **options)
        if "error" not in body:
            self.stored = StoredState(index, state, (body["_seq_no"], body["_primary_term"]))
        elif (now := read_state(self.connection, index)) and now.state == state:  # only the answer was lost
            self.stored = now
        else:
            raise WriterBusyError(self.connection.address, translatable("it took over, for we were silent too long"))
        self._renewed = time.monotonic()


@contextmanager
def writing(connection: Connection, name: str, since: object) -> Iterator[Lease]:
    """Hold the lease of an index.

    Raises OutdatedError if `since` is not the stamp of the newest generation, WriterBusyError after WRITER_TIMEOUT.
    """
    lease = _taken(connection, name, since)
    try:
        yield lease
    except BaseException:
        state = lease.stored.state
        with suppress(ClusterError, WriterBusyError):
            if state.holder:  # end the lease without a generation
                lease.change(replace(state, holder="", aborted=(*state.aborted, state.token)))
        raise


def _taken(connection: Connection, name: str, since: object) -> Lease:
    """Wait for the lease and take it; a writer that left without finishing counts as aborted."""
    ends = time.monotonic() + WRITER_TIMEOUT
    while stored := read_state(connection, name):
        if since not in (None, stored.stamp):
            raise OutdatedError(connection.address)
        state = stored.state
        if not state.is_held or _is_dead(state.holder):
            aborted = (*state.aborted, state.token) if state.holder else state.aborted
            holder = f"{socket.gethostname()} process {os.getpid()}"
            lease, until = Lease(connection, stored), time.time() + LEASE
            with suppress(WriterBusyError):  # another writer was faster
                lease.change(replace(state, token=state.token + 1, holder=holder, until=until, aborted=aborted))
                return lease
        elif time.monotonic() > ends:
            raise WriterBusyError(connection.address, state.holder)
        time.sleep(_PAUSE)
    raise ClusterError("{0}: its index is gone; run `kb sync` again", connection.address)


def _is_dead(holder: str) -> bool:
    """Return whether a writer was a process of this machine that has ended."""
    host, _, process = holder.partition(" process ")
    if host != socket.gethostname() or not process.isdecimal() or int(process) == os.getpid():
        return False
    try:
        os.kill(int(process), 0)
    except OSError as error:
        return isinstance(error, ProcessLookupError)
    return False
