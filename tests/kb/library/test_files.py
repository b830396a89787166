"""The folder of reports: which files count, and what kb.toml says of them."""

import errno
import hashlib
import os
from pathlib import Path

import pytest

from kb.library.files import LONGEST_REPORT, Library, LibraryError
from kb.library.places import find_library, index_folder
from kb.report.model import Given
from kb.report.problems import FileProblem


def sources(library: Path) -> list[str]:
    return [file.source for file in Library(library).scan().files]


def test_a_missing_library_is_told_with_the_remedy(tmp_path: Path) -> None:
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


def test_hidden_files_backups_pipes_and_links_out_are_left_alone(tmp_path: Path) -> None:
    library, outside = tmp_path / "library", tmp_path / "outside.md"
    (library / ".git").mkdir(parents=True)
    outside.write_text("x")
    (library / "link.md").symlink_to(outside)
    for name in (".hidden.md", "a.md~", "#a.md#", "a.md.swp", "kb.toml", ".git/a.md", "a.md"):
        (library / name).write_text("")
    os.mkfifo(library / "pipe.md")

    assert sources(library) == ["a.md"]


def test_a_link_to_itself_is_told_and_a_loop_of_folders_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "self.md").symlink_to(tmp_path / "self.md")
    (tmp_path / "one.md").symlink_to(tmp_path / "two.md")
    (tmp_path / "two.md").symlink_to(tmp_path / "one.md")
    (tmp_path / "2019").mkdir()
    (tmp_path / "2019" / "again").symlink_to(tmp_path)
    (tmp_path / "2019" / "a.md").write_text("x")

    scan = Library(tmp_path).scan()

    message = "cannot be opened (Too many levels of symbolic links); check its permissions"
    assert ([file.source for file in scan.files], scan.problems) == (
        ["2019/a.md"],
        tuple(FileProblem(name, None, message) for name in ("one.md", "self.md", "two.md")),
    )


