"""The command `kb serve`: the page on waitress, with limits for slow clients and a stop that finishes requests."""

import ctypes
import errno
import gc
import ipaddress
import logging
import os
import re
import resource
import signal
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from types import FrameType
from typing import Any, cast

import click
from flask import Flask
from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.server import BaseWSGIServer, create_server
from waitress.task import ErrorTask

from index.messages import Message
from index.query import Query
from kb.cli.group import allow_private, cli, with_knowledge_base
from kb.cli.output import echo, echo_lines
from kb.cli.syncing import outcome_lines, try_sync
from kb.indexing.outcomes import SyncOutcome
from kb.knowledge_base import KnowledgeBase
from kb.library.watching import changes
from kb.pipeline.reports import Progress
from kb.translation import _
from kb.worker import embed_in_worker, sync_in_worker
from webui.app import create_app
from webui.http.security import HEADERS, Access
from webui.pages.updating import Updater

_MIN_TOKEN = 16  # characters
_MAX_CONNECTIONS = 1000  # at once; near this limit the oldest idle connections are closed
_SETTINGS: dict[str, Any] = {
    "threads": 8,  # requests at once
    "connection_limit": _MAX_CONNECTIONS,
    "channel_timeout": 30,  # seconds of silence
    "max_request_body_size": 16 * 1024 * 1024,  # bytes; the longest report has 10 MB
    "max_request_header_size": 16 * 1024,  # bytes; no browser sends as many
    "ident": None,  # no Server header, which would name the version
}
# waitress removes these headers from requests unless it trusts the sender; the option trusts whoever reaches the port.
_PROXIED: dict[str, Any] = {
    "trusted_proxy": "*",
    "trusted_proxy_headers": {"x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"},
}
_GARBAGE_THRESHOLD = 10_000  # objects; with Python's 700 each page runs five collections, some of which take 0.1 s
_DRAIN_SECONDS = 10.0  # for running requests after a signal
_M_ARENA_MAX = -8  # the parameter of mallopt(3)
_TRIM_SECONDS = 10  # between returns of freed memory to the system, which take 3 ms
_NOT_ASCII = re.compile(rb"[\x80-\xff]")


@cli.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="Another if it is taken.")
@click.option("--name", multiple=True, help="A name that browsers reach this server by, besides localhost. Repeatable.")
@click.option(
    "--watch/--no-watch", default=None, help="Update the index whenever reports change (default: for this machine)."
)
@click.option(
    "--trusted-proxies",
    default=0,
    type=click.IntRange(0),
    metavar="N",
    help="Number of proxies in front whose X-Forwarded-For, -Proto and -Host are trusted (default: none).",
)
@click.option("--allow-fetch", is_flag=True, help="Let people who may write add web pages by their address.")
@allow_private
@with_knowledge_base
def serve(
    kb: KnowledgeBase,
    host: str,
    port: int,
    name: tuple[str, ...],
    *,
    watch: bool | None,
    trusted_proxies: int,
    allow_fetch: bool,
    allow_private: bool,
) -> None:
    """Serve the page on this machine after an update of the index.

    If the index cannot be written, its current content is served, and each page says that it is out of date.

    Beyond this machine anyone who reaches it can read; writing needs the token in KB_TOKEN, at least 16 characters.

    \b
    Examples: kb serve --port 8080
              KB_TOKEN=$(openssl rand -hex 16) kb serve --host 0.0.0.0 --name notes.example.com
    """
    access = _access(host, name, behind_proxy=trusted_proxies > 0)
    trim = _one_pool()
    try:
        listening = _listen(host, port)
    except OSError as error:
        message = _("cannot listen at {host}:{port}: {why}; choose another --host or --port")
        raise click.UsageError(message.format(host=host, port=port, why=_(str(error.strerror)))) from error
    bound_port = listening.getsockname()[1]
    if port not in (0, bound_port):
        echo(_("Port {port} is taken; using {taken}.").format(port=port, taken=bound_port))
    # A first sync runs in a process of its own, whose memory goes with it: 30 MB for 100,000 notes.
    sync = partial(sync_in_worker, kb) if kb.collection.needs_index() else None
    synced = try_sync(kb, sync)
    if isinstance(synced, SyncOutcome):
        echo_lines(outcome_lines(synced, kb, "in background"))
    fetcher = None
    if allow_fetch:
        from kb.fetching import Fetcher  # noqa: PLC0415  # httpx takes time and 5 MB

        fetcher = Fetcher(allow_private=allow_private)
    updater = Updater(partial(_sync, kb, embed_in_worker(kb)), synced if isinstance(synced, Message) else None)

    def update_on_changes() -> None:
        for _change in changes(lambda: kb.collection.watched, updater.report_watching):
            updater.update(patience=0)

    if _is_loopback(host) if watch is None else watch:
        threading.Thread(target=update_on_changes, name="watch", daemon=True).start()
    warming = threading.Thread(target=_warm, args=(kb,), name="warm", daemon=True)
    warming.start()
    app = create_app(kb, access=access, updater=updater, fetcher=fetcher)
    address = f"http://{f'[{host}]' if ':' in host else host}:{bound_port}/"
    proxied = {**_PROXIED, "trusted_proxy_count": trusted_proxies} if trusted_proxies else {}
    _run(app, listening, proxied, trim, lambda: echo(_("Serving {address} - stop with Ctrl+C").format(address=address)))
    updater.end()
    warming.join()  # a process that exits while the model loads can abort; this happened once


