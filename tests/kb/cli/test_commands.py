"""The commands as they are typed: their output, their errors, their exit codes."""

import errno
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from kb.cli import cli

REPORT = """# サンプル勉強会 2019

## 【A】10:00~10:45:キューとの付き合い方

- SQS
  - 同じメッセージが二度届くことがあるので、受け手を冪等にする
  - 順序は保証されない
- ラムダの同時実行数には上限がある
"""


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "library"
    folder.mkdir()
    (folder / "report.md").write_text(REPORT, "utf-8")
    monkeypatch.setenv("KB_LIBRARY", str(folder))
    monkeypatch.setenv("KB_INDEX", str(tmp_path / "index"))
    return folder


def kb(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments, catch_exceptions=False)


def records(*arguments: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in kb(*arguments, "--json").stdout.splitlines()]


def texts(*arguments: str) -> list[str]:
    return [record["text"] for record in records(*arguments)]


def test_sync_ends_with_one_line_that_says_what_it_did(library: Path) -> None:
    first = kb("sync").stdout
    (library / "report.md").write_text(REPORT + "- 追記\n", "utf-8")
    (library / "second.md").write_text("# 別の会 2020\n\n- メモ\n", "utf-8")
    second = kb("sync").stdout
    (library / "second.md").unlink()
    third = kb("sync").stdout

    assert [line.rpartition(";")[0] for line in (first, second, third)] == [
        "reports: 1 new, 0 changed, 0 gone, 0 unchanged; 4 notes",
        "reports: 1 new, 1 changed, 0 gone, 0 unchanged; 6 notes",
        "reports: 0 new, 0 changed, 1 gone, 1 unchanged; 5 notes",
    ]


def test_an_unchanged_library_leaves_the_index_untouched(library: Path, tmp_path: Path) -> None:
    kb("sync")
    before = sorted((path, path.stat().st_mtime_ns) for path in (tmp_path / "index").rglob("*"))
    outcome = kb("sync").stdout

    assert (outcome.startswith("reports: 0 new, 0 changed, 0 gone, 1 unchanged; 4 notes"), before) == (
        True,
        sorted((path, path.stat().st_mtime_ns) for path in (tmp_path / "index").rglob("*")),
    )
    assert library.exists()


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize("name", ["sqs", "SQS", "Amazon SQS", "amazon simple queue service"])
def test_a_service_may_be_called_by_any_of_its_names(name: str) -> None:
    assert texts("search", "--service", name) == [
        "SQS",
        "同じメッセージが二度届くことがあるので、受け手を冪等にする",
        "順序は保証されない",
    ]


@pytest.mark.usefixtures("library")
def test_via_explicit_leaves_out_what_is_inherited() -> None:
    assert texts("search", "--service", "sqs", "--via", "explicit") == ["SQS"]


@pytest.mark.usefixtures("library")
def test_a_hit_has_the_note_its_score_and_its_marks() -> None:
    hit = records("search", "冪等")[0]

    assert {key: hit[key] for key in ("line", "depth", "trail", "event", "held_on", "kind", "services")} == {
        "line": 6,
        "depth": 1,
        "trail": ["SQS"],
        "event": "サンプル勉強会 2019",
        "held_on": "2019",
        "kind": hit["kind"],
        "services": [{"slug": "sqs", "name": "Amazon SQS", "via": "inherited", "why": hit["services"][0]["why"]}],
    }
    assert (hit["score"] > 0, "".join(hit["text"][begin:end] for begin, end in hit["marks"])) == (True, "冪等")


@pytest.mark.usefixtures("library")
def test_facets_come_last_and_count_every_hit() -> None:
    *hits, last = records("search", "--service", "sqs", "--limit", "1", "--facets")

    assert (len(hits), last["total"], last["facets"]["service"]) == (
        1,
        3,
        [
            {"value": "sqs", "label": "Amazon SQS", "count": 3, "selected": True},
            {"value": "lambda", "label": "AWS Lambda", "count": 1, "selected": False},
        ],
    )


