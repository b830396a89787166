"""The fingerprint of an index covers all code that a report meets on its way."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from index import installed
from kb.library.fingerprint import code_digest, deciding_files

ROOT = Path(__file__).resolve().parents[3]
# What is imported on the way and decides nothing of what is indexed: the contract of engines and which is taken, how a
# query is understood and ranked, where files are, and what makes vectors, which are kept by the model that made them.
ASIDE = {
    "index": "embedder engine highlight installed ladder language mending query ranking readings romaji spelling "
    "stand_in tree words",
    "index/embedding": "__init__ bundled_model endpoint known",
    "kb": "__init__ aligning comparing knowledge_base",
    "kb/library": "__init__ bounded files fingerprint places replacing rewriting safe_files seen states updates walk",
    "kb/search": "__init__ answers browsing causes collection correcting differing directory drafting embedding "
    "engines finishing keeping outcomes search_box searching suggestions syncing teaching",
    "kb/texts": "__init__ en ja",
}
ON_THE_WAY = """
import json, sys
from pathlib import Path
from kb.knowledge_base import KnowledgeBase

KnowledgeBase.open(Path(sys.argv[1]), Path(sys.argv[2])).keeper.sync()
files = [Path(module.__file__) for module in list(sys.modules.values()) if getattr(module, "__file__", None)]
root = Path(sys.argv[3])
ours = [path.relative_to(root).as_posix() for path in files if path.is_relative_to(root)]
print(json.dumps([path for path in ours if path.startswith(("index/", "kb/"))]))
"""


def test_all_code_on_the_way_of_a_report_to_the_index_is_in_the_fingerprint(tmp_path: Path) -> None:
    library = tmp_path / "library"
    library.mkdir()
    for name, text in (("a.md", "- x\n"), ("b.html", "<ul><li>x</ul>"), ("c.rst", "T\n=\n\n- x\n"), ("d.txt", "・x\n")):
        (library / name).write_text(text, encoding="utf-8")
    command = [sys.executable, "-c", ON_THE_WAY, str(library), str(tmp_path / "index"), str(ROOT)]
    imported = json.loads(subprocess.run(command, check=True, capture_output=True, cwd=ROOT).stdout)
    covered = {Path(path).relative_to(ROOT).as_posix() for path in deciding_files()}
    aside = {f"{room}/{name}.py" for room, names in ASIDE.items() for name in names.split()}

    assert sorted(set(imported) - covered - aside) == []


def test_a_library_of_another_version_changes_the_fingerprint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = code_digest.__wrapped__()
    (tmp_path / "markdown_it_py-0.0.1.dist-info").mkdir()
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])

    assert code_digest.__wrapped__() != before


def test_the_fingerprint_is_the_same_however_a_library_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    before = code_digest.__wrapped__()
    monkeypatch.setattr(installed, "_in_folders", dict[str, str])

    assert code_digest.__wrapped__() == before
