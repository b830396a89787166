"""The library: scanning its files, their problems, and writing reports."""

import errno
import hashlib
import os
import re
from pathlib import Path

import pytest

from kb.library.files import Library
from kb.library.places import find_library, index_folder
from kb.readers.archives import MAX_REPORT_BYTES
from kb.report.problems import LibraryError


def sources(library: Path) -> list[str]:
    return [file.source for file in Library(library).scan().files]


def test_the_error_of_a_missing_library_has_a_remedy(tmp_path: Path) -> None:
    missing = tmp_path / "none"
    with pytest.raises(LibraryError) as error:
        Library(missing)

    assert str(error.value) == f"{missing}: no such folder; make it, or name another with --library or KB_LIBRARY"


def test_reports_are_found_in_a_stable_order_with_their_digest(tmp_path: Path) -> None:
    (tmp_path / "2019").mkdir()
    for name in ("b.txt", "講演メモ.md", "2019/a.md"):
        (tmp_path / name).write_bytes(b"x")

    files = Library(tmp_path).scan().files

    assert [(file.source, file.digest) for file in files] == [
        (name, hashlib.sha256(b"x").hexdigest()) for name in ("b.txt", "講演メモ.md", "2019/a.md")
    ]


def test_hidden_files_backups_pipes_and_links_out_are_skipped(tmp_path: Path) -> None:
    library, outside = tmp_path / "library", tmp_path / "outside.md"
    (library / ".git").mkdir(parents=True)
    outside.write_text("x")
    (library / "link.md").symlink_to(outside)
    for name in (
        ".hidden.md",
        "a.md~",
        "a.md.3f2a90c1~",
        "a.md.3f2a90c1-2~",
        "#a.md#",
        "a.md.swp",
        "kb.toml",
        ".git/a.md",
        "a.md",
        "#Growth の感想.md",
    ):
        (library / name).write_text("")
    os.mkfifo(library / "pipe.md")

    assert sources(library) == ["#Growth の感想.md", "a.md"]


def test_a_dangling_link_is_a_problem_and_a_loop_of_folders_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "self.md").symlink_to(tmp_path / "self.md")
    (tmp_path / "one.md").symlink_to(tmp_path / "two.md")
    (tmp_path / "two.md").symlink_to(tmp_path / "one.md")
    (tmp_path / "2019").mkdir()
    (tmp_path / "2019" / "again").symlink_to(tmp_path)
    (tmp_path / "2019" / "a.md").write_text("x")

    scan = Library(tmp_path).scan()

    why = "cannot be opened (Too many levels of symbolic links)"
    message = f"{why}; the link leads to no file; remove it, or let it lead to a report"
    assert ([file.source for file in scan.files], [*map(str, scan.problems)]) == (
        ["2019/a.md"],
        [f"{name}: {message}" for name in ("one.md", "self.md", "two.md")],
    )


def test_an_unlistable_folder_is_a_problem_and_other_folders_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("2018", "2019"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.md").write_text("x")
    listed = os.scandir

    def scandir(path: str) -> object:  # root may list anything, and tests may run as root
        if path.endswith("2018"):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return listed(path)

    monkeypatch.setattr(os, "scandir", scandir)
    scan = Library(tmp_path).scan()

    assert ([file.source for file in scan.files], [*map(str, scan.problems)]) == (
        ["2019/a.md"],
        ["2018: this folder cannot be listed (Permission denied); check its permissions"],
    )


def test_a_file_that_is_too_long_is_a_problem_and_other_files_are_read(tmp_path: Path) -> None:
    with (tmp_path / "film.md").open("wb") as film:
        film.truncate(MAX_REPORT_BYTES + 1)
    with (tmp_path / "long.md").open("wb") as long:
        long.truncate(MAX_REPORT_BYTES)

    scan = Library(tmp_path).scan()

    assert ([file.source for file in scan.files], [*map(str, scan.problems)]) == (
        ["long.md"],
        ["film.md: longer than 10 MB; divide it, or remove all but its text"],
    )


def test_a_name_that_is_not_utf_8_is_shown_escaped_and_leads_to_its_file(tmp_path: Path) -> None:
    name = os.fsdecode(b"\xe3.md")
    (tmp_path / name).write_text("old")
    library = Library(tmp_path)

    scan = library.scan()
    (file,) = scan.files
    library.put(b"new", "a.md", replacing=file.source)

    why = "is read, but its name is not UTF-8, and many programs cannot open it; rename it"
    assert [*map(str, scan.problems)] == [f"\\xe3.md: {why}"]
    assert (file.source, (tmp_path / name).read_text(), library.discard(file.source).kept) == (
        "\\xe3.md",
        "new",
        ("\\xe3.md.11507a0e~",),
    )


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("README.md", "report-README.md"),
        ("readme", "report-readme"),
        ("kb.toml", "kb.toml.txt"),
        ("a.bak", "a.bak.txt"),
    ],
)
def test_a_report_is_never_written_under_a_skipped_name(tmp_path: Path, name: str, stored: str) -> None:
    assert (Library(tmp_path).put(b"x", name).source, sources(tmp_path)) == (stored, [stored])