@pytest.mark.usefixtures("library")
def test_a_search_without_hits_says_so_and_exits_with_1() -> None:
    result = kb("search", "量子暗号鍵配送")

    assert (result.exit_code, result.stdout) == (1, "0件\n")


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--service", "ほげ"), "no service is called 'ほげ'; `kb services` lists them"),
        (("--kind", "ほげ"), "'ほげ' is none of advice, problem, question, statement, impression, label"),
    ],
)
def test_an_unknown_filter_value_is_wrong_use(arguments: tuple[str, ...], message: str) -> None:
    result = kb("search", *arguments)

    assert (result.exit_code, message in result.stderr) == (2, True)


@pytest.mark.usefixtures("library")
def test_show_takes_the_id_of_a_note_a_talk_or_a_report() -> None:
    note = records("search", "冪等")[0]

    shown = [len(records("show", identifier)) for identifier in (note["id"], note["talk"]["id"], note["report"])]

    assert shown == [1, 4, 4]


@pytest.mark.usefixtures("library")
def test_an_unknown_note_of_a_known_report_is_told_with_the_report() -> None:
    report = records("search", "冪等")[0]["report"]

    result = kb("show", f"{report}/00000000")

    assert (result.exit_code, result.stderr) == (
        1,
        f"kb: no note has the id {report}/00000000; the report {report} is known, but holds no such note any more\n",
    )


def test_an_empty_library_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("KB_INDEX", str(tmp_path / "index"))

    synced, found = (kb(command, "--library", str(tmp_path / "empty")) for command in ("sync", "search"))

    files = "Markdown, text, reStructuredText or HTML files"
    assert (synced.exit_code, synced.stdout.splitlines()[1], found.exit_code, found.stderr) == (
        0,
        f"No report in {tmp_path / 'empty'} yet: put {files} there and run `kb sync` again.",
        0,
        f"kb: no report in {tmp_path / 'empty'} yet; put some there and run `kb sync`\n",
    )


def test_a_missing_library_is_one_plain_line(tmp_path: Path) -> None:
    result = kb("sync", "--library", str(tmp_path / "none"))

    assert (result.exit_code, result.stderr) == (
        2,
        f"kb: {tmp_path / 'none'}: no such folder; make it, or name another with --library or KB_LIBRARY\n",
    )


def test_bad_files_are_told_in_a_line_each_and_the_others_are_indexed(library: Path) -> None:
    (library / "photo.md").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)))
    (library / "gone.md").symlink_to(library / "nowhere.md")
    (library / "kb.toml").write_text("[reports", "utf-8")
    (library / "sjis.md").write_bytes("# 別の会 2017\n\n- 日本語のメモです\n".encode("cp932"))

    result = kb("sync")

    assert (
        result.exit_code,
        "2 new" in result.stdout,
        [line.split(":")[1] for line in result.stderr.splitlines()],
    ) == (
        0,
        True,
        [" gone.md", " kb.toml", " photo.md"],
    )


def test_an_index_of_another_library_is_refused(library: Path, tmp_path: Path) -> None:
    kb("sync")
    other = tmp_path / "other"
    other.mkdir()

    result = kb("sync", "--library", str(other))

    assert (result.exit_code, result.stderr) == (
        2,
        f"kb: the index is that of {library}; name another folder with --index or KB_INDEX\n",
    )


