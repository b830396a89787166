"""Changes of reports and kb.toml are reported as they happen, whatever their names, also if nothing can be watched."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import watchfiles

from kb.library import watching
from kb.library.watching import changes

NOT_UTF_8 = os.fsdecode(b"\x83\x81\x83\x82")  # a name in Shift_JIS

pytestmark = pytest.mark.usefixtures("seconds")  # a change that is not reported would be waited for


@pytest.fixture
def reported() -> list[str]:
    return []


@pytest.fixture
def watched(tmp_path: Path, reported: list[str]) -> Iterator[None]:
    told = watch(tmp_path, reported)
    next(told)  # the watching has begun
    return told


def watch(folder: Path, reported: list[str]) -> Iterator[None]:
    return changes(lambda: [folder], lambda why: reported.append(str(why)))


@pytest.mark.parametrize("name", ["a.md", "2019/講演.txt", "kb.toml", f"{NOT_UTF_8}.md", "2019~/a.md"])
def test_changes_of_a_report_and_of_kb_toml_are_reported(tmp_path: Path, watched: Iterator[None], name: str) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("x")

    assert next(watched) is None


@pytest.mark.parametrize("names", [(f"{NOT_UTF_8}.md", "a.md"), ("2019/a.md", "2019/b.md"), ("1/2/3/a.md", "1/2/b.md")])
def test_after_a_name_that_is_not_utf_8_and_a_new_folder_changes_are_reported(
    tmp_path: Path, watched: Iterator[None], reported: list[str], names: tuple[str, str]
) -> None:
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
        next(watched)
    (tmp_path / names[1]).write_text("y")

    assert (next(watched), reported) == (None, [])


def test_a_folder_that_is_moved_away_is_reported_whatever_its_name(tmp_path: Path) -> None:
    (tmp_path / "library" / "2019~").mkdir(parents=True)
    told = watch(tmp_path / "library", [])
    next(told)
    (tmp_path / "library" / "2019~" / "a.md").write_text("x")
    next(told)
    (tmp_path / "library" / "2019~").rename(tmp_path / "2019~")

    assert next(told) is None


def test_a_folder_that_is_made_before_its_parent_is_watched_is_watched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin, begun = watchfiles.watch, list[str]()

    def late(*folders: str, **options: Any) -> Iterator[set[watchfiles.main.FileChange]]:  # noqa: ANN401
        (tmp_path / "2019").mkdir(exist_ok=True)
        begun.extend(folders)
        return begin(*folders, **options)

    monkeypatch.setattr(watchfiles, "watch", late)
    told = watch(tmp_path, [])
    next(told)
    next(told)
    (tmp_path / "2019" / "a.md").write_text("x")

    assert (next(told), sorted(begun)) == (None, [str(tmp_path), str(tmp_path), str(tmp_path / "2019")])


def test_files_that_cannot_be_watched_are_compared_every_few_seconds(
    tmp_path: Path, reported: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "_POLL_SECONDS", 0.01)
    (tmp_path / NOT_UTF_8).mkdir()
    told = watch(tmp_path, reported)
    next(told)
    (tmp_path / NOT_UTF_8 / "a.md").write_text("x")
    next(told)
    (tmp_path / NOT_UTF_8).rename(tmp_path / "2019")
    next(told)  # the name changed
    if len(reported) < 2:
        next(told)  # the folder is watched again

    name = tmp_path / "\\x83\\x81\\x83\\x82"
    why = f"{name}: the name of this folder is not UTF-8; rename it"
    assert reported == [f"changes are only found every 0.01 seconds: {why}", "None"]


def test_a_library_that_goes_and_returns_is_watched_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "_POLL_SECONDS", 0.01)
    library, reported = tmp_path / "library", list[str]()
    told = watch(library, reported)
    next(told)
    library.mkdir()
    while reported[-1] != "None":
        next(told)
    (library / "a.md").write_text("x")

    assert (next(told), len(reported)) == (None, 2)


@pytest.mark.skipif(sys.platform != "linux", reason="counts the watches of inotify")
def test_only_the_folders_that_a_scan_enters_are_watched(tmp_path: Path) -> None:
    library = tmp_path / "library"
    for name in ("library/2019/05", "library/.git/objects", "outside/1/2/3"):
        (tmp_path / name).mkdir(parents=True)
    (library / "link").symlink_to(tmp_path / "outside")
    told = watch(library, [])
    next(told)
    watches = ""
    for path in list(Path("/proc/self/fdinfo").iterdir()):
        with suppress(FileNotFoundError):  # the folder of this loop
            watches += path.read_text("ascii")

    folders = [path.relative_to(tmp_path).as_posix() for path in sorted(tmp_path.rglob("*")) if path.is_dir()]
    assert [one for one in folders if f" ino:{(tmp_path / one).stat().st_ino:x} " in watches] == [
        "library",
        "library/2019",
        "library/2019/05",
    ]


def test_a_later_folder_is_watched_from_then_on(tmp_path: Path) -> None:
    (tmp_path / "samples").mkdir()
    told = changes(lambda: [one for one in (tmp_path / "samples", tmp_path / "own") if one.is_dir()], lambda _: None)
    next(told)
    (tmp_path / "own").mkdir()
    next(told)
    (tmp_path / "own" / "r.md").write_text("x")

    assert next(told) is None


def test_backups_and_scratch_files_are_not_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["a.md~", ".kb-x.tmp", ".git", "a.md", "kb.toml", "kb.toml~"]
    found = [(watchfiles.Change.added, str(tmp_path / name)) for name in names]
    told: list[str] = []

    def watched(*_: Path, watch_filter: Callable[[watchfiles.Change, str], bool], **_options: object) -> Iterator[None]:
        told.extend(Path(path).relative_to(tmp_path).as_posix() for one, path in found if watch_filter(one, path))
        yield from ()
        raise KeyboardInterrupt

    monkeypatch.setattr(watchfiles, "watch", watched)

    assert (list(watch(tmp_path, [])), told) == ([], ["a.md", "kb.toml"])
