"""A library of one report for the commands."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from typed import REPORT


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "library"
    folder.mkdir()
    (folder / "report.md").write_text(REPORT, "utf-8")
    monkeypatch.setenv("KB_LIBRARY", str(folder))
    monkeypatch.setenv("KB_INDEX", str(tmp_path / "index"))
    return folder


@pytest.fixture
def japanese(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set a Japanese locale."""
    monkeypatch.setenv("LC_ALL", "ja_JP.UTF-8")
