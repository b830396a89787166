"""A server on loopback that sends the bytes a test gives for each path, with pauses."""

import socketserver
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpcore

Answers = Mapping[str, Iterable[bytes | float]]
"""The response for each path: bytes, and seconds to wait between them. Other paths get 404."""


def answer(body: bytes, *headers: str, status: str = "200 OK") -> list[bytes]:
    """Return the bytes of a response."""
    head = "\r\n".join([f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "Connection: close", "", ""])
    return [head.encode(), body]


def redirect(location: str, status: str = "302 Found") -> list[bytes]:
    """Return the bytes of a redirect."""
    return answer(b"", f"Location: {location}", status=status)


@contextmanager
def serving(answers: Answers) -> Iterator[str]:
    """Serve on loopback, and yield the address of the server without a trailing slash."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            path = self.rfile.readline().split(b" ")[1].decode()
            while self.rfile.readline().strip():
                pass
            try:
                for part in answers.get(path, answer(b"no such page", status="404 Not Found")):
                    time.sleep(part) if isinstance(part, float) else self.wfile.write(part)
            except OSError:
                pass  # the client closed the connection

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False

    with Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


class EveryHostIsHere(httpcore.SyncBackend):
    """A network in which every address leads to a server on loopback. `connected` lists the addresses."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.connected: list[str] = []

    def connect_tcp(self, host: str, _port: int, *rest: Any, **options: Any) -> httpcore.NetworkStream:  # noqa: ANN401
        self.connected.append(host)
        return super().connect_tcp("127.0.0.1", self.port, *rest, **options)
