"""Who asks little waits for little: what a command imports."""

import os
import subprocess
import sys
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
    told = subprocess.run(
        [sys.executable, "-c", IMPORTED, *words], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return set(told.stderr.split())


def test_help_is_told_where_output_is_said_to_be_ascii() -> None:
    command = [sys.executable, "-c", "from webui.command import main; main()", "--help"]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "COLUMNS": "80"}
    told = subprocess.run(command, capture_output=True, check=True, cwd=ROOT, env=environment)

    assert "kb search 冪等" in told.stdout.decode()


@pytest.fixture
def indexed(library: Path) -> None:
    assert (library.is_dir(), kb("sync").exit_code) == (True, 0)


def test_help_imports_nothing_that_answers() -> None:
    ours = {name for name in imported_by("--help") if name.partition(".")[0] in ("click", "index", "kb", "webui")}

    assert ours == {"kb", "kb.cli", "kb.cli.overview", "webui", "webui.command"}


@pytest.mark.usefixtures("indexed")
def test_status_imports_nothing_that_searches_or_reads_reports() -> None:
    heavy = {"docutils", "kb.services", "kb.talks", "lxml", "markdown_it", "numpy", "sudachipy", "tomllib", "whoosh"}
    heavy |= {"email", "importlib.metadata", "kb.report.difference", "kb.search.browsing", "subprocess"}

    assert imported_by("status") & heavy == set()


@pytest.mark.usefixtures("indexed")
def test_a_search_imports_nothing_that_reads_reports() -> None:
    heavy = {"docutils", "flask", "kb.kinds", "kb.readers.formats", "kb.talks", "lxml", "markdown_it", "numpy.ma"}
    heavy |= {"email", "importlib.metadata", "kb.search.directory", "tomllib", "whoosh"}

    assert imported_by("search", "冪等") & heavy == set()
