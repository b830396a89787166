"""From outlines to reports: events, talks, notes and their trails."""

import re

from kb.model import Crumb, Given, Talk
from kb.outline import Block, BlockType, Outline
from kb.talks import report_of

SHAPES: tuple[tuple[str, BlockType], ...] = (
    (r"(#+) (?P<text>.+)", "heading"),
    (r"( *)- (?P<text>.+)", "bullet"),
    (r"( *)\d+\. (?P<text>.+)", "numbered"),
    (r"()\[(?P<text>.+)\]", "link"),
    (r"()(?P<text>.+)", "paragraph"),
    (r"()(?P<text>)", "blank"),
)


def block(line: str, number: int) -> Block:
    """Return the block of a line in a toy notation: `#` headings, `-` bullets two spaces a level, `[…]` links."""
    kind, match = next((kind, match) for shape, kind in SHAPES if (match := re.fullmatch(shape, line)))
    return Block(
        type=kind,
        text=match["text"],
        first_line=number,
        last_line=number,
        level=len(match[1]) if kind == "heading" else None,
        depth=len(match[1]) // 2 if kind in ("bullet", "numbered") else None,
    )


def outline(*lines: str, title: str | None = None, source: str = "report.txt") -> Outline:
    """Return the outline of lines in the toy notation."""
    blocks = tuple(block(line, number) for number, line in enumerate(lines, 1))
    return Outline(source, "utf-8", "text", len(blocks), title, blocks)


DAY = outline(
    "あるブログ",
    "CLOUD DAYS 2021 行ってきました!レポート",
    "# 【A】9:05~10:00:「小さく始める監視」",
    "[https://speakerdeck.com]",
    "- ログ",
    "  - 構造にして残す",
    "  1. 時刻を揃える",
    "# 質問メモ",
    "- ログ",
    "# 【ALL】１０：１０〜１１：００：締めの話",
    "- ログ",
    "- ログ",
    "# 所感",
    "楽しい一日でした。",
    title="CLOUD DAYS 2021 行ってきました!レポート",
)


def test_an_event_is_named_by_the_title_and_dated_as_precisely_as_it_says() -> None:
    report = report_of(DAY)

    assert (report.event, report.held_on) == ("CLOUD DAYS 2021", "2021")


def test_what_was_given_by_hand_wins() -> None:
    report = report_of(DAY, Given("雲の日", "2021-05-06", "https://example.com/"))

    assert (report.event, report.held_on, report.url) == ("雲の日", "2021-05-06", "https://example.com/")


def test_a_heading_with_track_and_times_is_a_talk_with_the_links_below_it() -> None:
    talks = report_of(DAY).talks

    assert talks == (
        Talk(
            "cloud-days-2021/188e6a", "小さく始める監視", 3, "A", "09:05", "10:00", links=("https://speakerdeck.com",)
        ),
        Talk("cloud-days-2021/88e5cf", "締めの話", 10, "ALL", "10:10", "11:00"),
    )


def test_a_trail_is_the_headings_below_the_talks_and_then_the_parent_notes() -> None:
    notes = report_of(DAY).notes[2:]
    log = notes[0].id

    assert [(note.text, note.talk and note.talk.line, note.depth, note.trail) for note in notes] == [
        ("ログ", 3, 0, ()),
        ("構造にして残す", 3, 1, (Crumb("ログ", 5, log),)),
        ("時刻を揃える", 3, 1, (Crumb("ログ", 5, log),)),
        ("ログ", 3, 0, (Crumb("質問メモ", 8),)),
        ("ログ", 10, 0, ()),
        ("ログ", 10, 0, ()),
        ("楽しい一日でした。", None, 0, (Crumb("所感", 13),)),
    ]


def test_repeats_of_a_note_are_numbered_in_reading_order() -> None:
    ids = [note.id.removeprefix(note.report) for note in report_of(DAY).notes if note.text == "ログ"]

    assert ids == ["/1e49eb4d", "/1e49eb4d-2", "/f507a7d3", "/f507a7d3-2"]


def test_a_note_inserted_above_changes_no_other_address() -> None:
    before = report_of(outline("# 【A】10:00:最初の話", "- 一つ", "- 二つ"))
    after = report_of(outline("# 【A】10:00:最初の話", "- 零", "- 一つ", "- 二つ"))

    assert [note.id for note in before.notes] == [note.id for note in after.notes[1:]]
