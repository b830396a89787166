"""The commands that add reports to a library and remove them: add, remove."""

import errno
import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner
from typed import REPORT, kb, notes, records
from web import answer, redirect, serving

from kb.cli.group import cli
from kb.indexing import adder
from kb.knowledge_base import KnowledgeBase


def test_add_puts_a_report_into_the_library_and_finds_it_at_once(library: Path, tmp_path: Path) -> None:
    (tmp_path / "講演メモ.md").write_text("# メモ\n\n- 冪等なら何度でもよい\n", "utf-8")

    added = kb("add", str(tmp_path / "講演メモ.md"), "--event", "社内勉強会 2020", "--date", "2020-03")
    hit = notes("search", "何度でも")[0]

    assert (added.stdout.split(" (")[0], hit["event"], hit["held_on"], (library / "講演メモ.md").exists()) == (
        f"added {library / '講演メモ.md'}",
        "社内勉強会 2020",
        "2020-03",
        True,
    )


def test_a_report_from_a_pipe_is_named_by_its_id(library: Path) -> None:
    result = CliRunner().invoke(cli, ["add", "-", "--json"], input="# 別の会 2020\n\n- メモ\n", catch_exceptions=False)

    report = json.loads(result.stdout)["report"]
    assert (report.startswith("別の会-2020-"), (library / f"{report}.md").exists()) == (True, True)


def test_adding_the_same_report_again_replaces_it_and_keeps_the_old_one(library: Path, tmp_path: Path) -> None:
    (tmp_path / "again.md").write_text(REPORT + "- 追記\n", "utf-8")

    added = kb("add", str(tmp_path / "again.md"))

    assert (len(notes("search")), sorted(path.name for path in library.iterdir())) == (
        5,
        ["report.md", "report.md.dc9ae2b6~"],
    )
    assert "; the old file is kept as report.md.dc9ae2b6~" in added.stdout


def test_a_report_that_has_grown_to_five_times_its_notes_replaces_its_beginning(library: Path, tmp_path: Path) -> None:
    grown = REPORT + "".join(f"- {name}の話を聞いた\n" for name in "箱鍵窓錠門扉棚紐布札机椅壁床柱梁")
    (tmp_path / "again.md").write_text(grown, "utf-8")

    kb("add", str(tmp_path / "again.md"))

    assert (len(notes("search")), (library / "report.md").read_text("utf-8")) == (20, grown)


def test_a_report_of_which_half_was_written_anew_replaces_its_earlier_version(library: Path, tmp_path: Path) -> None:
    edited = REPORT.replace("順序は保証されない", "順番は守られない").replace(
        "ラムダの同時実行数には", "関数の並列度には"
    )
    (tmp_path / "again.md").write_text(edited, "utf-8")

    kb("add", str(tmp_path / "again.md"))

    assert (len(notes("search")), (library / "report.md").read_text("utf-8")) == (4, edited)


