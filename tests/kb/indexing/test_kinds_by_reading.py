"""Notes of edited reports are read by the model before they are shown, those of an import in the background."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from index.analysis import Analyzer, Morpheme
from index.embedder import EmbeddingError, Vectors
from index.embedding import PassageReader
from index.embedding.e5_weights import Floats
from index.embedding.passage_reader import Precomputed
from index.messages import translatable
from index.query import Query
from kb.cli.group import cli
from kb.indexing import indexer, report_cache, staging, sync, unchanged
from kb.indexing.report_cache import ReportCache
from kb.kinds import Lesson
from kb.kinds.classify import READ_KINDS
from kb.kinds.features import Analysis, features
from kb.kinds.readings import READ
from kb.knowledge_base import KnowledgeBase
from kb.learning import Example, load
from kb.library.places import CACHE_FOLDER
from kb.pipeline.reports import Tools, finish_report, with_kinds
from kb.readers.formats import read_outline
from kb.report.difference import Difference
from kb.report.model import Note, Report
from kb.report.outline import Outline
from kb.search import collection
from webui.app import create_app
from webui.pages import updating

REPORT = "# 見本勉強会 2019 参加レポート\n\n- 箱から鍵を静かに抜き出す\n- 札を棚に並べる\n"
OTHER = REPORT.replace("見本", "手本").replace("箱", "袋").replace("札", "鍵")
NEW = REPORT.replace("見本", "別の").replace("箱", "籠").replace("札", "錠")


def problems(count: int) -> Floats:
    """Return the scores of passages that are problems."""
    scores = np.full((count, len(READ)), -8, np.float32)
    scores[:, READ.index("problem")] = 8
    return scores


class Model:
    """A model that reads a problem in every passage. It records the passages."""

    name = "by hand"
    reading = "by hand, read"
    runtime = "by hand"
    earlier = None
    dimensions = 2

    def __init__(self) -> None:
        self.passages_read: list[str] = []
        self.fails = False

    def queries(self, texts: Sequence[str]) -> Vectors:
        return np.tile(np.array([0.6, 0.8], np.float32), (len(texts), 1))

    def passages(self, texts: Sequence[str]) -> Vectors:
        return self.queries(texts)

    def read(self, texts: Sequence[str]) -> tuple[Vectors, Floats]:
        if self.fails:
            raise EmbeddingError(translatable("{0} does not run", self.name))
        self.passages_read += texts
        return self.queries(texts), problems(len(texts))


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Model:
    """The model that reads in each library. What it reads is a problem to the classifier, whatever the words say."""
    made, classifier = Model(), load(READ_KINDS)
    weights = np.zeros((5 * len(READ), len(classifier.labels)))
    weights[READ.index("fact"), classifier.labels.index("problem")] = -10  # the less of a fact
    monkeypatch.setattr(classifier, "vector_weights", weights)

    def embedder_of(_configuration: object, index: Path | None = None) -> Callable[[], PassageReader]:
        return lambda: PassageReader(made, index / CACHE_FOLDER if index else None)  # type: ignore[arg-type]

    monkeypatch.setattr(collection, "embedder_of", embedder_of)
    return made


@pytest.fixture
def kb(tmp_path: Path, model: Model) -> KnowledgeBase:
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "a.md").write_text(REPORT, "utf-8")
    (tmp_path / "library" / "b.md").write_text(OTHER, "utf-8")
    assert model.passages_read == []
    return KnowledgeBase.open(tmp_path / "library", tmp_path / "index")


@pytest.fixture
def imported(kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch) -> KnowledgeBase:
    """Return a library that was too long to be read at once."""
    monkeypatch.setattr(sync, "MAX_UNREAD", 3)
    kb.indexer.sync()
    return kb


def kinds(kb: KnowledgeBase) -> list[str]:
    return [note.kind for note in notes(kb)]


def notes(kb: KnowledgeBase) -> list[Note]:
    return [found.note for found in kb.searcher.search(Query(sort="position")).hits]


def readings(kb: KnowledgeBase) -> list[str]:
    contents = kb.collection.contents()
    assert contents
    return [entry.reading for entry in contents.reports]


def differences(kb: KnowledgeBase) -> list[Difference]:
    return list(kb.updates.differences().values())


def test_a_few_notes_are_read_before_they_are_shown_and_nothing_changes_later(kb: KnowledgeBase, model: Model) -> None:
    kb.indexer.sync()
    shown = kinds(kb)
    kb.indexer.embed()
    stamp = kb.collection.engine.stamp()
    kb.indexer.sync()
    kb.indexer.embed()

    assert (shown, kinds(kb), readings(kb)) == (["problem"] * 4, ["problem"] * 4, [model.reading] * 2)
    assert (kb.collection.engine.stamp(), len(differences(kb))) == (stamp, 1)


def test_preview_save_and_index_say_the_same_and_read_each_note_once(kb: KnowledgeBase, model: Model) -> None:
    kb.indexer.sync()
    data = NEW.encode()
    model.passages_read.clear()
    previewed = kb.adder.preview(data, "c.md").report
    kb.adder.add(data, "c.md")
    kb.indexer.sync()
    kept = [note for note in notes(kb) if note.report == previewed.id]

    assert [(note.kind, note.sure) for note in previewed.notes] == [(note.kind, note.sure) for note in kept]
    assert {note.kind for note in kept} == {"problem"}
    assert model.passages_read == [note.passage for note in previewed.notes]


def test_a_pasted_log_is_read_as_far_as_a_very_long_note(kb: KnowledgeBase, model: Model) -> None:
    kb.indexer.sync()
    model.passages_read.clear()

    kb.adder.preview(b"GET /items/1 200 " * 10_000, "log.txt")

    assert [len(passage) for passage in model.passages_read] == [4_000]


def test_a_preview_knows_the_lesson_of_the_library(kb: KnowledgeBase) -> None:
    kb.indexer.sync()
    kb.corrector.note(notes(kb)[0].id, lambda told: replace(told, kind="impression"))
    kb.indexer.sync()
    preview = kb.indexer.preview_lesson()
    assert preview
    kb.corrector.lesson(preview.lesson)
    kb.indexer.sync()
    data = NEW.encode()
    previewed = kb.adder.preview(data, "c.md")
    kb.adder.add(data, "c.md")
    kb.indexer.sync()

    contents = kb.collection.contents()
    assert contents
    assert previewed.classified.lesson == contents.lesson != ""
    assert [note.sure for note in previewed.report.notes] == [
        note.sure for note in notes(kb) if note.report == previewed.report.id
    ]


def test_only_new_notes_of_an_edited_report_are_read(kb: KnowledgeBase, model: Model) -> None:
    kb.indexer.sync()
    model.passages_read.clear()
    file = kb.collection.library.path / "a.md"
    file.write_text(f"{REPORT}- 鍵を返す\n", "utf-8")
    foreseen = kb.indexer.preview_sync()
    kb.indexer.sync()

    assert (kinds(kb), readings(kb)) == (["problem"] * 5, [model.reading] * 2)
    assert [passage.rpartition(" > ")[2] for passage in model.passages_read] == ["鍵を返す"]
    assert foreseen
    assert [item.sort for report in foreseen.reports for item in report.items] == ["note"]


def test_the_preview_of_a_first_sync_reads_nothing_and_makes_no_folder(kb: KnowledgeBase, model: Model) -> None:
    kb.indexer.preview_sync()

    assert (model.passages_read, kb.collection.index.exists()) == ([], False)


def test_an_import_is_found_by_words_and_then_read_newest_first(
    imported: KnowledgeBase, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    newest = NEW.replace("2019", "2024") + "- 秤を買う\n- 秤を売る\n"
    (imported.collection.library.path / "c.md").write_text(newest, "utf-8")
    imported.indexer.sync()
    assert (set(kinds(imported)), readings(imported), model.passages_read) == ({"statement"}, [""] * 3, [])
    assert imported.indexer.has_vectors_to_make()

    monkeypatch.setattr(indexer, "_FIRST_PORTION", 4)
    seen: list[tuple[str, ...]] = []
    imported.indexer.embed(lambda *_: seen.append(tuple(readings(imported))))

    assert list(dict.fromkeys(seen)) == [("", "", ""), ("", "", model.reading)]
    assert {passage.rpartition(" > ")[2] for passage in model.passages_read[:4]} == {
        line[2:] for line in newest.splitlines() if line.startswith("- ")
    }
    assert readings(imported) == [model.reading] * 3
    assert set(kinds(imported)) == {"problem"}
    assert not imported.indexer.has_vectors_to_make()


def test_what_reading_changed_is_one_update_with_counts_alone(
    imported: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexer, "_FIRST_PORTION", 2)
    imported.indexer.embed()
    newest, first = differences(imported)

    assert (newest.read, newest.reports, newest.counts) == (4, (), {"kind": {"changed": 4}})
    assert first.first
    assert imported.updates.entries(Query(), whole=False) == ()


def test_the_page_of_updates_says_that_the_model_has_read_notes(imported: KnowledgeBase) -> None:
    imported.indexer.embed()
    client = create_app(imported).test_client()
    read, first = client.get("/updates", headers={"Accept": "application/json"}).json["updates"]
    page = client.get("/updates", headers={"Accept-Language": "en"}).text

    assert (read["read"], first["read"], first["first"]) == (4, 0, True)
    assert ("The sentence model has read 4 notes" in page, f"/updates/{read['key']}" in page) == (True, False)


def test_readings_that_come_along_are_shown_at_once(
    kb: KnowledgeBase, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync, "MAX_UNREAD", 0)
    monkeypatch.setattr(Precomputed, "scores_of", lambda _, texts: {text: problems(1)[0] for text in texts})
    kb.indexer.sync()

    assert (readings(kb), set(kinds(kb)), model.passages_read) == ([model.reading] * 2, {"problem"}, [])


def test_an_edit_while_an_import_is_read_is_an_update_of_its_own(
    imported: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexer, "_FIRST_PORTION", 2)

    def stop(_step: str, done: int, _total: int) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        imported.indexer.embed(stop)
    (imported.collection.library.path / "c.md").write_text(NEW, "utf-8")
    imported.indexer.sync()
    imported.indexer.embed()

    assert [(one.read > 0, one.counts.get("note")) for one in differences(imported)][1:] == [
        (False, {"came": 2}),
        (False, {"came": 4}),
    ]
    assert set(kinds(imported)) == {"problem"}


def test_reading_that_changes_no_kind_is_no_update(
    imported: KnowledgeBase, monkeypatch: pytest.MonkeyPatch, model: Model
) -> None:
    classifier = load(READ_KINDS)
    assert classifier.vector_weights is not None
    monkeypatch.setattr(classifier, "vector_weights", classifier.vector_weights * 0)
    imported.indexer.embed()

    assert (readings(imported), len(differences(imported))) == ([model.reading] * 2, 1)


def test_readings_of_another_model_are_made_although_vectors_are_stored(kb: KnowledgeBase, model: Model) -> None:
    kb.indexer.sync()
    kb.indexer.embed()
    model.passages_read.clear()
    model.reading = "by hand, read otherwise"
    newer = KnowledgeBase.open(kb.collection.library.path, kb.collection.index)
    assert newer.indexer.has_vectors_to_make()
    newer.indexer.embed()

    assert (readings(newer), len(model.passages_read)) == ([model.reading] * 2, 4)
    assert len([*(kb.collection.index / CACHE_FOLDER).glob("*.readings")]) == 1
    assert newer.indexer.status().read == 4


def test_after_an_upgrade_of_kb_notes_keep_their_kinds_unread(
    imported: KnowledgeBase, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    imported.indexer.embed()
    model.passages_read.clear()
    for module in (sync, unchanged, indexer):
        monkeypatch.setattr(module, "code_digest", lambda: "newer")
    imported.indexer.sync()

    assert (kinds(imported), model.passages_read) == (["problem"] * 4, [])


def test_the_command_read_shows_kinds_as_the_model_reads_notes(tmp_path: Path, model: Model) -> None:
    (tmp_path / "a.md").write_text(REPORT, "utf-8")
    ended = CliRunner().invoke(cli, ["read", "--json", str(tmp_path / "a.md")], catch_exceptions=False)

    assert [json.loads(line)["kind"] for line in ended.stdout.splitlines()] == ["problem"] * 2
    assert (len(model.passages_read), sorted(path.name for path in tmp_path.iterdir())) == (2, ["a.md"])


def test_a_model_that_fails_leaves_the_words(kb: KnowledgeBase, model: Model) -> None:
    model.fails = True
    kb.indexer.sync()
    previewed = kb.adder.preview(REPORT.encode(), "c.md")

    assert (set(kinds(kb)), readings(kb), previewed.classified.reading) == ({"statement"}, ["", ""], "")
    with pytest.raises(EmbeddingError):
        kb.indexer.embed()


def test_the_status_counts_the_notes_that_were_read(imported: KnowledgeBase, model: Model) -> None:
    before = imported.indexer.status()
    imported.indexer.embed()
    after = imported.indexer.status()
    places = ("--library", str(after.library), "--index", str(after.index))
    printed = CliRunner().invoke(cli, ["status", *places]).stdout
    (record,) = map(json.loads, CliRunner().invoke(cli, ["status", "--json", *places]).stdout.splitlines())

    assert "reading  Kinds by the sentence model: 4 of 4 notes" in printed.splitlines()
    assert (record["reader"], record["read"]) == (model.reading, 4)
    assert [(one.reader, one.read, one.notes) for one in (before, after)] == [
        (model.reading, 0, 4),
        (model.reading, 4, 4),
    ]


def test_the_reasons_of_a_kind_are_those_of_the_shown_kind(kb: KnowledgeBase) -> None:
    kb.indexer.sync()
    note = notes(kb)[0]
    why = kb.browser.why(note.id)

    assert (why.kind, why.sure, why.reasons != ()) == ("problem", note.sure, True)


def test_a_correction_changes_no_other_note_and_can_be_taken_back(kb: KnowledgeBase, model: Model) -> None:
    kb.indexer.sync()
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
    assert (readings(kb), len(model.passages_read)) == ([model.reading] * 2, 4)


@pytest.mark.parametrize("patience", [60.0, 0.0])
def test_kinds_that_change_because_a_tag_was_added_are_said_once(
    imported: KnowledgeBase, monkeypatch: pytest.MonkeyPatch, patience: float
) -> None:
    monkeypatch.setattr(updating, "PATIENCE", patience)
    client, before, note = create_app(imported).test_client(), kinds(imported), notes(imported)[0]
    page = client.get(f"/report/{note.report}").text
    after = client.post(f"/correct/{note.id}", data={"add": "s3"}, headers={"Sec-Fetch-Site": "same-origin"})
    address = after.location
    while address.startswith("/sync"):
        address = client.get(address).headers.get("Location", address)
    said = client.get(address.partition("#")[0]).text

    assert (before != kinds(imported), "文のモデルが読むと" in page) == (True, True)
    assert "ほかの1件のメモの種別も変わりました" in said
    assert "文のモデルが読むと" not in client.get(f"/report/{note.report}").text


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The sources that this process reads, one for each time."""
    sources: list[str] = []

    def noted(data: bytes, source: str) -> Outline:
        sources.append(source)
        return read_outline(data, source)

    monkeypatch.setattr(report_cache, "read_outline", noted)
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
    kb: KnowledgeBase, model: Model, read: list[str], featured: list[str], analysed: list[str]
) -> None:
    def work_of(step: Callable[[], object]) -> tuple[list[str], list[str], bool]:
        for noted in (read, featured, analysed):
            noted.clear()
        step()
        return list(read), list(featured), len(analysed) == len(set(analysed))

    library = kb.collection.library.path
    (library / "b.md").unlink()
    (library / "empty.md").write_text("# 見本勉強会 2020\n", "utf-8")  # no note of it is ever read
    assert work_of(kb.indexer.sync) == (["a.md", "empty.md"], ["a.md", "empty.md"], True)
    assert work_of(kb.indexer.embed) == ([], [], True)

    (library / "a.md").write_text(f"{REPORT}- 鍵を返す\n", "utf-8")
    (library / "new.md").write_text("# 別の勉強会 2021\n\n- 秤を買う\n", "utf-8")
    assert work_of(kb.indexer.sync) == (["a.md", "new.md"], ["a.md", "new.md"], True)
    assert work_of(kb.indexer.embed) == ([], [], True)
    assert readings(kb) == [model.reading, "", model.reading]


