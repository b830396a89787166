"""Indexes on a cluster: the first, and a whole new one beside the old, to which the name moves when it is ready."""

import time
from http import HTTPStatus
from typing import TYPE_CHECKING

from index.opensearch_engine.address import Address
from index.opensearch_engine.connection import ClusterError, Connection
from index.opensearch_engine.lease import Lease
from index.opensearch_engine.manifest import STATE, State, read_state, record
from index.opensearch_engine.mapping import Layout

if TYPE_CHECKING:
    from index.opensearch_engine.publishing import Known, Publication

_GREEN_SECONDS = 60  # that copies of a new index may take before the name moves all the same: they come later


def first_index(address: Address) -> str:
    """Return what the first index is called for which a name stands."""
    return f"{address.index}-1"


def ensure(connection: Connection, address: Address, layout: Layout) -> None:
    """Make the first index where there is none, to be written by whoever comes first."""
    if read_state(connection, address.index) is None:
        body = {**layout.settings(address.shards), "aliases": {address.index: {}}}
        reply = connection.write("PUT", f"/{first_index(address)}", body, allowed=(HTTPStatus.BAD_REQUEST,))
        if reply.status == HTTPStatus.BAD_REQUEST and not _is_there(reply.body):
            raise ClusterError(f"{address}: the index cannot be made ({reply.body.get('error')})")
        path = f"/{address.index}/_create/{STATE}"
        connection.write("PUT", path, record(State()), allowed=(HTTPStatus.CONFLICT,))


def is_ours(connection: Connection, index: str, layout: Layout) -> bool:
    """Tell whether an index is laid out as this version of kb does."""
    mapping = connection.ask(f"/{index}/_mapping")
    return any(one.get("mappings", {}).get("_meta", {}).get("kb") == layout.version for one in mapping.values())


def rebuild(address: Address, layout: Layout, lease: Lease, publication: "Publication", known: "Known") -> None:
    """Write a whole new index, and move the name to it; what went before it is kept, what went before that is not."""
    from index.opensearch_engine.publishing import write_manifest  # noqa: PLC0415  # they know each other

    connection, old = lease.connection, lease.standing.index
    number = int(old.rpartition("-")[2])
    new = f"{address.index}-{number + 1}"
    _remove(connection, new)  # of a rebuild that was cut off: we alone may write
    connection.write("PUT", f"/{new}", layout.settings(address.shards))
    manifest = publication.write(new, lease, None, layout, known)
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
    for older in _older(connection, address, number):
        _remove(connection, older)


def spread(connection: Connection, address: Address, index: str) -> None:
    """Have as many copies of a whole index as are told and there are nodes for, and wait a while for them."""
    settings = {"index": {"auto_expand_replicas": f"0-{address.replicas}" if address.replicas else "false"}}
    connection.write("PUT", f"/{index}/_settings", settings)
    wait = {"wait_for_status": "green", "timeout": f"{_GREEN_SECONDS - 5}s"}
    connection.write("GET", f"/_cluster/health/{index}", allowed=(HTTPStatus.REQUEST_TIMEOUT,), **wait)


def _older(connection: Connection, address: Address, number: int) -> list[str]:
    """Return the indexes of ours with a number below one."""
    names = connection.ask(f"/{address.index}-*/_alias")
    numbers = ((name, name.removeprefix(f"{address.index}-")) for name in names)
    return [name for name, own in numbers if own.isdecimal() and int(own) < number]


def _remove(connection: Connection, index: str) -> None:
    connection.write("DELETE", f"/{index}", allowed=(HTTPStatus.NOT_FOUND,))


def _is_there(body: object) -> bool:
    return "resource_already_exists" in str(body)
