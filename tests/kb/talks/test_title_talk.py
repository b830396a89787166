"""The talk of a report's title, which a person says the whole report is about."""

import pytest
from msgspec.structs import replace
from outlines import markdown

from kb.readers.formats import read_outline
from kb.report.identity import talk_id
from kb.report.model import Report
from kb.talks import begun_talk, line_ids, report_of, report_with_candidates, title_id
from kb.talks.lines import line_keys, lines_of

SECTIONS = """前置き

# 会場について

- 駅から近い

# 【B】11:00~11:40: 錠の話 / 佐藤 花子さん

- 錠は三つ

# 感想

楽しい一日でした。
"""
FRONT = f"---\ntitle: 鍵の話（山田 花子さん）\ndate: 2018-03-10\n---\n\n{SECTIONS}"
LOCKS = "【B】11:00~11:40: 錠の話 / 佐藤 花子さん"


def ids(text: str) -> dict[str, str]:
    """Return the ids of the lines of a Markdown text by their texts."""
    return {line.text: own_id for line, own_id in line_ids(markdown(text), report_of(markdown(text)).event)}


def about_title(text: str, source: str = "a.md", **others: object) -> Report:
    """Return the report of a text whose title is a talk, with further overrides by the text of a line."""
    outline = read_outline(text.encode(), source)
    event = report_of(outline).event
    by_text = {line.text: own_id for line, own_id in line_ids(outline, event)}
    overrides = {by_text[line]: override for line, override in others.items()}
    return report_of(outline, line_overrides={title_id(outline, event): True, **overrides})


def talks(report: Report) -> dict[str, tuple[str | None, ...]]:
    """Return the talk and the trail of each note."""
    return {note.text: (note.talk and note.talk.title, *(one.text for one in note.trail)) for note in report.notes}


WHOLE = {
    "前置き": ("鍵の話",),
    "駅から近い": ("鍵の話", "会場について"),
    "錠は三つ": ("鍵の話", LOCKS),
    "楽しい一日でした。": ("鍵の話", "感想"),
}


@pytest.mark.parametrize(
    ("title", "notes"),
    [
        ("---\ntitle: 鍵の話（山田 花子さん）\n---\n\n", {}),
        ("# 鍵の話（山田 花子さん）\n\n", {}),
        ("鍵の話（山田 花子さん）\n\n", {"鍵の話（山田 花子さん）": ("鍵の話",)}),
    ],
)
def test_all_notes_are_below_a_title_that_is_a_talk_wherever_it_is_written(
    title: str, notes: dict[str, tuple[str, ...]]
) -> None:
    report = about_title(title + SECTIONS.replace("# ", "## "))

    assert talks(report) == notes | WHOLE
    assert [(talk.title, talk.speakers, talk.line) for talk in report.talks] == [("鍵の話", ("山田 花子",), 1)]


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("a.html", "<html><head><title>鍵の話</title></head><body><h2>感想</h2><p>鍵は二つ</p></body></html>"),
        ("a.rst", ":title: 鍵の話\n\n感想\n====\n\n鍵は二つ\n"),
        ("a.org", "#+TITLE: 鍵の話\n\n* 感想\n鍵は二つ\n"),
        ("a.txt", "鍵の話\n\n感想\n・鍵は二つ\n"),
    ],
)
def test_a_title_of_any_format_can_be_a_talk(source: str, text: str) -> None:
    assert talks(about_title(text, source))["鍵は二つ"] == ("鍵の話", "感想")


def test_the_report_itself_and_its_title_stay() -> None:
    before, after = report_of(markdown(FRONT)), about_title(FRONT, "report.md")

    assert replace(after, talks=(), notes=()) == replace(before, talks=(), notes=())
    assert [(note.line, note.text) for note in after.notes] == [(note.line, note.text) for note in before.notes]


def test_text_above_the_heading_of_the_title_is_below_the_talk() -> None:
    assert talks(about_title("2018-03-10 の日記\n\n# 鍵の話\n\n- 鍵は二つ\n")) == {
        "2018-03-10 の日記": ("鍵の話",),
        "鍵は二つ": ("鍵の話",),
    }


def test_a_heading_that_repeats_the_title_does_not_end_the_talk() -> None:
    assert talks(about_title("# 鍵の話\n\n- 鍵は二つ\n\n## 鍵の話\n\n- 錠は三つ\n")) == {
        "鍵は二つ": ("鍵の話",),
        "錠は三つ": ("鍵の話", "鍵の話"),
    }


def test_a_talk_that_a_person_confirmed_or_a_line_that_ends_it_stays() -> None:
    confirmed, ended = about_title(FRONT, **{LOCKS: True}), about_title(FRONT, 感想="ends")

    assert talks(confirmed) == {
        **dict([*WHOLE.items()][:2]),
        "錠は三つ": ("錠の話",),
        "楽しい一日でした。": (None, "感想"),
    }
    assert talks(ended) == WHOLE | {"楽しい一日でした。": (None, "感想")}


def test_a_first_heading_among_other_talks_of_its_level_is_one_of_them() -> None:
    text = f"# 10:00~10:40: 鍵の話\n\n- 鍵は二つ\n\n# {LOCKS}\n\n- 錠は三つ\n"

    assert talks(about_title(text)) == {"鍵は二つ": ("鍵の話",), "錠は三つ": ("錠の話",)}


def test_sections_at_the_level_of_the_title_are_below_it_if_none_is_a_talk() -> None:
    assert talks(about_title("# 鍵の話\n\n- 鍵は二つ\n\n# 感想\n\n- 楽しい\n")) == {
        "鍵は二つ": ("鍵の話",),
        "楽しい": ("鍵の話", "感想"),
    }


def test_a_person_who_refuses_the_talk_gets_the_report_as_it_was() -> None:
    outline = markdown(FRONT)
    own = title_id(outline, None)

    assert begun_talk(outline, None, own) == about_title(FRONT).talks[0].id != own
    assert report_of(outline, line_overrides={own: True, begun_talk(outline, None, own): False}) == report_of(outline)


def test_overrides_of_the_title_its_talk_and_other_lines_all_apply() -> None:
    outline = markdown(FRONT)
    own = title_id(outline, None)
    refused = {own: True, begun_talk(outline, None, own): False}
    whole = {own: True, talk_id(None, "錠の話"): False}

    assert report_with_candidates(outline, None, refused)[1].overridden == {*refused}
    assert report_with_candidates(outline, None, whole)[1].overridden == {*whole}


def test_assistants_do_not_divide_what_a_person_says_is_one_talk() -> None:
    outline = markdown(FRONT)
    lines = lines_of(outline.blocks)
    roles = {key: "talk" for line, key in zip(lines, line_keys(lines), strict=True) if line.text == "感想"}
    report, candidates = report_with_candidates(outline, None, {title_id(outline, None): True}, roles)

    assert (talks(report), candidates.talks) == (WHOLE, ())


def test_a_title_that_is_in_no_line_is_the_first_of_the_lines() -> None:
    front, heading = ids(FRONT), ids(f"# 鍵の話\n\n{SECTIONS}")

    assert list(front)[:2] == ["鍵の話（山田 花子さん）", "前置き"]
    assert list(heading)[:2] == ["鍵の話", "前置き"]
    assert title_id(markdown("- 鍵\n- 錠\n"), None) == ""
