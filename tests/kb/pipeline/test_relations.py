"""What only the whole library tells of its reports: copies, ids of their own, and talks that several tell of."""

from collections import Counter
from collections.abc import Iterable

import pytest
from msgspec.structs import replace

from kb.library.contents import ReportEntry
from kb.pipeline.relations import (
    RelatedReports,
    relate,
    share_in,
    texts_of,
    with_ids_of,
    with_own_talks,
    with_talks_met,
)
from kb.report.identity import longer_id, talk_id
from kb.report.model import Crumb, Note, Report, Talk

HERE, THERE = "https://e.jp/1", "https://e.jp/2"


def related(*reports: tuple[str, str | None, str]) -> RelatedReports:
    """Return how posts of one event and title stand beside each other, given their file, address and words."""
    words = {source: Counter(text.split()) for source, _, text in reports}
    return relate(((source, "r", url) for source, url, _ in reports), words.__getitem__)


def test_a_report_alone_has_the_id_that_it_tells() -> None:
    assert related(("a.md", HERE, "一 二")) == RelatedReports({"a.md": "r"}, ())


def test_two_posts_are_told_apart_by_their_addresses() -> None:
    assert related(("a.md", HERE, "一"), ("b.md", THERE, "二")).ids == {
        "a.md": longer_id("r", HERE),
        "b.md": longer_id("r", THERE),
    }


def test_two_posts_at_one_address_are_told_apart_by_their_files() -> None:
    assert related(("a.md", HERE, "一"), ("b.md", HERE, "二"), ("c.md", THERE, "三")).ids == {
        "a.md": longer_id("r", "a.md"),
        "b.md": longer_id("r", "b.md"),
        "c.md": longer_id("r", THERE),
    }


def test_posts_without_an_address_are_told_apart_by_their_files() -> None:
    assert related(("a.md", None, "一"), ("b.md", "", "二")).ids == {
        "a.md": longer_id("r", "a.md"),
        "b.md": longer_id("r", "b.md"),
    }


TEN = "一 二 三 四 五 六 七 八 九 十"


@pytest.mark.parametrize(
    ("copy", "is_copy"),
    [(TEN, True), (TEN.replace("十", "他"), True), (TEN.replace("九 十", "他 別"), False), ("一 二", True)],
)
def test_a_file_that_shares_nine_of_ten_notes_is_a_copy_and_indexed_once(
    copy: str,
    is_copy: bool,  # noqa: FBT001
) -> None:
    told = related(("a.md", HERE, TEN), ("b.md", THERE, copy))

    problem = 'b.md: the same post as "a.md"; indexed once'
    assert (set(told.ids), [*map(str, told.problems)]) == (({"a.md"}, [problem]) if is_copy else ({"a.md", "b.md"}, []))


@pytest.mark.parametrize("stub", ["", "一"])
def test_a_stub_that_stands_first_takes_no_place_from_the_whole_report(stub: str) -> None:
    told = related(("a.md", HERE, stub), ("b.md", THERE, TEN))

    assert (set(told.ids), told.problems) == ({"a.md", "b.md"}, ())


def test_a_copy_takes_no_id_from_the_post_that_it_is_a_copy_of() -> None:
    told = related(("a.md", HERE, "一"), ("b.md", HERE, "一"), ("c.md", THERE, "二"))

    assert told.ids == {"a.md": longer_id("r", HERE), "c.md": longer_id("r", THERE)}


def test_reports_of_other_events_are_not_compared() -> None:
    told = relate([("a.md", "r", None), ("b.md", "s", None)], {}.__getitem__)

    assert told == RelatedReports({"a.md": "r", "b.md": "s"}, ())


@pytest.mark.parametrize(
    ("kept", "dropped", "share"),
    [
        ("一 二 三 四", "一 二", 1.0),
        ("一 二", "一 二 三 四", 0.5),
        ("一 二 三 四", "一 他", 0.5),
        ("一", "二", 0.0),
        ("", "一", 0.0),
        ("一", "", 1.0),
        ("一", "一 一", 0.5),
    ],
)
def test_what_another_report_has_too_is_a_share_of_the_one_that_is_dropped(
    kept: str, dropped: str, share: float
) -> None:
    assert share_in(Counter(kept.split()), Counter(dropped.split())) == share


def entry(source: str, event: str | None, *titles: str, held_on: str | None = None) -> ReportEntry:
    talks = tuple(Talk(talk_id(event, title), title, 1) for title in titles)
    return ReportEntry(source, source, "", source, event, held_on, None, None, talks, 0, ())


def talk_ids(entries: Iterable[ReportEntry]) -> list[list[str]]:
    return [[talk.id for talk in entry.talks] for entry in entries]


def test_a_talk_of_two_reports_on_an_event_is_one() -> None:
    one, other = (
        entry("a", "会 2019", "サーバーレスの勘所〜入門〜", "錠"),
        entry("b", "会　２０１９", "サーバレスの勘所"),
    )

    first, second = talk_ids([one, other])
    assert talk_ids(with_talks_met([one, other])) == [first, [first[0]]]
    assert second != [first[0]]


@pytest.mark.parametrize("events", [("会 2019", "会 2020"), (None, None), ("", ""), ("！", None)])
def test_talks_of_other_events_or_of_none_do_not_meet(events: tuple[str | None, str | None]) -> None:
    entries = [entry("a", events[0], "サーバーレスの勘所〜入門〜"), entry("b", events[1], "サーバレスの勘所")]

    assert with_talks_met(entries) == tuple(entries)


def test_a_report_by_itself_has_its_own_talks() -> None:
    alone = entry("a", "会", "鍵の話")
    met = replace(alone, talks=(replace(alone.talks[0], id="会/of-another"),))

    assert with_own_talks(met) == alone


def test_a_report_takes_the_ids_of_its_entry_and_all_that_points_into_it_does() -> None:
    talk = Talk("会/1", "鍵", 1)
    parent = Note("r/1", "r", "a.md", 2, "bullet", 0, "上", talk=talk)
    child = Note(
        *("r/2", "r", "a.md", 3, "bullet", 1, "下"),
        trail=(Crumb("見出し", 1), Crumb("上", 2, "r/1")),
        remedy_of="r/1",
        answers="r/1",
    )
    report = Report("r", "a.md", "題", "会", None, (talk,), (parent, child))
    met = Talk("会/2", "鍵", 1)
    told = replace(entry("a.md", "会"), id="a-12345678", talks=(met,))

    moved = with_ids_of(report, told)

    assert (moved.id, moved.talks) == ("a-12345678", (met,))
    assert moved.notes == (
        replace(parent, id="a-12345678/1", report="a-12345678", talk=met),
        replace(
            child,
            id="a-12345678/2",
            report="a-12345678",
            trail=(Crumb("見出し", 1), Crumb("上", 2, "a-12345678/1")),
            remedy_of="a-12345678/1",
            answers="a-12345678/1",
        ),
    )
    assert with_ids_of(report, replace(told, id="r", talks=(talk,))) == report


def test_a_report_with_other_talks_than_its_entry_is_no_report_of_it() -> None:
    report = Report("r", "a.md", "題", "会", None, (), ())

    with pytest.raises(ValueError, match="longer"):
        with_ids_of(report, entry("a.md", "会", "鍵"))


def test_a_report_is_compared_by_its_notes_as_identity_sees_them() -> None:
    notes = tuple(Note(f"r/{n}", "r", "a.md", n, "bullet", 0, text) for n, text in enumerate(["Ａ", "a", "b"]))

    assert texts_of(Report("r", "a.md", "題", "会", None, (), notes)) == Counter({"a": 2, "b": 1})