def test_read_tells_a_missing_file_and_shows_the_others(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(REPORT, "utf-8")

    result = kb("read", str(tmp_path / "none.md"), str(tmp_path / "a.md"), "--json")

    assert (result.exit_code, len(result.stdout.splitlines()), result.stderr) == (
        0,
        4,
        f"kb: {tmp_path / 'none.md'}: cannot be opened (No such file or directory); check its name and permissions\n",
    )


@pytest.mark.parametrize("command", ["read", "outline", "lint"])
def test_a_folder_is_walked_as_a_library_is(tmp_path: Path, command: str) -> None:
    (tmp_path / "2019").mkdir()
    for name in ("2019/a.md", "2019/a.md~", ".b.md", "README.md", "draft.md"):
        (tmp_path / name).write_text(REPORT, "utf-8")
    (tmp_path / "kb.toml").write_text('ignore = ["draft*"]', "utf-8")
    (tmp_path / "gone.md").symlink_to(tmp_path / "gone.md")

    of_folder, of_file = kb(command, str(tmp_path)), kb(command, str(tmp_path / "2019" / "a.md"))

    assert (of_folder.exit_code, of_folder.stdout, of_folder.stderr) == (
        0,
        of_file.stdout,
        f"kb: {tmp_path}/gone.md: cannot be opened (Too many levels of symbolic links); check its permissions\n",
    )


def test_a_folder_without_reports_is_told(tmp_path: Path) -> None:
    result = kb("read", str(tmp_path))

    assert (result.exit_code, result.stderr) == (2, f"kb: {tmp_path}: no report is in this folder\n")


def test_a_readme_is_read_where_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(REPORT, "utf-8")

    assert len(records("read", str(tmp_path / "README.md"))) == 4


def test_outline_accounts_for_every_line(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(REPORT, "utf-8")

    (record,) = records("outline", str(tmp_path / "a.md"))
    lines = [line for block in record["blocks"] for line in range(block["first_line"], block["last_line"] + 1)]

    assert (lines, record["event"], [talk["title"] for talk in record["talks"]]) == (
        list(range(1, record["lines"] + 1)),
        "サンプル勉強会 2019",
        ["キューとの付き合い方"],
    )


def test_services_lists_the_whole_catalogue_before_there_is_an_index(tmp_path: Path) -> None:
    (tmp_path / "library").mkdir()
    listed = records("services", "--library", str(tmp_path / "library"), "--index", str(tmp_path / "index"))

    assert (len(listed) >= 60, {record["notes"] for record in listed}) == (True, {None})


def test_status_counts_the_files_that_are_no_reports(library: Path) -> None:
    (library / "README.md").write_text("# 置き場\n", "utf-8")
    (library / "notes.txt").write_text("<!-- kb: not a report -->\n", "utf-8")

    assert (records("status")[0]["left_alone"], kb("status").stdout.splitlines()[3]) == (
        ["README.md", "notes.txt"],
        "aside    2 files are no reports: READMEs, what kb.toml ignores, what says so",
    )


@pytest.mark.usefixtures("library")
def test_status_says_where_things_are_and_whether_the_index_is_current(library: Path) -> None:
    before = records("status")[0]["up_to_date"]
    kb("sync")
    after = records("status")[0]

    assert (
        before,
        {key: after[key] for key in ("library", "reports", "talks", "notes", "up_to_date", "problems")},
    ) == (
        False,
        {"library": str(library), "reports": 1, "talks": 1, "notes": 4, "up_to_date": True, "problems": []},
    )


def test_a_part_of_an_events_name_means_what_it_means_in_the_search_box(library: Path) -> None:
    (library / "b.md").write_text("# JAWS DAYS 2018 参加レポート\n\n- SNS\n", "utf-8")
    (library / "c.md").write_text("# JAWS-UG 千葉 #3 参加レポート\n\n- S3\n", "utf-8")

    found = {
        wanted: (sorted(texts("search", "--event", wanted)), sorted(texts("search", f'event:"{wanted}"')))
        for wanted in ("JAWS", "jaws days", "2018", "ほげ")
    }

    assert found == {
        "JAWS": (["S3", "SNS"], ["S3", "SNS"]),
        "jaws days": (["SNS"], ["SNS"]),
        "2018": (["SNS"], ["SNS"]),
        "ほげ": ([], []),
    }


def test_what_the_help_says_of_a_command_is_what_the_command_says_of_itself() -> None:
    said = {name: text.removesuffix(".") for name, (_, text) in cli.later.items()}
    helps = {name: cli.get_command(click.Context(cli), name).help for name in said}

    assert {name: help_[: len(said[name])] for name, help_ in helps.items()} == said


def test_every_command_has_help_with_an_example() -> None:
    without = [name for name in cli.later if "Example" not in kb(name, "--help").stdout]

    assert without == []


def test_add_puts_a_report_into_the_library_and_finds_it_at_once(library: Path, tmp_path: Path) -> None:
    (tmp_path / "講演メモ.md").write_text("# メモ\n\n- 冪等なら何度でもよい\n", "utf-8")

    added = kb("add", str(tmp_path / "講演メモ.md"), "--event", "社内勉強会 2020", "--date", "2020-03")
    hit = records("search", "何度でも")[0]

    assert (added.stdout.split(" (")[0], hit["event"], hit["held_on"], (library / "講演メモ.md").exists()) == (
        f"added {library / '講演メモ.md'}",
        "社内勉強会 2020",
        "2020-03",
        True,
    )


def test_add_takes_a_report_from_a_pipe_and_names_it_by_what_it_is(library: Path) -> None:
    result = CliRunner().invoke(cli, ["add", "-", "--json"], input="# 別の会 2020\n\n- メモ\n", catch_exceptions=False)

    report = json.loads(result.stdout)["report"]
    assert (report.startswith("別の会-2020-"), (library / f"{report}.md").exists()) == (True, True)


def test_adding_the_same_report_again_replaces_it_and_keeps_the_old_one(library: Path, tmp_path: Path) -> None:
    (tmp_path / "again.md").write_text(REPORT + "- 追記\n", "utf-8")

    kb("add", str(tmp_path / "again.md"))

    assert (len(records("search")), sorted(path.name for path in library.iterdir())) == (
        5,
        ["report.md", "report.md~"],
    )


def test_anothers_report_of_the_same_title_is_added_beside_it(library: Path, tmp_path: Path) -> None:
    (tmp_path / "report.md").write_text("# サンプル勉強会 2019\n\n- 別の人のまったく別のメモ\n", "utf-8")

    kb("add", str(tmp_path / "report.md"))

    assert sorted(path.name for path in library.iterdir()) == ["report-2.md", "report.md"]


def test_remove_takes_a_report_out_and_keeps_its_file_aside(library: Path) -> None:
    report = records("search")[0]["report"]

    result = kb("remove", report)

    assert (result.stdout.splitlines()[0], records("search"), [path.name for path in library.iterdir()]) == (
        f"removed {report}; its file is kept as report.md~",
        [],
        ["report.md~"],
    )


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        ("/dev/null", "is empty; there is nothing to add"),
        ("/dev/zero", "longer than 10 MB; divide it, or take out what is no text"),
        ("/dev", "is a folder; name the files in it"),
    ],
)
def test_what_holds_no_report_is_refused_in_one_line(library: Path, path: str, wrong: str) -> None:
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


