"""The guide of a service over a collection: made of one generation, by meaning once there are vectors, and bounded."""

from pathlib import Path

from models import Characters

from index.whoosh_engine import WhooshEngine
from kb.knowledge_base import KnowledgeBase
from kb.search.guiding import Guide


def opened(folder: Path, **reports: str) -> KnowledgeBase:
    (folder / "library").mkdir()
    for name, notes in reports.items():
        text = f"# 見本勉強会 {name.removeprefix('y')} 参加レポート\n\n- Lambda\n{notes}"
        (folder / "library" / f"{name}.md").write_text(text, "utf-8")
    model = Characters()
    knowledge_base = KnowledgeBase.open(
        folder / "library",
        folder / "index",
        lambda index, schema, language, _: WhooshEngine(index, schema, language, lambda: model),
    )
    knowledge_base.keeper.sync()
    return knowledge_base


def guide(knowledge_base: KnowledgeBase) -> Guide:
    return knowledge_base.guides.of(knowledge_base.collection.catalogue.by_slug["lambda"])


def test_a_guide_is_made_once_a_generation_and_anew_when_vectors_have_come(tmp_path: Path) -> None:
    one, other = "箱から鍵を静かに抜き出す作業を毎朝行う", "箱から鍵をそっと抜き出して札を棚に並べる習慣を毎晩続ける"
    others = "".join(f"  - {chr(0x5000 + 7 * n)}{chr(0x5400 + 7 * n)}の話を聞く\n" for n in range(20))
    knowledge_base = opened(tmp_path, y2018=f"  - {one}\n{others}", y2020=f"  - {other}\n")
    by_words = guide(knowledge_base)
    again = guide(knowledge_base)
    knowledge_base.keeper.embed()
    by_meaning = guide(knowledge_base)

    assert (again is by_words, by_meaning is by_words, guide(knowledge_base) is by_meaning) == (True, False, True)
    assert [max(point.talks for point in made.points) for made in (by_words, by_meaning)] == [1, 2]


def test_of_many_notes_only_so_many_are_compared_and_the_guide_says_so(tmp_path: Path) -> None:
    notes = "".join(f"  - 箱{n}と鍵{n}の話を聞く\n" for n in range(900))
    made = guide(opened(tmp_path, y2018=notes))

    assert (made.notes, 300 <= made.compared <= 800) == (901, True)


def test_where_there_is_no_index_yet_the_guide_is_empty(tmp_path: Path) -> None:
    (tmp_path / "library").mkdir()
    made = guide(KnowledgeBase.open(tmp_path / "library", tmp_path / "index"))

    assert (made.notes, made.points, len(made.changes) > 0) == (0, (), True)


def test_what_an_arrow_leads_to_is_told_with_what_it_goes_on_from_and_not_by_itself(tmp_path: Path) -> None:
    notes = (
        "  - 箱の部品が大きく、棚に収まらなかった\n    - → 小さな箱に分けておくべき\n"
        "  - 鍵の数が棚ごとに決まっている\n  - → 鍵の数を先に数えておくべき\n  - → 数えた鍵の札を必ず作る\n"
    )
    made = guide(opened(tmp_path, y2018=notes))
    told = [
        (part, entry.note.text, [note.text for note in entry.leads_to])
        for part, entries in made.parts.items()
        for entry in entries
    ]

    assert told == [
        ("advice", "箱の部品が大きく、棚に収まらなかった", ["→ 小さな箱に分けておくべき"]),
        ("cases", "鍵の数が棚ごとに決まっている", ["→ 鍵の数を先に数えておくべき", "→ 数えた鍵の札を必ず作る"]),
    ]


def test_what_stands_together_in_a_report_stands_so_in_its_guide(tmp_path: Path) -> None:
    texts = [f"{thing}の棚に{other}が並ぶ" for thing in "箱鍵窓" for other in "札紐布"]
    made = guide(opened(tmp_path, y2018="".join(f"  - {text}\n" for text in texts)))

    assert [entry.note.text for entry in made.parts["cases"]] == texts
    assert {made.under(entry) for entry in made.parts["cases"]} == {()}


def test_prose_that_only_stands_under_a_service_is_not_told(tmp_path: Path) -> None:
    prose = "\n## Lambda\n\n箱の鍵を机に忘れてきた話を聞きました。\n\nLambda の箱の鍵は机に置けるそうです。\n"
    made = guide(opened(tmp_path, y2018=f"  - 窓の札を棚に並べる\n{prose}"))

    assert [point.notes[0].text for point in made.points] == [
        "窓の札を棚に並べる",
        "Lambda の箱の鍵は机に置けるそうです。",
    ]
