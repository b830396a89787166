"""What a publish writes to a cluster: the documents given, then the manifest of them, then that it is the newest.

Documents may be written ahead of that, by several processes, as lines of JSON in a folder of this machine. Each source
has a rank by which it is sorted, kept where that is possible: no document is written again because others came.
"""

import shutil
import tempfile
import time
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from index.engine import Publication, StagedSegment
from index.opensearch_engine.bulk import Action, Bulk, created, written
from index.opensearch_engine.connection import Connection
from index.opensearch_engine.lease import Lease
from index.opensearch_engine.manifest import (
    MANIFESTS,
    NOTHING,
    Manifest,
    Run,
    document_id,
    manifest_id,
    record,
    run_name,
)
from index.opensearch_engine.mapping import Layout, Row, token_of
from index.query_ast import Key
from index.ranking import MIN_LENGTH
from index.schema import Document, Schema


@dataclass
class KnownWords:
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


def write_documents(
    publication: Publication, index: str, lease: Lease, before: Manifest | None, layout: Layout, *, known: KnownWords
) -> Manifest:
    """Write what is given to an index, seen by nobody yet, and return the manifest of it and of what stays.

    Raises SearchIndexError as `Publication.kept` does.
    """
    old = before or NOTHING
    sources = publication.kept(old.runs)
    kept = {source: old.runs[source] for source in publication.order if source in sources}
    ranks = ranks_of(publication.order, {source: run.rank for source, run in kept.items()})
    writing = _Writing(lease.token, index, known)
    Bulk(lease.connection, index, lease.renew).write(writing.actions(_given(publication, layout), ranks))
    runs = {
        source: writing.runs.get(source) or replace(kept[source], rank=ranks[source]) for source in publication.order
    }
    moved = {run.name: ranks[source] for source, run in kept.items() if run.rank != ranks[source]}
    names = {run.name for run in runs.values()}
    return Manifest(
        lease.token,
        runs,
        publication.meta,
        (*old.dead, *(run.name for source, run in old.runs.items() if source not in kept)),
        lease.standing.state.aborted,
        {name: rank for name, rank in {**old.moved, **moved}.items() if name in names},
    )


def _given(publication: Publication, layout: Layout) -> Iterator[tuple[str, Iterable[Row]]]:
    """Yield the sources that are given, with their documents."""
    staged = rows_of(publication.staged)
    for source in dict.fromkeys(publication.order):
        if source in publication.replaced:
            yield source, map(layout.row, publication.replaced[source])
        elif source in staged:
            yield source, staged[source]()


class _Writing:
    """The documents of one token, as they are written; `runs` has those written so far."""

    def __init__(self, token: int, index: str, known: KnownWords) -> None:
        self._token = token
        self._index = index
        self._known = known
        self.runs: dict[str, Run] = {}

    def actions(self, given: Iterable[tuple[str, Iterable[Row]]], ranks: Mapping[str, int]) -> Iterator[Action]:
        for source, rows in given:
            name, rank = run_name(source, self._token), ranks[source]
            self.runs[source] = Run(name, rank, 0)
            for place, row in enumerate(rows):
                fields = {**row.fields, "run": name, "rank": rank, "place": place, "born": self._token}
                yield written(document_id(name, place), self._token, fields)
                for word in self._known.new(self._index, row.words):
                    yield created(f"word-{token_of(word)}", {word.kind: word.text, "long": len(word.text)})
                run = self.runs[source]
                self.runs[source] = replace(
                    run,
                    documents=place + 1,
                    measured=run.measured + (row.length is not None),
                    lengths=run.lengths + (max(row.length, MIN_LENGTH) if row.length else 0.0),
                )


def write_manifest(connection: Connection, index: str, manifest: Manifest) -> None:
    """Have all that was written found, and keep the manifest of it."""
    connection.write("POST", f"/{index}/_refresh")
    path = f"/{index}/_doc/{manifest_id(manifest.token)}"
    connection.write("PUT", path, {**record(manifest), "run": MANIFESTS})


def commit(index: str, lease: Lease, manifest: Manifest) -> None:
    """Make what was written the newest generation: all of it is seen from one moment on."""
    write_manifest(lease.connection, index, manifest)
    lease.change(replace(lease.standing.state, generation=manifest.token, holder="", since=time.time()))


