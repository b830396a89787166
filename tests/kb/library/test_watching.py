"""Changes of reports and kb.toml are reported as they happen."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import watchfiles

from kb.library.watching import changes


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Iterator[None]]:
    told = changes(lambda: [tmp_path])
    next(told)  # the watching has begun
    return told


@pytest.mark.parametrize("name", ["a.md", "2019/講演.txt", "kb.toml"])
def test_changes_of_a_report_and_of_kb_toml_are_reported(tmp_path: Path, watched: Iterator[None], name: str) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("x")

    assert next(watched) is None


def test_a_later_folder_is_watched_from_then_on(tmp_path: Path) -> None:
    (tmp_path / "samples").mkdir()
    told = changes(lambda: [folder for folder in (tmp_path / "samples", tmp_path / "own") if folder.is_dir()])
    next(told)
    (tmp_path / "own").mkdir()
    next(told)
    (tmp_path / "own" / "r.md").write_text("x")

    assert next(told) is None


def test_backups_and_scratch_files_are_not_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["a.md~", ".kb-x.tmp", ".git/index", "2019/a.md", "kb.toml", "kb.toml~"]
    found = [(watchfiles.Change.added, str(tmp_path / name)) for name in names]
    told: list[str] = []

    def watch(*_: Path, watch_filter: Callable[[watchfiles.Change, str], bool], **_options: object) -> Iterator[None]:
        told.extend(Path(path).relative_to(tmp_path).as_posix() for one, path in found if watch_filter(one, path))
        yield from ()

    monkeypatch.setattr(watchfiles, "watch", watch)

    assert (list(changes(lambda: [tmp_path])), told) == ([], ["2019/a.md", "kb.toml"])
