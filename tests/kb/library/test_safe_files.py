"""Files written whole or not at all, and the names they get."""

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.storage.safe_files import make_folder, move, write_whole
from kb.storage.walk import file_name


def test_the_scratch_file_of_a_killed_writer_is_removed_by_the_next(tmp_path: Path) -> None:
    for name in (".kb-left.tmp", ".kb-being-written.tmp", ".another.tmp"):
        (tmp_path / name).write_text("x")
    for name in (".kb-left.tmp", ".another.tmp"):
        os.utime(tmp_path / name, (0, 0))

    write_whole(tmp_path / "a.md", b"x")

    assert sorted(path.name for path in tmp_path.iterdir()) == [".another.tmp", ".kb-being-written.tmp", "a.md"]


@pytest.mark.parametrize(
    ("before", "umask", "after"), [(0o600, 0o022, 0o600), (None, 0o077, 0o600), (None, 0o022, 0o644)]
)
def test_permissions_stay_and_a_new_file_has_those_of_the_umask(
    tmp_path: Path, before: int | None, umask: int, after: int
) -> None:
    file, usual = tmp_path / "a.md", os.umask(umask)
    if before:
        file.touch(before)
    try:
        write_whole(file, b"x")
    finally:
        os.umask(usual)

    assert stat.S_IMODE(file.stat().st_mode) == after


def test_each_new_folder_is_on_the_disk_before_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[tuple[Path, list[Path]]] = []
    monkeypatch.setattr(
        "kb.storage.safe_files.sync_folder", lambda folder: synced.append((folder, sorted(tmp_path.rglob("*"))))
    )

    make_folder(tmp_path / "data" / "reports")

    data, reports = tmp_path / "data", tmp_path / "data" / "reports"
    assert synced == [(tmp_path, [data]), (data, [data, reports])]


@given(st.text(max_size=300))
def test_any_name_becomes_one_that_stays_in_the_folder(name: str) -> None:
    safe = file_name(name)

    assert (Path(safe).name, len(safe.encode()) <= 200, safe.startswith((".", "-", "~"))) == (safe, True, False)
    assert file_name(safe) == safe


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("講演メモ.md", "講演メモ.md"),
        ("../../etc/passwd", "passwd"),
        ("C:\\メモ\\か゛.txt", "か゛.txt"),
        (".hidden", "hidden"),
        ("", "report.txt"),
        ("あ" * 100 + ".md", "あ" * 65 + ".md"),
    ],
)
def test_japanese_names_survive(name: str, safe: str) -> None:
    assert file_name(name) == safe


def test_a_file_is_on_the_disk_before_it_gets_its_name_and_the_name_before_it_is_acknowledged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[tuple[bool, list[str]]] = []

    def fsync(descriptor: int) -> None:
        is_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        flushed.append((is_folder, sorted(path.name for path in tmp_path.iterdir() if not path.name.startswith("."))))

    monkeypatch.setattr(os, "fsync", fsync)

    write_whole(tmp_path / "a.md", b"x")
    move(tmp_path / "a.md", tmp_path / "b.md")

    assert flushed == [(False, []), (True, ["a.md"]), (True, ["b.md"])]
