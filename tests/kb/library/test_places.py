"""The cached listing of a library holds as long as no file is touched."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from kb.library import places as module
from kb.library.files import Library, Scan
from kb.library.places import listing


@pytest.fixture
def library(tmp_path: Path) -> Library:
    folder = tmp_path / "library"
    folder.mkdir()
    for name in ("a.md", "b.md", "README.md"):
        (folder / name).write_text(f"- {name}\n", "utf-8")
        os.utime(folder / name, (0, 0))  # so that a file written within a tick of the clock looks changed
    (tmp_path / "index" / "kept").mkdir(parents=True)
    return Library(folder)


@pytest.fixture
def old_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every file count as changed long ago."""
    monkeypatch.setattr(module, "_TICK", -(10**18))


@pytest.mark.usefixtures("old_files")
def test_untouched_files_are_not_read_again(library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = listing(library, tmp_path / "index")

    def scan(_: Library) -> Scan:
        raise AssertionError("read again")

    monkeypatch.setattr(Library, "scan", scan)
    assert (listing(library, tmp_path / "index"), list(first.files), first.left_alone) == (
        first,
        ["a.md", "b.md"],
        ("README.md",),
    )


@pytest.mark.usefixtures("old_files")
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
def test_after_any_change_the_listing_is_that_of_a_scan(
    library: Library, tmp_path: Path, change: Callable[[Path], object]
) -> None:
    listing(library, tmp_path / "index")

    change(library.path)

    assert listing(library, tmp_path / "index") == library.scan().listing


def test_a_listing_is_not_cached_right_after_a_change(library: Library, tmp_path: Path) -> None:
    listing(library, tmp_path / "index")

    assert not (tmp_path / "index" / "kept" / "seen").exists()


@pytest.mark.usefixtures("old_files")
def test_no_listing_is_cached_in_a_folder_that_is_no_index(library: Library, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "mine").touch()
    listing(library, tmp_path / "other")
    listing(library, tmp_path / "none")

    assert ([path.name for path in (tmp_path / "other").iterdir()], (tmp_path / "none").exists()) == (["mine"], False)
