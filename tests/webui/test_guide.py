"""The guide on the page of a service, and the time line."""

import html
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from kb.knowledge_base import KnowledgeBase
from kb.report.model import Talk
from kb.search.directory import TalkEntry
from kb.services import Change
from webui.app import create_app
from webui.view.timeline import chronicle

FIRST = """\
# 箱の会 2018 参加レポート

- 日付: 2018-03-10

## 【A】10:00~10:40:箱の運用

- Lambda
  - DLQを必ず設定すること
  - 関数は1か月に10万回呼ばれている
  - 課題: 起動が遅くて困っている
"""
TOO = """\
# 箱の会 2018 に行ってきた

- 日付: 2018-03-10

## 【A】10:00~10:40:箱の運用

- Lambda
  - 関数は1か月に10万回も呼ばれている
"""
SECOND = """\
# 鍵の夕べ 2020 参加レポート

- 日付: 2020-06-01

## 【B】11:00~11:40:鍵の設計

- Lambda
  - ＤＬＱを必ず設定すること
  - 課題: 起動が遅くて困っている
    - 対策: 同時実行数を予約しておくとよい
"""
THIRD = """\
# 窓の集い 2024 参加レポート

- 日付: 2024-02-01

## 【C】13:00~13:40:窓で学んだこと

- Lambda
  - DLQを必ず設定すること
  - 失敗に備えてログを必ず残しておくべき
  - 課題: ログが多すぎて困る
"""


def opened(folder: Path) -> KnowledgeBase:
    (folder / "library").mkdir()
    for name, text in (("a.md", FIRST), ("b.md", SECOND), ("c.md", THIRD), ("d.md", TOO)):
        (folder / "library" / name).write_text(text, "utf-8")
    knowledge_base = KnowledgeBase.open(folder / "library", folder / "index")
    knowledge_base.indexer.sync()
    return knowledge_base


@pytest.fixture
def knowledge_base(tmp_path: Path) -> KnowledgeBase:
    return opened(tmp_path)


@pytest.fixture
def client(knowledge_base: KnowledgeBase) -> Iterator[FlaskClient]:
    with create_app(knowledge_base, today=lambda: date(2026, 3, 1)).test_client() as client:
        yield client


def told(client: FlaskClient, address: str = "/service/lambda") -> Any:  # noqa: ANN401 (JSON)
    return client.get(address, headers={"Accept": "application/json"}).json


def said(client: FlaskClient, part: str) -> list[tuple[int, list[str]]]:
    return [(entry["talks"], [note["text"] for note in entry["notes"]]) for entry in told(client)[part]]


ADVICE = [
    (
        3,
        [
            "DLQを必ず設定すること",
            "ＤＬＱを必ず設定すること",
            "DLQを必ず設定すること",
        ],
    ),
    (1, ["失敗に備えてログを必ず残しておくべき"]),
]


def test_the_same_words_are_told_once_with_how_many_talks_say_so_and_when(client: FlaskClient) -> None:
    page = client.get("/service/lambda").text

    assert (page.count("3つのセッションが言う"), "2018–2024" in page) == (1, True)
    assert sorted(said(client, "advice"), reverse=True) == ADVICE


def test_what_two_takers_noted_of_one_talk_is_one_row(client: FlaskClient) -> None:
    rows = [sorted(texts) for talks, texts in said(client, "cases") if (talks, len(texts)) == (1, 2)]

    assert rows == [["関数は1か月に10万回も呼ばれている", "関数は1か月に10万回呼ばれている"]]


def test_what_one_talk_remedied_is_no_open_problem_of_another(client: FlaskClient) -> None:
    page = told(client)

    assert [[note["held_on"] for note in one["notes"]] for one in page["solved"]] == [["2018-03-10", "2020-06-01"]]
    assert [note["text"] for one in page["solved"] for note in one["remedies"]] == [
        "対策: 同時実行数を予約しておくとよい"
    ]
    assert [one["text"] for one in page["unsolved"]] == ["課題: ログが多すぎて困る"]


def test_the_parts_of_a_guide_have_an_order(client: FlaskClient) -> None:
    parts = re.findall(r'<h2 id="(\w+)"', client.get("/service/lambda").text)

    assert parts == ["advice", "solved", "unsolved", "cases", "changes", "talks"]


