"""Notes are classified by words at once, and once more by their vectors, in the background."""

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from index.analysis import Analyzer, Morpheme
from index.embedder import Vectors
from index.query import Query
from index.whoosh_engine import WhooshEngine
from kb.indexing import staging
from kb.indexing.report_cache import ReportCache
from kb.kinds import Lesson
from kb.kinds.classify import READ_KINDS
from kb.kinds.features import Analysis, features
from kb.knowledge_base import KnowledgeBase
from kb.learning import Example, load
from kb.pipeline.reports import Tools, classified, read_report
from kb.readers import formats
from kb.report.model import Note, Report
from kb.report.outline import Outline

REPORT = "# 見本勉強会 2019 参加レポート\n\n- 箱から鍵を静かに抜き出す\n- 札を棚に並べる\n"
PROBLEM = load(READ_KINDS).labels.index("problem")


class Leaning:
    """A model, by the name of the one whose vectors are weighed, to which every text is a problem."""

    name = "by hand"
    runtime = "by hand"
    earlier = None
    dimensions = 384

    def queries(self, texts: Sequence[str]) -> Vectors:
        return self.passages(texts)

    def passages(self, texts: Sequence[str]) -> Vectors:
        weights = load(READ_KINDS).vector_weights
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


def models_of(kb: KnowledgeBase) -> list[str]:
    contents = kb.collection.contents()
    assert contents
    return [entry.reading for entry in contents.reports]


def test_notes_are_classified_by_words_and_then_once_by_vectors(kb: KnowledgeBase) -> None:
    kb.indexer.sync()
    assert ({note.kind for note in notes(kb)}, models_of(kb)) == ({"statement"}, ["", ""])

    kb.indexer.embed()
    stamp = kb.collection.engine.stamp()
    assert ({note.kind for note in notes(kb)}, models_of(kb)) == ({"problem"}, [Leaning.name] * 2)

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


def test_the_reasons_of_a_kind_are_those_of_the_shown_kind(kb: KnowledgeBase) -> None:
    kb.indexer.sync()
    kb.indexer.embed()
    note = notes(kb)[0]
    why = kb.browser.why(note.id)

    assert (why.kind, why.sure, why.reasons != ()) == ("problem", note.sure, True)


def test_an_edited_report_is_classified_by_words_until_its_vectors_are_made(kb: KnowledgeBase) -> None:
    kb.indexer.sync()
    kb.indexer.embed()
    file = kb.collection.library.path / "a.md"
    file.write_text(f"{REPORT}- 鍵を返す\n", "utf-8")
    kb.indexer.sync()
    assert models_of(kb) == ["", Leaning.name]

    kb.indexer.embed()
    assert ({note.kind for note in notes(kb)}, models_of(kb)) == ({"problem"}, [Leaning.name] * 2)


def test_a_correction_changes_no_other_note_and_can_be_taken_back(kb: KnowledgeBase) -> None:
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
    assert models_of(kb) == [Leaning.name] * 2


def test_reports_that_only_words_classified_are_work_to_do(kb: KnowledgeBase) -> None:
    kb.indexer.sync()
    assert kb.indexer.has_vectors_to_make()

    kb.collection.engine.embed(lambda *_: None)
    assert kb.indexer.has_vectors_to_make()

    kb.indexer.embed()
    assert not kb.indexer.has_vectors_to_make()


def test_vectors_of_another_model_do_not_classify(kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Leaning, "name", "another")
    kb.indexer.sync()
    kb.indexer.embed()

    assert models_of(kb) == ["", ""]


def test_a_report_with_a_missing_vector_is_classified_by_words_alone() -> None:
    class Lacking:
        name = Leaning.name

        def of(self, _texts: Sequence[str]) -> None:
            return None

    assert read_report(REPORT.encode(), "a.md", Tools(), vectors=Lacking()).vectors == ""


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The sources that this process reads, one for each time."""
    sources: list[str] = []
    read_outline = formats.read_outline

    def noted(data: bytes, source: str) -> Outline:
        sources.append(source)
        return read_outline(data, source)

    monkeypatch.setattr(formats, "read_outline", noted)
    return sources


@pytest.fixture
def analysed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that this process analyses, one for each time."""
    texts: list[str] = []
    morphemes = Analyzer.morphemes

    def noted(analyzer: Analyzer, text: str) -> tuple[Morpheme, ...]:
        texts.append(text)
        return morphemes(analyzer, text)

    monkeypatch.setattr(Analyzer, "morphemes", noted)
    return texts


