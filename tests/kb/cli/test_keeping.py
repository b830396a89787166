"""The commands that keep an index current: sync, status, check, watch."""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from typed import REPORT, kb, notes, records

from index.messages import Message, translatable
from kb.library import watching
from kb.readers.formats import LABELS, listed


def test_sync_prints_the_numbers_of_changed_reports(library: Path) -> None:
    first = kb("sync").stdout
    (library / "report.md").write_text(REPORT + "- 追記\n", "utf-8")
    (library / "second.md").write_text("# 別の会 2020\n\n- メモ\n", "utf-8")
    second = kb("sync").stdout
    (library / "second.md").unlink()
    third = kb("sync").stdout

    assert [line.rpartition(" in ")[0] for line in (first, second, third)] == [
        "reports: 1 new, 0 changed, 0 gone, 0 unchanged; 4 notes searchable by words",
        "reports: 1 new, 1 changed, 0 gone, 0 unchanged; 6 notes searchable by words",
        "reports: 0 new, 0 changed, 1 gone, 1 unchanged; 5 notes searchable by words",
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


def test_an_empty_library_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("KB_INDEX", str(tmp_path / "index"))

    synced, found = (kb(command, "--library", str(tmp_path / "empty")) for command in ("sync", "search"))

    empty = f"no report in {tmp_path / 'empty'} yet: `kb add FILE` adds one ({listed(LABELS)})"
    assert (synced.exit_code, synced.stdout.splitlines()[1], found.exit_code, found.stderr) == (
        0,
        f"{empty}.",
        0,
        f"kb: {empty}\n",
    )


@pytest.mark.parametrize(
    ("files", "code", "reason"),
    [
        (
            {"a.md": b"# a\0", "b.bin": bytes(99)},
            2,
            "could be read; see `kb status`, or `kb add FILE`",
        ),
        ({"README.md": b"# a\n"}, 0, ": 1 file is left alone (READMEs, what `ignore`"),
        ({"kb.toml": b"domian = 1"}, 2, "yet: `kb add FILE` adds one"),
        (
            {"a.md": b"a", "b.md": b"b", "kb.toml": b'ignore = ["**"]'},
            0,
            ": 2 files are left alone (READMEs, what `ignore`",
        ),
    ],
)
def test_a_library_without_reports_says_why(tmp_path: Path, files: dict[str, bytes], code: int, reason: str) -> None:
    places = ("--library", str(tmp_path / "library"), "--index", str(tmp_path / "index"))
    for name, data in files.items():
        (tmp_path / "library" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "library" / name).write_bytes(data)

    synced, found = kb("sync", *places), kb("search", "a", *places)

    assert (synced.exit_code, reason in synced.stdout, found.exit_code, reason in found.stderr) == (code, True, 0, True)


def test_a_missing_library_is_one_plain_line(tmp_path: Path) -> None:
    result = kb("sync", "--library", str(tmp_path / "none"))

    assert (result.exit_code, result.stderr) == (
        2,
        f"kb: {tmp_path / 'none'}: no such folder; make it, or name another with --library or KB_LIBRARY\n",
    )


def test_bad_files_are_reported_in_a_line_each_and_the_rest_is_indexed(library: Path) -> None:
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
        2,
        True,
        [" gone.md", " kb.toml", " photo.md"],
    )


def test_sync_reports_problems_by_cause_and_status_each_one(library: Path) -> None:
    for number in range(5):
        report = f"メモの会 {2010 + number}\n=============\n\n* 箱{number}\n\n.. tabs{number}:: a\n\n.. tabs:: b\n"
        (library / f"{number}.rst").write_text(report, "utf-8")
    for name in ("5.md", "6.md"):
        (library / name).write_text("# 別の会 2020\n\n- 同じメモ\n", "utf-8")
    (library / "scan.md").write_bytes(b"%PDF-1.4")

    problems, status = kb("sync").stderr.splitlines(), kb("status").stdout.splitlines()

    assert problems == [
        (
            'kb: reStructuredText: Unknown directive type "…"; left unread '
            "×10 in 5 files: 0.rst:6, 1.rst:6, 2.rst:6 and 2 more"
        ),
        'kb: 6.md: the same post as "5.md"; indexed once',
        "kb: scan.md: a PDF; copy its text into a text file, and add that",
        "kb: `kb status` lists each by file and line",
    ]
    assert len([line for line in status if line.startswith("kb: ")]) == 12


def test_an_index_of_another_library_is_refused(library: Path, tmp_path: Path) -> None:
    kb("sync")
    other = tmp_path / "other"
    other.mkdir()

    result = kb("sync", "--library", str(other))

    assert (result.exit_code, result.stderr) == (
        2,
        f"kb: the index is that of {library}; name another folder with --index or KB_INDEX\n",
    )


