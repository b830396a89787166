"""A talk that two people noted: one talk with one id, its notes side by side, whatever the order they came in."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from typed import kb, notes, records

from index.query import Query
from kb.cli.group import cli
from kb.knowledge_base import KnowledgeBase
from kb.report.identity import talk_id
from webui.app import create_app

EVENT, TITLE, OTHERWISE = "見本会 2019", "サーバーレスの勘所", "「サーバレス」の勘所 〜入門〜"
REPORT = """# 見本会 2019 {kind}

## 【{track}】10:00~10:45:{title}

- {first}
- {second}
"""
ONE = REPORT.format(
    kind="参加レポート", track="A", title=TITLE, first="同じ箱が二度届くので冪等にする", second="鍵は必ず返す"
)
OTHER = REPORT.format(
    kind="に行ってきた", track="B", title=OTHERWISE, first="同じ箱が二度届くことも。冪等にしよう", second="窓の話は初耳"
)


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "library"
    folder.mkdir()
    monkeypatch.setenv("KB_LIBRARY", str(folder))
    monkeypatch.setenv("KB_INDEX", str(tmp_path / "index"))
    (folder / "b.md").write_text(ONE, "utf-8")
    return folder


def rows(identifier: str) -> list[list[str | None]]:
    """Return the texts in each row of a talk, by report."""
    return [
        [note and note["text"] for note in row["notes"].values()] for row in records("show", identifier, "--aligned")
    ]


def test_the_talk_is_one_also_in_counts_and_former_ids_lead_to_it(library: Path) -> None:
    alone = {note["talk"]["id"] for note in notes("search")}
    (library / "a.md").write_text(OTHER, "utf-8")
    kb("sync")
    together = {note["talk"]["id"] for note in notes("search")}

    first = talk_id(EVENT, OTHERWISE)  # of the report that comes first now
    assert (alone, together) == ({talk_id(EVENT, TITLE)}, {first})
    assert records("status")[0]["talks"] == 1
    assert [note["id"] for note in records("show", *alone)] == [note["id"] for note in records("show", first)]


def test_reports_that_spell_an_event_otherwise_are_on_one_event(library: Path) -> None:
    (library / "a.md").write_text(f"---\nevent: 見本会2019\n---\n\n{OTHER}", "utf-8")
    kb("sync")
    together = {(note["event"], note["talk"]["id"]) for note in notes("search")}
    shown = [records("show", talk_id(*names)) for names in ((EVENT, TITLE), ("見本会2019", OTHERWISE))]
    (library / "c.md").write_text(OTHER.replace("に行ってきた", "参加メモ"), "utf-8")
    kb("sync")

    assert together == {("見本会2019", talk_id("見本会2019", OTHERWISE))}  # as common, and first
    assert shown[0] == shown[1]
    assert {note["event"] for note in notes("search")} == {EVENT}
    (library / "b.md").unlink()
    (library / "c.md").unlink()
    kb("sync")
    assert {note["event"] for note in notes("search")} == {"見本会2019"}


def test_what_both_say_stands_side_by_side(library: Path) -> None:
    (library / "a.md").write_text(OTHER, "utf-8")
    kb("sync")
    shown = kb("show", talk_id(EVENT, TITLE), "--aligned").stdout.splitlines()
    told = records("show", talk_id(EVENT, TITLE), "--aligned")

    assert rows(talk_id(EVENT, TITLE)) == [
        ["同じ箱が二度届くことも。冪等にしよう", "同じ箱が二度届くので冪等にする"],
        [None, "鍵は必ず返す"],
        ["窓の話は初耳", None],
    ]
    assert [row["only"] is None for row in told] == [True, False, False]
    assert (told[0]["words"] > 0.5, told[0]["likeness"]) == (True, None)
    assert shown[3:] == [
        "1  • 同じ箱が二度届くことも。冪等にしよう",
        "2  • 同じ箱が二度届くので冪等にする",
        "     = words: similar",
        "2  • 鍵は必ず返す",
        "1  • 窓の話は初耳",
    ]


def test_a_talk_that_one_noted_is_aligned_with_nobody(library: Path) -> None:
    assert library.exists()
    assert rows(talk_id(EVENT, TITLE)) == [["同じ箱が二度届くので冪等にする"], ["鍵は必ず返す"]]
    refused = CliRunner().invoke(cli, ["show", "no/talk", "--aligned"], catch_exceptions=False)
    assert (refused.exit_code, refused.stderr) == (1, "kb: no talk has the id no/talk\n")


def test_the_page_of_the_talk_shows_it_too(library: Path) -> None:
    (library / "a.md").write_text(OTHER, "utf-8")
    knowledge_base = KnowledgeBase.open(library, library.parent / "index")
    knowledge_base.indexer.sync()
    client = create_app(knowledge_base).test_client()
    page = client.get(f"/talk/{talk_id(EVENT, TITLE)}").text
    told = client.get(f"/talk/{talk_id(EVENT, TITLE)}", headers={"Accept": "application/json"}).json

    assert "共通 1件、記録 1だけ 1件、記録 2だけ 1件" in page
    assert told["aligned"] == [
        json.loads(line) for line in kb("show", talk_id(EVENT, TITLE), "--aligned", "--json").stdout.splitlines()
    ]
    (library / "a.md").unlink()
    knowledge_base.indexer.sync()
    assert 'id="aligned"' not in client.get(f"/talk/{talk_id(EVENT, TITLE)}").text


@pytest.mark.parametrize("days", [("2019-07-06", "2019"), ("2019", "2019-07-06")])
def test_a_talk_found_by_its_title_has_the_day_of_its_page(library: Path, days: tuple[str, str]) -> None:
    (library / "a.md").write_text(OTHER, "utf-8")
    dated = zip(("a.md", "b.md"), days, strict=True)
    tables = (f'[reports."{name}"]\nevent = "{EVENT}"\ndate = "{day}"\n' for name, day in dated)
    (library / "kb.toml").write_text("".join(tables), "utf-8")
    knowledge_base = KnowledgeBase.open(library, library.parent / "index")
    knowledge_base.indexer.sync()
    [found] = knowledge_base.searcher.search(Query("サーバーレスの勘所")).talks

    assert (found.held_on, knowledge_base.browser.spoken(found.talk.id).held_on) == ("2019-07-06", "2019-07-06")
