"""The guide of a service over a collection: each thing told once, in its part, and no more than so many."""

from pathlib import Path

import pytest
from models import Characters

from index.whoosh_engine import WhooshEngine
from kb.knowledge_base import KnowledgeBase
from kb.learning import load
from kb.report.model import Correction
from kb.search.guide import Guide


def opened(folder: Path, **reports: str) -> KnowledgeBase:
    (folder / "library").mkdir()
    for name, notes in reports.items():
        text = f"# 見本勉強会 {name.removeprefix('y')} 参加レポート\n\n- Lambda\n{notes}"
        (folder / "library" / f"{name}.md").write_text(text, "utf-8")
    model = Characters()
    knowledge_base = KnowledgeBase.open(
        folder / "library",
        folder / "index",
        lambda index, schema, parser, _: WhooshEngine(index, schema, parser, lambda: model),
    )
    knowledge_base.indexer.sync()
    return knowledge_base


def guide(knowledge_base: KnowledgeBase) -> Guide:
    return knowledge_base.guide(knowledge_base.collection.catalogue.by_slug["lambda"])


def told(made: Guide) -> list[list[str]]:
    return [[note.text for note in entry.notes] for part in made.parts.values() for entry in part]


def test_of_many_notes_only_so_many_are_told_and_the_guide_says_so(tmp_path: Path) -> None:
    notes = "".join(f"  - 箱{n}と鍵{n}の話を聞く\n" for n in range(900))
    made = guide(opened(tmp_path, y2018=notes))

    assert (made.notes, 300 <= made.compared <= 800) == (901, True)


def test_where_there_is_no_index_yet_the_guide_is_empty(tmp_path: Path) -> None:
    (tmp_path / "library").mkdir()
    made = guide(KnowledgeBase.open(tmp_path / "library", tmp_path / "index"))

    assert (made.notes, told(made), len(made.changes) > 0) == (0, [], True)


def add_takers(knowledge_base: KnowledgeBase, *note_takers: str) -> None:
    """Add a report of each of several who noted one talk of 2022."""
    library, told = knowledge_base.collection.library.path, ""
    for number, notes in enumerate(note_takers):
        talk = "## 【A】10:00~10:40:箱の運用\n\n- Lambda\n"
        (library / f"{number}.md").write_text(f"# 見本勉強会 {number}人目の参加レポート\n\n{talk}{notes}", "utf-8")
        told += f'[reports."{number}.md"]\nevent = "見本勉強会 2022"\ndate = "2022"\n'
    (library / "kb.toml").write_text(told, "utf-8")
    knowledge_base.indexer.sync()


def test_what_two_takers_noted_in_other_words_is_one_row_once_there_are_vectors(tmp_path: Path) -> None:
    others = "".join(f"  - {chr(0x5000 + 7 * n)}{chr(0x5400 + 7 * n)}の話を聞く\n" for n in range(20))
    one, other = "赤青黄緑白黒紫茶の箱を積む", "箱は茶紫黒白緑黄青赤に積む"
    knowledge_base = opened(tmp_path)
    add_takers(knowledge_base, f"  - {one}\n{others}", f"  - {other}\n")
    by_words = told(guide(knowledge_base))
    knowledge_base.indexer.embed()
    by_meaning = told(guide(knowledge_base))

    assert ([one] in by_words, [other] in by_words) == (True, True)
    assert [sorted(row) for row in by_meaning if len(row) > 1] == [sorted((one, other))]


PROBLEM, REMEDY = "課題: 箱の鍵が見つからず困る", "対策：鍵の札を棚に必ず並べておく"


