"""Indexes on a cluster: the first, a whole new one beside it to which the name moves, and what is taken out of one."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from index.engine import Publication
from index.messages import translatable
from index.opensearch_engine.address import Address
from index.opensearch_engine.bulk import Action, Bulk, deleted
from index.opensearch_engine.connection import WRITE_SECONDS, ClusterError, Connection
from index.opensearch_engine.filters import Filter, any_of
from index.opensearch_engine.lease import Lease, writing
from index.opensearch_engine.manifest import MANIFESTS, STATE, State, manifest_id, read_manifest, read_state, record
from index.opensearch_engine.mapping import Layout
from index.opensearch_engine.publishing import KnownWords, commit, write_documents, write_manifest

# That copies of a new index may take before the name moves all the same: they come later. Of a request that writes the
# last seconds are left for its answer.
_GREEN_SECONDS = int(WRITE_SECONDS) - 5


def first_index(address: Address) -> str:
    """Return what the first index is called for which a name stands."""
    return f"{address.index}-1"


def ensure(connection: Connection, address: Address, layout: Layout) -> None:
    """Make the first index where there is none, to be written by whoever comes first. Raises ClusterError."""
    if read_state(connection, address.index) is None:
        body = {**layout.settings(address.shards), "aliases": {address.index: {}}}
        reply = connection.write("PUT", f"/{first_index(address)}", body, allowed=(HTTPStatus.BAD_REQUEST,))
        if reply.status == HTTPStatus.BAD_REQUEST and "resource_already_exists" not in str(reply.body):
            raise ClusterError(translatable("{0}: the index cannot be made ({1})", address, reply.body.get("error")))
        path = f"/{address.index}/_create/{STATE}"
        connection.write("PUT", path, record(State()), allowed=(HTTPStatus.CONFLICT,))


def is_ours(connection: Connection, index: str, layout: Layout) -> bool:
    """Tell whether an index is laid out as this version of kb does."""
    mapping = connection.ask(f"/{index}/_mapping")
    return any(one.get("mappings", {}).get("_meta", {}).get("kb") == layout.version for one in mapping.values())


def rebuild(address: Address, layout: Layout, lease: Lease, publication: Publication, known: KnownWords) -> None:
    """Write a whole new index, and move the name to it; what went before it is kept, what went before that is not."""
    connection, old = lease.connection, lease.standing.index
    number = int(old.rpartition("-")[2])
    new = f"{address.index}-{number + 1}"
    _remove(connection, new)  # of a rebuild that was cut off: we alone may write
    connection.write("PUT", f"/{new}", layout.settings(address.shards))
    manifest = write_documents(publication, new, lease, None, layout, known=known)
    write_manifest(connection, new, manifest)
    spread(connection, address, new)
    state = State(generation=manifest.token, token=manifest.token, since=time.time())
    connection.write("PUT", f"/{new}/_doc/{STATE}", record(state))
    lease.renew_now()  # whoever took over meanwhile has written elsewhere
    actions = [
        {"remove": {"index": old, "alias": address.index, "must_exist": False}},
        {"add": {"index": new, "alias": address.index}},
    ]
    connection.write("POST", "/_aliases", {"actions": actions})
    for name in connection.ask(f"/{address.index}-*/_alias"):
        own = name.removeprefix(f"{address.index}-")
        if own.isdecimal() and int(own) < number:
            _remove(connection, name)


def spread(connection: Connection, address: Address, index: str) -> None:
    """Have as many copies of a whole index as are configured and there are nodes for, and wait a while for them."""
    settings = {"index": {"auto_expand_replicas": f"0-{address.replicas}" if address.replicas else "false"}}
    connection.write("PUT", f"/{index}/_settings", settings)
    wait = {"wait_for_status": "green", "timeout": f"{_GREEN_SECONDS}s"}
    connection.write("GET", f"/_cluster/health/{index}", allowed=(HTTPStatus.REQUEST_TIMEOUT,), **wait)


def _remove(connection: Connection, index: str) -> None:
    connection.write("DELETE", f"/{index}", allowed=(HTTPStatus.NOT_FOUND,))


GRACE = 120.0  # seconds in which a request may still be answered from the generation before
_AT_ONCE = 1000


def tidy(connection: Connection, name: str) -> None:
    """Delete documents that were replaced, those of writers that were cut off, and manifests of old generations."""
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
        old = {
            "bool": {
                "filter": [{"term": {"run": MANIFESTS}}],
                "must_not": [{"ids": {"values": [manifest_id(manifest.token)]}}],
            }
        }
        which = any_of((*gone, old))
        Bulk(connection, index, lease.renew).write(_deletions(connection, index, lease.token, which))
        tidied = replace(manifest, token=lease.token, dead=(), aborted=state.aborted, tidied=state.aborted)
        commit(index, lease, tidied)


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
