"""What a publish writes to a cluster: the documents given, then the manifest that tells of them, then that it is so."""

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from index.engine import SearchIndexError, StagedSegment
from index.opensearch_engine.bulk import Action, Bulk, created, written
from index.opensearch_engine.connection import Connection
from index.opensearch_engine.lease import Lease
from index.opensearch_engine.manifest import MANIFESTS, Manifest, Run, document_id, manifest_id, record, run_name
from index.opensearch_engine.mapping import Layout, Row, token_of
from index.opensearch_engine.ranks import ranks_of
from index.opensearch_engine.staging import rows_of
from index.ranking import SHORTEST
from index.schema import Document
from index.tree import Key


@dataclass
class Known:
    """The words and sounds that an index is known to have, so that each is written once."""

    index: str = ""
    words: set[Key] = field(default_factory=set)

    def new(self, index: str, words: Iterable[Key]) -> list[Key]:
        """Return those of some words that are not known of an index, and know them."""
        if index != self.index:
            self.index, self.words = index, set()
        new = [word for word in words if word not in self.words]
        self.words.update(new)
        return new


@dataclass(frozen=True, slots=True)
class Publication:
    """What the next generation is to hold, as `Engine.publish` is told it."""

    replaced: Mapping[str, Iterable[Document]]
    removed: Collection[str]
    order: Sequence[str]
    meta: Mapping[str, object]
    staged: Sequence[StagedSegment] = ()

    def keeps(self, before: Manifest | None) -> bool:
        """Tell whether anything of the generation before is to stay. Raises SearchIndexError as `publish` does."""
        return bool(self._kept(before))

    def write(self, index: str, lease: Lease, before: Manifest | None, layout: Layout, known: Known) -> Manifest:
        """Write what is given to an index, seen by nobody yet, and return the manifest that tells of it."""
        kept = self._kept(before)
        ranks = ranks_of(self.order, {source: run.rank for source, run in kept.items()})
        writing = _Writing(lease.token, index, known)
        Bulk(lease.connection, index, lease.renew).write(writing.actions(self._given(layout), ranks))
        runs = {source: writing.runs.get(source) or replace(kept[source], rank=ranks[source]) for source in self.order}
        moved = dict(before.moved) if before else {}
        moved |= {run.name: ranks[source] for source, run in kept.items() if run.rank != ranks[source]}
        dead = [run.name for source, run in before.runs.items() if source not in kept] if before else []
        names = {run.name for run in runs.values()}
        return Manifest(
            lease.token,
            runs,
            self.meta,
            (*(before.dead if before else ()), *dead),
            lease.standing.state.aborted,
            {name: rank for name, rank in moved.items() if name in names},
        )

    def _kept(self, before: Manifest | None) -> Mapping[str, Run]:
        staged = {source for stage in self.staged for source, _ in stage.runs}
        given = self.replaced.keys() | staged
        held = before.runs if before else {}
        kept = {one: held[one] for one in self.order if one in held and one not in given and one not in self.removed}
        for source in self.order:
            if source not in given and source not in kept:
                raise SearchIndexError(f"{source}: its documents were not given, and the index does not hold them")
        for source in self.replaced.keys() - set(self.order):
            raise SearchIndexError(f"{source}: its documents were given, but it has no place in the order of sources")
        return kept

    def _given(self, layout: Layout) -> Iterator[tuple[str, Iterable[Row]]]:
        """Yield the sources that are given, with their documents."""
        staged: Mapping[str, Callable[[], Iterator[Row]]] = rows_of(self.staged)
        for source in dict.fromkeys(self.order):
            if source in self.replaced:
                yield source, map(layout.row, self.replaced[source])
            elif source in staged:
                yield source, staged[source]()


class _Writing:
    """The documents of one token, as they are written; `runs` tells of those written so far."""

    def __init__(self, number: int, index: str, known: Known) -> None:
        self._token = number
        self._index = index
        self._known = known
        self.runs: dict[str, Run] = {}

    def actions(self, given: Iterable[tuple[str, Iterable[Row]]], ranks: Mapping[str, int]) -> Iterator[Action]:
        for source, rows in given:
            name, rank = run_name(source, self._token), ranks[source]
            self.runs[source] = Run(name, rank, 0)
            for place, row in enumerate(rows):
                yield written(document_id(name, place), self._token, self._placed(row, name, rank, place))
                for word in self._known.new(self._index, row.words):
                    yield created(f"word-{token_of(word)}", {word.kind: word.text, "long": len(word.text)})
                self._count(source, row)

    def _placed(self, row: Row, name: str, rank: int, place: int) -> Mapping[str, Any]:
        return {**row.fields, "run": name, "rank": rank, "place": place, "born": self._token}

    def _count(self, source: str, row: Row) -> None:
        run = self.runs[source]
        self.runs[source] = replace(
            run,
            documents=run.documents + 1,
            measured=run.measured + (row.length is not None),
            lengths=run.lengths + (max(row.length, SHORTEST) if row.length else 0.0),
        )


def write_manifest(connection: Connection, index: str, manifest: Manifest) -> None:
    """Have all that was written found, and keep what tells of it."""
    connection.write("POST", f"/{index}/_refresh")
    path = f"/{index}/_doc/{manifest_id(manifest.token)}"
    connection.write("PUT", path, {**record(manifest), "run": MANIFESTS})


def commit(index: str, lease: Lease, manifest: Manifest) -> None:
    """Make what was written the newest generation: all of it is seen from one moment on."""
    write_manifest(lease.connection, index, manifest)
    lease.tell(replace(lease.standing.state, generation=manifest.token, holder="", since=time.time()))
