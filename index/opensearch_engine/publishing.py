"""Writing a generation: its documents, its manifest, and then the state that makes it the newest."""

import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http import HTTPStatus
from pathlib import Path

import msgspec

from index.engine import Publication, StagedSegment
from index.opensearch_engine import generations
from index.opensearch_engine.bulk import Bulk, action
from index.opensearch_engine.connection import WRITE_SECONDS, Address, ClusterError, Connection
from index.opensearch_engine.generations import MANIFESTS, STATE, Lease, Manifest, Run, State, record, run_name
from index.opensearch_engine.layout import Layout, Row, token_of
from index.query_ast import Key
from index.schema import Document, Schema

GRACE = 120.0  # seconds in which a request may still be answered from the generation before
_NEW_INDEX = 1000  # documents; if fewer are replaced, they are replaced in the index that is there
GAP = 1 << 20  # between the ranks of two neighbours; a new source between them halves it
_GREEN_SECONDS = int(WRITE_SECONDS) - 5  # that replicas of a new index may take before readers see it anyway
_FOLDER, _ABANDONED = "drafts-", 24 * 3600.0  # prefix of staging folders, and seconds after which one is left over


def first_index(address: Address) -> str:
    """Return the name of the first index of an alias."""
    return f"{address.index}-1"


def publish(publication: Publication, since: object, connection: Connection, layout: Layout) -> None:
    """Write a generation into the current index; if it replaces all documents of a large one, to a new index."""
    address = connection.address
    if generations.read_state(connection, address.index) is None:
        _make_first_index(connection, address, layout)
    with generations.writing(connection, address.index, since) as lease:
        index, generation = lease.stored.stamp
        if lease.stored.state.layout == layout.version:
            before = generations.read_manifest(connection, index, generation) if generation else generations.EMPTY
            if publication.kept(before.runs) or before.documents < _NEW_INDEX:
                manifest = _write_documents(publication, index, lease, before, layout)
                if not generation:
                    _spread(connection, index)
                _commit(lease, manifest)
                return
        _publish_new_index(publication, lease, layout)


def _make_first_index(connection: Connection, address: Address, layout: Layout) -> None:
    body = {**layout.settings(address.shards), "aliases": {address.index: {}}}
    error = connection.write("PUT", f"/{first_index(address)}", body, allowed=(HTTPStatus.BAD_REQUEST,)).get("error")
    if error and "resource_already_exists" not in str(error):
        raise ClusterError("{0}: the index cannot be made ({1})", address, error)
    state = record(State(layout=layout.version))
    connection.write("PUT", f"/{address.index}/_create/{STATE}", state, allowed=(HTTPStatus.CONFLICT,))


def _publish_new_index(publication: Publication, lease: Lease, layout: Layout) -> None:
    """Write a generation to a new index and move the alias to it; the index before is kept until the next time."""
    connection, address, old = lease.connection, lease.connection.address, lease.stored.index
    number = int(old.rpartition("-")[2])
    new = f"{address.index}-{number + 1}"
    connection.write(
        "DELETE", f"/{new}", allowed=(HTTPStatus.NOT_FOUND,)
    )  # left by a writer that did not finish; only we may write
    connection.write("PUT", f"/{new}", layout.settings(address.shards))
    manifest = _write_documents(publication, new, lease, generations.EMPTY, layout)
    _write_manifest(connection, new, manifest)
    _spread(connection, new)
    state = State(generation=manifest.token, token=manifest.token, since=time.time(), layout=layout.version)
    connection.write("PUT", f"/{new}/_doc/{STATE}", record(state))
    lease.renew(after=0.0)  # raises if another writer took over, which writes to another index
    remove = {"index": old, "alias": address.index, "must_exist": False}
    actions = [{"remove": remove}, {"add": {"index": new, "alias": address.index}}]
    connection.write("POST", "/_aliases", {"actions": actions})
    for name in connection.write("GET", f"/{address.index}-*/_alias"):
        own = name.removeprefix(f"{address.index}-")
        if own.isdecimal() and int(own) < number:
            connection.write("DELETE", f"/{name}", allowed=(HTTPStatus.NOT_FOUND,))


def tidy(connection: Connection, name: str) -> None:
    """Delete the documents of replaced runs and unfinished writers, and the manifests of old generations."""
    stored = generations.read_state(connection, name)
    if stored is None or not stored.state.generation or time.time() - stored.state.since < GRACE:
        return
    index = stored.index
    manifest = generations.read_manifest(connection, index, stored.state.generation)
    if not manifest.dead and {*stored.state.aborted} <= {*manifest.tidied}:
        return
    with generations.writing(connection, name, None) as lease:
        manifest = generations.read_manifest(connection, index, lease.stored.state.generation)
        aborted = lease.stored.state.aborted
        newest = {"ids": {"values": [generations.manifest_id(manifest.token)]}}
        old_manifests = {"bool": {"filter": [{"term": {"run": MANIFESTS}}], "must_not": [newest]}}
        gone = [{"terms": {"run": list(manifest.dead)}}, {"terms": {"born": list(aborted)}}, old_manifests]
        hits = connection.every(index, {"query": {"bool": {"should": gone}}, "_source": False, "sort": ["_doc"]})
        Bulk(connection, index, lease.renew).write(action("delete", hit["_id"], version=lease.token) for hit in hits)
        _commit(lease, replace(manifest, token=lease.token, dead=(), aborted=aborted, tidied=aborted))


