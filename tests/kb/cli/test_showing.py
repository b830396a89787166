"""The commands show and guide."""

import json
from pathlib import Path

import pytest
from typed import kb, notes, records

TEXTS = ("DLQを必ず設定すること", "ＤＬＱを必ず設定すること", "失敗に備えてログを必ず残しておくべき")


@pytest.mark.usefixtures("library")
def test_an_unknown_id_is_refused_with_similar_ids() -> None:
    note = notes("search", "冪等")[0]
    report, own = note["id"].split("/")
    slip = report.replace("2019", "2091")
    errors = [kb("show", identifier).stderr for identifier in (slip, f"{slip}/{own}", f"{slip}/00000000", "zzz")]
    aligned = kb("show", "--aligned", f"{note['talk']['id']}0").stderr

    assert errors == [
        f"kb: no report has the id {slip}; do you mean {report}?\n",
        f"kb: no note has the id {slip}/{own}; do you mean {note['id']}?\n",
        f"kb: no note has the id {slip}/00000000\n",
        "kb: no report has the id zzz\n",
    ]
    assert aligned.endswith(f"; do you mean {note['talk']['id']}?\n")


@pytest.mark.usefixtures("library")
def test_show_takes_the_id_of_a_note_a_talk_or_a_report() -> None:
    note = notes("search", "冪等")[0]

    shown = [len(records("show", identifier)) for identifier in (note["id"], note["talk"]["id"], note["report"])]

    assert shown == [1, 4, 4]
    assert kb("show", note["report"]).stdout.splitlines()[:2] == [
        "サンプル勉強会 2019",
        "サンプル勉強会 2019 (2019) · talks 1 · notes 4 · report.md",
    ]
    assert kb("show", note["talk"]["id"]).stdout.splitlines()[0] == "サンプル勉強会 2019 (2019)"


@pytest.mark.usefixtures("library")
def test_a_note_that_is_named_twice_is_cited_once_and_several_are_a_sheet() -> None:
    note, other = (notes("search", word)[0] for word in ("冪等", "順序"))
    once, sheet = kb("cite", note["id"]).stdout, kb("cite", note["talk"]["id"], other["id"]).stdout

    assert kb("cite", note["id"], note["id"]).stdout == once
    assert (once.startswith(f"> {note['text']}"), sheet.count(f"> {other['text']}"), sheet.count("\n## ")) == (
        True,
        1,
        0,
    )
    assert sheet.startswith("## キューとの付き合い方\n")


@pytest.mark.usefixtures("library")
def test_an_unknown_note_of_a_known_report_is_refused_with_the_report() -> None:
    report = notes("search", "冪等")[0]["report"]

    result = kb("show", f"{report}/00000000")

    assert (result.exit_code, result.stderr) == (
        1,
        f"kb: no note has the id {report}/00000000; the report {report} is known, but holds no such note any more\n",
    )


@pytest.fixture
def talks(library: Path) -> Path:
    for name, year, text in zip("abc", (2018, 2020, 2022), TEXTS, strict=True):
        report = f"# 箱の会 {year} 参加レポート\n\n## 【A】10:00~10:40 箱の話\n\n- Lambda\n  - {text}\n"
        (library / f"{name}.md").write_text(report, "utf-8")
    kb("sync")
    return library


@pytest.mark.usefixtures("japanese")
def test_the_guide_has_the_same_words_once_with_the_ids_of_their_notes(talks: Path) -> None:
    printed = kb("guide", "lambda").stdout
    advice = json.loads(kb("guide", "ラムダ", "--json").stdout)["advice"]

    assert sorted((one["talks"], one["since"], one["until"]) for one in advice) == [
        (1, "2022", "2022"),
        (2, "2018", "2020"),
    ]
    assert printed.count("2つのセッションが言う・2018–2020") == 1
    assert [note["id"] for one in advice for note in one["notes"] if note["id"] not in printed] == []
    assert talks.exists()


@pytest.mark.usefixtures("japanese")
def test_the_guide_is_printed_as_markdown(talks: Path) -> None:
    printed = kb("guide", "lambda", "--markdown").stdout

    assert (printed.splitlines()[0], "## 助言" in printed, talks.exists()) == ("# AWS Lambda", True, True)
    assert [printed.count(text) for text in TEXTS] == [1, 1, 1]  # each as it was written
    assert sum("箱の話" in line for line in printed.splitlines()) == 3


@pytest.mark.usefixtures("japanese")
def test_a_change_without_a_source_prints_none(talks: Path) -> None:
    printed = kb("guide", "snowcone").stdout

    assert ("2024年11月以降は使えない" in printed, "None" in printed, talks.exists()) == (True, False, True)


@pytest.mark.parametrize(
    ("typed", "code", "wrong"),
    [
        (("guide", "SQSS"), 2, "do you mean sqs"),
        (("guide", "ほげほげ"), 2, "`kb services` lists them"),
        (("guide", "kinesis"), 1, ""),
    ],
)
def test_a_guide_of_no_notes_or_no_service_exits_with_its_code(
    talks: Path, typed: tuple[str, ...], code: int, wrong: str
) -> None:
    result = kb(*typed)

    assert (result.exit_code, wrong in result.stderr, talks.exists()) == (code, True, True)
