"""Every hostile or broken answer of a cluster is one plain error, and requests give nothing away."""

import json
import shutil
import ssl
import subprocess
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from clusters import Asked, cluster
from engines import PARSER, SCHEMA

from index.engine import EngineAwayError, SearchIndexError
from index.opensearch_engine.connection import MAX_ANSWER, Address, ClusterError, Connection
from index.opensearch_engine.engine import OpenSearchEngine
from index.opensearch_engine.generations import CACHE_SIZE, STATE, read_manifest, read_state
from index.opensearch_engine.layout import Layout
from index.query_parser import QueryParser


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
def test_an_invalid_answer_is_one_plain_error(answer: Asked, why: str, away: bool) -> None:  # noqa: FBT001
    with cluster(answer) as connection, pytest.raises(ClusterError, match=why) as raised:
        connection.search("notes-1", {"size": 0})

    assert isinstance(raised.value, EngineAwayError) is away
    assert "index notes" in str(raised.value)


def test_an_endless_answer_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.opensearch_engine.connection.MAX_ANSWER", 1 << 20)
    sent = 0

    def hits() -> Iterator[bytes]:
        nonlocal sent
        yield b'{"responses": ['
        for _ in range(1 << 14):  # a gigabyte
            sent += 1 << 16
            yield b" " * (1 << 16)

    with cluster(lambda _path, _body: (200, hits())) as connection, pytest.raises(ClusterError, match="more than"):
        connection.search("notes-1", {"size": 0})

    assert sent < 1 << 27


def test_a_slow_answer_is_not_waited_for_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.opensearch_engine.connection.READ_SECONDS", 0.2)

    def slowly() -> Iterator[bytes]:
        for _ in range(20):
            yield b" "
            time.sleep(0.05)

    with cluster(lambda _path, _body: (200, slowly())) as connection, pytest.raises(EngineAwayError, match="in time"):
        connection.search("notes-1", {"size": 0})


def test_without_a_server_at_the_address_the_engine_is_away() -> None:
    with cluster(always(200, {})) as connection:
        pass

    with pytest.raises(EngineAwayError, match="cannot be reached"):
        connection.search("notes-1", {"size": 0})


@pytest.mark.parametrize("source", [{}, {"record": "no JSON"}, {"record": "[]"}, {"record": '{"token": "x"}'}])
def test_a_record_of_another_program_is_an_error(source: object) -> None:
    body = {"_index": "notes-1", "found": True, "_seq_no": 1, "_primary_term": 1, "_source": source}
    with cluster(always(200, body)) as connection:
        with pytest.raises(ClusterError, match="no kb of this version"):
            read_state(connection, "notes")
        with pytest.raises(ClusterError, match="no kb of this version"):
            read_manifest(connection, "notes-1", 1)


def headers_sent(monkeypatch: pytest.MonkeyPatch, region: str = "", **variables: str) -> Mapping[str, str]:
    """Return the headers of a request, with some variables of the environment set."""
    for name in ("KB_ENGINE_USER", "KB_ENGINE_PASSWORD", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    sent: dict[str, str] = {}
    with cluster(always(200, {}), sent) as connection:
        other = Connection(replace(connection.address, region=region))
        other.write("GET", "/")
        other.client.close()
    return {name.lower(): value for name, value in sent.items()}


def test_credentials_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "authorization" not in headers_sent(monkeypatch)
    basic = headers_sent(monkeypatch, KB_ENGINE_USER="kb", KB_ENGINE_PASSWORD="secret")  # noqa: S106
    assert basic["authorization"] == "Basic " + b64encode(b"kb:secret").decode()


def test_requests_to_amazons_service_are_signed(monkeypatch: pytest.MonkeyPatch) -> None:
    credentials = {"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "secret"}
    signed = headers_sent(monkeypatch, "ap-northeast-1", **credentials)

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
            connection.write("GET", "/")
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        trusting = Connection(connection.address)
        answer = trusting.write("GET", "/")
        trusting.client.close()

    assert not isinstance(raised.value, EngineAwayError)
    assert answer == {"hello": "there"}


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
def test_an_unsafe_address_is_refused(url: str, why: str) -> None:
    with pytest.raises(SearchIndexError, match=why) as raised:
        Address((url,), "notes")

    assert "secret" not in str(raised.value)


def test_answering_takes_the_memory_of_the_cache_and_of_one_answer(tmp_path: Path) -> None:
    engine = OpenSearchEngine(Address(("https://search.example.com",), "notes"), tmp_path, SCHEMA, lambda _meta: PARSER)

    assert engine.memory() == MAX_ANSWER + CACHE_SIZE > 256 << 20


def test_each_generation_of_a_cluster_has_the_parser_of_its_metadata(tmp_path: Path) -> None:
    newest, made = [0], list[object]()

    def answer(path: str, _body: bytes) -> tuple[int, bytes]:
        state = {"generation": newest[0], "layout": Layout(SCHEMA).version}
        manifest = {"token": newest[0], "runs": {}, "meta": {"number": newest[0]}}
        record = json.dumps(state if path.endswith(STATE) else manifest)
        stored = {"_index": "notes-1", "_seq_no": 1, "_primary_term": 1, "_source": {"record": record}}
        return 200, json.dumps(stored).encode()

    def parser(meta: Mapping[str, object] | None) -> QueryParser:
        made.append(meta)
        return PARSER

    with cluster(answer) as connection:
        engine = OpenSearchEngine(connection.address, tmp_path, SCHEMA, parser)
        for newest[0] in (0, 1, 1, 2):
            engine.snapshot()

    assert made == [None, {"number": 1}, {"number": 2}]


@pytest.mark.parametrize("url", ["https://search.example.com", "http://127.0.0.1:9200", "http://[::1]:9200"])
def test_a_safe_address_is_accepted(url: str) -> None:
    assert str(Address((url,), "notes")) == f"{url} notes"