@pytest.mark.usefixtures("library")
def test_a_date_that_is_none_is_wrong_use() -> None:
    result = kb("add", "-", "--date", "3月")

    assert (result.exit_code, "'3月' is no date; write 2018, 2018-03 or 2018-03-10" in result.stderr) == (2, True)


def test_the_same_post_twice_is_indexed_once_and_told(library: Path) -> None:
    (library / "copy.md").write_text(REPORT, "utf-8")

    result = kb("sync")

    assert (result.stdout.split(";")[0], result.stderr) == (
        "reports: 1 new, 0 changed, 0 gone, 0 unchanged",
        "kb: report.md: the same post as copy.md; indexed once\n",
    )


def test_two_reports_of_one_title_get_ids_of_their_own(library: Path) -> None:
    (library / "other.md").write_text("# サンプル勉強会 2019\n\n- 別の人のまったく別のメモ\n", "utf-8")

    reports = {note["report"] for note in records("search")}

    assert (len(reports), {report.endswith("-2") for report in reports}) == (2, {False, True})


@pytest.mark.usefixtures("library")
def test_a_damaged_index_is_told_and_made_again_by_sync(tmp_path: Path) -> None:
    kb("sync")
    (tmp_path / "index" / "CURRENT").write_bytes(b"\xff\x00")

    broken, told, synced, found = kb("search", "冪等"), kb("status"), kb("sync"), kb("search", "冪等")

    assert (broken.exit_code, "CURRENT" in broken.stderr, broken.stdout) == (3, True, found.stdout)
    assert (told.exit_code, "CURRENT" in told.stdout, synced.exit_code, found.exit_code) == (3, True, 0, 0)


