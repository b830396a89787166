"""The start of a command: it imports only what it needs, and works with closed streams and in the C locale."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from typed import kb

ROOT = Path(__file__).resolve().parents[3]
IMPORTED = """
import sys
from webui.command import main
try:
    main(sys.argv[1:])
except SystemExit:
    pass
print(*sys.modules, file=sys.stderr)
"""


def imported_by(*words: str) -> set[str]:
    ended = subprocess.run(
        [sys.executable, "-c", IMPORTED, *words], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return set(ended.stderr.split())


def test_help_is_printed_even_if_the_output_is_ascii() -> None:
    command = [sys.executable, "-c", "from webui.command import main; main()", "--help"]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "COLUMNS": "80"}
    ended = subprocess.run(command, capture_output=True, check=True, cwd=ROOT, env=environment)

    assert "kb search 冪等" in ended.stdout.decode()


@pytest.fixture
def indexed(library: Path) -> None:
    assert (library.is_dir(), kb("sync").exit_code) == (True, 0)


def test_help_imports_neither_click_nor_commands() -> None:
    ours = {name for name in imported_by("--help") if name.partition(".")[0] in ("click", "index", "kb", "webui")}

    assert ours == {"kb", "kb.cli", "kb.cli.commands", "kb.translation", "webui", "webui.command"}


@pytest.mark.usefixtures("indexed")
def test_status_imports_nothing_that_searches_or_reads_reports() -> None:
    heavy = {"kb.services", "kb.talks", "lxml", "markdown_it", "numpy", "sudachipy", "tomllib", "whoosh"}
    heavy |= {"email", "importlib.metadata", "kb.report.difference", "kb.search.browser", "subprocess"}

    assert imported_by("status") & heavy == set()


@pytest.mark.usefixtures("indexed")
def test_a_search_imports_nothing_that_reads_reports() -> None:
    heavy = {"flask", "kb.kinds", "kb.readers.formats", "kb.talks", "lxml", "markdown_it", "numpy.ma"}
    heavy |= {"email", "importlib.metadata", "tomllib", "whoosh"}

    assert imported_by("search", "冪等") & heavy == set()


def started(*words: str, closed: str = "", **environment: str | None) -> subprocess.CompletedProcess[str]:
    """Run a command by a shell with closed streams; a variable of the environment that is None is unset."""
    variables = {name: value for name, value in {**os.environ, **environment}.items() if value is not None}
    command = [sys.executable, "-c", "from webui.command import main; main()", *words]
    shell = ["sh", "-c", f'exec "$@" {closed}', "sh", *command]
    return subprocess.run(shell, capture_output=True, check=False, cwd=ROOT, env=variables, encoding="utf-8")


CLOSED = ("", "<&-", ">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-")


@pytest.mark.usefixtures("indexed")
@pytest.mark.parametrize("closed", CLOSED)
def test_commands_work_with_streams_closed(library: Path, closed: str) -> None:
    (library / "new.md").write_text("# 別の会 2020\n\n- 監視\n", "utf-8")
    ends = [
        started(*words, closed=closed) for words in (["search", "冪等"], ["--help"], ["sync"], ["status"], ["check"])
    ]
    found = kb("search", "監視")

    assert [(end.returncode, "Traceback" in end.stderr) for end in ends] == [(0, False)] * 5
    assert [bool(end.stdout) for end in ends] == [">&-" not in closed.split()] * 5
    assert ("監視" in found.stdout, kb("check").stdout) == (True, "wrong: 0\n")


@pytest.mark.usefixtures("indexed")
def test_japanese_words_are_found_in_the_c_locale(library: Path) -> None:
    file = library / "日本語.md"
    file.write_text("# 別の会 2020\n\n- 監視\n", "utf-8")
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": None}
    ends = [
        started(*words, **plain) for words in (["search", "冪等"], ["read", str(file)], ["sync"], ["search", "監視"])
    ]

    assert [end.returncode for end in ends] == [0] * 4
    assert ["冪等" in ends[0].stdout, *("監視" in end.stdout for end in (ends[1], ends[3]))] == [True] * 3


@pytest.mark.usefixtures("indexed")
def test_without_a_home_the_index_is_in_a_private_temporary_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    monkeypatch.setattr("platformdirs.user_cache_path", homeless)
    monkeypatch.delenv("KB_INDEX")
    (tmp_path / "tmp").mkdir()
    status = kb("status")
    (folder,) = (tmp_path / "tmp").iterdir()
    theirs = tmp_path / "theirs"
    shutil.move(folder, theirs)
    folder.symlink_to(theirs)
    refused = kb("status")

    assert (status.exit_code, str(folder) in status.stdout, theirs.stat().st_mode & 0o777) == (0, True, 0o700)
    assert (refused.exit_code, refused.stderr) == (
        2,
        f"kb: {folder}: belongs to somebody else; set HOME or XDG_CACHE_HOME\n",
    )


def homeless(_name: str) -> Path:
    raise RuntimeError("could not determine the home directory")


@pytest.mark.parametrize(
    "words", [["--library", "", "status"], ["status", "--index", ""], ["add", ""], ["read", ""], ["lint", "a.md", ""]]
)
def test_an_empty_path_is_not_the_current_folder(words: list[str]) -> None:
    refused = kb(*words)

    assert (refused.exit_code, "is empty; name a file or folder" in refused.stderr) == (2, True)
