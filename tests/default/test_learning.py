"""What corrections teach holds where the model reads notes, too."""

from pathlib import Path

from kb.knowledge_base import KnowledgeBase
from kb.report.model import Correction

NAMES = ("鍵", "錠", "扉", "窓", "蝶番", "合鍵", "金庫", "門", "柵", "倉庫", "入口", "出口")
TOLD = "# 鍵の会 2018\n\n" + "".join(f"- {name}を見てきた\n" for name in NAMES)
OTHER = "# 箱の会 2019\n\n- 箱を見てきた\n- 失敗は必ず通知しましょう\n- 応答に一秒かかる\n"


def test_corrections_are_learned_beside_readings_and_taken_back(tmp_path: Path) -> None:
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "a.md").write_text(TOLD, "utf-8")
    (tmp_path / "library" / "b.md").write_text(OTHER, "utf-8")
    kb = KnowledgeBase.open(tmp_path / "library", tmp_path / "index")

    def synced() -> tuple[list[float], bool, list[str]]:
        """Return how sure the kinds of the other report are, whether the model has read all, and its changes."""
        difference = kb.indexer.sync().difference
        kb.indexer.embed()
        entries = kb.browser.reports()
        other = next(entry for entry in entries if entry.source == "b.md")
        sure = [note.sure if note.kind == "impression" else 0.0 for note in kb.browser.report(other.id)[1]]
        changed = difference.reports if difference else ()
        return sure, all(entry.reading for entry in entries), [one.fate for one in changed if one.source == "b.md"]

    before, *_ = synced()
    a = next(entry for entry in kb.browser.reports() if entry.source == "a.md")
    notes = [note.id for note in kb.browser.report(a.id)[1]]
    for note in notes:
        kb.corrector.note(note, lambda _: Correction(kind="impression"))
    kb.indexer.sync()
    preview = kb.indexer.preview_lesson()
    assert preview
    kb.corrector.lesson(preview.lesson)
    learned, all_read, changes = synced()
    for note in notes:
        kb.corrector.note(note, lambda _: Correction())
    after, *_ = synced()

    assert learned[0] > before[0]
    assert all_read
    assert changes in ([], ["changed"])  # none where its kind was impression by the reading alone
    assert after == before
