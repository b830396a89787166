"""The guide on the page of a service, what a person puts right of it, and the time line."""

import html
import re
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from kb.knowledge_base import KnowledgeBase
from kb.services import Change
from webui.app import create_app
from webui.view.chronicle import chronicle

FIRST = """\
# 箱の会 2018 参加レポート

- 日付: 2018-03-10

## 【A】10:00~10:40:箱の運用

- Lambda
  - デッドレターキューを必ず設定すること
  - VPC に入れると起動に10秒かかる
  - 起動が遅くて困っている
"""
SECOND = """\
# 鍵の夕べ 2020 参加レポート

- 日付: 2020-06-01

## 【B】11:00~11:40:鍵の設計

- Lambda には必ずデッドレターキューを付ける
- Lambda を VPC に入れても起動は1秒もかからない
- Lambda の起動が遅くて困っている → 同時実行数を予約しておくとよい
"""
THIRD = """\
# 窓の集い 2024 参加レポート

- 日付: 2024-02-01

## 【C】13:00~13:40:窓で学んだこと

- Lambda は失敗に備えて DLQ を必ず設定しておくべき
- Lambda の関数は小さく分けておく
"""
OURS = {"Sec-Fetch-Site": "same-origin"}


def opened(folder: Path) -> KnowledgeBase:
    (folder / "library").mkdir()
    for name, text in (("a.md", FIRST), ("b.md", SECOND), ("c.md", THIRD)):
        (folder / "library" / name).write_text(text, "utf-8")
    knowledge_base = KnowledgeBase.open(folder / "library", folder / "index")
    knowledge_base.keeper.sync()
    return knowledge_base


@pytest.fixture
def knowledge_base(tmp_path: Path) -> KnowledgeBase:
    return opened(tmp_path)


@pytest.fixture
def client(knowledge_base: KnowledgeBase) -> Iterator[FlaskClient]:
    with create_app(knowledge_base, today=lambda: date(2026, 3, 1)).test_client() as client:
        yield client


def told(client: FlaskClient, address: str = "/service/lambda") -> Any:  # noqa: ANN401 (JSON)
    while client.get("/sync", headers={"Accept": "application/json"}).json["running"]:
        time.sleep(0.01)  # where the machine is slow, it answers before the index follows
    return client.get(address, headers={"Accept": "application/json"}).json


def advice(client: FlaskClient) -> list[tuple[int, list[str]]]:
    return [(point["talks"], [note["text"] for note in point["notes"]]) for point in told(client)["advice"]]


def send(client: FlaskClient, note: str, **form: str) -> Any:  # noqa: ANN401 (a response)
    return client.post(f"/correct-point/{note}", data=form, headers=OURS)


def test_a_point_is_told_once_with_how_many_talks_say_so_and_when(client: FlaskClient) -> None:
    page = client.get("/service/lambda").text

    assert page.count("3つのセッションが言う") == 1
    assert "2018–2024" in page
    assert advice(client)[0] == (
        3,
        [
            "デッドレターキューを必ず設定すること",
            "Lambda には必ずデッドレターキューを付ける",
            "Lambda は失敗に備えて DLQ を必ず設定しておくべき",
        ],
    )


def test_what_one_talk_remedied_is_no_open_problem_of_another(client: FlaskClient) -> None:
    page = told(client)

    assert [[note["held_on"] for note in point["notes"]] for point in page["solved"]] == [["2018-03-10", "2020-06-01"]]
    assert page["unsolved"] == []


def test_what_seems_to_contradict_stands_side_by_side_and_is_marked(client: FlaskClient) -> None:
    page = client.get("/service/lambda").text
    [one] = told(client)["contradictions"]

    assert ("どちらが正しいかは示していません" in page, "一方が打ち消している" in page) == (True, True)
    assert (one["differs"], [note["held_on"] for note in one["notes"]]) == ("denied", ["2018-03-10", "2020-06-01"])
    assert [len(note["changes"]) for note in one["notes"]] == [1, 0]  # it stands before and after a change
    assert one["notes"][0]["changes"][0]["now"] in page.partition('id="contradictions"')[2].partition("</section>")[0]


def test_a_report_that_goes_takes_its_part_and_one_that_comes_back_brings_it(
    knowledge_base: KnowledgeBase, client: FlaskClient
) -> None:
    before = told(client)
    (knowledge_base.collection.library.path / "c.md").rename(knowledge_base.collection.library.path / "c.md~")
    knowledge_base.keeper.sync()
    without = advice(client)
    (knowledge_base.collection.library.path / "c.md~").rename(knowledge_base.collection.library.path / "c.md")
    knowledge_base.keeper.sync()

    assert without[0] == (2, ["デッドレターキューを必ず設定すること", "Lambda には必ずデッドレターキューを付ける"])
    assert told(client) == before


def test_a_note_is_split_off_and_put_back(client: FlaskClient) -> None:
    before = advice(client)
    point = told(client)["advice"][0]
    first, *others = (note["id"] for note in point["notes"])

    response = client.post(f"/correct-point/{first}", data={"apart": others}, headers=OURS)
    split = advice(client)
    deed = re.search(r"done=([\w-]+)", response.location)
    assert deed
    client.post("/undo", data={"deed": deed[1]}, headers=OURS)

    assert [talks for talks, texts in split if "デッドレターキュー" in texts[0] or "DLQ" in texts[0]] == [2, 1]
    assert advice(client) == before