def test_status_counts_the_files_that_are_no_reports(library: Path) -> None:
    (library / "README.md").write_text("# 置き場\n", "utf-8")
    (library / "notes.txt").write_text("<!-- kb: not a report -->\n", "utf-8")

    assert (records("status")[0]["left_alone"], kb("status").stdout.splitlines()[3]) == (
        ["README.md", "notes.txt"],
        "aside    2 files are no reports: READMEs, what kb.toml ignores, what says so",
    )


@pytest.mark.usefixtures("library")
def test_status_lists_the_searches_of_people_that_found_nothing(library: Path) -> None:
    for search in (
        ["寿司"],
        ["握り", "寿司"],
        ["寿司"],
        ["出前", "--json"],
        ["旬", "--year", "2018"],
        ["旬", "--exact"],
    ):
        kb("search", *search)
    status, (record,) = kb("status").stdout.splitlines(), records("status")
    (library / "sushi.md").write_text("# 寿司の会 2020\n\n- 寿司は旬のものを\n", "utf-8")
    kb("sync")

    assert status[-1] == "searched 寿司 (2), 握り 寿司 (1): nothing was found"
    assert [(search["text"], search["times"]) for search in record["not_found"]] == [("寿司", 2), ("握り 寿司", 1)]
    assert kb("status").stdout.splitlines()[-1] == "searched 握り 寿司 (1): nothing was found"  # near notes may not do
    kb("search", "握り", "寿司")
    assert "searched" not in kb("status").stdout


def test_status_has_the_places_and_whether_the_index_is_current(library: Path) -> None:
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


def test_status_has_the_lines_that_assistants_read_and_nobody_took_back(library: Path) -> None:
    (library / "readings").mkdir()
    lines = [{"of": str(at), "by": by, "at": "", "undone": at == 0} for at, by in enumerate(("Anna", "Anna", "Ben"))]
    (library / "readings" / "report.md.jsonl").write_text("\n".join(map(json.dumps, lines)), "utf-8")
    kb("sync")

    assert records("status")[0]["read_by"] == {"Anna": 1, "Ben": 1}
    assert [line for line in kb("status").stdout.splitlines() if line.startswith("read ")] == [
        "read     1 line by Anna",
        "read     1 line by Ben",
    ]


def test_a_post_in_two_files_is_indexed_once_and_reported(library: Path) -> None:
    (library / "copy.md").write_text(REPORT, "utf-8")

    result = kb("sync")

    assert (result.stdout.split(";")[0], result.stderr) == (
        "reports: 1 new, 0 changed, 0 gone, 0 unchanged",
        'kb: report.md: the same post as "copy.md"; indexed once\n',
    )


def test_two_reports_of_one_title_get_ids_of_their_own(library: Path) -> None:
    (library / "other.md").write_text("# サンプル勉強会 2019\n\n- 別の人のまったく別のメモ\n", "utf-8")

    reports = {note["report"] for note in notes("search")}

    assert len(reports) == 2


@pytest.mark.usefixtures("library")
def test_a_damaged_index_is_reported_and_made_again_by_sync(tmp_path: Path) -> None:
    kb("sync")
    (tmp_path / "index" / "CURRENT").write_bytes(b"\xff\x00")

    broken, status, synced, found = kb("search", "冪等"), kb("status"), kb("sync"), kb("search", "冪等")

    assert (broken.exit_code, "CURRENT" in broken.stderr, broken.stdout) == (3, True, found.stdout)
    assert (status.exit_code, "CURRENT" in status.stdout, synced.exit_code, found.exit_code) == (3, True, 0, 0)


@pytest.mark.usefixtures("library")
def test_a_damaged_index_is_checked_and_repaired(tmp_path: Path) -> None:
    kb("sync")
    (kept,) = (tmp_path / "index" / "kept").glob("*.json")
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

    assert (result.stderr, len(result.stdout.splitlines())) == ("kb: indexing the library first\n", 2)


def test_a_dry_run_prints_what_a_sync_would_change_and_changes_nothing(library: Path) -> None:
    kb("sync")
    (library / "report.md").write_text(REPORT + "- 夜に箱を積む\n", "utf-8")
    preview, unchanged = kb("sync", "--dry-run").stdout, notes("search", "夜に箱を積む")
    done, left = kb("sync", "--diff"), kb("sync", "--dry-run").stdout

    assert (unchanged, left) == ([], "Nothing differs\n")
    assert preview == done.stdout
    assert done.stderr.startswith("reports: 0 new, 1 changed")
    assert preview.splitlines()[-2:] == ["  + notes  夜に箱を積む", "reports 1 changed · notes 1 added"]


def test_a_dry_run_reports_the_mistakes_of_kb_toml(library: Path) -> None:
    kb("sync")
    (library / "kb.toml").write_text('[servces.x]\nname = "y"\n', "utf-8")

    preview = kb("sync", "--dry-run")

    assert (preview.exit_code, preview.stderr.startswith("kb: kb.toml: not used: ")) == (2, True)


