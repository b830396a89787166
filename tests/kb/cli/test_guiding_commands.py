"""The commands of guides: guide, point."""

import json
from pathlib import Path

import pytest
from typed import kb

TEXTS = ("デッドレターキューを必ず設定すること", "Lambda には必ずデッドレターキューを付ける")


@pytest.fixture
def two_talks(library: Path) -> Path:
    for name, year, text in zip("ab", (2018, 2020), TEXTS, strict=True):
        report = f"# 箱の会 {year} 参加レポート\n\n## 【A】10:00~10:40 箱の話\n\n- Lambda\n  - {text}\n"
        (library / f"{name}.md").write_text(report, "utf-8")
    kb("sync")
    return library


def points() -> list[tuple[int, list[str]]]:
    guide = json.loads(kb("guide", "ラムダ", "--json").stdout)
    return [(point["talks"], [note["id"] for note in point["notes"]]) for point in guide["advice"]]


def test_the_guide_tells_each_point_once_with_the_ids_of_its_notes(two_talks: Path) -> None:
    told = kb("guide", "lambda").stdout
    [(talks, ids)] = points()

    assert (talks, "2つのセッションが言う・2018–2020" in told) == (2, True)
    assert [note for note in ids if note not in told] == []
    assert two_talks.exists()


def test_the_guide_is_printed_as_markdown(two_talks: Path) -> None:
    lines = kb("guide", "lambda", "--markdown").stdout.splitlines()

    assert (lines[0], "## 助言" in lines, two_talks.exists()) == ("# AWS Lambda", True, True)
    told = "\n".join(lines)
    assert [told.count(text) for text in TEXTS] == [1, 1]  # nothing is told twice
    assert sum("箱の話" in line for line in lines) == 2


def test_a_change_that_names_no_source_tells_none(two_talks: Path) -> None:
    told = kb("guide", "snowcone").stdout

    assert ("2024年11月以降は使えない" in told, "None" in told, two_talks.exists()) == (True, False, True)


def test_notes_are_told_apart_and_left_to_their_texts_again(two_talks: Path) -> None:
    before = points()
    ids = before[0][1]

    kb("point", "--apart", *ids)
    apart, told = points(), (two_talks / "kb.toml").read_text("utf-8")
    kb("point", "--forget", *ids)

    assert (len(apart), told) == (2, f'[points."{ids[0]}"]\napart = ["{ids[1]}"]\n')
    assert points() == before


def test_notes_are_told_to_say_the_same(two_talks: Path) -> None:
    [(_, ids)] = points()

    kb("point", *ids)

    assert (two_talks / "kb.toml").read_text("utf-8") == f'[points."{ids[0]}"]\nsame = ["{ids[1]}"]\n'
    assert "人が確かめました" in kb("guide", "lambda").stdout


@pytest.mark.parametrize(
    ("typed", "code", "wrong"),
    [
        (("guide", "SQSS"), 2, "do you mean sqs"),
        (("guide", "ほげほげ"), 2, "`kb services` lists them"),
        (("guide", "kinesis"), 1, ""),
        (("point", "a/b", "c/d"), 1, "no note has the id a/b"),
    ],
)
def test_what_cannot_be_told_is_said_so(two_talks: Path, typed: tuple[str, ...], code: int, wrong: str) -> None:
    result = kb(*typed)

    assert (result.exit_code, wrong in result.stderr, two_talks.exists()) == (code, True, True)
