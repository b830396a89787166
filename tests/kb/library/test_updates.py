"""What was changed last is kept beside the index: whole, in its order, and no longer than it is told."""

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kb.library.updates import MOST_NEWS, Update, Updates, moment_after, newest_news
from kb.report.difference import MOST_REPORTS, Difference, News, ReportDifference
from kb.storage.safe_files import sealed


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