def test_a_folder_that_cannot_be_listed_is_told_and_the_others_are_read(
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

    assert ([file.source for file in scan.files], scan.problems) == (
        ["2019/a.md"],
        (FileProblem("2018", None, "this folder cannot be listed (Permission denied); check its permissions"),),
    )


def test_the_readme_of_a_library_and_what_kb_toml_ignores_are_left_alone_and_named(tmp_path: Path) -> None:
    for name in ("README.md", "2019/readme.ja.md", "2019/ReadMe", "readme-of-a-talk.md", "drafts/2019/a.md", "b.memo"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    (tmp_path / "kb.toml").write_text('ignore = ["drafts/**", "*.memo"]', "utf-8")

    scan = Library(tmp_path).scan()

    assert ([file.source for file in scan.files], scan.left_alone) == (
        ["readme-of-a-talk.md", "2019/ReadMe", "2019/readme.ja.md"],
        ("README.md", "b.memo", "drafts/2019/a.md"),
    )


def test_a_library_of_readmes_and_drafts_holds_no_report(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("x")
    (tmp_path / "a.md").write_text("x")
    (tmp_path / "kb.toml").write_text('ignore = ["a*"]', "utf-8")

    assert not Library(tmp_path).holds_reports()


@pytest.mark.parametrize("patterns", ["'drafts'", "[1]", "['']"])
def test_what_to_ignore_is_a_list_of_patterns(tmp_path: Path, patterns: str) -> None:
    (tmp_path / "kb.toml").write_text(f"ignore = {patterns}", "utf-8")

    (problem,) = Library(tmp_path).scan().problems
    assert problem.message.startswith("not used: ignore cannot be ")


def test_a_file_longer_than_any_report_is_told_and_the_others_are_read(tmp_path: Path) -> None:
    with (tmp_path / "film.md").open("wb") as film:
        film.truncate(LONGEST_REPORT + 1)
    with (tmp_path / "long.md").open("wb") as long:
        long.truncate(LONGEST_REPORT)

    scan = Library(tmp_path).scan()

    assert ([file.source for file in scan.files], scan.problems) == (
        ["long.md"],
        (FileProblem("film.md", None, "longer than 10 MB; divide it, or take out what is no text"),),
    )


def test_a_name_that_is_no_utf_8_is_shown_readably_and_leads_to_its_file(tmp_path: Path) -> None:
    name = os.fsdecode(b"\xe3.md")
    (tmp_path / name).write_text("old")
    library = Library(tmp_path)

    (file,) = library.scan().files
    library.put(b"new", "a.md", replacing=file.source)

    assert (file.source, (tmp_path / name).read_text(), library.discard(file.source)) == (
        "\\xe3.md",
        "new",
        "\\xe3.md~",
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
def test_a_report_is_never_put_under_a_name_that_is_left_alone(tmp_path: Path, name: str, stored: str) -> None:
    assert (Library(tmp_path).put(b"x", name), sources(tmp_path)) == (stored, [stored])


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
def test_a_report_that_would_be_left_alone_is_refused(tmp_path: Path, data: bytes, wrong: str) -> None:
    (tmp_path / "kb.toml").write_text('ignore = ["draft*"]', "utf-8")

    with pytest.raises(LibraryError) as error:
        Library(tmp_path).put(data, "draft.md")

    assert (str(error.value), sources(tmp_path)) == (wrong, [])


def test_a_full_disk_is_told_of_the_library_and_leaves_it_as_it_was(
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


def test_a_file_that_says_it_is_no_report_is_none(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("<!-- kb: not a report -->\n# 置き場\n", "utf-8")

    assert (sources(tmp_path), Library(tmp_path).holds_reports()) == ([], False)


def test_a_file_that_cannot_be_opened_is_told_and_the_others_are_read(tmp_path: Path) -> None:
    (tmp_path / "gone.md").symlink_to(tmp_path / "nowhere.md")
    (tmp_path / "here.md").write_text("x")

    scan = Library(tmp_path).scan()

    assert ([file.source for file in scan.files], scan.problems) == (
        ["here.md"],
        (FileProblem("gone.md", None, "cannot be opened (No such file or directory); check its permissions"),),
    )


def test_kb_toml_gives_event_date_and_address_by_hand(tmp_path: Path) -> None:
    (tmp_path / "kb.toml").write_text(
        '[reports."a.md"]\nevent = "社内勉強会"\ndate = 2018-03-10\nurl = "https://example.com/a"\n'
        '[reports."b.md"]\ndate = "2018-03"\n',
        "utf-8",
    )

    assert Library(tmp_path).scan().configuration.given == {
        "a.md": Given("社内勉強会", "2018-03-10", "https://example.com/a"),
        "b.md": Given(None, "2018-03", None),
    }


def test_kb_toml_names_files_that_are_no_reports(tmp_path: Path) -> None:
    (tmp_path / "kb.toml").write_text('ignore = ["drafts/**", "*.csv"]\n', "utf-8")

    assert Library(tmp_path).scan().configuration.ignore == ("drafts/**", "*.csv")


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("[reports", "Expected ']' at the end of a table declaration (at end of document)"),
        ("reports = 1", '"reports" must hold tables like [reports."name"]'),
        (
            '[reports."a.md"]\nday = 1',
            "[reports.\"a.md\"] has unknown key 'day'; known are event, date, published, url, former",
        ),
        ("[services.portal]\nname = 'Portal'", "[services.portal] has no category"),
        (
            "[services.portal]\nname = 'SQS'\ncategory = 'compute'",
            "[services.portal] the name 'SQS' belongs to sqs; leave it out",
        ),
        ("[notes.'a/b']\nadd = ['ほげ']", "[notes.\"a/b\"] add: no service is called 'ほげ'"),
        ("[notes.'a/b']\nadd = 'sqs'", "[notes.\"a/b\"] add cannot be 'sqs'"),
        ("ignore = 'a.md'", "ignore cannot be 'a.md'; write patterns of files: ignore = [\"drafts/**\"]"),
        ("ignore = [1]", 'ignore cannot be [1]; write patterns of files: ignore = ["drafts/**"]'),
        ('[reports."a.md"]\ndate = "3月"', "[reports.\"a.md\"] date '3月' is none; write 2018, 2018-03 or 2018-03-10"),
    ],
)
def test_a_broken_kb_toml_is_told_and_the_reports_are_read_without_it(tmp_path: Path, text: str, wrong: str) -> None:
    (tmp_path / "kb.toml").write_text(text, "utf-8")
    (tmp_path / "a.md").write_text("x")

    scan = Library(tmp_path).scan()

    assert ([file.source for file in scan.files], scan.problems) == (
        ["a.md"],
        (FileProblem("kb.toml", None, f"not used: {wrong}; mend it, the reports are indexed without it"),),
    )


def test_the_samples_stand_in_while_the_own_library_holds_no_report(
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


def test_a_report_is_put_under_its_own_name_and_never_over_another(tmp_path: Path) -> None:
    library = Library(tmp_path)

    names = [library.put(data, "講演メモ.md") for data in (b"one", b"two")]

    assert {name: (tmp_path / name).read_bytes() for name in names} == {"講演メモ.md": b"one", "講演メモ-2.md": b"two"}


def test_a_replaced_report_is_kept_as_a_backup(tmp_path: Path) -> None:
    library = Library(tmp_path)
    source = library.put(b"old", "a.md")

    again = library.put(b"new", "b.md", replacing=source)

    assert (again, (tmp_path / "a.md").read_bytes(), (tmp_path / "a.md~").read_bytes(), sources(tmp_path)) == (
        "a.md",
        b"new",
        b"old",
        ["a.md"],
    )


def test_what_is_told_of_a_report_goes_with_it_and_comments_stay(tmp_path: Path) -> None:
    (tmp_path / "kb.toml").write_text('# 手で書いた\n[reports."b.md"]\ndate = "2018" # 年だけ\n', "utf-8")
    library = Library(tmp_path)
    source = library.put(b"x", "a.md")

    library.tell(source, Given("社内勉強会", "2018-03", None))
    told = library.scan().configuration.given
    kept = library.discard(source)

    assert (told["a.md"], kept, (tmp_path / "kb.toml").read_text("utf-8")) == (
        Given("社内勉強会", "2018-03", None),
        "a.md~",
        '# 手で書いた\n[reports."b.md"]\ndate = "2018" # 年だけ\n',
    )


def test_a_broken_kb_toml_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "kb.toml").write_text("[reports", "utf-8")

    with pytest.raises(LibraryError, match="mend it first, nothing was written"):
        Library(tmp_path).tell("a.md", Given("会"))

    assert (tmp_path / "kb.toml").read_text("utf-8") == "[reports"