@pytest.mark.usefixtures("library")
def test_a_damaged_index_is_checked_and_repaired(tmp_path: Path) -> None:
    kb("sync")
    (kept,) = (tmp_path / "index" / "kept").iterdir()
    kept.write_bytes(kept.read_bytes()[1:])
    (tmp_path / "index" / "CURRENT").unlink()

    found, repaired, after = kb("check"), kb("check", "--repair"), kb("check")

    wrong = (
        f"kb: {tmp_path / 'index'}: damaged (CURRENT is missing); what it held before answers until `kb sync`\n"
        f"kb: {kept}: is not as it was written\n"
    )
    assert [(result.exit_code, result.stdout) for result in (found, repaired, after)] == [
        (1, f"{wrong}wrong: 2\n"),
        (0, f"{wrong}repaired: 2\n"),
        (0, "wrong: 0\n"),
    ]


@pytest.mark.usefixtures("library")
def test_an_index_of_another_version_is_made_again_before_it_answers(tmp_path: Path) -> None:
    kb("sync")
    (manifest,) = (tmp_path / "index").glob("gen-*/MANIFEST")
    manifest.write_text('{"documents": 0, "meta": {"code": "another", "notes": []}}', "utf-8")

    result = kb("search", "冪等", "--json")

    assert (result.stderr, len(result.stdout.splitlines())) == ("kb: indexing the library first\n", 1)


def test_a_service_of_the_librarys_own_is_found_and_a_corrected_tag_stays(library: Path) -> None:
    label, *_ = records("search", "--service", "sqs")
    (library / "report.md").write_text(REPORT + "- バッチポータルに載せる\n", "utf-8")
    (library / "kb.toml").write_text(
        '[services.batch-portal]\nname = "Batch Portal"\ncategory = "developer-tools"\naliases = ["バッチポータル"]\n'
        f'[notes."{label["id"]}"]\nadd = ["SNS"]\nremove = ["sqs"]\n',
        "utf-8",
    )

    result = kb("sync")

    assert (result.stderr, texts("search", "--service", "batch portal"), texts("search", "--service", "sqs")) == (
        "",
        ["バッチポータルに載せる"],
        [],
    )
    assert [note["text"] for note in records("search", "--service", "sns", "--via", "explicit")] == ["SQS"]


def test_a_kind_told_in_kb_toml_stays_and_an_unknown_one_is_refused(library: Path) -> None:
    label, *_ = records("search", "--service", "sqs")
    (library / "kb.toml").write_text(f'[notes."{label["id"]}"]\nkind = "助言"\n', "utf-8")

    assert [kb("sync").stderr, *[(note["kind"], note["sure"]) for note in records("search", "--kind", "advice")]] == [
        "",
        ("advice", 1.0),
    ]

    (library / "kb.toml").write_text(f'[notes."{label["id"]}"]\nkind = "ほげ"\n', "utf-8")

    assert "kind cannot be 'ほげ'; write one of advice, problem" in kb("sync").stderr


TROUBLES = """# サンプル勉強会 2017

## 【A】10:00~10:45:関数の課題

- Lambda
  - 実行時間が最大5分しかないのが問題 -> 処理を分ける
  - ログの管理が大変で追えない
- 質問
  - タイムアウトの既定値は何秒ですか?
    - 3秒です
"""


def test_pairs_shows_problems_with_their_remedies_and_which_are_open(library: Path) -> None:
    (library / "report.md").write_text(TROUBLES, "utf-8")

    found = records("pairs", "--service", "lambda")

    assert [(pair["note"]["text"], [reply["text"] for reply in pair["replies"]], pair["open"]) for pair in found] == [
        (
            "実行時間が最大5分しかないのが問題 -> 処理を分ける",
            ["実行時間が最大5分しかないのが問題 -> 処理を分ける"],
            False,
        ),
        ("ログの管理が大変で追えない", [], True),
    ]
    assert [pair["note"]["text"] for pair in records("pairs", "--open")] == ["ログの管理が大変で追えない"]
    assert [pair["replies"][0]["text"] for pair in records("pairs", "--questions")] == ["3秒です"]


