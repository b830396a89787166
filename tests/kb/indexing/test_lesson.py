"""The lesson of corrected kinds: a dozen of them classify other notes, too, until they are taken back."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from kb.cli.group import cli
from kb.knowledge_base import KnowledgeBase
from kb.readers import formats
from kb.report.model import Correction, Kind

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


def changed_sources(kb: KnowledgeBase) -> set[str]:
    """Sync and return the sources of the reports that changed."""
    difference = kb.indexer.sync().difference
    return {report.source for report in difference.reports} if difference else set()


def test_a_dozen_corrections_teach_about_other_notes_and_fewer_do_not(kb: KnowledgeBase) -> None:
    before = kinds(kb)
    corrected(kb, Correction(kind="impression"), slice(11))
    eleven = (changed_sources(kb), kinds(kb), kb.indexer.status().learned)
    corrected(kb, Correction(kind="impression"))
    twelve = ("b.md" in changed_sources(kb), kinds(kb), kb.indexer.status().learned)

    assert before == ["statement", "advice", "statement"]
    assert eleven == ({"a.md"}, before, {})
    assert twelve == (True, ["impression", "advice", "statement"], {"impression": 12})


def test_a_lesson_reads_only_the_reports_of_its_corrections_again(
    kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, read_outline = list[str](), formats.read_outline
    monkeypatch.setattr(
        formats, "read_outline", lambda data, source: [read.append(source), read_outline(data, source)][1]
    )
    before = kinds(kb)
    corrected(kb, Correction(kind="impression"))
    kb.indexer.sync()

    assert (read, kinds(kb) != before) == (["a.md"], True)


def test_the_lesson_is_gone_with_its_corrections(kb: KnowledgeBase) -> None:
    before = kinds(kb)
    corrected(kb, Correction(kind="impression"))
    kb.indexer.sync()
    learned = kinds(kb)
    corrected(kb, Correction(), slice(1))
    changed = changed_sources(kb)

    assert (learned != before, kinds(kb), "b.md" in changed) == (True, before, True)
    assert kb.indexer.status().learned == {}


def test_a_new_index_has_the_same_lesson(kb: KnowledgeBase, tmp_path: Path) -> None:
    corrected(kb, Correction(kind="impression"))
    kb.indexer.sync()
    anew = KnowledgeBase.open(tmp_path / "library", tmp_path / "anew")
    anew.indexer.sync()
    old, new = (one.collection.contents() for one in (kb, anew))

    assert (kinds(anew), kinds(anew, "a.md")) == (kinds(kb), kinds(kb, "a.md"))
    assert (old and old.lesson, old and old.learned) == (new and new.lesson, new and new.learned)
    assert anew.indexer.sync().difference is None


def test_a_later_report_is_classified_with_the_lesson(kb: KnowledgeBase, tmp_path: Path) -> None:
    corrected(kb, Correction(kind="impression"))
    kb.indexer.sync()
    (tmp_path / "library" / "c.md").write_text(OTHER.replace("箱", "袋"), "utf-8")

    assert changed_sources(kb) == {"c.md"}
    assert kinds(kb, "c.md") == kinds(kb)


def test_denied_kinds_are_learned_and_claims_become_fewer(kb: KnowledgeBase) -> None:
    corrected(kb, Correction(kind="advice"), slice(6))
    corrected(kb, Correction(denied=("problem",)), slice(6, None))
    kb.indexer.sync()

    assert kb.indexer.status().learned == {"advice": 6, "no problem": 6}
    assert kinds(kb).count("advice") == 1  # a note is called advice only if that is nearly certain


def test_the_status_shows_the_lesson(kb: KnowledgeBase, tmp_path: Path) -> None:
    corrected(kb, Correction(kind="impression"))
    kb.indexer.sync()
    places = ["--library", str(tmp_path / "library"), "--index", str(tmp_path / "index")]
    told = CliRunner().invoke(cli, [*places, "status"]).output

    assert "learned  from 12 corrections of kinds: 12 impression" in told