def test_an_invalid_correction_is_plain_in_sync_status_and_check(library: Path) -> None:
    (library / "kb.toml").write_text(
        '[reports."report.md"]\nevent = "箱の会"\n[notes."a/b"]\nkind = "advise"\n', "utf-8"
    )
    synced, status, checked = kb("sync"), kb("status"), kb("check")
    event = records("search", "冪等")[0]["event"]

    why = "not used: [notes.\"a/b\"] kind cannot be 'advise' (did you mean 'advice'?); write one of advice, problem, "
    line = f"kb: kb.toml:3: {why}question, statement, impression, label; correct it, the rest of kb.toml holds"
    assert (synced.exit_code, synced.stderr, event) == (2, f"{line}\n", "箱の会")
    assert (checked.exit_code, checked.stdout.splitlines()) == (1, [line, "wrong: 1"])
    assert (status.exit_code, status.stdout.splitlines()[-2:]) == (
        0,
        ["state    up to date with the reports, but kb.toml has a mistake: fix what follows", line],
    )


def test_corrections_without_effect_are_counted_and_named_by_sync_status_and_check(library: Path) -> None:
    tables = "".join(f'[notes."none/{number}"]\nkind = "label"\n' for number in range(7))
    (library / "kb.toml").write_text(f'{tables}[reports."reports.md"]\nevent = "会"\n', "utf-8")
    synced, status, checked = kb("sync"), kb("status"), kb("check")
    in_json = records("status", "--json")[0]["unused"]
    (library / "kb.toml").unlink()
    without = kb("sync"), kb("check"), records("sync", "--json")[0]["unused"]

    lines = [
        "kb: 8 corrections in kb.toml have no effect:",
        (
            'kb: kb.toml:15: [reports."reports.md"] has no effect, because no report has this name; '
            'if you mean [reports."report.md"], write that, else take it out'
        ),
        *(
            f'kb: kb.toml:{2 * number + 1}: [notes."none/{number}"] has no effect, because no note has this id; '
            "correct it or take it out"
            for number in range(7)
        ),
    ]
    assert (synced.exit_code, synced.stderr.splitlines()) == (0, [*lines[:6], "kb: `kb status` lists all of them"])
    assert status.stdout.splitlines()[-10:] == ["state    up to date", *lines]
    assert (checked.exit_code, checked.stdout.splitlines()) == (0, [*lines, "wrong: 0"])
    assert (len(in_json), in_json[0]) == (
        8,
        {"table": "reports", "key": "reports.md", "near": "report.md", "text": "", "line": 15},
    )
    assert (without[0].stderr, without[1].stdout, without[2]) == ("", "wrong: 0\n", [])


def test_sync_says_which_corrections_followed_a_moved_file(library: Path) -> None:
    (library / "kb.toml").write_text('[reports."report.md"]\nevent = "箱の会"\n', "utf-8")
    kb("sync")
    (library / "report.md").rename(library / "renamed.md")

    assert kb("sync").stdout.splitlines()[1] == (
        "moved: report.md is renamed.md now; its corrections and readings follow"
    )


def test_an_invalid_address_is_refused(library: Path) -> None:
    refused = kb("add", str(library / "report.md"), "--url", "javascript:alert(1)")

    assert (refused.exit_code, "begin it with http:// or https://" in refused.stderr) == (2, True)


def test_a_difference_is_a_json_object_for_each_change(library: Path) -> None:
    kb("sync")
    (library / "report.md").write_text(REPORT + "- 夜に箱を積む\n", "utf-8")
    changes, again = records("sync", "--diff"), records("sync", "--diff")

    assert [(one["sort"], one["fate"], one["text"], one["source"]) for one in changes] == [
        ("note", "came", "夜に箱を積む", "report.md")
    ]
    assert again == []


def test_each_change_is_indexed_and_a_bad_file_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library = tmp_path / "library"
    library.mkdir()

    def changes(watched: Callable[[], Sequence[Path]], report: Callable[[Message | None], None]) -> Iterator[None]:
        assert watched() == (library,)
        report(translatable("no watches left"))
        report(None)
        yield
        (library / "bad.md").write_bytes(b"\0\1\2")
        yield
        (library / "a.md").write_text("# 勉強会\n\n- 冪等に\n", encoding="utf-8")
        yield

    monkeypatch.setattr(watching, "changes", changes)

    result = kb("watch", "--library", str(library), "--index", str(tmp_path / "index"))

    outcomes = [line.partition(";")[0] for line in result.stdout.splitlines() if line.startswith("reports:")]
    assert (result.exit_code, outcomes) == (
        0,
        ["reports: 0 new, 0 changed, 0 gone, 0 unchanged", "reports: 1 new, 0 changed, 0 gone, 0 unchanged"],
    )
    problems = [line for line in result.stderr.splitlines() if line.startswith("kb: ")]
    assert problems[:2] == ["kb: no watches left", "kb: the library is watched again"]
    assert "bad.md" in result.stderr