@pytest.fixture
def featured(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The sources of the reports whose features this process computes, one for each time."""
    reports: list[str] = []
    module = sys.modules["kb.kinds.classify"]  # `kb.kinds.classify` is a function

    def noted(report: Report, analysis: Analysis) -> Iterator[list[str]]:
        reports.append(report.source)
        return features(report, analysis)

    monkeypatch.setattr(module, "features", noted)
    return reports


def test_each_content_is_read_and_weighed_once_and_analysed_once_in_a_sync(
    kb: KnowledgeBase, read: list[str], featured: list[str], analysed: list[str]
) -> None:
    def work_of(step: Callable[[], object]) -> tuple[list[str], list[str], bool]:
        for noted in (read, featured, analysed):
            noted.clear()
        step()
        return list(read), list(featured), len(analysed) == len(set(analysed))

    library = kb.collection.library.path
    (library / "b.md").unlink()
    (library / "empty.md").write_text("# 見本勉強会 2020\n", "utf-8")  # no note of it ever has a vector
    assert work_of(kb.indexer.sync) == (["a.md", "empty.md"], ["a.md", "empty.md"], True)
    assert work_of(kb.indexer.embed) == ([], [], True)

    (library / "a.md").write_text(f"{REPORT}- 鍵を返す\n", "utf-8")
    (library / "new.md").write_text("# 別の勉強会 2021\n\n- 秤を買う\n", "utf-8")
    assert work_of(kb.indexer.sync) == (["a.md", "new.md"], ["a.md", "new.md"], True)
    assert work_of(kb.indexer.embed) == ([], [], True)
    assert models_of(kb) == [Leaning.name, "", Leaning.name]


def test_what_worker_processes_have_read_is_neither_read_nor_classified_again(
    kb: KnowledgeBase, read: list[str], featured: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "MIN_FILES", 1)
    library, cache = kb.collection.library.path, ReportCache(kb.collection.index)

    def cached_models() -> list[str]:
        return [cached.fingerprint.vectors for name in ("a.md", "c.md") if (cached := cache.find(name))]

    kb.indexer.sync()
    kb.indexer.embed()
    (library / "a.md").write_text(f"{REPORT}- 鍵を返す\n", "utf-8")
    (library / "b.md").rename(library / "c.md")  # all its vectors are stored, but workers have none
    kb.indexer.sync()
    assert (models_of(kb), cached_models()) == (["", ""], ["", ""])

    kb.indexer.embed()
    assert (models_of(kb), cached_models()) == ([Leaning.name] * 2, [Leaning.name] * 2)
    assert (read, featured) == ([], [])


def test_a_report_that_is_classified_again_is_as_if_all_had_been_known_at_once() -> None:
    class Stored:
        name = Leaning.name

        def of(self, texts: Sequence[str]) -> Vectors:
            return Leaning().passages(texts)

    question = "- 鍵はいつ返すのですか?\n  - 夕方に返します\n"  # without vectors, the second answers the first
    marked = "- Q: 札はいつ返すか\n- A: 明日\n- 札が足りないのが問題だ\n  - 札を増やしましょう\n"
    data = f"{REPORT}{question}{marked}".encode()
    lesson = Lesson((Example(("says 増やす", "type bullet"), ("impression",)),))
    by_words = read_report(data, "a.md", Tools())
    at_once = read_report(data, "a.md", Tools(), vectors=Stored(), lesson=lesson)
    again = classified(by_words, {}, Stored(), lesson)

    assert again == at_once != by_words
    assert classified(again, {}, None, None) == by_words
