"""Which events and people are proposed as one, and which never are."""

import pytest

from kb.library.configuration import parse
from kb.library.contents import ReportEntry
from kb.report.identity import talk_id
from kb.report.model import Talk
from kb.search.directory import Directory
from kb.search.likely_same import Proposal, proposals


def directory(*reports: tuple[str, str | None, tuple[tuple[str, str], ...]]) -> Directory:
    """Return the directory of reports, given their event, its day, and the titles of talks with their speaker."""
    entries = [
        ReportEntry(
            *(f"r{number}", f"{number}.md", "", "", event, day, None, None),
            tuple(
                Talk(talk_id(event if own else "", title), title, 1, speakers=(own,) if own else ())
                for title, own in talks
            ),
            *(1, ()),
        )
        for number, (event, day, talks) in enumerate(reports)
    ]
    return Directory.of(entries, {talk.id for entry in entries for talk in entry.talks})


def pairs(found: Directory, table: str) -> list[tuple[str, str, str]]:
    return [(one.name, one.shown, one.cause) for key, own in proposals(found).items() if key == table for one in own]


@pytest.mark.parametrize(
    ("one", "other", "cause"),
    [
        (("箱をよく知るための勉強会 2019", None), ("箱をよく知るため勉強会 2019", None), "spelling"),
        (("鍵と錠の会 2019", "2019-03-10"), ("鍵と錠の会 東京 2019", "2019-03-10"), "day"),
        (("鍵と錠の会", "2019-03-10"), ("鍵と錠の会 2019", "2019-03-10"), "day"),
        (("Box re:Invent 2021", "2021"), ("re:Invent 2021", "2021"), "spelling"),
    ],
)
def test_events_are_proposed(one: tuple[str, str | None], other: tuple[str, str | None], cause: str) -> None:
    found = pairs(directory((*one, ()), (*other, ())), "events")

    assert [({*names}, why) for *names, why in found] == [({one[0], other[0]}, cause)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("箱をよく知るための勉強会 2018", None), ("箱をよく知るため勉強会 2019", None)),
        (("箱をよく知るための勉強会 #1", None), ("箱をよく知るため勉強会 #2", None)),
        (("箱をよく知るための勉強会", "2019-03-10"), ("箱をよく知るため勉強会", "2019-03-11")),
        (("鍵と錠の会 2019", "2019-03-10"), ("箱の会 2019", "2019-03-10")),
        (("鍵と錠の会 1限目", "2019-03-10"), ("鍵と錠の会 2限目", "2019-03-10")),
        (("錠の会", None), ("鍵の会", None)),
        (("Box re:Invent", None), ("re:Invent", None)),
    ],
)
def test_events_with_other_numbers_days_or_short_names_are_not(
    one: tuple[str, str | None], other: tuple[str, str | None]
) -> None:
    assert pairs(directory((*one, ()), (*other, ())), "events") == []


def test_two_events_of_a_day_with_one_talk_are_proposed_first() -> None:
    talks = (("鍵をなくした日の話", "花子"),)
    found = directory(
        ("箱をよく知るための会", "2019-03-10", ()),
        ("箱をよく知るため会", "2019-03-10", ()),
        ("カギ会", "2019-03-10", talks),
        ("鍵の集い", "2019-03-10", talks),
    )

    assert [why for *_, why in pairs(found, "events")] == ["talk", "spelling"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("山田花子", "山田 花子"),
        ("山田 花子さん", "山田 花子"),
        ("山田 花子(鍵社)", "山田花子"),
        ("話題のhanako", "hanako"),
        ("@hanako_y", "hanakoy"),
        ("Hanako Yamada", "Yamada Hanako"),
        ("hanako_yamada", "Hanako Yamada"),
        ("hanakoyamada", "hanakoyamado"),
    ],
)
def test_people_are_proposed(one: str, other: str) -> None:
    found = pairs(directory(("会", None, (("い", one), ("ろ", other)))), "people")

    assert [({*names}, why) for *names, why in found] == [({one, other}, "spelling")]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("山田 太郎", "山田 次郎"),
        ("山田さん", "山田 花子"),
        ("花子", "花子さん"),
        ("hanako", "hanaka"),
        ("hanakoya01", "hanakoya02"),
        ("aishikawa", "bishikawa"),
        ("hanako_y", "山田 花子"),
    ],
)
def test_other_people_are_not(one: str, other: str) -> None:
    assert pairs(directory(("会", None, (("い", one), ("ろ", other)))), "people") == []


def test_a_handle_and_a_name_in_one_byline_are_proposed() -> None:
    found = directory(("会", None, (("鍵の話 山田花子 (@hanako_y)", "山田花子"), ("箱の話", "hanako_y"))))

    assert pairs(found, "people") == [("hanako_y", "山田花子", "byline")]


def test_the_names_of_the_speaker_of_a_talk_in_two_reports_are_proposed() -> None:
    found = directory(("会", None, (("鍵の話", "hanako_y"),)), ("会", None, (("鍵の話", "山田 花子"),)))

    assert pairs(found, "people") == [("hanako_y", "山田 花子", "talk")]


def test_the_commoner_name_would_be_shown() -> None:
    found = directory(("会", None, (("い", "山田花子"), ("ろ", "山田花子"), ("は", "山田 花子"))))

    assert pairs(found, "people") == [("山田 花子", "山田花子", "spelling")]


@pytest.mark.parametrize(
    ("text", "is_open"),
    [
        ("", True),
        ('[people]\n"山田花子" = "山田 花子"\n', False),
        ('[people]\n"山田 太郎" = "山田花子"\n', True),
        ('[different.people]\n"山田 花子" = ["山田花子"]\n', False),
        ('[different.events]\n"山田 花子" = ["山田花子"]\n', True),
    ],
)
def test_what_kb_toml_decides_is_not_proposed(text: str, *, is_open: bool) -> None:
    proposal = Proposal("people", "山田花子", "山田 花子", "spelling")

    assert proposal.is_open(parse(text.encode())) is is_open