def test_a_note_overtaken_by_a_change_says_so_with_the_source(library: Path) -> None:
    (library / "report.md").write_text(TROUBLES, "utf-8")

    (note,) = records("search", "最大5分")

    assert [(change["now"], change["source"][:24]) for change in note["changes"]] == [
        ("2018年10月以降は最大15分", "https://aws.amazon.com/a")
    ]


def test_lint_tells_an_author_what_to_put_right(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# メモ\n\n- AWS Frobnicator を使う\n", "utf-8")

    told = [(problem["line"], problem["message"].split(";")[0]) for problem in records("lint", str(tmp_path / "a.md"))]

    assert told == [
        (None, "no event is named"),
        (None, "no date"),
        (3, "「AWS Frobnicator」 looks like a service that the catalogue does not know"),
    ]


def test_what_is_attached_to_a_note_is_found_and_given(library: Path) -> None:
    (library / "report.md").write_text(REPORT + "\n```\naws lambda invoke --function-name hello\n```\n", "utf-8")

    (note,) = records("search", "invoke")

    assert (note["text"], note["attached"]) == (
        "ラムダの同時実行数には上限がある",
        ["aws lambda invoke --function-name hello"],
    )


@pytest.mark.usefixtures("library")
def test_what_was_done_to_find_more_is_told_and_can_be_refused() -> None:
    mended, refused = kb("search", "lanbda"), kb("search", "lanbda", "--exact")

    assert (mended.stdout.splitlines()[0], refused.stdout) == (
        "「lanbda」を「lambda」として探しました (--exact で行わない)",
        "0件\n",
    )


@pytest.mark.usefixtures("library")
def test_explain_tells_what_matched_where_and_how_much_it_counted() -> None:
    hit = records("search", "冪等", "--explain")[0]

    assert [(reason["word"], reason["fields"]) for reason in hit["reasons"]][:1] == [("冪等", ["text"])]
    assert sum(reason["points"] for reason in hit["reasons"]) == pytest.approx(hit["score"], abs=0.01)


def test_evaluate_scores_a_set_of_passages(tmp_path: Path) -> None:
    (tmp_path / "queries.jsonl").write_text('{"id": "q", "text": "冪等"}\n{"id": "n", "text": "茶道"}\n', "utf-8")
    (tmp_path / "qrels.tsv").write_text("q\tp1\t1\n", "utf-8")
    (tmp_path / "passages.jsonl").write_text(
        '{"id": "p1", "title": "キュー", "text": "受け手は冪等にする"}\n{"id": "p2", "text": "順序は守られない"}\n',
        "utf-8",
    )

    (figures,) = records("evaluate", "--set", str(tmp_path))

    assert {key: figures[key] for key in ("MRR@10", "R@1", "nDCG@10", "Recall@5", "answered_all_the_same")} == {
        "MRR@10": 1.0,
        "R@1": 1.0,
        "nDCG@10": 1.0,
        "Recall@5": 1.0,
        "answered_all_the_same": [],
    }


def test_evaluate_fails_where_a_figure_has_fallen(tmp_path: Path) -> None:
    (tmp_path / "queries.jsonl").write_text('{"id": "q", "text": "順序"}\n', "utf-8")
    (tmp_path / "qrels.tsv").write_text("q\tp1\t1\n", "utf-8")
    (tmp_path / "passages.jsonl").write_text('{"id": "p1", "text": "冪等"}\n{"id": "p2", "text": "順序"}\n', "utf-8")
    (tmp_path / "figures.json").write_text('{"MRR@10": 0.5}', "utf-8")

    result = kb("evaluate", "--set", str(tmp_path), "--at-least", str(tmp_path / "figures.json"))

    assert (result.exit_code, result.stderr) == (
        1,
        f"kb: MRR@10 fell to 0.0 from 0.5; see {tmp_path / 'figures.json'}\n",
    )


def test_evaluate_tells_a_folder_that_is_no_set(tmp_path: Path) -> None:
    result = kb("evaluate", "--set", str(tmp_path))

    assert (result.exit_code, result.stderr.startswith(f"kb: {tmp_path}: no set of judged queries")) == (2, True)
