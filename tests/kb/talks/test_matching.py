"""Matching talks of several reports, by spellings of their titles or by day, track and time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.report.identity import talk_id
from kb.report.model import Talk
from kb.talks import ReportTalks, match_talks

TITLE = "ユーザー部門のサーバーレス入門"
DAY = "2019-07-06"


def talk(title: str, track: str | None = None, start: str | None = None) -> Talk:
    return Talk(talk_id("見本会 2019", title), title, 1, track, start)


def report(*talks: Talk, held_on: str | None = DAY) -> ReportTalks:
    return ReportTalks(talks, held_on)


def count(*reports: ReportTalks) -> int:
    """Return the number of different talks."""
    return len(set(match_talks(reports).values()))


@pytest.mark.parametrize(
    "title",
    [
        "ユーザ部門のサーバレス入門",
        "ユーザー部門の サーバーレス 入門",
        "「ユーザー部門」のサーバーレス入門",
        "ユーザー部門のサーバーレス入門 〜三年の歩み〜",
        "ユーザー部門のサーバーレス入門：三年の歩み",
        "【初級】ユーザー部門のサーバーレス入門",
        "ユーザー部門のサーバーレス入門（山田太郎）",
        "スポンサーセッション: ユーザー部門のサーバーレス入門",
        "ﾕｰｻﾞｰ部門のサーバーレス入門！",
    ],
)
def test_talks_match_by_different_spellings_of_a_title(title: str) -> None:
    assert count(report(talk(TITLE)), report(talk(title))) == 1
    assert count(report(talk(title)), report(talk(TITLE))) == 1


def test_the_order_of_speakers_makes_no_difference() -> None:
    assert count(report(talk("対談 山田太郎・田中花子")), report(talk("対談: 田中花子、山田太郎"))) == 1


def test_ten_talks_of_one_event_do_not_match() -> None:
    titles = ["サーバーレス入門", "サーバーレス入門 2", "サーバーレス運用", "コンテナ入門", "コンテナ入門: 実践編", "Keynote: 朝", "Keynote: 夕",
              "LT 1", "LT 2", "監視の話"]  # fmt: skip
    one = report(*(talk(title, "A", f"{9 + number:02d}:00") for number, title in enumerate(titles)))
    each = [report(talk(title, "B", f"{9 + number:02d}:00")) for number, title in enumerate(titles)]

    assert (count(one), count(one, *each)) == (10, 10)


def test_talks_with_different_titles_match_by_day_track_and_time() -> None:
    assert count(report(talk("箱の話", "A", "10:00")), report(talk("The Box", "Ａ", "10:00"))) == 1


@pytest.mark.parametrize(
    ("other", "held_on"),
    [
        (talk("The Box", "B", "10:00"), DAY),
        (talk("The Box", "A", "11:00"), DAY),
        (talk("The Box", "A", "10:00"), "2019-07-07"),
        (talk("The Box", "A", "10:00"), "2019-07"),
        (talk("The Box", "A", None), DAY),
    ],
)
def test_talks_with_different_titles_match_only_if_day_track_and_time_are_equal(other: Talk, held_on: str) -> None:
    assert count(report(talk("箱の話", "A", "10:00")), report(other, held_on=held_on)) == 2


@pytest.mark.parametrize("held_on", ["2019", "2019-07", None])
def test_talks_with_different_titles_do_not_match_without_a_day(held_on: str | None) -> None:
    one, other = (report(talk(title, "A", "10:00"), held_on=held_on) for title in ("箱の話", "The Box"))

    assert count(one, other) == 2


def test_a_part_of_two_titles_matches_neither() -> None:
    one, two = talk("設計の勘所: 箱の巻"), talk("設計の勘所: 鍵の巻")

    assert count(report(one, two), report(talk("設計の勘所"))) == 3
    assert count(report(one), report(two), report(talk("設計の勘所"))) == 3
    assert count(report(talk("Keynote: 箱の巻")), report(talk("Keynote"))) == 2


def test_a_talk_matches_none_that_is_in_a_report_of_its_matches() -> None:
    english = talk("The Box", "A", "10:00")

    assert count(report(talk("サーバーの箱", "A", "10:00")), report(talk("サーバの箱"), english)) == 2


def test_the_id_of_a_matched_talk_is_that_of_the_first() -> None:
    first, second, third = talk("箱の話"), talk("「箱」の話"), talk("箱のはなし")

    assert match_talks([report(second), report(first, third)]) == {
        first.id: second.id,
        second.id: second.id,
        third.id: third.id,
    }


PIECES = st.sampled_from(["箱", "サーバー", "サーバ", "の", " ", "「", "」", ": ", "〜", "Keynote", "1", "・"])
TALKS = st.builds(
    talk, st.lists(PIECES, max_size=5).map("".join), st.sampled_from(["A", "B", None]), st.sampled_from(["10:00", None])
)


@given(st.lists(st.lists(TALKS, max_size=4).map(lambda talks: report(*talks)), max_size=4))
def test_two_talks_of_one_report_never_match(reports: list[ReportTalks]) -> None:
    first = match_talks(reports)

    for matched in reports:
        ids = {talk.id for talk in matched.talks}
        assert len({first[talk] for talk in ids}) == len(ids)
