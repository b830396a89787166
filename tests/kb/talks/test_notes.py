"""The notes of a report, their ids and trails."""

from typing import get_args

from hypothesis import given
from hypothesis import strategies as st
from outlines import ANY_LINE, DAY, markdown, outline

from kb.report.model import Crumb
from kb.report.outline import Block, BlockType, Outline
from kb.talks import report_of
from kb.talks.lines import lines_of
from kb.talks.notes import sections_of


def test_a_trail_has_the_headings_below_the_talk_and_then_the_parent_notes() -> None:
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


def test_a_talk_that_is_an_item_ends_before_the_next_item_of_its_list() -> None:
    item = "- 【A】10:00~10:40:箱の話 / 見本 花子"
    report = report_of(markdown(f"# 箱の会 2019\n\n## セッション\n\n{item}\n  - 鍵は二つ\n- 会場は広かった\n"))

    assert [note.talk is not None for note in report.notes] == [True, True, False]


def test_a_note_after_a_talk_is_not_below_the_headings_before_the_talk() -> None:
    text = "# 鍵の会\n\n## 午前\n\n### 受付\n\n- 早い\n\n## 合鍵の話\n\n- 二つ\n\n全体の感想\n\n- 楽しい\n"
    outline = markdown(text)
    lines = lines_of(outline.blocks)
    at = {line.text: i for i, line in enumerate(lines)}
    sections = sections_of(outline, lines, {at["全体の感想"]: "own"}, [at["合鍵の話"]])

    found = {block.text: (s.talk, [heading.text for heading in s.headings]) for s in sections for block in s.blocks}
    assert (
        found.items()
        >= {
            "早い": (None, ["午前", "受付"]),
            "二つ": (at["合鍵の話"], []),
            "楽しい": (None, []),
        }.items()
    )


def test_repeats_of_a_note_are_numbered_in_reading_order() -> None:
    ids = [note.id.removeprefix(note.report) for note in report_of(DAY).notes if note.text == "ログ"]

    assert ids == ["/1e49eb4d", "/1e49eb4d-2", "/f507a7d3", "/f507a7d3-2"]


def test_a_note_inserted_above_changes_no_other_id() -> None:
    before = report_of(outline("# 【A】10:00:最初の話", "- 一つ", "- 二つ"))
    after = report_of(outline("# 【A】10:00:最初の話", "- 零", "- 一つ", "- 二つ"))

    assert [note.id for note in before.notes] == [note.id for note in after.notes[1:]]


def test_tables_and_code_belong_to_the_note_before() -> None:
    report = report_of(markdown("- 扉\n- 鍵\n\n```\nkey = 2\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n- 錠\n"))

    assert [(note.text, note.attached) for note in report.notes] == [
        ("扉", ()),
        ("鍵", ("key = 2", "a | b\n1 | 2")),
        ("錠", ()),
    ]


def test_code_without_a_note_before_is_a_note() -> None:
    report = report_of(markdown("## 鍵の話\n\n    鍵は二つ\n"))

    assert [(note.text, note.type) for note in report.notes] == [("鍵は二つ", "paragraph")]


@st.composite
def any_block(draw: st.DrawFn) -> Block:
    kind = draw(st.sampled_from(get_args(BlockType)))
    number = draw(st.integers(1, 99))
    level = draw(st.none() | st.integers(1, 9)) if kind == "heading" else None
    depth = draw(st.integers(0, 70)) if kind in ("bullet", "numbered") else None
    return Block(kind, draw(ANY_LINE), number, number, level=level, depth=depth)


@given(st.lists(any_block(), max_size=40), st.none() | ANY_LINE, ANY_LINE)
def test_any_outline_gives_a_report_with_each_of_its_bullets_once(
    blocks: list[Block], title: str | None, source: str
) -> None:
    report = report_of(Outline(source, "utf-8", "markdown", 99, title, tuple(blocks)))
    bullets = [block.text for block in blocks if block.type in ("bullet", "numbered") and block.text.strip()]

    assert [note.text for note in report.notes if note.type != "paragraph"] == bullets


@given(st.lists(any_block(), max_size=40))
def test_every_note_has_its_own_address_and_a_trail_of_notes_before_it(blocks: list[Block]) -> None:
    notes = report_of(Outline("report.txt", "utf-8", "text", 99, None, tuple(blocks))).notes
    before = [{note.id for note in notes[:place]} for place in range(len(notes))]

    assert all(
        note.id not in earlier and all(crumb.note in earlier for crumb in note.trail if crumb.note)
        for note, earlier in zip(notes, before, strict=True)
    )