def _access(host: str, names: tuple[str, ...], *, behind_proxy: bool) -> Access:
    """Return the names and the token of the server. Raises UsageError if anyone could write, or the token is short.

    Other machines reach a server behind a proxy wherever it listens.
    """
    variable = os.environ.get("KB_TOKEN")
    token = variable.strip() if variable else None  # an empty variable counts as unset
    if token is not None and len(token) < _MIN_TOKEN:
        message = _("KB_TOKEN is shorter than {least} characters; choose a longer one")
        raise click.UsageError(message.format(least=_MIN_TOKEN))
    if _is_loopback(host) and (token or not behind_proxy):
        return Access(frozenset({"localhost", *names}), token)
    if token is None:
        message = (
            _("behind a proxy other machines can write: set KB_TOKEN to a secret of at least {least} characters")
            if behind_proxy
            else _(
                "{host} can be reached from other machines: set KB_TOKEN to a secret of at least {least} characters, "
                "which writing will need, or listen at 127.0.0.1"
            )
        )
        raise click.UsageError(message.format(host=host, least=_MIN_TOKEN))
    return Access(frozenset({"localhost", host, socket.gethostname(), socket.getfqdn(), *names}), token)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _listen(host: str, port: int) -> socket.socket:
    """Return a socket bound to a host and port, or to a free port if that port is taken.

    Raises OSError if the host is not an address of this machine.
    """
    try:
        family, kind, protocol, _name, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except UnicodeError as error:
        raise OSError(errno.EINVAL, "no name that a machine can have") from error
    bound = socket.socket(family, kind, protocol)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        bound.listen()
    except OSError as error:
        bound.close()
        if error.errno == errno.EADDRINUSE and port:
            return _listen(host, 0)
        raise
    return bound


def _sync(kb: KnowledgeBase, start_embedding: Callable[[], None], progress: Progress) -> SyncOutcome:
    """Sync the index, then start the embedding of new notes."""
    outcome = sync_in_worker(kb, progress)
    start_embedding()
    return outcome


def _warm(kb: KnowledgeBase) -> None:
    """Search once, so that the first user need not wait half a second for the sentence model."""
    with suppress(Exception):  # the first search of a user reports it
        kb.searcher.search(Query("メモ", limit=1))


