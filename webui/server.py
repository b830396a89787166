"""The server that `kb serve` runs: waitress, with limits that keep it answering and an end that finishes requests."""

import ctypes
import errno
import gc
import logging
import re
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Any, cast

from flask import Flask
from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.server import BaseWSGIServer, create_server
from waitress.task import ErrorTask

from webui.http.security import HEADERS

if sys.platform != "win32":
    import resource

_CONNECTIONS = 1000  # at once; where one more comes, those that have kept the server waiting longest make room

# Why each: eight searches at a time; connections may be silent for 30 s; a body far above the longest report (10 MB)
# is refused unread, a header above 16 kB is no browser's.
_SETTINGS: dict[str, Any] = {
    "threads": 8,
    "connection_limit": _CONNECTIONS,
    "channel_timeout": 30,
    "max_request_body_size": 16 * 1024 * 1024,
    "max_request_header_size": 16 * 1024,
    "ident": None,  # says nothing of the server's version
}
_NO_ASCII = re.compile(rb"[\x80-\xff]")
_ARENA_MAX = -8  # M_ARENA_MAX of mallopt(3)
# Things made before cycles among the newest are looked for. By Python's 700 a page looks five times, and every fortieth
# through all that is known of the library, which takes a tenth of a second; by this many hardly any page looks at all.
_MADE = 10_000
_DRAIN_SECONDS = 10.0  # how long running requests may take once the process is told to stop


class _Parser(HTTPRequestParser):
    """Takes an address as people type it into curl, and refuses whatever else waitress cannot read.

    It ends a connection after a request with both lengths: where it ends, a proxy in between may see otherwise.
    """

    def parse_header(self, header_plus: bytes) -> None:
        coded = b"transfer-encoding:" in header_plus.lower()
        first, end, rest = header_plus.partition(b"\r\n")
        first = _NO_ASCII.sub(lambda found: b"%%%02X" % found[0][0], first)
        try:
            super().parse_header(first + end + rest)
        except ValueError as error:  # of an address with an open bracket, or of a length of 5,000 digits
            raise ParsingError("the address or the length is none") from error
        if coded and "CONTENT_LENGTH" in self.headers:
            cast("dict[str, str]", self.headers)["CONNECTION"] = "close"
        if not self.chunked and not self.content_length:
            self.expect_continue = False  # there is nothing to go on with, and waitress would wait for it


class _ErrorTask(ErrorTask):
    """An answer to what is no request, with the rules that all of our answers tell browsers."""

    def execute(self) -> None:
        self.response_headers = [*HEADERS.items()]
        super().execute()


class _Channel(HTTPChannel):
    """A connection with our parser and our answers to errors."""

    parser_class = _Parser
    error_task_class = _ErrorTask


def listen(host: str, port: int) -> socket.socket:
    """Return a socket bound to a host and port, to another free port where that one is taken.

    Raises OSError where the host is not one of this machine's.
    """
    try:
        return _bound(host, port)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        return _bound(host, 0)


def serve(app: Flask, bound: socket.socket, started: Callable[[], None]) -> None:
    """Answer requests on a socket until SIGTERM or Ctrl+C; then take no new ones and finish those that run.

    `started` is called once, when it answers. A second signal ends at once. Waitress itself drops running requests when
    it is stopped, so its loop is run here.
    """
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # that a request waits a moment is no news
    _share_memory()
    gc.set_threshold(_MADE)
    _allow_files()
    stopping = threading.Event()

    def stop(number: int, _frame: FrameType | None) -> None:
        stopping.set()
        signal.signal(number, signal.SIG_DFL)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    channels: dict[int, Any] = {}
    server = cast("BaseWSGIServer", create_server(app, map=channels, sockets=[bound], **_SETTINGS))
    server.channel_class = _Channel
    started()
    while not stopping.is_set():
        wasyncore.loop(timeout=0.5, use_poll=True, map=channels, count=1)
        _make_room(channels)
    wasyncore.dispatcher.close(server)  # only the listening socket
    deadline = time.monotonic() + _DRAIN_SECONDS
    while time.monotonic() < deadline and any(map(_busy, list(channels.values()))):
        wasyncore.loop(timeout=0.1, use_poll=True, map=channels, count=1)
    server.task_dispatcher.shutdown(timeout=1)


def _share_memory() -> None:
    """Have all threads take memory from one pool, where the C library is glibc.

    By itself it gives each thread a pool that keeps what its largest search took, 70 MB over 100,000 notes; and as one
    thread runs at a time, none waits for another's.
    """
    with suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).mallopt(_ARENA_MAX, 1)


def _make_room(channels: dict[int, Any]) -> None:
    """Where there are as many connections as there may be, end a tenth of them: the oldest that have asked nothing."""
    if len(channels) < _CONNECTIONS:
        return
    silent = [one for one in channels.values() if isinstance(one, HTTPChannel) and not one.requests]
    for channel in sorted(silent, key=lambda one: one.creation_time)[: _CONNECTIONS // 10]:
        channel.will_close = True


def _allow_files() -> None:
    """Let this process have as many files open as its connections and the index may be, as far as it may itself."""
    if sys.platform == "win32":  # which has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * _CONNECTIONS if hard == resource.RLIM_INFINITY else min(2 * _CONNECTIONS, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _busy(channel: object) -> bool:
    return isinstance(channel, HTTPChannel) and bool(channel.requests or channel.request or channel.writable())


def _bound(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except UnicodeError as error:
        raise OSError(errno.EINVAL, "no name that a machine can have") from error
    bound = socket.socket(family, kind, protocol)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        bound.listen()
    except OSError:
        bound.close()
        raise
    return bound
