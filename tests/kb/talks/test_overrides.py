"""What a person told of lines by hand: which are talks and which are none, by the ids of lines or talks."""

from kb.readers.formats import read_outline
from kb.report.identity import talk_id
from kb.report.model import Report
from kb.talks import candidates_of, report_of

EVENT = "鍵の会 2018"
TEXT = f"""# {EVENT} に参加した

## 【A】10:00~10:40:鍵の話

- 鍵は二つ

## 【B】11:00~11:40:錠の話 / 佐藤 花子さん

- 錠は三つ

### 「蝶番の話」 / 田中 太郎さん（例示株式会社）

- 蝶番は四つ

## ライトニングトーク

- **合鍵の作り方** 田中さん
  - 合鍵は写真でも作れる
- **錠前の歴史** 佐藤さん
  - 古い
"""
OUTLINE = read_outline(TEXT.encode(), "a.md")
KEYS, LOCKS, SPARE = (talk_id(EVENT, title) for title in ("鍵の話", "錠の話", "合鍵の作り方"))
HISTORY = talk_id(EVENT, "錠前の歴史 佐藤さん")


def places(report: Report) -> dict[str, tuple[str, ...]]:
    """Return where each note stands: its talk and its trail."""
    return {
        note.text: ((f"<{note.talk.title}>",) if note.talk else ()) + tuple(crumb.text for crumb in note.trail)
        for note in report.notes
    }


def told(**lines: bool) -> dict[str, bool]:
    return {
        {"keys": KEYS, "locks": LOCKS, "spare": SPARE, "history": HISTORY}[name]: one for name, one in lines.items()
    }


def titles(lines: dict[str, bool]) -> list[str]:
    return [talk.title for talk in report_of(OUTLINE, overrides=lines).talks]


def test_the_notes_of_a_heading_that_is_no_talk_stand_under_it_in_the_report() -> None:
    before, after = report_of(OUTLINE), report_of(OUTLINE, overrides=told(keys=False))

    assert (places(before)["鍵は二つ"], places(after)["鍵は二つ"]) == (("<鍵の話>",), ("【A】10:00~10:40:鍵の話",))
    assert [talk.id for talk in after.talks] == [talk.id for talk in before.talks if talk.id != KEYS]


def test_an_item_that_is_no_talk_is_a_note_with_those_below_it() -> None:
    assert places(report_of(OUTLINE, overrides=told(spare=False)))["合鍵は写真でも作れる"] == (
        "ライトニングトーク",
        "合鍵の作り方 田中さん",
    )


def test_what_stands_below_a_heading_that_is_no_talk_may_be_one() -> None:
    assert "蝶番の話" not in titles({})
    assert "蝶番の話" in titles(told(locks=False))


def test_a_line_that_may_be_a_talk_is_one_where_it_is_told_so() -> None:
    after = report_of(OUTLINE, overrides=told(history=True))

    assert "錠前の歴史" not in titles({})
    assert [talk.title for talk in after.talks][-1] == "錠前の歴史"
    assert places(after)["古い"][0] == "<錠前の歴史>"


def test_that_a_talk_is_none_wins_over_that_its_line_is_one() -> None:
    title = talk_id(EVENT, "錠前の歴史")

    assert "錠前の歴史" not in titles(told(history=True) | {title: False})


def test_what_is_told_either_way_is_not_asked_any_more_and_can_be_told_otherwise() -> None:
    asked = {
        answer: [one.id for one in candidates_of(OUTLINE, report_of(OUTLINE, overrides=lines), lines).talks]
        for answer, lines in (("none", {}), ("yes", told(history=True)), ("no", told(history=False)))
    }

    assert [HISTORY in ids for ids in asked.values()] == [True, False, False]
    assert all({KEYS, HISTORY} <= {*report_of(OUTLINE, overrides=lines).asked} for lines in ({}, told(keys=False)))


def test_what_is_told_of_other_lines_changes_nothing() -> None:
    assert report_of(OUTLINE, overrides={"鍵の会-2018/000000": False, "別の会/000000": True}) == report_of(OUTLINE)