class _Parser(HTTPRequestParser):
    """Parses requests, accepts addresses that are not percent-encoded, as with curl, and refuses malformed ones.

    A request with both Content-Length and Transfer-Encoding closes its connection: a proxy might end it elsewhere.
    """

    def parse_header(self, header_plus: bytes) -> None:
        chunked = b"transfer-encoding:" in header_plus.lower()
        line, end, rest = header_plus.partition(b"\r\n")
        line = _NOT_ASCII.sub(lambda byte: b"%%%02X" % byte[0][0], line)
        try:
            super().parse_header(line + end + rest)
        except ValueError as error:  # an address with an open bracket, or a length of 5,000 digits
            raise ParsingError("the address or the length is malformed") from error
        if chunked and "CONTENT_LENGTH" in self.headers:
            cast("dict[str, str]", self.headers)["CONNECTION"] = "close"
        if not self.chunked and not self.content_length:
            self.expect_continue = False  # without a body waitress would wait forever


class _ErrorTask(ErrorTask):
    """An answer to a malformed request, with the security headers of all answers."""

    def execute(self) -> None:
        self.response_headers = [*HEADERS.items()]
        super().execute()


class _Channel(HTTPChannel):
    """A connection with our parser and our error answers."""

    parser_class = _Parser
    error_task_class = _ErrorTask


def _one_pool() -> Callable[[], object]:
    """Have all threads allocate from one pool. Return a function that returns its freed memory to the system.

    By default each thread keeps the memory of its largest search, 70 MB over 100,000 notes. One pool for all costs no
    time, because one thread runs at a time. Small objects that outlive a search keep freed memory from being returned:
    40 MB after a start, and 50 MB more after each update.
    """
    try:
        library = ctypes.CDLL(None)
        library.mallopt(_M_ARENA_MAX, 1)
        return partial(library.malloc_trim, 0)
    except (OSError, AttributeError, TypeError):  # a C library other than glibc
        return lambda: None


def _run(
    app: Flask,
    listening: socket.socket,
    proxied: dict[str, Any],
    trim: Callable[[], object],
    on_start: Callable[[], None],
) -> None:
    """Answer requests until SIGTERM or Ctrl+C; then accept no new ones and finish those that run.

    `proxied` has the settings of a server behind proxies. `trim` is called every few seconds.

    `on_start` is called once the server answers. A second signal ends the process at once. waitress drops running
    requests when it is stopped, so its loop is run here.
    """
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # it warns about every queued request
    gc.set_threshold(_GARBAGE_THRESHOLD)
    _raise_file_limit()
    stopping = threading.Event()

    def stop(number: int, _frame: FrameType | None) -> None:
        stopping.set()
        signal.signal(number, signal.SIG_DFL)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    channels: dict[int, Any] = {}
    server = cast("BaseWSGIServer", create_server(app, map=channels, sockets=[listening], **_SETTINGS, **proxied))
    server.channel_class = _Channel
    on_start()
    trimmed_at = time.monotonic()
    while not stopping.is_set():
        wasyncore.loop(timeout=0.5, use_poll=True, map=channels, count=1)
        if time.monotonic() - trimmed_at >= _TRIM_SECONDS:
            trim()
            trimmed_at = time.monotonic()
        if len(channels) >= _MAX_CONNECTIONS:  # close a tenth, the oldest without a request
            silent = [one for one in channels.values() if isinstance(one, HTTPChannel) and not one.requests]
            for channel in sorted(silent, key=lambda one: one.creation_time)[: _MAX_CONNECTIONS // 10]:
                channel.will_close = True
    wasyncore.dispatcher.close(server)  # closes the listening socket only
    deadline = time.monotonic() + _DRAIN_SECONDS
    while time.monotonic() < deadline and any(map(_is_busy, list(channels.values()))):
        wasyncore.loop(timeout=0.1, use_poll=True, map=channels, count=1)
    server.task_dispatcher.shutdown(timeout=1)


def _is_busy(channel: object) -> bool:
    return isinstance(channel, HTTPChannel) and bool(channel.requests or channel.request or channel.writable())


def _raise_file_limit() -> None:
    """Raise the limit of open files to that of all connections and the index, as far as the system allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = 2 * _MAX_CONNECTIONS if hard == resource.RLIM_INFINITY else min(2 * _MAX_CONNECTIONS, hard)
    if soft != resource.RLIM_INFINITY and soft < limit:
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
