"""The lesson of corrected kinds: once learned, they classify other notes, too, until they are taken back."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from kb.cli.group import cli
from kb.indexing.report_cache import ReportCache, ReportLoader, lesson_of
from kb.kinds import MAX_LESSON, READING_WEIGHT
from kb.knowledge_base import KnowledgeBase
from kb.learning import Example
from kb.library.tables import LessonTable
from kb.pipeline.reports import tools_of
from kb.report.model import Correction, Kind, LineReading
from kb.talks import line_keys, lines_of

NAMES = ("鍵", "錠", "扉", "窓", "蝶番", "合鍵", "金庫", "門", "柵", "倉庫", "入口", "出口")
TOLD = "# 鍵の会 2018\n\n" + "".join(f"- {name}を見てきた\n" for name in NAMES)
OTHER = "# 箱の会 2019\n\n- 箱を見てきた\n- 失敗は必ず通知しましょう\n- 応答に一秒かかる\n"


@pytest.fixture
def kb(tmp_path: Path) -> KnowledgeBase:
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "a.md").write_text(TOLD, "utf-8")
    (tmp_path / "library" / "b.md").write_text(OTHER, "utf-8")
    kb = KnowledgeBase.open(tmp_path / "library", tmp_path / "index")
    kb.indexer.sync()
    return kb


def kinds(kb: KnowledgeBase, source: str = "b.md") -> list[Kind]:
    entry = next(entry for entry in kb.browser.reports() if entry.source == source)
    return [note.kind for note in kb.browser.report(entry.id)[1]]


def corrected(kb: KnowledgeBase, correction: Correction, some: slice = slice(None)) -> None:
    entry = next(entry for entry in kb.browser.reports() if entry.source == "a.md")
    for note in kb.browser.report(entry.id)[1][some]:
        kb.corrector.note(note.id, lambda _: correction)


def read(kb: KnowledgeBase, said: Kind, some: slice = slice(None), at: str = "09") -> None:
    """Keep what an assistant says of the kinds of some notes, at an hour, and sync."""
    entry = next(entry for entry in kb.browser.reports() if entry.source == "a.md")
    lines = lines_of(kb.browser.outline(entry.id).blocks)
    keys = [key for line, key in zip(lines, line_keys(lines), strict=True) if line.type == "bullet"][some]
    readings = {of: LineReading(of, "Anna", f"2026-12-01T{at}:00:00Z", kind=said) for of in keys}
    kb.collection.library.keep_readings("a.md", lambda _before: readings)
    kb.indexer.sync()


def examples(kb: KnowledgeBase) -> Sequence[Example]:
    scan, contents = kb.collection.library.scan(), kb.collection.contents()
    loader = ReportLoader(tools_of(scan.configuration.text), ReportCache(kb.collection.index))
    return lesson_of(scan, contents, loader).examples


def weights(kb: KnowledgeBase) -> list[float]:
    return [example.weight for example in examples(kb)]


def learned(kb: KnowledgeBase) -> None:
    """Sync, learn from all corrections, and sync again."""
    kb.indexer.sync()
    preview = kb.indexer.preview_lesson()
    assert preview
    kb.corrector.lesson(preview.lesson)
    kb.indexer.sync()


def changed_sources(kb: KnowledgeBase) -> set[str]:
    """Sync and return the sources of the reports that changed."""
    difference = kb.indexer.sync().difference
    return {report.source for report in difference.reports} if difference else set()


def test_corrections_teach_about_other_notes_once_that_was_seen_and_kept(kb: KnowledgeBase) -> None:
    before = kinds(kb)
    corrected(kb, Correction(kind="impression"))
    corrections = (changed_sources(kb), kinds(kb), kb.indexer.status().learned)
    preview = kb.indexer.preview_lesson()
    assert preview
    foreseen = [(item.text, item.before, item.after) for item in preview.changes]
    kept = kinds(kb)
    kb.corrector.lesson(preview.lesson)
    learned = ("b.md" in changed_sources(kb), kinds(kb), kb.indexer.status().learned)

    assert before == ["statement", "advice", "statement"]
    assert corrections == ({"a.md"}, before, {})
    assert (preview.new, foreseen, kept) == (12, [("箱を見てきた", "statement", "impression")], before)
    assert learned == (True, ["impression", "advice", "statement"], {"impression": 12})
    assert kb.indexer.preview_lesson() is None


def test_a_lesson_that_changes_too_much_is_weakened_until_it_changes_less(kb: KnowledgeBase, tmp_path: Path) -> None:
    many = "# 山の会 2019\n\n" + "".join(f"- {name}を{n}個見てきた\n" for name in NAMES for n in (1, 2, 3))
    (tmp_path / "library" / "c.md").write_text(many, "utf-8")
    kb.indexer.sync()
    corrected(kb, Correction(kind="impression"))
    kb.indexer.sync()
    preview = kb.indexer.preview_lesson()
    assert preview

    assert preview.new == 12
    assert preview.lesson.strength < 1
    assert len(preview.changes) <= 24
    assert not preview.too_many


def test_a_learned_correction_that_is_taken_back_leaves_its_place_to_none(kb: KnowledgeBase) -> None:
    corrected(kb, Correction(kind="impression"), slice(3))
    learned(kb)
    corrected(kb, Correction(kind="impression"), slice(3, 5))
    corrected(kb, Correction(), slice(1))
    kb.indexer.sync()

    assert kb.indexer.status().learned == {"impression": 2}


def test_nothing_is_learned_from_the_kind_of_a_note_whose_services_were_corrected_before(kb: KnowledgeBase) -> None:
    corrected(kb, Correction(adds=("sqs",)), slice(1))
    corrected(kb, Correction(kind="impression"), slice(1, 3))
    learned(kb)
    corrected(kb, Correction(adds=("sqs",), kind="question"), slice(1))
    kb.indexer.sync()

    assert kb.indexer.status().learned == {"impression": 2}


def test_no_to_many_proposals_takes_advice_from_no_other_note(kb: KnowledgeBase, tmp_path: Path) -> None:
    proposed = "".join(f"- {name}は捨てずに回すほうがよい\n" for name in NAMES)
    (tmp_path / "library" / "a.md").write_text(f"# 鍵の会 2018\n\n{proposed}", "utf-8")
    kb.indexer.sync()
    before = kinds(kb)
    corrected(kb, Correction(denied=("advice",)))
    learned(kb)

    assert before.count("advice") == 1
    assert kinds(kb) == before


def test_the_lesson_is_gone_with_its_corrections(kb: KnowledgeBase) -> None:
    before = kinds(kb)
    corrected(kb, Correction(kind="impression"))
    learned(kb)
    after = kinds(kb)
    corrected(kb, Correction())
    changed = changed_sources(kb)

    assert (after != before, kinds(kb), "b.md" in changed) == (True, before, True)
    assert kb.indexer.status().learned == {}
    assert "lessons" not in kb.collection.library.configuration()[0].text


def test_a_new_index_has_the_same_lesson(kb: KnowledgeBase, tmp_path: Path) -> None:
    corrected(kb, Correction(kind="impression"))
    learned(kb)
    anew = KnowledgeBase.open(tmp_path / "library", tmp_path / "anew")
    anew.indexer.sync()
    old, new = (one.collection.contents() for one in (kb, anew))

    assert (kinds(anew), kinds(anew, "a.md")) == (kinds(kb), kinds(kb, "a.md"))
    assert (old and old.lesson, old and old.learned) == (new and new.lesson, new and new.learned)
    assert anew.indexer.sync().difference is None


def test_a_later_report_is_classified_with_the_lesson(kb: KnowledgeBase, tmp_path: Path) -> None:
    corrected(kb, Correction(kind="impression"))
    learned(kb)
    (tmp_path / "library" / "c.md").write_text(OTHER.replace("箱", "袋"), "utf-8")

    assert changed_sources(kb) == {"c.md"}
    assert kinds(kb, "c.md") == kinds(kb)


def test_denied_kinds_are_learned_and_claims_become_fewer(kb: KnowledgeBase) -> None:
    corrected(kb, Correction(kind="advice"), slice(6))
    corrected(kb, Correction(denied=("problem",)), slice(6, None))
    learned(kb)

    assert kb.indexer.status().learned == {"advice": 6, "no problem": 6}
    assert kinds(kb).count("advice") == 1  # a note is called advice only if that is nearly certain


def test_the_status_shows_the_lesson(kb: KnowledgeBase, tmp_path: Path) -> None:
    corrected(kb, Correction(kind="impression"))
    learned(kb)
    places = ["--library", str(tmp_path / "library"), "--index", str(tmp_path / "index")]
    told = CliRunner().invoke(cli, [*places, "status"]).output

    assert "learned  from 12 corrections of kinds: 12 impression" in told


def test_what_an_assistant_read_teaches_less_than_a_correction_once_that_was_seen_and_kept(kb: KnowledgeBase) -> None:
    before = kinds(kb)
    read(kb, "impression")
    preview = kb.indexer.preview_lesson()
    assert preview
    unlearned = (kb.indexer.unlearned(), preview.new, preview.read, weights(kb), kinds(kb))
    foreseen = [(item.text, item.after) for item in preview.changes]
    learned(kb)

    assert unlearned == ((0, 12), 0, 12, [], before)
    assert foreseen == [("箱を見てきた", "impression")]
    assert kinds(kb) == ["impression", "advice", "statement"]
    assert (weights(kb), kb.indexer.unlearned(), kb.indexer.preview_lesson()) == ([READING_WEIGHT] * 12, (0, 0), None)
    text = kb.collection.library.configuration()[0].text
    assert '[lessons.kinds]\nreadings_until = "2026-12-01T09:00:00Z"\nstrength = 1.0\n' in text


def test_what_an_assistant_reads_like_kb_is_a_counterweight(kb: KnowledgeBase) -> None:
    before = kinds(kb)
    corrected(kb, Correction(kind="impression"), slice(3))
    learned(kb)
    alone = kinds(kb)
    read(kb, "statement", slice(3, None))
    learned(kb)

    assert (alone != before, kinds(kb)) == (True, before)


def test_a_person_wins_over_an_assistant_in_what_is_learned(kb: KnowledgeBase) -> None:
    read(kb, "impression", slice(6))
    corrected(kb, Correction(kind="question"), slice(4, 8))
    learned(kb)

    assert weights(kb) == [1.0] * 4 + [READING_WEIGHT] * 4
    assert kb.indexer.status().learned == {"question": 4, "read": 4}


def test_what_an_assistant_reads_later_is_not_learned_before_it_is_seen(kb: KnowledgeBase) -> None:
    read(kb, "impression", slice(3))
    learned(kb)
    read(kb, "impression", slice(3, 8), at="10")

    assert (len(weights(kb)), kb.indexer.unlearned()) == (3, (0, 5))


def test_what_an_assistant_taught_is_gone_with_its_readings(kb: KnowledgeBase) -> None:
    before = kinds(kb)
    read(kb, "impression")
    learned(kb)
    kb.collection.library.keep_readings(
        "a.md", lambda known: {of: replace(one, undone=True) for of, one in known.items()}
    )
    changed = changed_sources(kb)

    assert (kinds(kb), "b.md" in changed, kb.indexer.status().learned) == (before, True, {})


def test_what_a_person_took_back_is_not_there_to_be_learned(kb: KnowledgeBase) -> None:
    read(kb, "impression")
    kb.collection.library.keep_readings(
        "a.md", lambda known: {of: replace(one, undone=True) for of, one in known.items()}
    )
    kb.indexer.sync()

    assert (kb.indexer.unlearned(), kb.indexer.preview_lesson()) == ((0, 0), None)


def test_a_new_index_learns_the_same_from_assistants(kb: KnowledgeBase, tmp_path: Path) -> None:
    read(kb, "impression")
    learned(kb)
    anew = KnowledgeBase.open(tmp_path / "library", tmp_path / "anew")
    anew.indexer.sync()

    assert (kinds(anew), weights(anew)) == (kinds(kb), weights(kb))


def test_a_lesson_has_corrections_first_and_then_the_latest_that_assistants_read(
    kb: KnowledgeBase, tmp_path: Path
) -> None:
    many = "".join(f"- {name}を{number}回見てきた\n" for name in NAMES for number in range(25))
    (tmp_path / "library" / "a.md").write_text(f"# 鍵の会 2018\n\n{many}", "utf-8")
    kb.indexer.sync()
    read(kb, "question", slice(10, 100), at="08")
    read(kb, "impression", slice(100, None))
    corrected(kb, Correction(kind="label"), slice(10))
    kb.indexer.sync()
    kb.corrector.lesson(LessonTable(10, "2026-12-01T09:00:00Z"))

    assert Counter(example.labels[0] for example in examples(kb)) == {
        "label": 10,
        "impression": 200,
        "question": MAX_LESSON - 210,
    }
