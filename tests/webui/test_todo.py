"""直すところ: what is missing is listed, counted on the start page, and worked through in place."""

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from kb.knowledge_base import KnowledgeBase
from webui.app import create_app

WHOLE = "# 鍵の会 2018\n\n2018-03-10\n\n## 【A】10:00~10:30:鍵の話\n\n登壇者: 山田 花子\n\n- AWS KMS を使う\n"
UNDATED = """# ある勉強会のメモ

## LT1: 箱の話

- 箱は二つ
- 三つでもよい
- Amazon Boxy を使う
- 早口の花子さんでした
"""
OURS = {"Sec-Fetch-Site": "same-origin"}
JSON = {"Accept": "application/json"}


@pytest.fixture
def library(tmp_path: Path) -> Path:
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "whole.md").write_text(WHOLE, "utf-8")
    return tmp_path / "library"


def opened(library: Path) -> FlaskClient:
    kb = KnowledgeBase.open(library, library.parent / "index")
    kb.keeper.sync()
    return create_app(kb).test_client()


def listed(client: FlaskClient, what: str) -> list[tuple[str, int | None, str]]:
    tasks = client.get(f"/todo?what={what}", headers=JSON).json["tasks"]
    return [(task["report"]["source"], task["line"], task["text"]) for task in tasks]


def test_where_nothing_is_missing_it_says_so(library: Path) -> None:
    client = opened(library)

    assert "直すところはありません" in client.get("/todo").text
    assert "/todo" not in client.get("/").text


def test_what_is_missing_is_listed_with_its_line(library: Path) -> None:
    (library / "undated.md").write_text(UNDATED, "utf-8")
    client = opened(library)

    assert {what: listed(client, what) for what in ("date", "speaker", "service")} == {
        "date": [("undated.md", None, "")],
        "speaker": [("undated.md", 3, "")],
        "service": [("undated.md", 7, "Amazon Boxy")],
    }
    assert '<a href="/todo">直すところ 3件</a>' in client.get("/").text
    chips = re.findall(r'(\S+) <span class="count">(\d)件', client.get("/todo").text)
    assert [int(count) for _, count in chips] == [1, 0, 1, 0, 1]


def test_a_date_is_put_right_in_the_list_and_leaves_it(library: Path) -> None:
    (library / "undated.md").write_text(UNDATED, "utf-8")
    client = opened(library)
    page = client.get("/todo?what=date").text
    action, back = re.findall(
        r'action="(/correct-report/[^"]*)">\s*<input type="hidden" name="back" value="([^"]*)"', page
    )[0]
    back = back.replace("&amp;", "&")
    wrong = client.post(action, data={"back": back, "date": "きのう"}, headers=OURS)
    right = client.post(action, data={"back": back, "date": "2020-05"}, headers=OURS)

    assert (wrong.status_code, 'value="ある勉強会"' in wrong.text) == (422, True)
    assert right.location.startswith("/todo?what=date&done=")
    assert listed(client, "date") == []


def test_that_nobody_speaks_takes_a_talk_off_the_list(library: Path) -> None:
    (library / "undated.md").write_text(UNDATED, "utf-8")
    client = opened(library)
    talk = client.get("/todo?what=speaker", headers=JSON).json["tasks"][0]["talk"]["id"]
    client.post(f"/correct-talk/{talk}", data={"speakers": ""}, headers=OURS)

    assert listed(client, "speaker") == []


def test_a_long_list_is_shown_in_pages(library: Path) -> None:
    for number in range(45):
        (library / f"{number}.md").write_text(f"# 会その{number}のメモ\n\n- 別の話{number}\n", "utf-8")
    client = opened(library)
    pages = [client.get(f"/todo?what=date&page={page}") for page in (1, 3, 9)]
    shown = [len(re.findall(r'name="date"', page.text)) for page in pages]

    assert (shown, [page.status_code for page in pages]) == ([20, 5, 5], [200, 200, 200])
