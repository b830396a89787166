"""Stored updates: whole, bounded, in order, and deleted once no generation refers to them."""

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kb.indexing.news import MAX_NEWS, Update, UpdateStore, moment_after, newest_news
from kb.library.places import damaged_files
from kb.report.difference import MAX_REPORTS, Difference, News, ReportDifference
from kb.storage.caches import sealed


def update(number: int = 1, *news: News) -> Update:
    return Update(Difference(f"2019-05-01T00:00:{number:02}Z", (), {}), news)


def news(*notes: str, about: str = "r") -> News:
    return News("2019-05-01T00:00:00Z", "note", about, notes)


@pytest.fixture
def updates(tmp_path: Path) -> UpdateStore:
    return UpdateStore(tmp_path / "index")


def files(tmp_path: Path) -> list[Path]:
    return sorted(path for path in (tmp_path / "index").rglob("*.update") if path.is_file())


def stored(updates: UpdateStore, one: Update) -> str:
    key = updates.store(one)
    assert key is not None
    return key


def test_a_stored_update_is_found_unchanged(updates: UpdateStore) -> None:
    keys = [stored(updates, one) for one in (update(1, news("r/1")), update(2))]

    assert [updates.find(key) for key in keys] == [update(1, news("r/1")), update(2)]
    assert [len(key) for key in keys] == [16, 16]
    assert updates.find("0" * 16) is None


def test_a_long_difference_is_stored_within_bounds(updates: UpdateStore) -> None:
    reports = tuple(ReportDifference(f"r{n}", "", "a.md", "came", 0) for n in range(MAX_REPORTS + 1))
    long = Update(Difference("2019-05-01T00:00:00Z", reports, {}), ())

    found = updates.find(stored(updates, long))

    assert found is not None
    assert found.difference == long.difference.bounded()


def test_the_newest_update_is_the_last_undamaged_one(updates: UpdateStore, tmp_path: Path) -> None:
    first = stored(updates, update(1))
    last = stored(updates, update(2))

    whole = updates.newest([first, last])
    next(path for path in files(tmp_path) if path.stem == last).write_bytes(b"damaged")

    assert (whole, updates.newest([first, last]), updates.newest([])) == (update(2), update(1), None)


def test_an_update_of_another_version_is_missing_but_not_damaged(updates: UpdateStore, tmp_path: Path) -> None:
    stored(updates, update())
    (path,) = files(tmp_path)
    path.write_bytes(sealed(b'{"other": 1}'))

    assert (updates.find(path.stem), damaged_files(tmp_path / "index")) == (None, ())


def test_damaged_updates_are_found(updates: UpdateStore, tmp_path: Path) -> None:
    for number in range(3):
        stored(updates, update(number))
    first, _, last = files(tmp_path)
    first.write_bytes(b"")
    last.write_bytes(last.read_bytes()[:-1])

    assert damaged_files(tmp_path / "index") == (first, last)


def test_no_update_is_stored_in_a_folder_of_somebody_else(updates: UpdateStore, tmp_path: Path) -> None:
    (tmp_path / "index").mkdir()
    (tmp_path / "index" / "thesis.txt").touch()

    assert (updates.store(update()), [path.name for path in (tmp_path / "index").iterdir()]) == (None, ["thesis.txt"])


def test_a_deleted_update_is_gone_and_no_other(updates: UpdateStore) -> None:
    first, last = stored(updates, update(1)), stored(updates, update(2))
    for key in (first, "0" * 16):
        updates.delete(key)

    assert (updates.find(first), updates.find(last)) == (None, update(2))


def test_other_updates_are_deleted_unless_they_may_be_about_to_be_published(
    updates: UpdateStore, tmp_path: Path
) -> None:
    wanted, old, recent = (stored(updates, update(number)) for number in range(3))
    beside = files(tmp_path)[0].parent / "other.txt"
    beside.touch()
    for key, hours in ((wanted, 2.0), (old, 1.01), (recent, 0.99)):
        then = time.time() - hours * 3600
        os.utime(beside.with_name(f"{key}.update"), (then, then))
    os.utime(beside, (0, 0))

    updates.keep_only([wanted])

    assert {path.stem for path in files(tmp_path)} == {wanted, recent}
    assert beside.exists()


def test_the_moment_of_an_update_is_later_than_the_last_one() -> None:
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


def test_news_stay_in_order_newest_last() -> None:
    assert newest_news([news("1"), news("2")], [news("3")]) == (news("1"), news("2"), news("3"))


def test_of_many_news_the_oldest_are_cut() -> None:
    third = tuple(map(str, range(MAX_NEWS // 2)))
    before, now = [news("gone"), news(*third, "cut", about="a")], [news(*third, about="b")]

    assert newest_news(before, now) == (news(*third, about="a"), news(*third, about="b"))
    assert newest_news([news("gone"), news("x")], [news(*third), news(*third[1:])]) == (
        news("x"),
        news(*third),
        news(*third[1:]),
    )