def test_a_report_that_goes_takes_its_part_and_one_that_comes_back_brings_it(
    knowledge_base: KnowledgeBase, client: FlaskClient
) -> None:
    before = told(client)
    (knowledge_base.collection.library.path / "c.md").rename(knowledge_base.collection.library.path / "c.md~")
    knowledge_base.indexer.sync()
    without = said(client, "advice")
    (knowledge_base.collection.library.path / "c.md~").rename(knowledge_base.collection.library.path / "c.md")
    knowledge_base.indexer.sync()

    assert without == [(2, ADVICE[0][1][:2])]
    assert told(client) == before


def test_the_whole_guide_is_taken_away_as_markdown_and_for_print(client: FlaskClient) -> None:
    lines = client.get("/guide/ラムダ.md").text.splitlines()

    assert lines[0] == "# AWS Lambda"
    assert [line for line in lines if "— 3つのセッションが言う・2018–2024" in line] == [
        "- DLQを必ず設定すること — 3つのセッションが言う・2018–2024"
    ]
    told = [line[2:].partition(" — ")[0] for line in lines if line.startswith("- ") and " — " in line]
    page = html.unescape(client.get("/guide/ラムダ").text)
    assert [text for text in told if text.replace("\\", "") not in page] == []


@pytest.mark.parametrize(
    "address", ["/service/sqs", "/timeline?q=窓のない家", "/timeline?service=sqs", "/guide/sqs", "/guide/sqs.md"]
)
def test_what_nobody_spoke_of_has_a_page(client: FlaskClient, address: str) -> None:
    assert client.get(address).status_code == 200


@pytest.mark.parametrize("address", ["/guide/x", "/guide/x.md", "/correct-point/a/b", "/points/x"])
def test_what_is_unknown_has_none(client: FlaskClient, address: str) -> None:
    assert client.get(address).status_code == 404


def test_each_element_of_a_time_line_leads_to_what_it_stands_for(client: FlaskClient) -> None:
    page = client.get("/timeline?service=lambda").text
    drawing = page.partition("<svg class")[2].partition("</figure>")[0]

    targets = set(re.findall(r'<a href="([^"]+)"', drawing))
    lists = {target for target in targets if target.startswith("#")}
    talks = {target for target in targets if target.startswith("/talk/")}

    assert "#y2018-changes" in lists
    assert [target for target in lists if f'id="{target[1:]}"' not in page] == []
    assert len(talks) == 3  # one a year: nothing else is to be chosen from
    assert {client.get(target).status_code for target in talks} == {200}
    assert drawing.count('class="value"') == len(targets) == drawing.count("aria-label=") - 1  # that of the whole


@pytest.mark.parametrize("address", ["/timeline?q=起動", "/timeline?q=Lambda", "/timeline?service=ラムダ"])
def test_a_time_line_tells_what_each_year_has(client: FlaskClient, address: str) -> None:
    years = {one["year"]: one for one in told(client, address)["years"]}

    assert [talk["title"] for talk in years["2018"]["talks"]] == ["箱の運用"]
    assert [year for year, one in years.items() if one["changes"]] == sorted(
        {one["changed_on"][:4] for year in years.values() for one in year["changes"]}
    )


def test_a_search_leads_to_the_time_line_of_what_it_finds(client: FlaskClient) -> None:
    assert 'href="/timeline?q=Lambda"' in client.get("/?q=Lambda").text


@given(st.lists(st.integers(1990, 2035), min_size=1, max_size=50))
def test_every_year_has_its_place_within_the_drawing(years: list[int]) -> None:
    changes = [Change(("x",), "", "", f"{one}-01-01", "", "", id=str(n)) for n, one in enumerate(years)]

    line = chronicle((), changes)

    assert {one.year for one in line if not one.is_empty} == {str(one) for one in years}
    assert [one.middle for one in line] == sorted(one.middle for one in line)
    assert all(one.middle - one.width / 2 + 0.01 >= 0 and one.middle + one.width / 2 <= 100.01 for one in line)


def test_the_talks_of_a_year_come_by_their_notes_and_then_by_their_ids() -> None:
    talks = [(TalkEntry(Talk(key, key, 1), (), (), "2018-03"), notes) for key, notes in (("b", 1), ("c", 7), ("a", 1))]

    [year] = chronicle(talks, ())

    assert [(talk.talk.id, notes) for talk, notes in year.talks] == [("c", 7), ("a", 1), ("b", 1)]
