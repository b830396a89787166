"""A local server of an embedding model for tests, with answers of the test's choice."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from index.embedder import Embedder

Answer = Callable[[BaseHTTPRequestHandler, Mapping[str, Any]], None]


@contextmanager
def answering(answer: Answer) -> Iterator[str]:
    """Run a server that gives this answer to every request; yield its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            answer(self, json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        server.server_close()


def say(handler: BaseHTTPRequestHandler, body: object, status: int = 200, **headers: str) -> None:
    """Send bytes, or a value as JSON."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    handler.send_response(status)
    for name, value in {"Content-Length": str(len(data)), **headers}.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(data)


def by(embedder: Embedder) -> Answer:
    """Return an answer with the vectors of an embedder."""

    def answer(handler: BaseHTTPRequestHandler, asked: Mapping[str, Any]) -> None:
        vectors = enumerate(embedder.passages(asked["input"]).tolist())
        say(handler, {"data": [{"index": number, "embedding": vector} for number, vector in vectors]})

    return answer
