"""What is told by hand is written into kb.toml: with the report that it is about, and beside what others tell."""

import errno
import os
from pathlib import Path

import pytest

from kb.library import files
from kb.library.files import Library, LibraryError
from kb.report.model import Correction, Given


def test_what_is_told_of_a_report_is_there_before_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, bool]] = []

    def watched(path: Path, data: bytes) -> None:
        seen.append((path.name, (tmp_path / "a.md").exists()))
        path.write_bytes(data)

    monkeypatch.setattr(files, "write_whole", watched)
    Library(tmp_path).put(b"# a", "a.md", Given(event="会"))

    assert seen == [("kb.toml", False), ("a.md", False)]


def test_where_the_report_cannot_be_written_nothing_is_told_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = '# 私の覚え書き\n[reports."b.md"]\ndate = "2018"\n'
    (tmp_path / "kb.toml").write_text(written, "utf-8")
    whole = files.write_whole

    def full(path: Path, data: bytes) -> None:
        if path.suffix == ".md":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        whole(path, data)

    monkeypatch.setattr(files, "write_whole", full)
    with pytest.raises(LibraryError, match=r"a\.md: cannot be written"):
        Library(tmp_path).put(b"# a", "a.md", Given(event="会"))

    assert (tmp_path / "kb.toml").read_text("utf-8") == written


def test_a_correction_changes_what_stands_there_now(tmp_path: Path) -> None:
    one, other = Library(tmp_path), Library(tmp_path)
    one.correct(["r/1"], lambda _: Correction(adds=("sqs",)))
    before = other.correct(["r/1"], lambda known: Correction(known.adds, ("sns",)))

    assert (before, one.configuration()[0].corrections["r/1"]) == (
        Correction(adds=("sqs",)),
        Correction(adds=("sqs",), removes=("sns",)),
    )
