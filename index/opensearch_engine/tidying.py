"""Taking out of an index on a cluster what no generation holds any more, while nobody who asks can still see it."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from index.opensearch_engine.bulk import Action, Bulk, deleted
from index.opensearch_engine.connection import Connection
from index.opensearch_engine.filters import Filter, any_of
from index.opensearch_engine.lease import Lease, writing
from index.opensearch_engine.manifest import MANIFESTS, manifest_id, read_manifest, read_state
from index.opensearch_engine.publishing import commit

GRACE = 120.0  # seconds in which a request may still be answered from the generation before
_AT_ONCE = 1000


def tidy(connection: Connection, name: str) -> None:
    """Delete documents that were replaced, those of writers that were cut off, and what told of old generations."""
    standing = read_state(connection, name)
    if standing is None or not standing.state.generation or time.time() - standing.state.since < GRACE:
        return
    index = standing.index
    manifest = read_manifest(connection, index, standing.state.generation)
    if not manifest.dead and set(standing.state.aborted) <= set(manifest.tidied):
        return
    with writing(connection, name, None) as lease:
        manifest = read_manifest(connection, index, lease.standing.state.generation)
        state = lease.standing.state
        gone: list[Filter] = [{"terms": {"run": list(manifest.dead)}}, {"terms": {"born": list(state.aborted)}}]
        old = {"bool": {"filter": [{"term": {"run": MANIFESTS}}], "must_not": [_kept(manifest.token)]}}
        _delete(index, lease, any_of((*gone, old)))
        tidied = replace(manifest, token=lease.token, dead=(), aborted=state.aborted, tidied=state.aborted)
        commit(index, lease, tidied)


def _kept(token: int) -> Filter:
    return {"ids": {"values": [manifest_id(token)]}}


def _delete(index: str, lease: Lease, which: Filter) -> None:
    Bulk(lease.connection, index, lease.renew).write(_deletions(lease.connection, index, lease.token, which))


def _deletions(connection: Connection, index: str, token: int, which: Filter) -> Iterator[Action]:
    """Yield the deletion of each document that passes a filter."""
    body: dict[str, Any] = {"size": _AT_ONCE, "_source": False, "query": which, "sort": [{"_doc": "asc"}]}
    after: Sequence[Any] | None = None
    while True:
        page = connection.search(index, {**body, **({"search_after": after} if after else {})})[0]
        hits = page["hits"]["hits"]
        yield from (deleted(hit["_id"], token) for hit in hits)
        if len(hits) < _AT_ONCE:
            return
        after = hits[-1]["sort"]
