"""Reports that come from other sites: fetched from an address, or sent by the bookmarklet."""

import html
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from urllib.parse import unquote

import pytest
from flask.testing import FlaskClient
from web import answer, redirect, serving

from kb.fetching import Fetched, Fetcher
from kb.knowledge_base import KnowledgeBase
from webui.app import create_app
from webui.http.security import Access

PAGE = "<html><body><h1>見本勉強会 2019 参加レポート</h1><ul><li>SQS は順番を守らない</li></ul></body></html>"
OURS = {"Sec-Fetch-Site": "same-origin"}
# What a browser says of itself where a page of another site sends a form into a tab of its own.
VISIT = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document",
         "Origin": "https://blog.example"}  # fmt: skip
TOKEN = "a-token-of-twenty-chars"  # noqa: S105


@pytest.fixture
def knowledge_base(tmp_path: Path) -> KnowledgeBase:
    (tmp_path / "library").mkdir()
    return KnowledgeBase.open(tmp_path / "library", tmp_path / "index")


@pytest.fixture
def client(knowledge_base: KnowledgeBase) -> FlaskClient:
    return create_app(knowledge_base, fetcher=Fetcher(allow_private=True)).test_client()


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with serving({"/old": redirect("/entry/2019/07/08/a"), "/entry/2019/07/08/a": answer(PAGE.encode())}) as site:
        yield site


def fields(page: str) -> dict[str, str]:
    """Return what the hidden and shown fields of the form of a page would send."""
    tags = [dict(re.findall(r'(\w+)="([^"]*)"', tag)) for tag in re.findall(r"<input [^>]*>", page)]
    return {tag["name"]: html.unescape(tag.get("value", "")) for tag in tags if tag.get("name", "q") != "q"}


def files(knowledge_base: KnowledgeBase) -> list[str]:
    return sorted(path.suffix for path in knowledge_base.collection.library.path.iterdir())


def test_what_stands_at_an_address_is_shown_first_and_kept_with_the_address(
    client: FlaskClient, knowledge_base: KnowledgeBase, site: str
) -> None:
    shown = client.post("/add", data={"address": f" {site}/old "}, headers=OURS)
    before = files(knowledge_base)
    client.post("/add", data={**fields(shown.text), "step": "save"}, headers=OURS)

    (report,) = knowledge_base.browser.reports()
    assert (before, files(knowledge_base), report.url, report.published) == (
        [],
        [".html", ".toml"],
        f"{site}/entry/2019/07/08/a",
        "2019-07-08",
    )


def test_an_address_that_cannot_be_fetched_is_told(
    client: FlaskClient, knowledge_base: KnowledgeBase, site: str
) -> None:
    response = client.post("/add", data={"address": f"{site}/none"}, headers=OURS)

    assert (
        response.status_code,
        f"{site}/none: 「404 Not Found」という応答でした。アドレスを確かめてください" in response.text,
    ) == (
        422,
        True,
    )
    assert files(knowledge_base) == []


class SlowFetcher(Fetcher):
    """A fetcher whose first two pages do not come before they are allowed to."""

    begun, allowed, number = threading.Semaphore(0), threading.Event(), count(1)

    def fetch(self, address: str) -> Fetched:
        self.begun.release()
        if next(self.number) <= 2:
            self.allowed.wait()
        return Fetched(address, PAGE.encode())


def test_two_pages_are_fetched_at_once_and_who_comes_on_top_is_told_to_come_again(
    knowledge_base: KnowledgeBase,
) -> None:
    fetcher = SlowFetcher()
    app = create_app(knowledge_base, fetcher=fetcher)

    def ask(_: int = 0) -> int:
        return app.test_client().post("/add", data={"address": "https://example.com/"}, headers=OURS).status_code

    with ThreadPoolExecutor(2) as pool:
        slow = pool.map(ask, range(2))
        for _ in range(2):
            fetcher.begun.acquire()
        told = [*(ask() for _ in range(6)), app.test_client().get("/healthz").status_code]
        fetcher.allowed.set()

        assert (told, list(slow), ask()) == ([429] * 6 + [200], [200, 200], 200)


def test_without_leave_nothing_is_fetched_and_no_field_asks_for_an_address(
    knowledge_base: KnowledgeBase, site: str
) -> None:
    client = create_app(knowledge_base).test_client()

    assert 'name="address"' not in client.get("/add").text
    assert client.post("/add", data={"address": f"{site}/old"}, headers=OURS).status_code == 422


def test_a_page_that_another_site_sends_is_only_shown_until_it_is_sent_on_from_here(
    client: FlaskClient, knowledge_base: KnowledgeBase
) -> None:
    sent = client.post("/add/page", data={"page": PAGE, "url": "https://blog.example/1"}, headers=VISIT)
    shown = client.post("/add", data=fields(sent.text), headers=OURS)
    before = files(knowledge_base)
    client.post("/add", data={**fields(shown.text), "step": "save"}, headers=OURS)

    assert ("SQS は順番" in sent.text, "SQS は順番" in shown.text, before) == (False, True, [])
    assert [report.url for report in knowledge_base.browser.reports()] == ["https://blog.example/1"]


def test_another_site_can_propose_and_nothing_else_and_no_key_is_asked_for_that(knowledge_base: KnowledgeBase) -> None:
    client = create_app(knowledge_base, access=Access(token=TOKEN)).test_client()
    page = {"page": PAGE, "url": "https://blog.example/1", "text": PAGE, "step": "save"}
    asked = {
        path: client.post(path, data=page, headers=VISIT).status_code for path in ("/add/page", "/add", "/sync", "/key")
    }
    unseen = client.post("/add/page", data=page, headers={**VISIT, "Sec-Fetch-Mode": "no-cors"}).status_code
    sent_on = client.post("/add", data=page, headers=OURS).status_code

    assert asked == {"/add/page": 200, "/add": 403, "/sync": 403, "/key": 403}
    assert (unseen, sent_on, files(knowledge_base)) == (403, 401, [])


def test_what_another_site_sends_is_text_on_our_page(client: FlaskClient) -> None:
    sent = client.post("/add/page", data={"page": "<script>1</script>", "url": '"><script>1</script>'}, headers=VISIT)

    assert (sent.status_code, "<script>1" in sent.text) == (200, False)


def test_the_bookmarklet_sends_to_this_server(client: FlaskClient) -> None:
    (link,) = re.findall(r'href="(javascript:[^"]*)"', client.get("/add", headers={"Host": "127.0.0.1:8123"}).text)

    assert 'action: "http://127.0.0.1:8123/add/page"' in unquote(html.unescape(link))
