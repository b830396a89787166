"""The fingerprint of an index changes with the format, the data and the packages that decide it."""

import sys
from pathlib import Path

import pytest
from golden import golden, read

from index import datafiles
from kb.storage import caches
from kb.storage.caches import FORMAT, code_digest, deciding_files


def test_the_format_is_raised_when_finished_reports_or_stored_shapes_change() -> None:
    found, recorded = golden(), read()
    differ = [name for name, digest in found.items() if recorded["reports"].get(name) != digest]

    assert differ == [], "raise FORMAT in kb/storage/caches.py, and run python tests/kb/library/golden.py"
    assert (recorded["format"], len(recorded["reports"])) == (FORMAT, len(found))


def test_data_files_decide_and_code_only_by_its_format() -> None:
    names = [Path(path).name for path in deciding_files()]

    assert {"names.toml", "words.toml", "lines.npz", "heading_weights.toml"} < set(names)
    assert [name for name in names if name.endswith((".py", ".md"))] == []


def test_another_format_changes_the_fingerprint(monkeypatch: pytest.MonkeyPatch) -> None:
    before = code_digest()
    monkeypatch.setattr(caches, "FORMAT", FORMAT + 1)

    assert code_digest.__wrapped__() != before


def test_a_library_of_another_version_changes_the_fingerprint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = code_digest.__wrapped__()
    (tmp_path / "markdown_it_py-0.0.1.dist-info").mkdir()
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])

    assert code_digest.__wrapped__() != before


def test_the_fingerprint_is_the_same_however_a_library_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    before = code_digest.__wrapped__()
    monkeypatch.setattr(datafiles, "_versions_in_folders", dict[str, str])

    assert code_digest.__wrapped__() == before
