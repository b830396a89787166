"""`kb watch` brings the index up to each change, whatever is wrong with a file."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner

from kb.cli.group import cli
from kb.library import watching


def test_each_change_is_indexed_and_a_bad_file_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library = tmp_path / "library"
    library.mkdir()

    def changes(folders: Sequence[Path]) -> Iterator[None]:
        assert folders == (library,)
        yield
        (library / "bad.md").write_bytes(b"\0\1\2")
        yield
        (library / "a.md").write_text("# 勉強会\n\n- 冪等に\n", encoding="utf-8")
        yield

    monkeypatch.setattr(watching, "changes", changes)

    result = CliRunner().invoke(cli, ["watch", "--library", str(library), "--index", str(tmp_path / "index")])

    told = [line.partition(";")[0] for line in result.stdout.splitlines() if line.startswith("reports:")]
    assert (result.exit_code, told) == (
        0,
        ["reports: 0 new, 0 changed, 0 gone, 0 unchanged", "reports: 1 new, 0 changed, 0 gone, 0 unchanged"],
    )
    assert "bad.md" in result.stderr