@pytest.mark.parametrize(
    ("data", "wrong"),
    [
        (b"x", "draft.md: kb.toml says to ignore files of this name; rename it, or change ignore"),
        (
            b"<!-- kb: not a report -->",
            "draft.md: begins with <!-- kb: not a report -->; take that line out to have it as a report",
        ),
    ],
)
def test_a_report_that_would_be_skipped_is_refused(tmp_path: Path, data: bytes, wrong: str) -> None:
    (tmp_path / "kb.toml").write_text('ignore = ["draft*"]', "utf-8")

    with pytest.raises(LibraryError) as error:
        Library(tmp_path).put(data, "draft.md")

    assert (str(error.value), sources(tmp_path)) == (wrong, [])


def test_a_full_disk_is_an_error_and_leaves_the_library_unchanged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.md").write_text("old")

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(LibraryError) as error:
        Library(tmp_path).put(b"new", "b.md")

    assert (str(error.value), [path.name for path in tmp_path.iterdir()]) == (
        f"{tmp_path / 'b.md'}: cannot be written (No space left on device); the library stays as it was",
        ["a.md"],
    )


def test_a_file_marked_as_no_report_is_skipped(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("<!-- kb: not a report -->\n# 置き場\n", "utf-8")

    assert (sources(tmp_path), Library(tmp_path).holds_reports()) == ([], False)


def test_a_library_with_one_unreadable_file_holds_a_report(tmp_path: Path) -> None:
    (tmp_path / "gone.md").symlink_to(tmp_path / "nowhere.md")

    assert Library(tmp_path).holds_reports()


def test_ignored_files_are_listed_as_left_alone_and_a_missing_report_has_no_digest(tmp_path: Path) -> None:
    for name in ("a.md", "b.md"):
        (tmp_path / name).write_text("- a")
    (tmp_path / "kb.toml").write_text('ignore = ["b.md"]')
    scan = Library(tmp_path).scan()

    assert ([file.source for file in scan.files], scan.left_alone) == (["a.md"], ("b.md",))
    assert (Library(tmp_path).digest("a.md"), Library(tmp_path).digest("c.md")) == (scan.files[0].digest, None)


def test_an_unreadable_file_is_a_problem_and_other_files_are_read(tmp_path: Path) -> None:
    (tmp_path / "gone.md").symlink_to(tmp_path / "nowhere.md")
    (tmp_path / "here.md").write_text("x")

    scan = Library(tmp_path).scan()

    why = "cannot be opened (No such file or directory)"
    message = f"{why}; the link leads to no file; remove it, or let it lead to a report"
    assert ([file.source for file in scan.files], [*map(str, scan.problems)]) == (
        ["here.md"],
        [f"gone.md: {message}"],
    )


def test_the_samples_are_the_library_while_the_own_one_has_no_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "data" / "reports"
    own.mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("KB_LIBRARY", raising=False)

    before = find_library(None)[1]
    (own / "a.md").write_text("- a")
    library, samples = find_library(None)

    assert (before, samples, library.path) == (True, False, own)


def test_each_library_has_an_index_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KB_INDEX", raising=False)
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    first, second = (index_folder(Library(tmp_path / name), None) for name in ("a", "b"))

    assert (first.name[:2], first.parent == second.parent, first == second) == ("a-", True, False)


def test_a_report_is_written_under_its_own_name_and_never_over_another(tmp_path: Path) -> None:
    library = Library(tmp_path)

    names = [library.put(data, "講演メモ.md").source for data in (b"one", b"two")]

    assert {name: (tmp_path / name).read_bytes() for name in names} == {"講演メモ.md": b"one", "講演メモ-2.md": b"two"}


def test_a_replaced_report_is_backed_up(tmp_path: Path) -> None:
    library = Library(tmp_path)
    source = library.put(b"old", "a.md").source

    again = library.put(b"new", "b.md", replacing=source)

    (kept,) = again.kept
    assert (again.source, (tmp_path / "a.md").read_bytes(), (tmp_path / kept).read_bytes(), sources(tmp_path)) == (
        "a.md",
        b"new",
        b"old",
        ["a.md"],
    )


def test_the_patterns_to_ignore_are_compiled_once_for_all_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        (tmp_path / f"{number}.md").write_text("x")
    patterns = [f'"planned/{number}.md", "?{number}*"' for number in range(100)]
    (tmp_path / "kb.toml").write_text(f'ignore = ["3*", {", ".join(patterns)}]')
    compiled, compiling = list[object](), re.compile

    def counted(pattern: str, flags: int = 0) -> re.Pattern[str]:
        if "planned" in pattern:
            compiled.append(pattern)
        return compiling(pattern, flags)

    monkeypatch.setattr(re, "compile", counted)
    left_alone = Library(tmp_path).scan().left_alone

    assert (left_alone, len(compiled)) == (("3.md",), 1)