@pytest.mark.parametrize(
    "other",
    [
        "  - 課題: 箱の鍵が見つからなくて困る\n    - 対策：鍵の札を棚に必ず並べる\n",
        "  - 箱の鍵が見つからない\n    - → 鍵の札を棚に必ず並べておく\n",
    ],
)
def test_the_remedy_that_two_takers_noted_is_told_once_with_its_problem(tmp_path: Path, other: str) -> None:
    knowledge_base = opened(tmp_path)
    add_takers(knowledge_base, f"  - {PROBLEM}\n    - {REMEDY}\n", other)
    made = guide(knowledge_base)
    [entry] = made.parts["solved"]

    assert (len(entry.notes), len(entry.remedies), entry.leads_to, len(told(made))) == (2, 1, (), 1)


def test_a_remedy_that_another_talk_tells_is_told_by_itself_too(tmp_path: Path) -> None:
    knowledge_base = opened(tmp_path)
    add_takers(knowledge_base, f"  - {PROBLEM}\n    - {REMEDY}\n")
    alone = told(guide(knowledge_base))
    again = f"# 別の会 2024 参加レポート\n\n## 【B】10:00~10:40:鍵の話\n\n- Lambda\n  - {REMEDY}\n"
    (tmp_path / "library" / "again.md").write_text(again, "utf-8")
    knowledge_base.indexer.sync()

    assert (alone, sorted(told(guide(knowledge_base)))) == ([[PROBLEM]], [[REMEDY, REMEDY], [PROBLEM]])


def test_sure_advice_comes_before_likely_advice_even_if_it_no_longer_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load("kinds"), "thresholds", {"advice": 2.0, "problem": 2.0})
    monkeypatch.setattr(load("kinds"), "likely", {"advice": 1e-9})
    knowledge_base = opened(tmp_path, y2017="  - 箱の鍵を数えるとよい\n  - 最大実行時間は5分にするとよい\n")
    overtaken = next(entry for entry in guide(knowledge_base).parts["advice"] if entry.changes)
    before = [entry.likely for entry in guide(knowledge_base).parts["advice"]]
    knowledge_base.corrector.note(overtaken.note.id, lambda _: Correction(kind="advice"))
    knowledge_base.indexer.sync()

    entries = guide(knowledge_base).parts["advice"]
    assert [(entry.likely, len(entry.changes)) for entry in entries] == [
        (None, 1),
        *[("advice", 0)] * (len(before) - 1),
    ]
    assert set(before) == {"advice"}


def test_what_is_noted_outside_of_talks_is_said_once(tmp_path: Path) -> None:
    made = guide(opened(tmp_path, y2018="  - 箱の鍵は二つある\n"))

    assert [entry.talks for part in made.parts.values() for entry in part] == [1]


def test_a_sentence_stands_once_in_a_guide_be_it_that_a_row_has_two(tmp_path: Path) -> None:
    opening, other = "box は毎朝かならず開ける", "box は毎朝かならずあける"
    knowledge_base = opened(tmp_path, y2018=f"  - {opening.upper()}\n", y2020=f"  - {other}\n")
    apart = told(guide(knowledge_base))
    add_takers(knowledge_base, f"  - {opening}\n", f"  - {other}\n")
    [together] = told(guide(knowledge_base))

    assert apart == [[other], [opening.upper()]]
    assert (together[:2], sorted(together[2:])) == ([opening.upper(), other], sorted((opening, other)))


def test_what_is_most_surely_advice_stands_first_and_what_no_longer_holds_last(tmp_path: Path) -> None:
    notes = "  - 箱の鍵は必ず二つ持つべき\n  - 箱の鍵は分けておくこと\n  - 箱には鍵があるらしい\n"
    made = guide(opened(tmp_path, y2017=f"  - 最大実行時間は5分だと必ず覚えておくこと\n{notes}"))
    entries = [entry for name in ("advice", "cases") for entry in made.parts[name]]
    order = [(entry.likely is not None, bool(entry.changes), -int(entry.note.advice * 4)) for entry in entries[:-1]]

    assert (order, len(set(order)) > 1) == (sorted(order), True)
    assert [entry.note.text for entry in entries[-2:]] == [
        "最大実行時間は5分だと必ず覚えておくこと",
        "箱には鍵があるらしい",
    ]
    assert [len(entry.changes) for entry in entries[-2:]] == [1, 0]  # the last one is no advice


