"""What only the whole library decides about its reports: copies, ids, and shared talks."""

from collections import Counter
from collections.abc import Iterable

import pytest
from msgspec.structs import replace

from kb.library.configuration import Configuration
from kb.library.contents import ReportEntry
from kb.pipeline.relations import (
    RelatedReports,
    relate,
    share_in,
    sources_with_shared_ids,
    texts_of,
    with_ids_of,
    with_own_talks,
    with_shared_talks,
)
from kb.report.identity import longer_id, talk_id
from kb.report.model import Crumb, Note, Report, Talk

HERE, THERE = "https://e.jp/1", "https://e.jp/2"


def related(*reports: tuple[str, str | None, str]) -> RelatedReports:
    """Return the relation of posts with one event and title, given their source, address and words."""
    texts = {source: Counter(text.split()) for source, _, text in reports}
    return relate([own_entry(source, "r", url) for source, url, _ in reports], texts)


def own_entry(source: str, report_id: str, url: str | None = None) -> ReportEntry:
    return ReportEntry(report_id, source, "", "", None, None, None, url, (), 0, ())


def test_a_report_alone_has_its_own_id() -> None:
    assert related(("a.md", HERE, "一 二")) == RelatedReports({"a.md": "r"}, ())


def test_two_posts_with_one_id_get_longer_ids_by_their_addresses() -> None:
    assert related(("a.md", HERE, "一"), ("b.md", THERE, "二")).ids == {
        "a.md": longer_id("r", HERE),
        "b.md": longer_id("r", THERE),
    }


def test_two_posts_at_one_address_get_longer_ids_by_their_files() -> None:
    assert related(("a.md", HERE, "一"), ("b.md", HERE, "二"), ("c.md", THERE, "三")).ids == {
        "a.md": longer_id("r", "a.md"),
        "b.md": longer_id("r", "b.md"),
        "c.md": longer_id("r", THERE),
    }


def test_posts_without_an_address_get_longer_ids_by_their_files() -> None:
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
    found = related(("a.md", HERE, TEN), ("b.md", THERE, copy))

    problem = 'b.md: the same post as "a.md"; indexed once'
    assert (set(found.ids), [*map(str, found.problems)]) == (
        ({"a.md"}, [problem]) if is_copy else ({"a.md", "b.md"}, [])
    )


@pytest.mark.parametrize("stub", ["", "一"])
def test_a_stub_that_comes_first_does_not_replace_the_whole_report(stub: str) -> None:
    found = related(("a.md", HERE, stub), ("b.md", THERE, TEN))

    assert (set(found.ids), found.problems) == ({"a.md", "b.md"}, ())


def test_a_copy_takes_no_id_from_its_original() -> None:
    found = related(("a.md", HERE, "一"), ("b.md", HERE, "一"), ("c.md", THERE, "二"))

    assert found.ids == {"a.md": longer_id("r", HERE), "c.md": longer_id("r", THERE)}


def test_reports_with_different_ids_are_not_compared() -> None:
    entries = [own_entry("a.md", "r"), own_entry("b.md", "s")]

    assert sources_with_shared_ids(entries) == []
    assert relate(entries, {}) == RelatedReports({"a.md": "r", "b.md": "s"}, ())


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
def test_the_share_is_that_of_the_dropped_report(kept: str, dropped: str, share: float) -> None:
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
    assert talk_ids(with_shared_talks([one, other], Configuration())) == [first, [first[0]]]
    assert second != [first[0]]


@pytest.mark.parametrize("events", [("会 2019", "会 2020"), (None, None), ("", ""), ("！", None)])
def test_talks_of_different_events_or_of_none_are_not_shared(events: tuple[str | None, str | None]) -> None:
    entries = [entry("a", events[0], "サーバーレスの勘所〜入門〜"), entry("b", events[1], "サーバレスの勘所")]

    assert with_shared_talks(entries, Configuration()) == tuple(entries)


def test_reports_of_one_event_have_its_commonest_name_and_share_its_talks() -> None:
    spellings = ("JAWSDAYS 2018", "JAWS DAYS 2018", "jaws days 2018年", "JAWS DAYS 2018")
    own = [entry(str(n), event, "サーバーレスの勘所") for n, event in enumerate(spellings)]

    shared = with_shared_talks(own, Configuration())

    assert [one.event for one in shared] == ["JAWS DAYS 2018"] * 4
    assert {talk.id for one in shared for talk in one.talks} == {own[0].talks[0].id}
    assert [*map(with_own_talks, shared)] == own


def test_the_notes_of_a_report_have_the_name_that_its_event_has_in_the_library() -> None:
    note = Note("r/1", "r", "a.md", 2, "bullet", 0, "鍵", event="JAWSDAYS 2018")
    report = Report("r", "a.md", "題", "JAWSDAYS 2018", None, (), (note,))

    moved = with_ids_of(report, replace(entry("a.md", "JAWS DAYS 2018"), id="r"))

    assert (moved.event, moved.notes) == ("JAWS DAYS 2018", (replace(note, event="JAWS DAYS 2018"),))


def test_a_report_by_itself_has_its_own_talks() -> None:
    alone = entry("a", "会", "鍵の話")
    shared = replace(alone, talks=(replace(alone.talks[0], id="会/of-another"),))

    assert with_own_talks(shared) == alone


def test_a_report_takes_the_ids_of_its_entry_and_its_references_follow() -> None:
    talk = Talk("会/1", "鍵", 1)
    parent = Note("r/1", "r", "a.md", 2, "bullet", 0, "上", event="会", talk=talk)
    child = Note(
        *("r/2", "r", "a.md", 3, "bullet", 1, "下"),
        event="会",
        trail=(Crumb("見出し", 1), Crumb("上", 2, "r/1")),
        remedy_of="r/1",
        answers="r/1",
    )
    report = Report("r", "a.md", "題", "会", None, (talk,), (parent, child))
    shared = Talk("会/2", "鍵", 1)
    known = replace(entry("a.md", "会"), id="a-12345678", talks=(shared,))

    moved = with_ids_of(report, known)

    assert (moved.id, moved.talks) == ("a-12345678", (shared,))
    assert moved.notes == (
        replace(parent, id="a-12345678/1", report="a-12345678", talk=shared),
        replace(
            child,
            id="a-12345678/2",
            report="a-12345678",
            trail=(Crumb("見出し", 1), Crumb("上", 2, "a-12345678/1")),
            remedy_of="a-12345678/1",
            answers="a-12345678/1",
        ),
    )
    assert with_ids_of(report, replace(known, id="r", talks=(talk,))) == report


def test_an_entry_with_different_talks_is_refused() -> None:
    report = Report("r", "a.md", "題", "会", None, (), ())

    with pytest.raises(ValueError, match="longer"):
        with_ids_of(report, entry("a.md", "会", "鍵"))


def test_a_report_is_compared_by_the_normalised_texts_of_its_notes() -> None:
    notes = tuple(Note(f"r/{n}", "r", "a.md", n, "bullet", 0, text) for n, text in enumerate(["Ａ", "a", "b"]))

    assert texts_of(Report("r", "a.md", "題", "会", None, (), notes)) == Counter({"a": 2, "b": 1})