def test_worker_processes_classify_by_what_was_read_and_this_process_reads_the_rest(
    kb: KnowledgeBase, model: Model, read: list[str], featured: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    library, cache = kb.collection.library.path, ReportCache(kb.collection.index)
    kb.indexer.sync()
    monkeypatch.setattr(staging, "MIN_FILES", 1)
    (library / "a.md").write_text(f"{REPORT}- 鍵を返す\n", "utf-8")
    (library / "b.md").rename(library / "c.md")
    for noted in (read, featured, model.passages_read):
        noted.clear()
    kb.indexer.sync()

    assert (readings(kb), len(model.passages_read)) == ([model.reading] * 2, 1)
    assert kinds(kb)[:3] == ["problem"] * 3  # as this process classifies; the workers have other weights
    assert [cached.classified.reading for name in ("a.md", "c.md") if (cached := cache.find(name))] == [
        model.reading
    ] * 2
    assert (read, featured) == ([], [])


def test_a_report_that_is_classified_again_is_as_if_all_had_been_known_at_once(model: Model) -> None:
    reader = PassageReader(model, None)  # type: ignore[arg-type]
    question = "- 鍵はいつ返すのですか?\n  - 夕方に返します\n"  # by words alone, the second answers the first
    marked = "- Q: 札はいつ返すか\n- A: 明日\n- 札が足りないのが問題だ\n  - 札を増やしましょう\n"
    data = f"{REPORT}{question}{marked}".encode()
    lesson = Lesson((Example(("says 増やす", "type bullet"), ("impression",)),))
    by_words = finish_report(read_outline(data, "a.md"), Tools(), reader=reader)
    at_once = finish_report(read_outline(data, "a.md"), Tools(), reader=reader, lesson=lesson, most_unread=99)
    again = with_kinds(by_words, {}, reader, lesson, 99)

    assert again == at_once != by_words
    assert with_kinds(again, {}, None, None) == by_words
