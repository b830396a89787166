"""Who may ask at /mcp, and that nothing there is held open."""

import json
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from kb.knowledge_base import KnowledgeBase
from webui.app import create_app
from webui.http.security import HEADERS, Access

TOKEN = "a-token-of-twenty-chars"  # noqa: S105
JSON = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
VERSIONS = ("2025-06-18", "2026-07-28")


@pytest.fixture
def knowledge_base(tmp_path: Path) -> KnowledgeBase:
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "a.md").write_text("# 見本勉強会 2019\n\n- SQS は便利\n", "utf-8")
    knowledge_base = KnowledgeBase.open(tmp_path / "library", tmp_path / "index")
    knowledge_base.indexer.sync()
    return knowledge_base


@pytest.fixture
def client(knowledge_base: KnowledgeBase) -> FlaskClient:
    return create_app(knowledge_base).test_client()


def asked(method: str, version: str, **params: object) -> dict[str, Any]:
    """Return a request as clients of a version of the protocol send it."""
    meta = {
        "io.modelcontextprotocol/protocolVersion": version,
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    params = {**params, "_meta": meta} if version == VERSIONS[-1] else params
    named = {"Mcp-Name": str(params["name"])} if "name" in params else {}
    return {
        "headers": {**JSON, "MCP-Protocol-Version": version, "Mcp-Method": method, **named},
        "data": json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}),
    }


@pytest.mark.parametrize("version", VERSIONS)
def test_a_request_by_itself_is_answered_in_json(client: FlaskClient, version: str) -> None:
    response = client.post("/mcp", **asked("tools/call", version, name="search", arguments={"query": "SQS"}))
    found = response.get_json()["result"]["structuredContent"]

    assert (response.status_code, response.mimetype, [note["text"] for note in found["notes"]]) == (
        200,
        "application/json",
        ["SQS は便利"],
    )
    assert found["notes"][0]["address"].startswith("http://localhost/note/")
    assert {name: response.headers.get(name) for name in HEADERS} == HEADERS


ORIGINS = (None, "http://localhost", "https://evil.example", "null")
SITES = (None, "same-origin", "cross-site", "same-site", "none")


@pytest.mark.parametrize("origin", ORIGINS)
@pytest.mark.parametrize("site", SITES)
def test_programs_ask_and_our_own_pages_but_no_page_of_another_site(
    client: FlaskClient, origin: str | None, site: str | None
) -> None:
    request = asked("tools/list", VERSIONS[0])
    told = {name: value for name, value in (("Origin", origin), ("Sec-Fetch-Site", site)) if value}
    ours = site in {"same-origin", "none"} if site else origin in {None, "http://localhost"}
    response = client.post("/mcp", headers={**request["headers"], **told}, data=request["data"])

    assert response.status_code == (200 if ours else 403)


def test_a_name_that_is_not_ours_is_refused(client: FlaskClient) -> None:
    assert client.post("/mcp", base_url="http://evil.example", **asked("tools/list", VERSIONS[0])).status_code == 400


def test_where_there_is_a_token_it_is_wanted(knowledge_base: KnowledgeBase) -> None:
    client = create_app(knowledge_base, access=Access(token=TOKEN)).test_client()
    request = asked("tools/list", VERSIONS[0])

    def status(**more: str) -> int:
        return client.post("/mcp", headers={**request["headers"], **more}, data=request["data"]).status_code

    assert [status(), status(Authorization="Bearer wrong"), status(Authorization=f"Bearer {TOKEN}")] == [401, 401, 200]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_no_stream_and_no_session_is_opened_or_ended(client: FlaskClient, method: str, version: str) -> None:
    response = client.open(
        "/mcp",
        method=method,
        headers={"Accept": "text/event-stream", "MCP-Protocol-Version": version, "Sec-Fetch-Site": "same-origin"},
    )

    assert response.status_code == 405


@pytest.mark.parametrize("version", VERSIONS)
def test_who_wants_to_listen_is_told_that_there_is_nothing_to_hear(client: FlaskClient, version: str) -> None:
    response = client.post("/mcp", **asked("subscriptions/listen", version, notifications={}))

    assert response.get_json()["error"]["code"] == -32601


@pytest.mark.parametrize("version", VERSIONS)
def test_a_request_that_is_too_long_is_not_read(client: FlaskClient, version: str) -> None:
    request = asked("tools/call", version, name="search", arguments={"query": "あ" * 70_000})

    assert client.post("/mcp", **request).status_code == 413


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"[" * 50_000, b"\xff", b'{"jsonrpc":"2.0","id":1}', b"null"])
def test_what_is_no_request_is_refused(client: FlaskClient, version: str, body: bytes) -> None:
    response = client.post("/mcp", headers=asked("tools/list", version)["headers"], data=body)

    assert (response.status_code, "error" in response.get_json()) == (400, True)


@pytest.mark.parametrize(("token", "offered"), [(None, False), ("secret-of-sixteen", True)])
def test_programs_may_read_reports_for_people_only_where_a_token_protects_the_server(
    knowledge_base: KnowledgeBase, token: str | None, *, offered: bool
) -> None:
    client = create_app(knowledge_base, access=Access(token=token)).test_client()
    request = asked("tools/list", VERSIONS[0])
    headers = {**request["headers"], **({"Authorization": f"Bearer {token}"} if token else {})}
    listed = client.post("/mcp", headers=headers, data=request["data"]).get_json()["result"]["tools"]
    refused = client.post("/mcp", **request).status_code

    assert ({"next_to_read", "put_readings", "undo_readings"} <= {tool["name"] for tool in listed}) == offered
    assert {tool["name"]: tool["annotations"]["readOnlyHint"] for tool in listed}.get("put_readings", False) is False
    assert refused == (401 if token else 200)
