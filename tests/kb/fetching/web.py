"""A server on loopback that answers each path with what a test says, byte for byte, and as slowly."""

import socketserver
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpcore

Answers = Mapping[str, Iterable[bytes | float]]
"""What is sent for each path: bytes, and between them seconds to wait. What is not told is answered with 404."""


def answer(body: bytes, *headers: str, status: str = "200 OK") -> list[bytes]:
    """Return an answer as it goes over the wire."""
    head = "\r\n".join([f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "Connection: close", "", ""])
    return [head.encode(), body]


def redirect(location: str, status: str = "302 Found") -> list[bytes]:
    """Return an answer that sends elsewhere."""
    return answer(b"", f"Location: {location}", status=status)


@contextmanager
def serving(answers: Answers) -> Iterator[str]:
    """Serve on loopback and give the address of the server, without a slash at its end."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            path = self.rfile.readline().split(b" ")[1].decode()
            while self.rfile.readline().strip():
                pass
            try:
                for part in answers.get(path, answer(b"no such page", status="404 Not Found")):
                    time.sleep(part) if isinstance(part, float) else self.wfile.write(part)
            except OSError:
                pass  # who asked has heard enough

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False

    with Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


class EveryHostIsHere(httpcore.SyncBackend):
    """A network in which a server on loopback stands at every address, and that remembers which were asked."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.asked: list[str] = []

    def connect_tcp(self, host: str, _port: int, *rest: Any, **options: Any) -> httpcore.NetworkStream:  # noqa: ANN401
        self.asked.append(host)
        return super().connect_tcp("127.0.0.1", self.port, *rest, **options)