def _write_documents(publication: Publication, index: str, lease: Lease, before: Manifest, layout: Layout) -> Manifest:
    """Write the documents of a generation, which no reader sees yet, and return its manifest."""
    kept = publication.kept(before.runs)
    ranks = ranks_of(publication.order, {source: before.runs[source].rank for source in kept})
    # A source that stays keeps its run, unless its rank changes.
    runs = {source: before.runs[source] for source in kept if before.runs[source].rank == ranks[source]}
    staged, known = rows_of(publication.staged), set[Key]()

    def rows(source: str) -> Iterable[Row]:
        if source in kept:
            body = {"query": {"term": {"run": before.runs[source].name}}, "sort": [{"place": "asc"}]}
            return (Row(hit["_source"], frozenset()) for hit in lease.connection.every(index, body))
        return map(layout.row, publication.replaced[source]) if source in publication.replaced else staged[source]

    def actions() -> Iterator[bytes]:
        for source in dict.fromkeys(publication.order):
            if source in runs:
                continue
            name, rank, place = run_name(source, lease.token), ranks[source], -1
            for place, row in enumerate(rows(source)):
                fields = {**row.fields, "run": name, "rank": rank, "place": place, "born": lease.token}
                yield action("index", f"{name}-{place}", fields, lease.token)
                for word in row.words - known:
                    yield action("create", f"word-{token_of(word)}", {word.kind: word.text, "long": len(word.text)})
                known.update(row.words)
            runs[source] = Run(name, rank, place + 1)

    Bulk(lease.connection, index, lease.renew).write(actions())
    dead = (run.name for source, run in before.runs.items() if runs.get(source) != run)
    aborted = lease.stored.state.aborted
    ordered = {source: runs[source] for source in publication.order}
    return Manifest(lease.token, ordered, publication.meta, (*before.dead, *dead), aborted)


def _write_manifest(connection: Connection, index: str, manifest: Manifest) -> None:
    """Make the documents that were written searchable, and store their manifest."""
    connection.write("POST", f"/{index}/_refresh")
    path = f"/{index}/_doc/{generations.manifest_id(manifest.token)}"
    connection.write("PUT", path, {**record(manifest), "run": MANIFESTS})


def _commit(lease: Lease, manifest: Manifest) -> None:
    """Make a generation the newest, in one write."""
    _write_manifest(lease.connection, lease.stored.index, manifest)
    lease.change(replace(lease.stored.state, generation=manifest.token, holder="", since=time.time()))


def _spread(connection: Connection, index: str) -> None:
    """Make as many replicas as configured, as far as there are nodes, and wait a while for them."""
    most = connection.address.replicas
    settings = {"index": {"auto_expand_replicas": f"0-{most}" if most else "false"}}
    connection.write("PUT", f"/{index}/_settings", settings)
    wait = {"wait_for_status": "green", "timeout": f"{_GREEN_SECONDS}s"}
    connection.write("GET", f"/_cluster/health/{index}", allowed=(HTTPStatus.REQUEST_TIMEOUT,), **wait)


@dataclass(frozen=True, slots=True)
class LineStaging:
    """Writes staged segments as lines of JSON below a folder; another process may use it too."""

    folder: Path
    schema: Schema

    def write(self, sources: Iterable[tuple[str, Iterable[Document]]]) -> StagedSegment:
        """Write each source with all its documents, to a file of its own."""
        layout, runs = Layout(self.schema), list[tuple[str, int]]()
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        for source, documents in sources:
            with (folder / str(len(runs))).open("wb") as lines:
                count = sum(lines.write(msgspec.json.encode(layout.row(one)) + b"\n") > 0 for one in documents)
            runs.append((source, count))
        return StagedSegment(folder, tuple(runs))


@contextmanager
def staging(folder: Path, schema: Schema) -> Iterator[LineStaging]:
    """Give a LineStaging below a folder; its segments are deleted afterwards."""
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob(f"{_FOLDER}*"):  # by a process that was killed
        if left.stat().st_mtime < time.time() - _ABANDONED:
            shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=_FOLDER, dir=folder, ignore_cleanup_errors=True) as here:
        yield LineStaging(Path(here), schema)


def rows_of(staged: Sequence[StagedSegment]) -> Mapping[str, Iterator[Row]]:
    """Return the documents of each source in some staged segments, read when they are asked for."""
    sources = ((segment.folder / str(number), run) for segment in staged for number, run in enumerate(segment.runs))
    return {source: _rows(file) for file, (source, _) in sources}


def _rows(file: Path) -> Iterator[Row]:
    with file.open("rb") as lines:
        for line in lines:
            yield msgspec.json.decode(line, type=Row)


def ranks_of(order: Sequence[str], held: Mapping[str, int]) -> Mapping[str, int]:
    """Return the sort rank of each source: its own in `held`, or new ones if sources changed places."""
    sources = list(dict.fromkeys(order))
    ranks = {source: held[source] for source in sources if source in held}
    afresh = {source: number * GAP for number, source in enumerate(sources, start=1)}
    if [*ranks.values()] != sorted(ranks.values()):
        return afresh
    waiting = list[str]()
    below: int | None = None
    for source in (*sources, None):
        if source is not None and source not in ranks:
            waiting.append(source)
            continue
        above = None if source is None else ranks[source]
        step = GAP if below is None or above is None else (above - below) // (len(waiting) + 1)
        if waiting and step == 0:  # no room between two neighbours
            return afresh
        first = below or 0 if above is None or below is not None else above - GAP * (len(waiting) + 1)
        ranks |= {each: first + step * number for number, each in enumerate(waiting, start=1)}
        waiting, below = [], above
    return ranks