def test_adding_the_same_file_again_changes_nothing_and_says_so(library: Path, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# ある勉強会 2019 参加レポート\n\n- 箱の話\n", "utf-8")
    first, again = kb("add", str(tmp_path / "a.md")), kb("add", str(tmp_path / "a.md"))

    assert [ran.stdout.split(f" {library}")[0] for ran in (first, again)] == ["added", "there already:"]
    assert not list(library.glob("*~"))


@pytest.mark.parametrize("more", ["", "- 追記\n"])
def test_a_report_added_again_without_its_event_replaces_the_one_with_it(
    library: Path, tmp_path: Path, more: str
) -> None:
    (tmp_path / "a.md").write_text("# メモ\n\n- 箱の話\n", "utf-8")
    kb("add", str(tmp_path / "a.md"), "--event", "ある勉強会 2019")
    (tmp_path / "a.md").write_text(f"# メモ\n\n- 箱の話\n{more}", "utf-8")

    kb("add", str(tmp_path / "a.md"))

    events = {note["source"]: note["event"] for note in notes("search", "箱")}
    assert (events, (library / "a-2.md").exists()) == ({"a.md": "ある勉強会 2019"}, False)


def test_a_report_without_notes_does_not_replace_the_whole_one(library: Path, tmp_path: Path) -> None:
    (tmp_path / "report.md").write_text("# サンプル勉強会 2019\n", "utf-8")

    kb("add", str(tmp_path / "report.md"))

    assert sorted(path.name for path in library.iterdir()) == ["report-2.md", "report.md"]


def test_another_report_of_the_same_title_gets_a_file_of_its_own(library: Path, tmp_path: Path) -> None:
    (tmp_path / "report.md").write_text("# サンプル勉強会 2019\n\n- 別の人のまったく別のメモ\n", "utf-8")

    kb("add", str(tmp_path / "report.md"))

    assert sorted(path.name for path in library.iterdir()) == ["report-2.md", "report.md"]


def test_remove_takes_a_report_out_and_keeps_its_file(library: Path) -> None:
    report = notes("search")[0]["report"]

    result = kb("remove", report)

    assert (result.stdout.splitlines()[0], notes("search"), [path.name for path in library.iterdir()]) == (
        f"removed {report}; the old file is kept as report.md.dc9ae2b6~",
        [],
        ["report.md.dc9ae2b6~"],
    )


def test_two_reports_removed_under_one_name_are_both_kept_and_listed_by_status(library: Path, tmp_path: Path) -> None:
    texts = [f"# {name}の会 2020\n\n- {name}の話\n" for name in "甲乙"]
    for text in texts:
        (tmp_path / "memo.md").write_text(text, "utf-8")
        (added,) = records("add", str(tmp_path / "memo.md"))
        kb("remove", added["report"])
    (status,) = records("status")
    line = next(line for line in kb("status").stdout.splitlines() if line.startswith("kept "))

    assert {(library / name).read_text("utf-8") for name in status["kept"]} == set(texts)
    assert line == f"kept     2 files that were replaced or removed: {', '.join(status['kept'])}"


def test_a_report_that_was_edited_since_it_was_indexed_is_not_removed(library: Path) -> None:
    report = notes("search")[0]["report"]
    (library / "report.md").write_text("# 別の会 2020\n\n- メモ\n", "utf-8")

    result = kb("remove", report)

    assert (result.exit_code, result.stderr.splitlines()[-1], [path.name for path in library.iterdir()]) == (
        2,
        "kb: report.md: was changed since, and stays as it is; look at it again after `kb sync`",
        ["report.md"],
    )


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        ("/dev/null", "is empty; there is nothing to add"),
        ("/dev/zero", "longer than 10 MB; divide it, or remove all but its text"),
    ],
)
def test_a_device_is_refused_in_one_line(library: Path, path: str, wrong: str) -> None:
    result = kb("add", path)

    assert (result.exit_code, result.stderr.splitlines()[0], [file.name for file in library.iterdir()]) == (
        2,
        f"kb: {path}: {wrong}",
        ["report.md"],
    )