def test_what_was_said_again_after_a_change_is_not_marked_by_it(tmp_path: Path) -> None:
    knowledge_base = opened(tmp_path, y2017="  - 最大実行時間は5分\n")
    before = [len(entry.changes) for entry in guide(knowledge_base).parts["cases"]]
    again = "# 見本勉強会 2020 参加レポート\n\n- Lambda\n  - 最大実行時間は5分\n"
    (tmp_path / "library" / "y2020.md").write_text(again, "utf-8")
    knowledge_base.indexer.sync()

    assert (before, [len(entry.changes) for entry in guide(knowledge_base).parts["cases"]]) == ([1], [0])


def test_what_an_arrow_leads_to_is_told_with_what_it_goes_on_from_and_not_by_itself(tmp_path: Path) -> None:
    notes = (
        "  - 箱は部品ごとに棚に並んでいる\n    - → 小さな箱に分けておくべき\n"
        "  - 鍵は棚ごとに三つある\n  - → 鍵の数を先に数えておくべき\n  - → 数えた鍵の札を必ず作る\n"
    )
    made = guide(opened(tmp_path, y2018=notes))
    leading = [
        (part, entry.note.text, [note.text for note in entry.leads_to])
        for part, entries in made.parts.items()
        for entry in entries
    ]

    assert leading == [
        ("advice", "箱は部品ごとに棚に並んでいる", ["→ 小さな箱に分けておくべき"]),
        ("advice", "鍵は棚ごとに三つある", ["→ 鍵の数を先に数えておくべき", "→ 数えた鍵の札を必ず作る"]),
    ]


def test_what_stands_together_in_a_report_stands_so_in_its_guide(tmp_path: Path) -> None:
    texts = [f"{thing}の棚に{other}が並ぶ" for thing in "箱鍵窓" for other in "札紐布"]
    made = guide(opened(tmp_path, y2018="".join(f"  - {text}\n" for text in texts)))

    assert [entry.note.text for entry in made.parts["cases"]] == texts
    assert {made.subject(entry) for entry in made.parts["cases"]} == {()}


def test_prose_that_only_stands_under_a_service_is_not_told(tmp_path: Path) -> None:
    prose = "\n## Lambda\n\n箱の鍵を机に忘れてきた話を聞きました。\n\nLambda の箱の鍵は机に置けるそうです。\n"
    made = guide(opened(tmp_path, y2018=f"  - 窓の札を棚に並べる\n{prose}"))

    assert told(made) == [["窓の札を棚に並べる"], ["Lambda の箱の鍵は机に置けるそうです。"]]


def test_of_prose_that_only_stands_under_a_service_what_is_surely_a_problem_is_told(tmp_path: Path) -> None:
    prose = "\n## Lambda\n\n課題: 起動が遅くて困っている。\n\n会場は駅から歩いて五分の所にあった。\n"
    made = guide(opened(tmp_path, y2018=prose))

    assert [[note.text for note in entry.notes] for entry in made.parts["unsolved"]] == [
        ["課題: 起動が遅くて困っている。"]
    ]
    assert "会場は駅から歩いて五分の所にあった。" not in str(told(made))


def test_a_note_of_a_year_is_newer_than_one_of_a_day_in_the_year_before(tmp_path: Path) -> None:
    reports = {
        "2018-12-05": "  - 箱の札が棚に並ぶ\n",
        "2019": "  - 鍵の紐が窓に並ぶ\n",
        "2017": "  - 窓の布が箱に並ぶ\n",
    }
    made = guide(opened(tmp_path, **reports))

    assert [entry.note.held_on for entry in made.parts["cases"]] == ["2019", "2018-12-05", "2017"]


