"""The right to write an index of a cluster: one writer has it at a time, and gives it up by being silent.

Each writer is given a higher token than any before. What it writes bears its token, and is seen by nobody until there
is a generation of that token; what a writer left that was cut off, or that others took for dead, is never seen.
"""

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from http import HTTPStatus

from index.engine import WRITER_TIMEOUT, OutdatedError, WriterBusyError
from index.messages import translatable
from index.opensearch_engine.connection import ClusterError, Connection
from index.opensearch_engine.manifest import LEASE, STATE, Standing, State, read_state, record

_PAUSE = 0.1
_RENEW_AFTER = LEASE / 4  # seconds after which a writer says that it is still there


class Lease:
    """The right of one writer, from when it was given it."""

    def __init__(self, connection: Connection, standing: Standing) -> None:
        self.connection = connection
        self._renewed = time.monotonic()
        self.standing = standing

    @property
    def token(self) -> int:
        """The token of what is written."""
        return self.standing.state.token

    def renew(self) -> None:
        """Say that we are still writing, where that was long ago. Raises WriterBusyError where it was too long."""
        if time.monotonic() - self._renewed > _RENEW_AFTER:
            self.renew_now()

    def renew_now(self) -> None:
        """Say that we are still writing. Raises WriterBusyError where we were silent too long."""
        self.change(replace(self.standing.state, until=time.time() + LEASE))

    def change(self, state: State) -> None:
        """Change the state. Raises WriterBusyError where another writer did meanwhile."""
        standing = _changed(self.connection, self.standing, state)
        if standing is None:
            raise WriterBusyError(self.connection.address, translatable("it took over, for we were silent too long"))
        self.standing = standing
        self._renewed = time.monotonic()


@contextmanager
def writing(connection: Connection, name: str, since: object) -> Iterator[Lease]:
    """Hold the right to write the index that a name stands for.

    Raises OutdatedError where another generation than that of the stamp `since` is the newest, WriterBusyError where
    another holds the right longer than the patience.
    """
    lease = _taken(connection, name)
    try:
        _check(lease, since)
        yield lease
    except BaseException:
        state = lease.standing.state
        with suppress(ClusterError, WriterBusyError):
            if state.holder:  # the right is given back without a generation
                lease.change(replace(state, holder="", aborted=(*state.aborted, state.token)))
        raise


def _check(lease: Lease, since: object) -> None:
    if since is not None and since != stamp_of(lease.standing):
        raise OutdatedError(lease.connection.address)


def stamp_of(standing: Standing | None) -> tuple[str, int]:
    """Return a value that is another whenever another generation became the newest."""
    return (standing.index, standing.state.generation) if standing else ("", 0)


def _changed(connection: Connection, before: Standing, state: State) -> Standing | None:
    """Change the state from what it was, and return how it stands; None where it was changed by another meanwhile."""
    number, term = before.change
    path = f"/{before.index}/_doc/{STATE}"
    reply = connection.write(
        "PUT", path, record(state), allowed=(HTTPStatus.CONFLICT,), if_seq_no=number, if_primary_term=term
    )
    if reply.status == HTTPStatus.CONFLICT:
        now = read_state(connection, before.index)  # an answer may have been lost, and the change made
        return now if now and now.state == state else None
    return Standing(before.index, state, (reply.body["_seq_no"], reply.body["_primary_term"]))


def _taken(connection: Connection, name: str) -> Lease:
    ends = time.monotonic() + WRITER_TIMEOUT
    while True:
        standing = read_state(connection, name)
        if standing is None:
            raise ClusterError(
                translatable("{0}: there is no index of that name any more; run `kb sync` again", connection.address)
            )
        state = standing.state
        if not state.is_held or _is_gone(state.holder):
            taken = _changed(connection, standing, _mine(state))
            if taken:
                return Lease(connection, taken)
        elif time.monotonic() > ends:
            raise WriterBusyError(connection.address, state.holder)
        time.sleep(_PAUSE)


def _mine(state: State) -> State:
    """Return the state in which we write; what another writer left that never said its end counts as aborted."""
    left = (state.token,) if state.holder else ()
    holder = f"{socket.gethostname()} process {os.getpid()}"
    token = state.token + 1
    return State(state.generation, token, holder, time.time() + LEASE, (*state.aborted, *left), state.since)


def _is_gone(holder: str) -> bool:
    """Tell whether a writer was a process of this machine that is no more; on Windows nobody can tell."""
    if os.name == "nt":  # there a signal of 0 is Ctrl+C
        return False
    host, _, process = holder.partition(" process ")
    if host != socket.gethostname() or not process.isdecimal() or int(process) == os.getpid():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False
