"""Kinds are told by words at once and, where a note's vector is there, by that too: once, in the background."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from index.embedder import Vectors
from index.query import Query
from index.whoosh_engine import WhooshEngine
from kb.kinds import vector_model
from kb.kinds.classify import WITH_VECTORS
from kb.knowledge_base import KnowledgeBase
from kb.learning import load
from kb.pipeline.reports import Tools, read_report
from kb.report.model import Note

REPORT = "# 見本勉強会 2019 参加レポート\n\n- 箱から鍵を静かに抜き出す\n- 札を棚に並べる\n"
PROBLEM = load(WITH_VECTORS).labels.index("problem")


class Leaning:
    """A model, by the name of the one whose vectors are weighed, to which every text is a problem."""

    name = vector_model()
    runtime = "by hand"
    earlier = None
    dimensions = 384

    def queries(self, texts: Sequence[str]) -> Vectors:
        return self.passages(texts)

    def passages(self, texts: Sequence[str]) -> Vectors:
        weights = load(WITH_VECTORS).vector_weights
        assert weights is not None
        leaning = weights[:, PROBLEM] - weights.mean(axis=1)
        return np.tile(leaning / np.linalg.norm(leaning), (len(texts), 1)).astype(np.float32)


@pytest.fixture
def kb(tmp_path: Path) -> KnowledgeBase:
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "a.md").write_text(REPORT, "utf-8")
    (tmp_path / "library" / "b.md").write_text(REPORT.replace("見本", "手本"), "utf-8")
    return KnowledgeBase.open(
        tmp_path / "library",
        tmp_path / "index",
        lambda folder, schema, language, _: WhooshEngine(folder, schema, language, Leaning),
    )


def notes(kb: KnowledgeBase) -> list[Note]:
    return [found.note for found in kb.searcher.search(Query(sort="position")).hits]


def told_by(kb: KnowledgeBase) -> list[str]:
    contents = kb.collection.contents()
    assert contents
    return [entry.vectors for entry in contents.reports]


def test_kinds_are_told_by_words_and_then_by_vectors_once(kb: KnowledgeBase) -> None:
    kb.indexer.sync()
    assert ({note.kind for note in notes(kb)}, told_by(kb)) == ({"statement"}, ["", ""])

    kb.indexer.embed()
    stamp = kb.collection.engine.stamp()
    assert ({note.kind for note in notes(kb)}, told_by(kb)) == ({"problem"}, [Leaning.name] * 2)

    kb.indexer.embed()
    kb.indexer.sync()
    assert kb.collection.engine.stamp() == stamp


def test_kinds_that_vectors_changed_are_a_difference(kb: KnowledgeBase) -> None:
    kb.indexer.sync()
    kb.indexer.embed()
    newest, _ = kb.updates.differences().values()

    assert len(newest.reports) == 2
    assert {(item.sort, item.before, item.after) for report in newest.reports for item in report.items} == {
        ("kind", "statement", "problem"),
    }


def test_why_a_note_is_of_its_kind_is_asked_of_the_kind_that_is_shown(kb: KnowledgeBase) -> None:
    kb.indexer.sync()
    kb.indexer.embed()
    note = notes(kb)[0]
    why = kb.browser.why(note.id)

    assert (why.kind, why.sure, why.reasons != ()) == ("problem", note.sure, True)


def test_of_an_edited_report_words_tell_the_kinds_until_its_vectors_are_there(kb: KnowledgeBase) -> None:
    kb.indexer.sync()
    kb.indexer.embed()
    file = kb.collection.library.path / "a.md"
    file.write_text(f"{REPORT}- 鍵を返す\n", "utf-8")
    kb.indexer.sync()
    assert told_by(kb) == ["", Leaning.name]

    kb.indexer.embed()
    assert ({note.kind for note in notes(kb)}, told_by(kb)) == ({"problem"}, [Leaning.name] * 2)


def test_a_correction_changes_no_other_note_and_what_was_is_there_again_after_it(kb: KnowledgeBase) -> None:
    kb.indexer.sync()
    kb.indexer.embed()
    before = {note.id: note.kind for note in notes(kb)}
    first = next(iter(before))

    kb.corrector.note(first, lambda told: replace(told, adds=("sqs",)))
    foreseen = kb.indexer.preview_sync()
    kb.indexer.sync()
    corrected = {note.id: note.kind for note in notes(kb)}
    kb.corrector.note(first, lambda told: replace(told, adds=()))
    kb.indexer.sync()

    assert (corrected, {note.id: note.kind for note in notes(kb)}) == (before, before)
    assert foreseen
    assert {item.sort for report in foreseen.reports for item in report.items} == {"tag"}
    assert told_by(kb) == [Leaning.name] * 2


def test_what_words_alone_classified_though_its_vectors_are_there_is_to_be_classified(kb: KnowledgeBase) -> None:
    kb.indexer.sync()
    assert kb.indexer.has_vectors_to_make()

    kb.collection.engine.embed(lambda *_: None)
    assert kb.indexer.has_vectors_to_make()

    kb.indexer.embed()
    assert not kb.indexer.has_vectors_to_make()


def test_another_model_s_vectors_tell_no_kinds(kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Leaning, "name", "another")
    kb.indexer.sync()
    kb.indexer.embed()

    assert told_by(kb) == ["", ""]


def test_a_report_of_which_a_vector_lacks_is_told_by_words_alone() -> None:
    class Lacking:
        name = Leaning.name

        def of(self, _texts: Sequence[str]) -> None:
            return None

    assert read_report(REPORT.encode(), "a.md", Tools(), vectors=Lacking()).vectors == ""