def test_a_full_disk_under_the_library_is_not_blamed_on_the_report(
    library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    (tmp_path / "b.md").write_text("# 別の会 2020\n\n- メモ\n", "utf-8")
    monkeypatch.setattr(os, "fsync", full)
    result = kb("add", str(tmp_path / "b.md"))

    assert (result.exit_code, result.stderr) == (
        2,
        f"kb: {library / 'b.md'}: cannot be written (No space left on device); the library stays as it was\n",
    )


def test_a_file_that_is_no_report_is_not_added(library: Path, tmp_path: Path) -> None:
    (tmp_path / "photo.md").write_bytes(bytes(range(256)))

    result = kb("add", str(tmp_path / "photo.md"))

    assert (result.exit_code, [path.name for path in library.iterdir()]) == (2, ["report.md"])


def test_a_page_is_added_with_its_address(library: Path) -> None:
    page = "<html><body><h1>別の会 2020 参加レポート</h1><ul><li>メモ</li></ul></body></html>".encode()
    with serving({"/old": redirect("/entry/2020/03/12/a"), "/entry/2020/03/12/a": answer(page)}) as site:
        added = kb("add", f"{site}/old", "--allow-private", "--date", "2020-03-10")
    hit = notes("search", "メモ")[0]

    (kept,) = library.glob("*.html")
    assert (added.exit_code, kept.read_bytes(), hit["held_on"], hit["published"]) == (
        0,
        page,
        "2020-03-10",
        "2020-03-12",
    )
    assert f'url = "{site}/entry/2020/03/12/a"' in (library / "kb.toml").read_text("utf-8")


def test_a_page_without_a_report_is_not_kept(library: Path) -> None:
    with serving({"/picture.md": answer(b"\x89PNG\r\n\x1a\n" + bytes(50)), "/two.zip": answer(b"PK\x03\x04")}) as site:
        failed = kb("add", f"{site}/picture.md", f"{site}/two.zip", f"{site}/none", "--allow-private")
        refused = kb("add", f"{site}/picture.md")

    assert (failed.exit_code, failed.stderr.splitlines()) == (
        2,
        [
            f"kb: {site}/picture.md: a picture; write what it says into a text file, and add that",
            f"kb: {site}/two.zip: a zip that is damaged; pack it again",
            f"kb: {site}/none: answers 404 Not Found; check the address",
        ],
    )
    assert "leads to 127.0.0.1, which is not a public address" in refused.stderr
    assert [path.name for path in library.iterdir()] == ["report.md"]


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize("date", ["3月", "3月10日のこと", "2018" * 30_000])
def test_an_invalid_date_is_a_usage_error_in_one_line(date: str) -> None:
    result = kb("add", "-", "--date", date)

    shown = f"'{date}'" if len(date) < 100 else f"'{date[:99]}…"
    assert (
        result.exit_code,
        f"{shown} is no date; write 2026-11-25, 2026/11/25, 2026年11月25日 or 2026" in result.stderr,
    ) == (2, True)


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize(
    ("date", "message"),
    [
        ("2018-02-30", "'2018-02-30' is not in the calendar; correct its year, month or day"),
        ("2018/3/10(日)", "2018-03-10 is a Saturday, not a Sunday; correct the day or the day of the week"),
        ("3月10日(土)", "'3月10日(土)' has no year; write it, too, as in 2026-11-25"),
    ],
)
def test_why_a_date_is_invalid_is_told_with_the_remedy(date: str, message: str) -> None:
    result = kb("add", "-", "--date", date)

    assert (result.exit_code, message in result.stderr) == (2, True)


def test_a_date_is_written_as_people_write_it(library: Path, tmp_path: Path) -> None:
    (tmp_path / "report.md").write_text("# メモ\n\n- 箱は二つ\n", "utf-8")

    records("add", str(tmp_path / "report.md"), "--date", "平成30年3月10日（土）")

    assert 'date = "2018-03-10"' in (library / "kb.toml").read_text("utf-8")


def test_add_prints_the_id_of_the_report(library: Path, tmp_path: Path) -> None:
    (tmp_path / "report.md").write_text("# サンプル勉強会 2019\n\n- 別の人のまったく別のメモ\n", "utf-8")

    added = records("add", str(tmp_path / "report.md"))[0]

    assert (library / "report-2.md").exists()
    assert [note["text"] for note in records("show", added["report"])] == ["別の人のまったく別のメモ"]


def test_add_adds_each_report_of_a_folder_and_reports_other_files(library: Path, tmp_path: Path) -> None:
    folder = tmp_path / "notes"
    (folder / "2020").mkdir(parents=True)
    (folder / "2020" / "a.md").write_text("# 別の会 2020\n\n- 監視の通知を絞る\n", "utf-8")
    (folder / "b.md").write_text("# 三つ目の会 2021\n\n- 表の設計\n", "utf-8")
    (folder / "README.md").write_text("- これはレポートではない\n", "utf-8")
    (folder / "c.bin").write_bytes(b"\0\1\2")

    result = kb("add", str(folder))

    assert (result.exit_code, [line.split(" (")[0] for line in result.stdout.splitlines()[:2]]) == (
        0,
        [f"added {library / 'b.md'}", f"added {library / 'a.md'}"],
    )
    assert "c.bin: not a text file" in result.stderr


def test_a_folder_without_a_report_is_reported(library: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()

    result = kb("add", str(tmp_path / "empty"))

    assert (result.exit_code, result.stderr) == (2, f"kb: {tmp_path / 'empty'}: no report is in this folder\n")
    assert [file.name for file in library.iterdir()] == ["report.md"]


def test_a_report_whose_title_has_the_digits_of_another_does_not_take_its_place(library: Path, tmp_path: Path) -> None:
    for name, title in (("one.md", "甲2-0番のの"), ("other.md", "甲3-62番のの")):  # both are 勉強会-2022-b895
        (tmp_path / name).write_text(f"# {title}勉強会 2022 参加レポート\n\n- 同じメモ\n", "utf-8")

    kb("add", str(tmp_path / "one.md"), str(tmp_path / "other.md"))

    assert {"one.md", "other.md"} <= {path.name for path in library.iterdir()}


def test_an_added_report_is_compared_with_many_unindexed_ones_without_reading_them_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, read_outline = list[str](), adder.read_outline
    monkeypatch.setattr(
        adder, "read_outline", lambda data, source: [read.append(source), read_outline(data, source)][1]
    )
    for number in range(300):
        (tmp_path / f"{number}.md").write_text(f"# 会{number} 2020\n\n- メモ\n", "utf-8")
    adding = KnowledgeBase.open(tmp_path, tmp_path.parent / "index").adder

    adding.add("# 甲の会 2021\n\n- メモ\n".encode(), "a.md")
    first = len(read)
    adding.add("# 乙の会 2021\n\n- メモ\n".encode(), "b.md")
    edited = adding.add("# 甲の会 2021\n\n- メモ\n- 追記\n".encode(), "c.md")

    assert (first, read[first:], edited.replaced) == (301, ["b.md", "a.md", "c.md", "a.md"], "a.md")