def test_an_entry_is_as_new_as_the_last_of_its_notes(tmp_path: Path) -> None:
    often, once = "  - 箱の札が棚に並ぶ\n", "  - 鍵の紐が窓に並ぶ\n"
    made = guide(opened(tmp_path, **{"2016": often, "2018": once, "2020": often}))

    assert [entry.until for entry in made.parts["cases"]] == ["2020", "2018"]


def test_all_wordings_of_notes_that_note_takers_share_are_one_entry(tmp_path: Path) -> None:
    wordings = ("  - 箱の札を棚に並べておく\n", "  - 箱の札を棚に並べてある\n")
    knowledge_base = opened(tmp_path, y2018=wordings[0], y2019=wordings[1], y2020=wordings[0])
    add_takers(knowledge_base, *wordings)

    assert [len(notes) for notes in told(guide(knowledge_base))] == [5]


def test_the_changes_of_a_service_come_newest_first(tmp_path: Path) -> None:
    days = [change.changed_on for change in guide(opened(tmp_path, y2018="  - 箱の札が棚に並ぶ\n")).changes]

    assert (days, len(set(days)) > 1) == (sorted(days, reverse=True), True)


def test_the_same_words_of_several_talks_are_in_the_order_of_their_days_and_the_newest_is_shown(tmp_path: Path) -> None:
    same = "  - 箱の札が棚に並ぶ\n"
    knowledge_base = opened(tmp_path, **{"2018-12-05": same, "2017": same, "2019-01-20": same})
    for name in ("別の集まり", "あの集まり 2020-02-02"):  # the order of their ids is not that of their days
        (tmp_path / "library" / f"{name}.md").write_text(f"# {name}の記録\n\n- Lambda\n{same}", "utf-8")
    knowledge_base.indexer.sync()
    [entry] = guide(knowledge_base).parts["cases"]

    assert [note.held_on for note in entry.notes] == ["2017", "2018-12-05", "2019-01-20", "2020-02-02", None]
    assert (entry.note.held_on, entry.since, entry.until) == ("2020-02-02", "2017", "2020-02-02")


def test_the_subject_of_an_entry_are_the_two_nearest_texts_above_it(tmp_path: Path) -> None:
    made = guide(opened(tmp_path, y2018="  - 箱の置き場\n    - 棚の並び\n      - 札の色\n        - 赤い札が多い\n"))
    subjects = {entry.note.text: made.subject(entry) for part in made.parts.values() for entry in part}

    assert subjects["赤い札が多い"] == ("棚の並び", "札の色")


def test_an_entry_is_sorted_by_the_surest_advice_that_it_leads_to(tmp_path: Path) -> None:
    plain, sure = "箱は部品ごとに棚に並んでいる", "→ 鍵の数を必ず先に数えておくべき"
    notes = f"  - 紐は分けたほうがよい\n  - {plain}\n    - {sure}\n"
    made = guide(opened(tmp_path, y2018=notes))

    assert made.parts["advice"][0].note.text == plain


def test_a_guide_is_made_again_only_for_another_generation(tmp_path: Path) -> None:
    knowledge_base = opened(tmp_path, y2018="  - 箱の札が棚に並ぶ\n")
    knowledge_base.indexer.embed()
    first, same = guide(knowledge_base), guide(knowledge_base)
    (tmp_path / "library" / "y2019.md").write_text("# 見本勉強会 2019\n\n- Lambda\n", "utf-8")
    knowledge_base.indexer.sync()

    assert same is first
    assert [first.notes, guide(knowledge_base).notes] == [2, 3]


def test_only_the_last_few_guides_are_kept(tmp_path: Path) -> None:
    knowledge_base = opened(tmp_path, y2018="  - 箱の札が棚に並ぶ\n")
    knowledge_base.indexer.embed()
    services = knowledge_base.collection.catalogue.services[:20]
    first, *_ = [knowledge_base.guide(service) for service in services]

    assert knowledge_base.guide(services[-1]) is knowledge_base.guide(services[-1])
    assert knowledge_base.guide(services[0]) is not first
