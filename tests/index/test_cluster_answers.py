"""What a cluster that is hostile, broken or busy may answer: one plain error each, and nothing twice or lost."""

import json
import shutil
import ssl
import subprocess
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from index.engine import EngineAwayError, SearchIndexError
from index.opensearch_engine.address import Address
from index.opensearch_engine.bulk import Bulk, deleted, written
from index.opensearch_engine.connection import ClusterError, Connection
from index.opensearch_engine.manifest import read_manifest, read_state

Answer = tuple[int, bytes | Iterator[bytes]]
Asked = Callable[[str, bytes], Answer]


@contextmanager
def cluster(
    answer: Asked, sent: dict[str, str] | None = None, context: ssl.SSLContext | None = None
) -> Iterator[Connection]:
    """Give a connection to what answers each request, told its path and body, with a status and bytes.

    The headers of the last request go to `sent`.
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
            except OSError:  # who asked has gone
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
        connection.close()
        server.shutdown()
        server.server_close()


def always(status: int, body: object) -> Asked:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return lambda _path, _body: (status, data)


def answered(*responses: Mapping[str, Any]) -> Asked:
    return always(200, {"responses": responses})


RED = {"_shards": {"total": 2, "failed": 1}, "hits": {"total": {"value": 3}, "hits": []}}
NO_SHARDS = {"status": 503, "error": {"type": "search_phase_execution_exception", "reason": "all shards failed"}}
NO_MAPPING = {"status": 400, "error": {"type": "query_shard_exception", "reason": "no mapping found for [rank]"}}


@pytest.mark.parametrize(
    ("answer", "why", "away"),
    [
        (answered(RED), "could not ask all of its shards", True),
        (answered({**RED, "_shards": {}, "timed_out": True}), "could not ask all of its shards", True),
        (answered(NO_SHARDS), "all shards failed", True),
        (answered(NO_MAPPING), "no mapping found", False),
        (always(200, b'{"responses": [{"hits"'), "no JSON", False),
        (always(200, b"<html>It works!</html>"), "no JSON", False),
        (always(200, b""), "no JSON", False),
        (always(200, []), "no JSON object", False),
        (always(200, {"hello": "there"}), "is it OpenSearch", False),
        (always(200, {"responses": []}), "is it OpenSearch", False),
        (always(401, {}), "KB_ENGINE_USER", False),
        (always(403, {"error": "no permission"}), "KB_ENGINE_USER", False),
        (always(429, {"error": {"type": "circuit_breaking_exception", "reason": "too large"}}), "too large", True),
        (always(502, b"<html>bad gateway</html>"), "502", True),
        (always(404, {"error": {"type": "index_not_found_exception", "reason": "no such index"}}), "no such", False),
    ],
)
def test_each_answer_that_is_none_is_one_plain_error(answer: Asked, why: str, away: bool) -> None:  # noqa: FBT001
    with cluster(answer) as connection, pytest.raises(ClusterError, match=why) as raised:
        connection.search("notes-1", {"size": 0})

    assert isinstance(raised.value, EngineAwayError) is away
    assert "index notes" in str(raised.value)


def test_an_answer_without_end_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.opensearch_engine.connection._MOST_BYTES", 1 << 20)
    sent = 0

    def hits() -> Iterator[bytes]:
        nonlocal sent
        yield b'{"responses": ['
        for _ in range(1 << 14):  # a gigabyte
            sent += 1 << 16
            yield b" " * (1 << 16)

    with cluster(lambda _path, _body: (200, hits())) as connection, pytest.raises(ClusterError, match="more than 1 MB"):
        connection.search("notes-1", {"size": 0})

    assert sent < 1 << 27


def test_nobody_is_waited_for_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.opensearch_engine.connection.READ_SECONDS", 0.2)

    def slowly() -> Iterator[bytes]:
        for _ in range(20):
            yield b" "
            time.sleep(0.05)

    with cluster(lambda _path, _body: (200, slowly())) as connection, pytest.raises(EngineAwayError, match="in time"):
        connection.search("notes-1", {"size": 0})


def test_nobody_at_the_address_is_an_engine_that_is_away() -> None:
    with cluster(always(200, {})) as connection:
        pass

    with pytest.raises(EngineAwayError, match="cannot be reached"):
        connection.search("notes-1", {"size": 0})


@pytest.mark.parametrize("source", [{}, {"record": "no JSON"}, {"record": "[]"}, {"record": '{"token": "x"}'}])
def test_a_document_in_place_of_ours_is_told(source: object) -> None:
    body = {"_index": "notes-1", "found": True, "_seq_no": 1, "_primary_term": 1, "_source": source}
    with cluster(always(200, body)) as connection:
        with pytest.raises(ClusterError, match="no kb of this version"):
            read_state(connection, "notes")
        with pytest.raises(ClusterError, match="no kb of this version"):
            read_manifest(connection, "notes-1", 1)


def headers_sent(monkeypatch: pytest.MonkeyPatch, region: str = "", **told: str) -> Mapping[str, str]:
    """Return the headers of a request, with some variables of the environment told."""
    for name in ("KB_ENGINE_USER", "KB_ENGINE_PASSWORD", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    sent: dict[str, str] = {}
    with cluster(always(200, {}), sent) as connection:
        other = Connection(replace(connection.address, region=region))
        other.ask("/")
        other.close()
    return {name.lower(): value for name, value in sent.items()}


def test_credentials_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "authorization" not in headers_sent(monkeypatch)
    basic = headers_sent(monkeypatch, KB_ENGINE_USER="kb", KB_ENGINE_PASSWORD="secret")  # noqa: S106
    assert basic["authorization"] == "Basic " + b64encode(b"kb:secret").decode()


def test_requests_to_amazons_service_are_signed(monkeypatch: pytest.MonkeyPatch) -> None:
    told = {"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "secret"}
    signed = headers_sent(monkeypatch, "ap-northeast-1", **told)

    assert signed["authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKID/")
    assert "/ap-northeast-1/es/aws4_request" in signed["authorization"]


@pytest.mark.skipif(shutil.which("openssl") is None, reason="there is no openssl to make a certificate with")
def test_a_certificate_is_verified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    made = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost")
    names = ("-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1")
    subprocess.run((*made, *names, "-keyout", str(key), "-out", str(certificate)), check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with cluster(always(200, {"hello": "there"}), context=context) as connection:
        with pytest.raises(ClusterError, match="certificate cannot be trusted") as raised:
            connection.ask("/")
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        trusting = Connection(connection.address)
        told = trusting.ask("/")
        trusting.close()

    assert not isinstance(raised.value, EngineAwayError)
    assert told == {"hello": "there"}


class Node:
    """A node that takes documents when it pleases; `kept` holds the newest version of each."""

    def __init__(self, moods: list[str]) -> None:
        self.moods = moods
        self.kept: dict[str, tuple[int, str]] = {}
        self.requests: list[int] = []

    def __call__(self, _path: str, body: bytes) -> Answer:
        lines = [json.loads(line) for line in body.splitlines()]
        pairs = list(zip(lines[::2], lines[1::2], strict=True))
        self.requests.append(len(pairs))
        mood = self.moods.pop(0) if self.moods else "well"
        match mood:
            case "busy":
                return 429, b'{"error": {"type": "rejected", "reason": "busy"}}'
            case "gone":
                return 503, b'{"error": {"type": "unavailable", "reason": "no primary"}}'
            case "full" if len(pairs) > 3:
                return 413, b""
        items = [self._take(*pair, refuses=mood == "half" and number % 2 == 1) for number, pair in enumerate(pairs)]
        if mood == "cut":
            items = items[: len(items) // 2]
        return 200, json.dumps({"errors": True, "items": items}).encode()

    def _take(self, head: Mapping[str, Any], document: Mapping[str, Any], *, refuses: bool) -> Mapping[str, Any]:
        key, version = head["index"]["_id"], head["index"]["version"]
        if refuses:
            return {"index": {"_id": key, "status": 429}}
        if document["key"].startswith("poison"):
            return {"index": {"_id": key, "status": 400, "error": {"reason": "mapping"}}}
        if key in self.kept and self.kept[key][0] > version:
            return {"index": {"_id": key, "status": 409}}
        self.kept[key] = version, document["key"]
        return {"index": {"_id": key, "status": 201}}


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.opensearch_engine.bulk._pause", lambda _failures: None)


@pytest.mark.parametrize(
    "moods",
    [[], ["busy"], ["gone", "gone", "busy"], ["half", "half", "half"], ["cut"], ["cut", "gone", "half"], ["full"] * 9],
)
def test_every_document_is_written_whatever_mood_a_node_is_in(moods: list[str]) -> None:
    node = Node(moods)
    with cluster(node) as connection:
        Bulk(connection, "notes-1", lambda: None).write(
            written(str(number), 7, {"key": f"k{number}"}) for number in range(20)
        )

    assert node.kept == {str(number): (7, f"k{number}") for number in range(20)}


def test_where_a_batch_is_too_much_half_of_it_is_sent() -> None:
    node = Node(["full"] * 9)
    with cluster(node) as connection:
        Bulk(connection, "notes-1", lambda: None).write(written(str(n), 1, {"key": str(n)}) for n in range(8))

    assert node.requests == [8, 4, 2, 2, 2, 2]


def test_an_older_version_takes_no_place_of_a_newer() -> None:
    node = Node([])
    with cluster(node) as connection:
        bulk = Bulk(connection, "notes-1", lambda: None)
        bulk.write([written("a", 2, {"key": "new"})])
        bulk.write([written("a", 1, {"key": "old"})])

    assert node.kept == {"a": (2, "new")}


def test_documents_that_cannot_be_written_are_told_one_by_one_and_all_others_written() -> None:
    node = Node([])
    keys = ["a", "poison 1", "b", "poison 2", "c"]
    with cluster(node) as connection, pytest.raises(SearchIndexError, match=r"poison 1 \(mapping\); poison 2"):
        Bulk(connection, "notes-1", lambda: None).write(written(str(n), 1, {"key": key}) for n, key in enumerate(keys))

    assert [key for _, key in node.kept.values()] == ["a", "b", "c"]


def test_a_cluster_that_is_busy_for_minutes_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.opensearch_engine.bulk._PATIENCE", 0.0)
    with cluster(Node(["busy"] * 99)) as connection, pytest.raises(EngineAwayError, match="busy"):
        Bulk(connection, "notes-1", lambda: None).write([written("a", 1, {"key": "a"})])


def test_a_deletion_bears_its_version() -> None:
    assert json.loads(deleted("a", 3).head) == {"delete": {"_id": "a", "version": 3, "version_type": "external_gte"}}


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("ftp://example.com", "no address"),
        ("example.com:9200", "no address"),
        ("http://search.example.com:9200", "in the clear"),
        ("http://10.0.0.7:9200", "in the clear"),
        ("https://me:secret@search.example.com", "credentials"),
    ],
)
def test_an_address_that_would_give_something_away_is_refused(url: str, why: str) -> None:
    with pytest.raises(SearchIndexError, match=why) as raised:
        Address((url,), "notes")

    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("url", ["https://search.example.com", "http://127.0.0.1:9200", "http://[::1]:9200"])
def test_a_safe_address_is_taken(url: str) -> None:
    assert str(Address((url,), "notes")) == f"{url} notes"
