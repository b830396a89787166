"""What was seen of a library is read again only where something was done to its files, and then always."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from kb.library import seen as module
from kb.library.files import Library, Scan
from kb.library.seen import seen


@pytest.fixture
def library(tmp_path: Path) -> Library:
    folder = tmp_path / "library"
    folder.mkdir()
    for name in ("a.md", "b.md", "README.md"):
        (folder / name).write_text(f"- {name}\n", "utf-8")
        os.utime(folder / name, (0, 0))  # so that what is written within a tick of the clock looks otherwise
    (tmp_path / "index" / "kept").mkdir(parents=True)
    return Library(folder)


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every file count as one that was changed long ago."""
    monkeypatch.setattr(module, "_TICK", -(10**18))


@pytest.mark.usefixtures("settled")
def test_what_nobody_touched_is_not_read_again(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = seen(library, tmp_path / "index")

    def scan(_: Library) -> Scan:
        raise AssertionError("read again")

    monkeypatch.setattr(Library, "scan", scan)
    assert (seen(library, tmp_path / "index"), list(first.files), first.left_alone) == (
        first,
        ["a.md", "b.md"],
        ("README.md",),
    )


@pytest.mark.usefixtures("settled")
@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "a.md").write_text("- z.md\n", "utf-8"),  # of the same length
        lambda folder: (folder / "a.md").unlink(),
        lambda folder: (folder / "a.md").rename(folder / "c.md"),
        lambda folder: (folder / "c.md").write_text("- c\n", "utf-8"),
        lambda folder: (folder / "kb.toml").write_text('ignore = ["b*"]\n', "utf-8"),
        lambda folder: (folder.parent / "index" / "kept" / "seen").write_bytes(b"x" * 200),
        lambda folder: (folder.parent / "index" / "kept" / "seen").unlink(),
    ],
)
def test_after_any_change_it_is_as_a_scan_finds_it(
    library: Library, tmp_path: Path, change: Callable[[Path], object]
) -> None:
    seen(library, tmp_path / "index")

    change(library.path)

    assert seen(library, tmp_path / "index") == library.scan().seen


def test_what_was_changed_just_now_is_not_relied_on(library: Library, tmp_path: Path) -> None:
    seen(library, tmp_path / "index")

    assert not (tmp_path / "index" / "kept" / "seen").exists()


@pytest.mark.usefixtures("settled")
def test_nothing_is_left_in_a_folder_that_is_no_index(library: Library, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "mine").touch()
    seen(library, tmp_path / "other")
    seen(library, tmp_path / "none")

    assert ([path.name for path in (tmp_path / "other").iterdir()], (tmp_path / "none").exists()) == (["mine"], False)
