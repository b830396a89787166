"""Feeds: valid, the same while nothing changes, and one entry for each thing that is new, whatever is made anew."""

import shutil
from pathlib import Path

import feedparser
import pytest
from atom import objections
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from kb.indexing import indexer, report_cache, sync, unchanged
from kb.knowledge_base import KnowledgeBase
from kb.services import domain
from kb.services.changes import Change
from webui.app import create_app
from webui.pages.feeds import AtomFeed

REPORT = """# 見本勉強会 2019-05-01 参加レポート

## 【A】10:00~10:40:キューの話

- SQS
  - 課題: 同じメッセージが二度届くことがあって困る
  - 通知は一か所に集める
  - 上限は箱ひとつにつき百個まで
- Lambda で受ける
"""
REMEDY = REPORT.replace("困る\n", "困る\n    - 対策: 受け手を冪等にすることで解決した\n")
FACT = Change(("sqs",), "百個", "箱に千個まで入る", "2021-03-01", "百個まで", "", claims=("百個まで",), id="boxes")
FEEDS = ("/feed?q=SQS", "/feed?service=sqs", "/service/sqs/feed", "/updates/feed", "/feed?q=")


@pytest.fixture
def library(tmp_path: Path) -> Path:
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "a.md").write_text(REPORT, "utf-8")
    return tmp_path / "library"


def synced(library: Path) -> KnowledgeBase:
    kb = KnowledgeBase.open(library, library.parent / "index")
    kb.indexer.sync()
    return kb


@pytest.fixture
def client(library: Path) -> FlaskClient:
    return create_app(synced(library)).test_client()


def entries(library: Path, address: str) -> dict[str, str]:
    """Return the titles of the entries of a feed after a sync, by their ids."""
    answer = create_app(synced(library)).test_client().get(address)
    assert objections(answer.data) == []
    feed = feedparser.parse(answer.data)
    assert not feed.bozo
    return {entry.id: entry.title for entry in feed.entries}


def added(before: dict[str, str], after: dict[str, str]) -> list[str]:
    return [title for id_, title in after.items() if id_ not in before]


@pytest.mark.parametrize("address", FEEDS)
def test_a_feed_is_valid_and_a_reader_reads_all_of_it(client: FlaskClient, address: str) -> None:
    answer = client.get(address)
    feed = feedparser.parse(answer.data)

    assert (answer.mimetype, objections(answer.data), feed.bozo) == ("application/atom+xml", [], False)
    assert feed.version == "atom10"
    assert feed.feed.links[0].href.startswith("http://localhost/")


@pytest.mark.parametrize("address", FEEDS)
def test_who_has_it_already_gets_nothing_more(client: FlaskClient, address: str, library: Path) -> None:
    known = {"If-None-Match": client.get(address).headers["ETag"]}
    anew = create_app(synced(library)).test_client()

    assert [
        (each.get(address, headers=known).status_code, each.get(address, headers=known).data) for each in (client, anew)
    ] == [(304, b"")] * 2


@pytest.mark.parametrize("address", ["/feed?q=SQS", "/service/sqs/feed", "/updates/feed"])
def test_a_note_that_came_is_one_entry_and_none_more_after_another_sync(library: Path, address: str) -> None:
    before = entries(library, address)
    (library / "a.md").write_text(REPORT.replace("- Lambda", "  - SQS は順番を守らない\n- Lambda"), "utf-8")
    after = entries(library, address)

    assert added(before, after) == ["SQS は順番を守らない"]
    assert entries(library, address) == after


@pytest.mark.parametrize("address", ["/feed?q=困る", "/service/sqs/feed", "/updates/feed", "/feed?state=solved"])
def test_a_remedy_of_an_open_problem_is_one_entry(library: Path, address: str) -> None:
    before = entries(library, address)
    (library / "a.md").write_text(REMEDY, "utf-8")
    after = entries(library, address)

    assert added(before, after) == ["対策: 課題: 同じメッセージが二度届くことがあって困る"]
    assert entries(library, address) == after