_OURS, _OLD = "drafts-", 24 * 3600.0  # folders, and after how many seconds nobody writes to one any more
_PREFIX, _LINES, _BEGINS = "draft-", "lines", "begins"


@dataclass(frozen=True, slots=True)
class LineStaging:
    """Writes staged segments below a folder; it can be handed to another process."""

    folder: Path
    schema: Schema

    def write(self, given: Iterable[tuple[str, Iterable[Document]]]) -> StagedSegment:
        """Write sources with all their documents, as they come."""
        layout, runs, begins = Layout(self.schema), list[tuple[str, int]](), list[int]()
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=self.folder))
        with (folder / _LINES).open("wb") as lines:
            for source, documents in given:
                begins.append(lines.tell())
                rows = (lines.write(msgspec.json.encode(layout.row(document)) + b"\n") for document in documents)
                runs.append((source, sum(1 for _ in rows)))
        (folder / _BEGINS).write_bytes(msgspec.json.encode(begins))
        return StagedSegment(folder, tuple(runs))


@contextmanager
def staging(folder: Path, schema: Schema) -> Iterator[LineStaging]:
    """Give what writes staged segments below a folder; they are gone afterwards."""
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob(f"{_OURS}*"):  # by a process that was killed
        if left.stat().st_mtime < time.time() - _OLD:
            shutil.rmtree(left, ignore_errors=True)
    here = Path(tempfile.mkdtemp(prefix=_OURS, dir=folder))
    try:
        yield LineStaging(here, schema)
    finally:
        shutil.rmtree(here, ignore_errors=True)


def rows_of(staged: Sequence[StagedSegment]) -> Mapping[str, Callable[[], Iterator[Row]]]:
    """Return for each source of some staged segments what reads its documents."""
    readers: dict[str, Callable[[], Iterator[Row]]] = {}
    for stage in staged:
        begins = msgspec.json.decode((stage.folder / _BEGINS).read_bytes(), type=list[int])
        for (source, count), begin in zip(stage.runs, begins, strict=True):
            readers[source] = partial(_rows, stage.folder / _LINES, begin, count)
    return readers


def _rows(file: Path, begin: int, count: int) -> Iterator[Row]:
    with file.open("rb") as lines:
        lines.seek(begin)
        for line in islice(lines, count):
            yield msgspec.json.decode(line, type=Row)


GAP = 1 << 20  # between the ranks of two sources that follow each other: as many can come between them, halving it


def ranks_of(order: Sequence[str], held: Mapping[str, int]) -> Mapping[str, int]:
    """Return a rank for each source, in their order: that which it has where that is possible."""
    steady = _in_order([source for source in order if source in held], held)
    ranks = {source: held[source] for source in steady}
    waiting: list[str] = []
    below: int | None = None
    for source in dict.fromkeys(order):
        if source not in ranks:
            waiting.append(source)
            continue
        if waiting and not _between(waiting, below, ranks[source], ranks):
            return {each: number * GAP for number, each in enumerate(dict.fromkeys(order), start=1)}
        waiting, below = [], ranks[source]
    _between(waiting, below, None, ranks)
    return ranks


def _between(sources: Sequence[str], below: int | None, above: int | None, ranks: dict[str, int]) -> bool:
    """Give sources ranks between two others, as far from each other as can be; tell whether there was room."""
    if above is None:
        first, step = below or 0, GAP
    else:
        first = above - GAP * (len(sources) + 1) if below is None else below
        step = (above - first) // (len(sources) + 1)
    if step == 0:
        return False
    ranks |= {source: first + step * number for number, source in enumerate(sources, start=1)}
    return True


def _in_order(sources: Sequence[str], ranks: Mapping[str, int]) -> Sequence[str]:
    """Return the most sources whose ranks rise as they follow each other (the longest increasing subsequence)."""
    ends: list[int] = []
    chains: list[tuple[str, Any]] = []
    for source in sources:
        place = bisect_left(ends, ranks[source])
        chain = (source, chains[place - 1] if place else None)
        ends[place : place + 1], chains[place : place + 1] = [ranks[source]], [chain]
    found, link = list[str](), chains[-1] if chains else None
    while link:
        source, link = link
        found.append(source)
    return found[::-1]
