"""Who may ask and write, and what every answer carries."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.exceptions import LengthRequired

from index.engine import SearchIndexError
from kb.knowledge_base import KnowledgeBase
from kb.readers.archives import MAX_REPORT_BYTES
from webui.app import create_app
from webui.http.security import HEADERS, Access

REPORT = "# 見本勉強会 2019 参加レポート\n\n- SQS は順番を守らない\n"
OURS = {"Sec-Fetch-Site": "same-origin"}
TOKEN = "a-token-of-twenty-chars"  # noqa: S105


@pytest.fixture
def knowledge_base(tmp_path: Path) -> KnowledgeBase:
    (tmp_path / "library").mkdir()
    knowledge_base = KnowledgeBase.open(tmp_path / "library", tmp_path / "index")
    knowledge_base.indexer.sync()
    return knowledge_base


@pytest.fixture
def client(knowledge_base: KnowledgeBase) -> FlaskClient:
    return create_app(knowledge_base).test_client()


SITES = (None, "same-origin", "none", "same-site", "cross-site", "")
ORIGINS = (None, "http://localhost", "https://localhost", "https://evil.example", "null")


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize("origin", ORIGINS)
def test_only_our_own_pages_write(
    client: FlaskClient, knowledge_base: KnowledgeBase, site: str | None, origin: str | None
) -> None:
    headers = {name: value for name, value in (("Sec-Fetch-Site", site), ("Origin", origin)) if value is not None}
    response = client.post("/add?name=a.md", data=REPORT.encode(), content_type="text/plain", headers=headers)
    ours = site in {"same-origin", "none"} or (site is None and origin == "http://localhost")

    assert (response.status_code, sorted(path.name for path in knowledge_base.collection.library.path.iterdir())) == (
        (201, ["a.md"]) if ours else (403, [])
    )


def test_with_a_token_reading_is_open_and_writing_needs_it(knowledge_base: KnowledgeBase) -> None:
    client = create_app(knowledge_base, access=Access(token=TOKEN)).test_client()

    def status(**headers: str) -> int:
        return client.post(
            "/sync", headers={name.replace("_", "-"): value for name, value in headers.items()}
        ).status_code

    without = [
        client.get("/?q=").status_code,
        status(Sec_Fetch_Site="same-origin"),
        status(Authorization="Bearer wrong"),
    ]
    bearer = [
        status(Authorization=f"Bearer {TOKEN}"),
        status(Authorization=f"Bearer {TOKEN}", Origin="https://evil.example"),
    ]
    wrong_key = client.post("/key", data={"token": "wrong"}, headers=OURS).status_code
    right_key = client.post("/key", data={"token": TOKEN}, headers=OURS)

    assert (without, bearer, wrong_key) == ([200, 401, 401], [303, 403], 403)
    assert (
        re.sub("=[0-9a-f]{64}", "=…", right_key.headers["Set-Cookie"]) == "kb_key=…; HttpOnly; Path=/; SameSite=Strict"
    )
    assert TOKEN not in right_key.headers["Set-Cookie"]
    assert status(Sec_Fetch_Site="same-origin") == 303


@pytest.mark.parametrize(
    ("host", "status"),
    [("localhost:8000", 200), ("127.0.0.1", 200), ("[::1]:80", 200), ("192.0.2.7", 200), ("evil.example", 400),
     ("localhost.evil.example", 400), ("", 400), ("[", 400)],
)  # fmt: skip
def test_a_name_that_is_not_ours_is_refused(client: FlaskClient, host: str, status: int) -> None:
    response = client.get("/", headers={"Host": host}, environ_overrides={"HTTP_HOST": host})

    assert (response.status_code, HEADERS.items() <= dict(response.headers).items()) == (status, True)


def test_a_name_in_capitals_is_the_same_name() -> None:
    assert Access(frozenset({"DESKTOP-ABC"})).goes_by("desktop-abc:8000")


def test_every_route_and_status_carries_the_safety_headers(
    client: FlaskClient, knowledge_base: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: dict[int, bool] = {}

    def ask(method: str, path: str, **options: object) -> None:
        response = client.open(path, method=method, **options)
        safe = HEADERS.items() <= dict(response.headers).items()
        seen[response.status_code] = seen.get(response.status_code, True) and safe

    for rule in client.application.url_map.iter_rules():
        path = re.sub(r"<[^>]+>", "x", rule.rule)
        for method in ("GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE", "PATCH", "TRACE"):
            ask(method, path, headers=OURS)
            ask(method, path)
    ask("POST", "/add?name=a.md", data=REPORT.encode(), content_type="text/plain", headers=OURS)
    ask("POST", "/add", data=b"x" * (MAX_REPORT_BYTES * 2), content_type="text/plain", headers=OURS)
    ask("POST", "/add", data=b"x", content_type="image/png", headers=OURS)
    ask("POST", "/add", data=b" ", content_type="text/plain", headers=OURS)
    ask("GET", "/?colour=red", headers={"Accept": "application/json"})
    (knowledge_base.collection.library.path / "kb.toml").write_text("[broken", "utf-8")
    ask("POST", "/add?event=x", data=REPORT.encode(), content_type="text/plain", headers=OURS)
    monkeypatch.setattr(knowledge_base.searcher, "search", lambda _query: 1 / 0)
    ask("GET", "/?q=a")
    monkeypatch.setattr(knowledge_base.searcher, "search", raising(SearchIndexError("damaged")))
    ask("GET", "/?q=a")
    monkeypatch.setitem(client.application.view_functions, "search.home", raising(LengthRequired()))
    ask("GET", "/?q=a")

    assert seen == dict.fromkeys((200, 201, 303, 400, 403, 404, 405, 409, 410, 411, 413, 415, 422, 500, 503), True)


def raising(error: Exception) -> Callable[..., None]:
    """Return a function that raises an error whatever it is given."""

    def fail(*_args: object, **_kwargs: object) -> None:
        raise error

    return fail