@pytest.mark.parametrize("address", ["/feed?q=百個", "/service/sqs/feed", "/updates/feed"])
def test_a_fact_that_overtakes_notes_is_one_entry(library: Path, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = entries(library, address)
    known = domain()
    monkeypatch.setattr("kb.services.domain", lambda *_: replace(known, changes=(*known.changes, FACT)))
    for module in (sync, unchanged, indexer, report_cache):
        monkeypatch.setattr(module, "code_digest", lambda: "with the fact")
    after = entries(library, address)

    assert added(before, after) == ["その後の変更: 2021年3月以降は箱に千個まで入る（メモ 1件）"]
    assert entries(library, address) == after


@pytest.mark.parametrize("address", ["/feed?q=SQS", "/service/sqs/feed"])
def test_an_index_made_anew_has_no_new_entries(library: Path, address: str) -> None:
    entries(library, address)
    (library / "b.md").write_text("# 別の会 2020-01-01\n\n- SQS は順番を守らない\n", "utf-8")
    before = entries(library, address)
    shutil.rmtree(library.parent / "index")

    assert entries(library, address) == before


@pytest.mark.parametrize("date", ["2018-02-30", "2018-13-45", "２０１８"])
def test_an_index_with_a_date_that_there_is_not_is_told_and_shown(
    library: Path, date: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (library / "kb.toml").write_text(f'[reports."a.md"]\ndate = "{date}"\n', "utf-8")
    monkeypatch.setattr("kb.library.tables.is_date", lambda _: True)  # as it once was
    client = create_app(synced(library)).test_client()
    pages = ("/?q=SQS", "/?q=SQS&lang=en", "/reports", "/reports?lang=en", "/years", "/timeline?q=SQS")

    assert [client.get(page).status_code for page in (*FEEDS, *pages)] == [200] * len((*FEEDS, *pages))


def test_a_feed_of_what_means_nothing_is_told_so(client: FlaskClient) -> None:
    answers = [client.get(address) for address in ("/feed?x=y", "/service/nothing/feed")]

    assert [answer.status_code for answer in answers] == [400, 404]


@pytest.mark.parametrize(
    ("page", "feed"),
    [
        ("/", "/updates/feed"),
        ("/?q=SQS", "/feed?q=SQS"),
        ("/updates", "/updates/feed"),
        ("/service/sqs", "/service/sqs/feed"),
    ],
)
def test_each_page_says_where_its_feed_is(client: FlaskClient, page: str, feed: str) -> None:
    assert f'<link rel="alternate" type="application/atom+xml" href="{feed}"' in client.get(page).text


def feed_of(title: str) -> AtomFeed:
    addresses = {"link": "http://localhost/", "feed_url": "http://localhost/feed"}
    return AtomFeed(title, description=title, author_name="kb", language="ja", feed_guid="urn:x:f", **addresses)


@given(st.text(st.characters(codec=None)), st.text(st.characters(codec=None)))
def test_whatever_a_note_holds_makes_a_valid_feed(title: str, content: str) -> None:
    feed = feed_of("SQS")
    feed.add("urn:x:1", "2019-05-01T00:00:00Z", title, "http://localhost/note/1", content)
    written = feed.writeString("utf-8").encode()

    assert (objections(written), bool(feedparser.parse(written).bozo)) == ([], False)


@pytest.mark.parametrize("moments", [("2019-05-01", "2021-03-01"), ("2021-03-01", "2019-05-01")])
def test_a_feed_is_as_new_as_its_newest_entry(moments: tuple[str, ...]) -> None:
    feed = feed_of("SQS")
    for day in moments:
        feed.add(f"urn:x:{day}", f"{day}T00:00:00Z", "SQS", "http://localhost/note/1", "SQS")

    assert objections(feed.writeString("utf-8").encode()) == []
    assert feedparser.parse(feed.writeString("utf-8")).feed.updated == "2021-03-01T00:00:00+00:00"


def test_the_words_of_a_search_make_a_valid_feed_whatever_they_are(client: FlaskClient) -> None:
    assert objections(client.get("/feed?q=SQS%01%0b%EF%BF%BE").data) == []
