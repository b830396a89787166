"""What an index of a cluster holds, as it keeps it beside its documents: the state of writing, and generations.

A document is written once and never changed. It knows its run, which is its source as one publish wrote it, and the
token of that publish. What a generation holds stands in its manifest: all runs written up to it, but those that were
replaced since, and those of a writer that never came to an end.
"""

import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from typing import Any

import msgspec

from index.messages import translatable
from index.opensearch_engine.connection import ClusterError, Connection, Reply
from index.opensearch_engine.filters import Filter

LEASE = 60.0  # seconds for which a writer has the right to write without saying so again
STATE, MANIFESTS = "state", "manifest"


@dataclass(frozen=True, slots=True)
class Run:
    """A source as one publish wrote it: how many documents it has, of what sum of lengths how many with one."""

    name: str
    rank: int
    documents: int
    measured: int = 0
    lengths: float = 0.0


@dataclass(frozen=True)
class Manifest:
    """One generation: the runs of its sources in their order, and what else documents are of.

    `dead` are the runs that were replaced, `aborted` the tokens of writers that did not come to an end, `tidied` those
    of which nothing is left, and `moved` runs whose rank is no longer that of their documents.
    """

    token: int
    runs: Mapping[str, Run]
    meta: Mapping[str, Any]
    dead: Sequence[str] = ()
    aborted: Sequence[int] = ()
    moved: Mapping[str, int] = field(default_factory=dict)
    tidied: Sequence[int] = ()

    @cached_property
    def documents(self) -> int:
        """How many documents there are."""
        return sum(run.documents for run in self.runs.values())

    @cached_property
    def mean_length(self) -> float:
        """The mean of the lengths that documents have, as they count."""
        measured = sum(run.measured for run in self.runs.values())
        return sum(run.lengths for run in self.runs.values()) / measured if measured else 1.0

    @cached_property
    def places(self) -> Mapping[str, int]:
        """The place of each run in the order of sources, by its name."""
        return {run.name: place for place, run in enumerate(self.runs.values())}

    def ids(self, positions: Iterable[int]) -> Iterator[str]:
        """Yield what the documents at some positions, which rise, are called in the index."""
        runs, begin = iter(self.runs.values()), 0
        run = next(runs)
        for position in positions:
            while position >= begin + run.documents:
                begin, run = begin + run.documents, next(runs)
            yield document_id(run.name, position - begin)

    @cached_property
    def documents_filter(self) -> Filter:
        """Which documents of the index are of this generation."""
        but: list[Filter] = []
        if self.dead:
            but.append({"terms": {"run": list(self.dead)}})
        if self.aborted:
            but.append({"terms": {"born": list(self.aborted)}})
        return {"bool": {"filter": [{"range": {"born": {"lte": self.token}}}], **({"must_not": but} if but else {})}}


NOTHING = Manifest(0, {}, {})  # before the first generation


@dataclass(frozen=True, slots=True)
class State:
    """Which generation is the newest, and who has the right to write the next, until when.

    `token` is the highest that a writer was given, `aborted` those of writers that did not come to an end, `since` when
    the newest generation came.
    """

    generation: int = 0
    token: int = 0
    holder: str = ""
    until: float = 0.0
    aborted: tuple[int, ...] = ()
    since: float = 0.0

    @property
    def is_held(self) -> bool:
        """Whether a writer has the right to write now."""
        return bool(self.holder) and time.time() < self.until


@dataclass(frozen=True, slots=True)
class Standing:
    """A state as it was read: of which index, and at which of its changes."""

    index: str
    state: State
    change: tuple[int, int]


def run_name(source: str, token: int) -> str:
    """Return the name of the run of a source."""
    data = source.encode("utf-8", "surrogatepass")
    return f"{token}-{blake2b(data, digest_size=9).hexdigest()}"


def document_id(run: str, place: int) -> str:
    """Return what the document of a run at a place is called in the index."""
    return f"{run}-{place}"


def record(value: object) -> Mapping[str, str]:
    """Return a value as a document that only keeps it."""
    return {"record": json.dumps(msgspec.to_builtins(value))}  # ASCII: the name of a file may be no text


def read_state(connection: Connection, name: str) -> Standing | None:
    """Return the state of the index that a name stands for, None where there is none."""
    reply = connection.get(f"/{name}/_doc/{STATE}")
    if reply.status == 404:  # noqa: PLR2004
        return None
    return Standing(
        reply.body["_index"], _value(reply, State, name), (reply.body["_seq_no"], reply.body["_primary_term"])
    )


def read_manifest(connection: Connection, index: str, token: int) -> Manifest:
    """Return the manifest of a generation. Raises ClusterError where there is none."""
    manifest: Manifest = _value(connection.get(f"/{index}/_doc/{manifest_id(token)}"), Manifest, index)
    return manifest


def manifest_id(token: int) -> str:
    """Return the id of the manifest of a generation."""
    return f"{MANIFESTS}-{token}"


def _value(reply: Reply, kind: type[Any], index: str) -> Any:  # noqa: ANN401  # of that kind
    try:
        return msgspec.convert(json.loads(reply.body["_source"]["record"]), kind)
    except (KeyError, TypeError, ValueError) as error:
        raise ClusterError(
            translatable(
                "{0}: holds what no kb of this version wrote ({1}); give another name to kb's own", index, error
            )
        ) from error
