"""The page shows the day of a post where that of the event is unknown, and says so wherever it does."""

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from kb.knowledge_base import KnowledgeBase
from webui.app import create_app

POSTED = """---
title: 鍵の勉強会に行った
date: 2018-06-12
---

## LT1: 箱の話 登壇者: 山田 花子

- SQS の鍵は三つにするとよい
"""
HELD = "---\ntitle: 鍵の会 2019に行った\ndate: 2020-02-03\n---\n\n- SQS の鍵は二つ\n"
KB_TOML = '[reports."posted.md"]\nevent = "鍵の勉強会"\n'
MARKED = r"公開 2018年6月|published June 2018"
JSON = {"Accept": "application/json"}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    library = tmp_path_factory.mktemp("days") / "library"
    library.mkdir()
    for name, text in (("posted.md", POSTED), ("held.md", HELD), ("kb.toml", KB_TOML)):
        (library / name).write_text(text, "utf-8")
    kb = KnowledgeBase.open(library, Path(library.parent, "index"))
    kb.indexer.sync()
    return create_app(kb).test_client()


def days(text: str) -> list[str]:
    return re.findall(rf"日付不明|undated|{MARKED}", text)


def addresses(client: FlaskClient) -> dict[str, str]:
    (report,) = client.get("/reports?year=2018", headers=JSON).json["reports"]
    (talk,) = client.get("/talks?year=2018", headers=JSON).json["talks"]
    (note,) = client.get("/?q=三つ", headers=JSON).json["hits"]
    return {
        "search": "/?q=三つ",
        "note": f"/note/{note['id']}",
        "talk": f"/talk/{talk['id']}",
        "report": f"/report/{report['id']}",
        "event": "/event/鍵の勉強会",
        "speaker": "/speaker/山田 花子",
        "reports": "/reports?year=2018",
        "events": "/events?year=2018",
        "talks": "/talks?year=2018",
        "time line": "/timeline?year=2018",
        "Markdown": "/sheet?q=三つ",
    }


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize(
    "page",
    ["search", "note", "talk", "report", "event", "speaker", "reports", "events", "talks", "time line", "Markdown"],
)
def test_every_page_that_shows_the_day_of_a_post_says_so(client: FlaskClient, page: str, language: str) -> None:
    text = client.get(addresses(client)[page], headers={"Accept-Language": language}).text

    assert set(days(text)) == {"公開 2018年6月" if language == "ja" else "published June 2018"}


def test_the_exact_day_of_the_post_is_in_the_tooltip(client: FlaskClient) -> None:
    text = client.get(addresses(client)["note"]).text

    assert 'title="イベントの日付は分かりません。記事は2018年6月12日に公開されました。"' in text


def test_lists_are_sorted_by_the_day_that_they_show(client: FlaskClient) -> None:
    sources = [
        [one["source"] for one in client.get(f"/reports?sort={order}", headers=JSON).json["reports"]]
        for order in ("-date", "date")
    ]

    assert sources == [["held.md", "posted.md"], ["posted.md", "held.md"]]


def test_the_years_say_which_year_they_are(client: FlaskClient) -> None:
    says = "イベントの年、不明なら記事の公開の年。"

    assert says in client.get("/years").text
    assert '<legend title="不明なら公開の年">年</legend>' in client.get("/?q=鍵").text


def test_a_speaker_of_undated_events_has_the_year_of_the_posts(client: FlaskClient) -> None:
    row = re.search(r"山田 花子</a></th>\s*<td[^>]*>([^<]*)<", client.get("/speakers").text)

    assert row
    assert row[1] == "公開 2018年"


def test_a_table_has_both_days(client: FlaskClient) -> None:
    heads, row = client.get("/export.csv?q=三つ").text.splitlines()
    cells = dict(zip(heads.lstrip("\ufeff").split(","), row.split(","), strict=True))

    assert (cells["日付"], cells["投稿日"]) == ("", "2018-06-12")
