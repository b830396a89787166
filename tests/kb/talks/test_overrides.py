"""Overrides of lines: which are talks and which are not, by the ids of lines or talks."""

from kb.readers.formats import read_outline
from kb.report.identity import talk_id
from kb.report.model import Report
from kb.talks import report_of, report_with_candidates

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
- **古い錠前の話** 佐藤さん
  - 古い
"""
OUTLINE = read_outline(TEXT.encode(), "a.md")
KEYS, LOCKS, SPARE = (talk_id(EVENT, title) for title in ("鍵の話", "錠の話", "合鍵の作り方"))
HISTORY = talk_id(EVENT, "古い錠前の話 佐藤さん")


def places(report: Report) -> dict[str, tuple[str, ...]]:
    """Return the talk and the trail of each note."""
    return {
        note.text: ((f"<{note.talk.title}>",) if note.talk else ()) + tuple(crumb.text for crumb in note.trail)
        for note in report.notes
    }


def overrides(**lines: bool) -> dict[str, bool]:
    ids = {"keys": KEYS, "locks": LOCKS, "spare": SPARE, "history": HISTORY}
    return {ids[name]: is_talk for name, is_talk in lines.items()}


def titles(lines: dict[str, bool]) -> list[str]:
    return [talk.title for talk in report_of(OUTLINE, line_overrides=lines).talks]


def test_notes_below_a_heading_that_is_no_talk_have_it_in_their_trail() -> None:
    before, after = report_of(OUTLINE), report_of(OUTLINE, line_overrides=overrides(keys=False))

    assert (places(before)["鍵は二つ"], places(after)["鍵は二つ"]) == (("<鍵の話>",), ("【A】10:00~10:40:鍵の話",))
    assert [talk.id for talk in after.talks] == [talk.id for talk in before.talks if talk.id != KEYS]


def test_an_item_that_is_no_talk_is_a_note_above_its_children() -> None:
    assert places(report_of(OUTLINE, line_overrides=overrides(spare=False)))["合鍵は写真でも作れる"] == (
        "ライトニングトーク",
        "合鍵の作り方 田中さん",
    )


def test_a_heading_below_one_that_is_no_talk_may_be_a_talk() -> None:
    assert "蝶番の話" not in titles({})
    assert "蝶番の話" in titles(overrides(locks=False))


def test_a_candidate_is_a_talk_if_overridden_so() -> None:
    after = report_of(OUTLINE, line_overrides=overrides(history=True))

    assert "古い錠前の話" not in titles({})
    assert [talk.title for talk in after.talks][-1] == "古い錠前の話"
    assert places(after)["古い"][0] == "<古い錠前の話>"


def test_an_override_of_a_talk_wins_over_one_of_its_line() -> None:
    title = talk_id(EVENT, "古い錠前の話")

    assert "古い錠前の話" not in titles(overrides(history=True) | {title: False})


def test_an_overridden_line_is_no_candidate() -> None:
    asked = {
        answer: [one.id for one in report_with_candidates(OUTLINE, line_overrides=lines)[1].talks]
        for answer, lines in (("none", {}), ("yes", overrides(history=True)), ("no", overrides(history=False)))
    }

    assert [HISTORY in ids for ids in asked.values()] == [True, False, False]


def test_overrides_of_unknown_lines_change_nothing() -> None:
    assert report_of(OUTLINE, line_overrides={"鍵の会-2018/000000": False, "別の会/000000": True}) == report_of(OUTLINE)


def ended(text: str, line: str) -> dict[str, tuple[str, ...]]:
    outline = read_outline(text.encode(), "a.md")
    return places(report_of(outline, line_overrides={talk_id(EVENT, line): "ends"}))


def test_a_talk_ends_at_any_line_that_ends_it() -> None:
    heading = ended(TEXT.replace("「蝶番の話」 / 田中 太郎さん（例示株式会社）", "懇親会"), "懇親会")
    item = ended(TEXT.replace("- 鍵は二つ", "- 鍵は二つ\n- 昼は蕎麦\n  - うまい"), "昼は蕎麦")
    line = ended(TEXT.replace("- 鍵は二つ", "鍵は二つ\n昼は蕎麦\nうまい"), "昼は蕎麦")

    assert (heading["錠は三つ"], heading["蝶番は四つ"]) == (("<錠の話>",), ("懇親会",))
    assert (item["鍵は二つ"], item["昼は蕎麦"], item["うまい"]) == (("<鍵の話>",), (), ("昼は蕎麦",))
    assert [(text, trail) for text, trail in line.items() if text[:1] in "鍵昼"] == [
        ("鍵は二つ", ("<鍵の話>",)),
        ("昼は蕎麦 うまい", ()),
    ]


def test_a_line_that_ends_a_talk_is_no_talk() -> None:
    after = report_of(OUTLINE, line_overrides={LOCKS: "ends"})

    assert "錠の話" not in [talk.title for talk in after.talks]
    assert places(after)["錠は三つ"] == ("【B】11:00~11:40:錠の話 / 佐藤 花子さん",)
