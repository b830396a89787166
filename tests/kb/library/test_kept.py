"""What is kept beside an index: the last updates, whole and in order; and a listing, as long as no file is touched."""

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kb.library import listing as module
from kb.library.files import Library, Scan
from kb.library.kept import (
    MOST_NEWS,
    Grounds,
    KeptInMemory,
    KeptReport,
    KeptReports,
    Update,
    Updates,
    moment_after,
    newest_news,
)
from kb.library.listing import listing
from kb.report.difference import MOST_REPORTS, Difference, News, ReportDifference
from kb.report.model import MetadataOverride, Report
from kb.storage.caches import sealed


def update(number: int = 1, *news: News) -> Update:
    return Update(Difference(f"2019-05-01T00:00:{number:02}Z", (), {}), news)


def news(*notes: str, about: str = "r") -> News:
    return News("2019-05-01T00:00:00Z", "note", about, notes)


@pytest.fixture
def updates(tmp_path: Path) -> Updates:
    return Updates(tmp_path / "index")


def files(tmp_path: Path) -> list[Path]:
    return sorted(path for path in (tmp_path / "index").rglob("*.update") if path.is_file())


def kept(updates: Updates, one: Update) -> str:
    key = updates.keep(one)
    assert key is not None
    return key


def test_an_update_is_found_as_it_was_kept(updates: Updates) -> None:
    keys = [kept(updates, one) for one in (update(1, news("r/1")), update(2))]

    assert [updates.find(key) for key in keys] == [update(1, news("r/1")), update(2)]
    assert [len(key) for key in keys] == [16, 16]
    assert updates.find("0" * 16) is None


def test_of_a_long_difference_the_first_is_kept(updates: Updates) -> None:
    reports = tuple(ReportDifference(f"r{n}", "", "a.md", "came", (), 0) for n in range(MOST_REPORTS + 1))
    long = Update(Difference("2019-05-01T00:00:00Z", reports, {}), ())

    found = updates.find(kept(updates, long))

    assert found is not None
    assert found.difference == long.difference.bounded()


def test_the_newest_is_the_last_that_is_whole(updates: Updates, tmp_path: Path) -> None:
    first = kept(updates, update(1))
    last = kept(updates, update(2))

    whole = updates.newest([first, last])
    next(path for path in files(tmp_path) if path.stem == last).write_bytes(b"damaged")

    assert (whole, updates.newest([first, last]), updates.newest([])) == (update(2), update(1), None)


def test_what_another_version_wrote_tells_nothing_and_is_not_damaged(updates: Updates, tmp_path: Path) -> None:
    kept(updates, update())
    (path,) = files(tmp_path)
    path.write_bytes(sealed(b'{"other": 1}'))

    assert (updates.find(path.stem), updates.damaged()) == (None, ())


def test_damaged_updates_are_named(updates: Updates, tmp_path: Path) -> None:
    for number in range(3):
        kept(updates, update(number))
    first, _, last = files(tmp_path)
    first.write_bytes(b"")
    last.write_bytes(last.read_bytes()[:-1])

    assert updates.damaged() == (first, last)


def test_nothing_is_kept_in_a_folder_of_somebody_else(updates: Updates, tmp_path: Path) -> None:
    (tmp_path / "index").mkdir()
    (tmp_path / "index" / "thesis.txt").touch()

    assert (updates.keep(update()), [path.name for path in (tmp_path / "index").iterdir()]) == (None, ["thesis.txt"])


def test_what_is_forgotten_is_gone_and_nothing_else(updates: Updates) -> None:
    first, last = kept(updates, update(1)), kept(updates, update(2))
    updates.forget([first, "0" * 16])

    assert (updates.find(first), updates.find(last)) == (None, update(2))


def test_others_are_forgotten_but_for_those_that_may_be_about_to_be_published(updates: Updates, tmp_path: Path) -> None:
    wanted, old, recent = (kept(updates, update(number)) for number in range(3))
    beside = files(tmp_path)[0].parent / "other.txt"
    beside.touch()
    for key, hours in ((wanted, 2.0), (old, 1.01), (recent, 0.99)):
        then = time.time() - hours * 3600
        os.utime(beside.with_name(f"{key}.update"), (then, then))
    os.utime(beside, (0, 0))

    updates.forget_others([wanted])

    assert {path.stem for path in files(tmp_path)} == {wanted, recent}
    assert beside.exists()


def test_the_moment_of_an_update_is_later_than_that_of_the_last() -> None:
    future = (datetime.now(UTC) + timedelta(days=1)).replace(microsecond=0)
    past = future - timedelta(days=2)

    def last(moment: datetime) -> Update:
        return Update(Difference(moment.isoformat().replace("+00:00", "Z"), (), {}), ())

    assert moment_after(last(future)) == (future + timedelta(seconds=1)).isoformat().replace("+00:00", "Z")
    before = datetime.now(UTC).replace(microsecond=0)
    moments = [moment_after(None), moment_after(last(past))]
    after = datetime.now(UTC)
    assert all(moment.endswith("Z") and "." not in moment for moment in moments)
    assert all(before <= datetime.fromisoformat(moment) <= after for moment in moments)


def test_news_are_kept_in_their_order_the_newest_last() -> None:
    assert newest_news([news("1"), news("2")], [news("3")]) == (news("1"), news("2"), news("3"))


def test_of_many_news_the_newest_are_kept_and_the_oldest_cut() -> None:
    third = tuple(map(str, range(MOST_NEWS // 2)))
    before, now = [news("gone"), news(*third, "cut", about="a")], [news(*third, about="b")]

    assert newest_news(before, now) == (news(*third, about="a"), news(*third, about="b"))
    assert newest_news([news("gone"), news("x")], [news(*third), news(*third[1:])]) == (
        news("x"),
        news(*third),
        news(*third[1:]),
    )


def kept_report(file: str) -> KeptReport:
    report = Report("r", "a.md", "会", None, None, (), ())
    return KeptReport(Grounds(file, "", "", MetadataOverride(), {}, {}), f"names of {file}", (), (), report)


def test_what_is_kept_in_memory_hides_no_older_state_and_leaves_nothing_behind(tmp_path: Path) -> None:
    KeptReports(tmp_path).keep(kept_report("old"))
    kept = KeptInMemory(tmp_path)
    kept.keep(kept_report("new"))

    assert [kept.names("a.md", file) for file in ("old", "new", "other")] == ["names of old", "names of new", None]
    assert (kept.find("a.md"), KeptReports(tmp_path).find("a.md")) == (kept_report("new"), kept_report("old"))


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
    first = listing(library, tmp_path / "index")

    def scan(_: Library) -> Scan:
        raise AssertionError("read again")

    monkeypatch.setattr(Library, "scan", scan)
    assert (listing(library, tmp_path / "index"), list(first.files), first.left_alone) == (
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
    listing(library, tmp_path / "index")

    change(library.path)

    assert listing(library, tmp_path / "index") == library.scan().listing


def test_what_was_changed_just_now_is_not_relied_on(library: Library, tmp_path: Path) -> None:
    listing(library, tmp_path / "index")

    assert not (tmp_path / "index" / "kept" / "seen").exists()


@pytest.mark.usefixtures("settled")
def test_nothing_is_left_in_a_folder_that_is_no_index(library: Library, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "mine").touch()
    listing(library, tmp_path / "other")
    listing(library, tmp_path / "none")

    assert ([path.name for path in (tmp_path / "other").iterdir()], (tmp_path / "none").exists()) == (["mine"], False)