def test_notes_are_joined_by_the_address_of_one_and_told_to_be_confirmed(client: FlaskClient) -> None:
    notes = {
        note["text"]: note["id"]
        for part in ("advice", "cases")
        for point in told(client)[part]
        for note in point["notes"]
    }
    one, other = notes["Lambda の関数は小さく分けておく"], notes["VPC に入れると起動に10秒かかる"]

    response = send(client, one, same=f"http://localhost/note/{quote(other)}")
    joined = [point for part in ("advice", "cases") for point in told(client)[part] if point["confirmed"]]

    assert response.status_code == 303
    assert [{note["id"] for note in point["notes"]} for point in joined] == [{one, other}]
    assert "人が確かめた要点" in client.get("/service/lambda").text


@pytest.mark.parametrize("wrong", ["nothing/like-it", "", "itself"])
def test_what_names_no_other_note_is_refused_beside_its_field(client: FlaskClient, wrong: str) -> None:
    note = told(client)["advice"][0]["id"]

    response = send(client, note, same=note if wrong == "itself" else wrong)

    assert (response.status_code, 'aria-invalid="true"' in response.text) == (422, True)


def test_what_was_told_of_a_note_follows_it_to_its_new_id(knowledge_base: KnowledgeBase, client: FlaskClient) -> None:
    first, *others = (note["id"] for note in told(client)["advice"][0]["notes"])
    client.post(f"/correct-point/{first}", data={"apart": others}, headers=OURS)
    told(client)
    entry = knowledge_base.browser.entry(first.rpartition("/")[0])
    client.post(f"/correct-report/{quote(entry.id)}", data={"event": "別の会 2018"}, headers=OURS)

    assert all("デッドレターキューを必ず設定すること" not in texts or talks == 1 for talks, texts in advice(client))


def test_the_whole_guide_is_taken_away_as_markdown_and_for_print(client: FlaskClient) -> None:
    lines = client.get("/guide/ラムダ.md").text.splitlines()

    assert lines[0] == "# AWS Lambda"
    assert "— 3つのセッションが言う・2018–2024" in next(line for line in lines if line.startswith("- "))
    told = [line[2:].partition(" — ")[0] for line in lines if line.startswith("- ") and " — " in line]
    page = html.unescape(client.get("/guide/ラムダ").text)
    assert [text for text in told if text.replace("\\", "") not in page] == []


@pytest.mark.parametrize(
    "address", ["/service/sqs", "/timeline?q=窓のない家", "/timeline?service=sqs", "/guide/sqs", "/guide/sqs.md"]
)
def test_what_nobody_spoke_of_has_a_page(client: FlaskClient, address: str) -> None:
    assert client.get(address).status_code == 200


@pytest.mark.parametrize("address", ["/guide/x", "/guide/x.md", "/correct-point/a/b"])
def test_what_is_unknown_has_none(client: FlaskClient, address: str) -> None:
    assert client.get(address).status_code == 404


def test_each_element_of_a_time_line_leads_to_what_it_stands_for(client: FlaskClient) -> None:
    page = client.get("/timeline?service=lambda").text
    drawing = page.partition("<svg class")[2].partition("</svg>\n<p")[0]

    targets = set(re.findall(r'<a href="([^"]+)"', drawing))
    lists = {target for target in targets if target.startswith("#")}
    talks, notes = ({target for target in targets if target.startswith(one)} for one in ("/talk/", "/note/"))

    assert {"#y2018-points", "#y2018-changes"} <= lists
    assert [target for target in lists if f'id="{target[1:]}"' not in page] == []
    assert len(talks) == 3  # one a year: nothing else is to be chosen from
    assert {client.get(target).status_code for target in talks | notes} == {200}
    assert drawing.count("<title>") == len(targets) == drawing.count("aria-label=") - 1  # that of the whole


def test_a_note_leads_to_the_point_it_stands_in(client: FlaskClient) -> None:
    points = told(client)["advice"]
    [first, *_], [alone, *_] = ([note["id"] for note in point["notes"]] for point in (points[0], points[-1]))
    pages = [client.get(f"/note/{quote(note)}").text for note in (first, alone)]
    [(guide, target)] = re.findall(r'href="(/guide/\w+)#([^"]+)"', pages[0])

    assert ("3つのセッションが言う" in pages[0], "/guide/lambda#" in pages[1]) == (True, False)
    assert f'id="{unquote(target)}"' in client.get(guide).text
    assert told(client, f"/note/{quote(first)}")["point"]["talks"] == 3


@pytest.mark.parametrize("address", ["/timeline?q=起動", "/timeline?q=Lambda", "/timeline?service=ラムダ"])
def test_a_time_line_tells_what_was_new_each_year(client: FlaskClient, address: str) -> None:
    years = {one["year"]: one for one in told(client, address)["years"]}

    assert [talk["title"] for talk in years["2018"]["talks"]] == ["箱の運用"]
    assert [point["since"][:4] for year in years.values() for point in year["points"]] == [
        year["year"] for year in years.values() for _ in year["points"]
    ]


def test_a_search_leads_to_the_time_line_of_what_it_finds(client: FlaskClient) -> None:
    assert 'href="/timeline?q=Lambda"' in client.get("/?q=Lambda").text


@given(st.lists(st.integers(1990, 2035), min_size=1, max_size=50))
def test_every_year_has_its_place_within_the_drawing(years: list[int]) -> None:
    changes = [Change(("x",), "", "", f"{one}-01-01", "", "", id=str(n)) for n, one in enumerate(years)]

    line = chronicle((), (), changes)

    assert {one.year for one in line if not one.is_empty} == {str(one) for one in years}
    assert [one.middle for one in line] == sorted(one.middle for one in line)
    assert all(one.middle - one.width / 2 + 0.01 >= 0 and one.middle + one.width / 2 <= 100.01 for one in line)
