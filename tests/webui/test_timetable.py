"""The timetable of an event: every talk with a time once, in its track, for as long as it goes on."""

import html
import re

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from kb.knowledge_base import KnowledgeBase
from kb.report.model import Talk
from kb.search.directory import TalkEntry
from webui.app import create_app
from webui.pages.events import Timetable, by_track, timetables

REPORT = """# 見本勉強会 2019

## 【A】10:00~11:30:長い話

- Lambda は速い
- Lambda は安い

## 【A】11:30~12:00:昼の話

- SQS は便利

## 【B】10:00~10:40:朝の話

- S3 は安い

## 【B】11:00~11:40:次の話

- EC2 は速い

## LT「監視の話」 見本 花子さん

- 飲みすぎた
"""


def talk(key: str, track: str | None, start: str | None, end: str | None = None, day: str | None = "2019") -> TalkEntry:
    return TalkEntry(Talk(key, key, 1, track, start, end), (), (), day)


def drawn(table: Timetable) -> list[str]:
    """Return a timetable line by line: each slot by its talks, and its rows where they are several."""
    return [
        " ".join(
            [time]
            + [
                "+".join(one.talk.id for one in slot.talks) + ("" if slot.rows == 1 else f"*{slot.rows}") or "-"
                for slot in slots
            ]
        )
        for time, slots in table.rows
    ]


def test_a_talk_goes_on_beside_those_that_begin_meanwhile() -> None:
    (table,) = timetables(
        [
            talk("long", "A", "10:00", "12:00"),
            talk("early", "B", "10:00", "10:40"),
            talk("late", "B", "11:00", "12:00"),
            talk("noon", "A", "12:00"),
            talk("untimed", "A", None),
        ]
    )

    assert table.tracks == ("A", "B")
    assert drawn(table) == ["10:00 long*2 early", "11:00 late", "12:00 noon -"]


def test_a_talk_ends_where_the_next_of_its_track_begins_whatever_was_written() -> None:
    (table,) = timetables(
        [talk("a", "A", "10:00", "12:00"), talk("b", "A", "11:00"), talk("c", "A", "11:00"), talk("d", "B", "11:30")]
    )

    assert drawn(table) == ["10:00 a -", "11:00 b+c -", "11:30 - d"]


def test_tracks_that_are_rather_a_code_of_each_talk_are_no_columns() -> None:
    (table,) = timetables([talk("a", "S1", "10:00"), talk("b", "S2", "10:00"), talk("c", "S3", "11:00")])

    assert (table.tracks, drawn(table)) == ((None,), ["10:00 a+b", "11:00 c"])


def test_two_tracks_of_three_talks_are_columns() -> None:
    talks = [talk("a", "A", "10:00"), talk("b", "B", "10:00"), talk("c", "A", "11:00")]

    assert [table.tracks for table in timetables(talks)] == [("A", "B")]


def test_each_day_has_its_own_and_what_is_of_no_day_in_particular_too() -> None:
    talks = [
        talk("b", None, "10:00", day="2019-12-03"),
        talk("a", None, "11:00", day="2019-12-02"),
        talk("c", None, "10:00", day="2019"),
    ]

    assert [(table.day, drawn(table)) for table in timetables(talks)] == [
        ("2019", ["10:00 c"]),
        ("2019-12-02", ["11:00 a"]),
        ("2019-12-03", ["10:00 b"]),
    ]
    assert [table.day for table in timetables([talks[0], talks[2], talks[2]])] == [None]


def test_two_talks_with_a_time_are_no_timetable() -> None:
    assert timetables([talk("a", "A", "10:00"), talk("b", "A", "11:00"), talk("c", "A", None)]) == ()


def test_talks_without_a_time_stand_under_their_tracks_where_these_have_several() -> None:
    talks = [talk("a", "A", None), talk("b", "A", None), talk("c", "B", None), talk("d", "B", None)]

    assert [(track, [one.talk.id for one in own]) for track, own in by_track(talks)] == [
        ("A", ["a", "b"]),
        ("B", ["c", "d"]),
    ]
    assert [track for track, _ in by_track(talks[1:3])] == [None]


times = st.sampled_from([f"{hour:02}:{minute}" for hour in range(9, 18) for minute in ("00", "30")])


@given(st.lists(st.tuples(st.sampled_from(["A", "B", None]), times, st.none() | times), min_size=5, max_size=30))
def test_every_time_of_every_track_is_in_one_slot_and_every_talk_in_one(
    told: list[tuple[str | None, str, str | None]],
) -> None:
    talks = [talk(str(number), *one) for number, one in enumerate(told)]
    (table,) = timetables(talks)
    starts = [time for time, _ in table.rows]
    covered = [
        (slot.track, starts[place + row])
        for place, (_, slots) in enumerate(table.rows)
        for slot in slots
        for row in range(slot.rows)
    ]

    assert sorted(covered, key=str) == sorted(((track, time) for track in table.tracks for time in starts), key=str)
    assert sorted((one.talk.id, time) for time, slots in table.rows for slot in slots for one in slot.talks) == sorted(
        (one.talk.id, one.talk.start) for one in talks
    )
    assert starts == sorted(starts)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    folder = tmp_path_factory.mktemp("timetable")
    (folder / "library").mkdir()
    (folder / "library" / "a.md").write_text(REPORT, "utf-8")
    knowledge_base = KnowledgeBase.open(folder / "library", folder / "index")
    knowledge_base.indexer.sync()
    return create_app(knowledge_base).test_client()


def test_the_page_of_an_event_has_its_timetable_and_below_it_what_has_no_time(client: FlaskClient) -> None:
    page = client.get("/event/見本勉強会-2019").text
    table, rest = page[page.index('<table class="timetable">') :].split("</table>", 1)
    cells = re.findall(r'href="(/talk/[^"]+)">([^<]+)</a>.*?メモ (\d+)件', table, re.DOTALL)

    assert [title for _, title, _ in cells] == ["長い話", "朝の話", "次の話", "昼の話"]
    assert re.findall(r'rowspan="(\d)" data-track="【(.)】"', table) == [("2", "A"), ("2", "B")]
    assert re.findall(r'href="/talk/[^"]+">([^<]+)</a>', rest) == ["監視の話"]
    notes = [
        client.get(html.unescape(url), headers={"Accept": "application/json"}).json["notes"] for url, _, _ in cells
    ]
    assert [str(len(every)) for every in notes] == [count for _, _, count in cells]
