"""A fake cluster on this machine, whose answers a test chooses."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from index.opensearch_engine.connection import Address, Connection

Answer = tuple[int, bytes | Iterator[bytes]]
Asked = Callable[[str, bytes], Answer]


@contextmanager
def cluster(
    answer: Asked, sent: dict[str, str] | None = None, context: ssl.SSLContext | None = None
) -> Iterator[Connection]:
    """Give a connection to a server; `answer` returns a status and bytes for the path and body of each request.

    The headers of the last request are stored in `sent`.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if sent is not None:
                sent.update(self.headers)
            status, given = answer(self.path.partition("?")[0], body)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            if isinstance(given, bytes):
                self.send_header("Content-Length", str(len(given)))
                given = iter([given])
            self.end_headers()
            try:
                for part in given:
                    self.wfile.write(part)
            except OSError:  # the client has gone
                pass

        do_GET = do_POST  # noqa: N815  # as http.server calls them

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    scheme = "https" if context else "http"
    connection = Connection(Address((f"{scheme}://127.0.0.1:{server.server_port}",), "notes"))
    try:
        yield connection
    finally:
        connection.client.close()
        server.shutdown()
        server.server_close()
