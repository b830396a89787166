"""An index that follows its library equals one made anew, whatever happened in between."""

import multiprocessing
import os
import signal
import tempfile
from collections.abc import Callable
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from index.query import Query
from kb.indexing import report_cache, staging
from kb.indexing.report_cache import CachedReport, ReportCache, ReportFingerprint
from kb.indexing.sync import Sync
from kb.knowledge_base import KnowledgeBase
from kb.library.contents import Contents
from kb.library.places import REPORT_SUFFIX, damaged_files
from kb.library.rewriting import with_overrides
from kb.pipeline.reports import ClassifiedReport, FinishedReport, Progress, Tools, ignore_progress
from kb.report.model import Correction, MetadataOverride, Report
from kb.report.outline import Outline
from kb.search.facets import FACETS

UNREADABLE = b"\x00\x01\x02 no report"
JAWS = "# JAWS DAYS 2018\n\n## 冪等な設計\n\n- SQSは2回届くことがある\n- Batch Portalから投入する\n  - 夜間が安い\n"
REPORTS = (
    JAWS.encode(),
    JAWS.replace("夜間", "昼間").encode(),  # the same post, as it was edited
    "<h1>社内勉強会 2019-05-01</h1><ul><li>Batch <b>Portal</b>が冪等でない</li><li>Lambdaは15分まで</li></ul>".encode(),
    "# JAWS DAYS 2018\n\n- まったく別の人の記録\n- 徳島（とくしま）県のバッチポータル\n- PORTALの話\n".encode(),
    "# JAWS DAYS 2018\n\n## 【A】10:00~10:40:サーバーレス設計\n\n- 冪等にする\n".encode(),
    "# JAWS DAYS 2018 の感想\n\n## 【A】10:00~10:40:「サーバレス」設計\n\n- 冪等にしておく\n- 箱の話\n".encode(),
    UNREADABLE,
    b"",
)
NAMES = ("a.md", "b.md", "2019/c.html", "d.txt")
SERVICE = '[services.batch-portal]\nname = "Batch Portal"\ncategory = "compute"\n'
DOMAINS = (
    "",
    '[words]\n"夜間" = ["深夜帯"]\n',
    SERVICE,
    f'{SERVICE}aliases = ["バッチポータル", "PORTAL"]\nambiguous = ["PORTAL"]\ncontext = ["投入"]\n',
)
QUERIES = ("", "冪等", "バッチポータル", "夜間", "service:sqs", '"2回"', "深夜帯", "Portal 投入")

Change = Callable[[Path], Any]


def write(library: Path, name: str, data: bytes) -> None:
    (library / name).parent.mkdir(exist_ok=True)
    (library / name).write_bytes(data)


def move(library: Path, name: str, to: str) -> None:
    if (library / name).exists():
        write(library, to, (library / name).read_bytes())
        (library / name).unlink(missing_ok=name != to)


def configure(library: Path, domain: str, given: MetadataOverride, correction: Correction | None, note: int) -> None:
    """Write a kb.toml of these; a correction is of a note of the library as it is without."""
    (library / "kb.toml").write_text(domain, encoding="utf-8")
    kb = KnowledgeBase.open(library, library.parent / "probe")
    kb.collection.library.configure(with_overrides({"a.md": given}))
    if correction and (library / "a.md").exists() and (library / "a.md").read_bytes() != UNREADABLE:
        notes = kb.adder.preview((library / "a.md").read_bytes(), "a.md", given).report.notes
        if notes:
            kb.corrector.note(notes[note % len(notes)].id, lambda _, to=correction: to)


names, reports = st.sampled_from(NAMES), st.sampled_from(REPORTS)
changes: st.SearchStrategy[Change] = st.one_of(
    st.builds(lambda name, data: lambda library: write(library, name, data), names, reports),
    st.builds(lambda name, data: lambda library: write(library, name, data), names, reports),
    st.builds(lambda name: lambda library: (library / name).unlink(missing_ok=True), names),
    st.builds(lambda name, to: lambda library: move(library, name, to), names, names),
    st.builds(
        lambda domain, event, correction, note: lambda library: configure(library, domain, event, correction, note),
        st.sampled_from(DOMAINS),
        st.sampled_from((MetadataOverride(), MetadataOverride(event="CEDEC 2018"), MetadataOverride(held_on="2020"))),
        st.sampled_from((None, Correction(adds=("sns",)), Correction(removes=("sqs",)))),
        st.integers(0, 3),
    ),
)


def state_of(kb: KnowledgeBase) -> object:
    """Return the contents of an index and its answers to some queries."""
    facets = tuple(facet.key for facet in FACETS)
    answers = [kb.searcher.search(Query(text, facets=facets, limit=None, explain=True)) for text in QUERIES]
    contents = kb.collection.contents()
    return contents and replace(contents, updates=()), answers


@settings(max_examples=15)
@given(st.lists(st.lists(changes, min_size=1, max_size=3), min_size=1, max_size=6))
def test_an_index_synced_after_each_change_equals_a_new_one(steps: list[list[Change]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder, "library")
        library.mkdir()
        kb = KnowledgeBase.open(library, Path(folder, "followed"))
        for step in steps:
            for change in step:
                change(library)
            kb.indexer.sync()
        anew = KnowledgeBase.open(library, Path(folder, "anew"))
        anew.indexer.sync()

        assert state_of(kb) == state_of(anew)


@pytest.fixture
def library(tmp_path: Path) -> Path:
    (tmp_path / "library").mkdir()
    for name, data in zip(NAMES, REPORTS, strict=False):
        write(tmp_path / "library", name, data)
    return tmp_path / "library"


@pytest.fixture
def read_again(library: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The sources that are read after the first sync."""
    sources: list[str] = []
    finish_report = report_cache.finish_report

    def noted(outline: Outline, tools: Tools, **known: object) -> FinishedReport:
        sources.append(outline.source)
        return finish_report(outline, tools, **known)

    monkeypatch.setattr(report_cache, "finish_report", noted)
    KnowledgeBase.open(library, library.parent / "index").indexer.sync()
    sources.clear()
    return sources


def synced(library: Path) -> KnowledgeBase:
    kb = KnowledgeBase.open(library, library.parent / "index")
    kb.indexer.sync()
    return kb


def test_only_a_changed_file_is_read_again(library: Path, read_again: list[str]) -> None:
    write(library, "d.txt", "- Lambdaの話\n".encode())
    synced(library)

    assert read_again == ["d.txt"]


def test_only_the_report_of_a_corrected_note_is_read_again(library: Path, read_again: list[str]) -> None:
    kb = synced(library)
    report = next(entry for entry in kb.browser.reports() if entry.source == "2019/c.html")
    kb.corrector.note(kb.browser.report(report.id)[1][0].id, lambda _: Correction(adds=("sns",)))
    synced(library)

    assert read_again == ["2019/c.html"]


def test_only_the_reports_with_a_new_name_are_read_again(library: Path, read_again: list[str]) -> None:
    (library / "kb.toml").write_text(DOMAINS[1], encoding="utf-8")
    synced(library)

    assert read_again == ["a.md"]  # the one with 夜間


def test_reports_read_by_an_interrupted_sync_are_not_read_again(
    library: Path, read_again: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(_self: Sync, *_: object) -> None:
        raise KeyboardInterrupt

    for name in ("a.md", "b.md"):
        write(library, name, f"- {name}の話\n".encode())
    with monkeypatch.context() as patch:
        patch.setattr(Sync, "_documents", stop)
        with pytest.raises(KeyboardInterrupt):
            synced(library)
    synced(library)

    assert read_again == ["a.md", "b.md"]


CLASHING = {
    **dict(zip(NAMES, REPORTS, strict=False)),
    "e.md": REPORTS[4],  # nobody can read it
    "f.md": REPORTS[0],  # a copy of a.md
    "g.md": "# JAWS DAYS 2018\n\n- 三人目の記録は冪等\n".encode(),
}


def synced_by_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, progress: Progress = ignore_progress
) -> object:
    """Return the state of an index that worker processes wrote, and of one that a single process wrote."""
    (tmp_path / "library").mkdir()
    for name, data in CLASHING.items():
        write(tmp_path / "library", name, data)
    kb, alone = (KnowledgeBase.open(tmp_path / "library", tmp_path / name) for name in ("several", "alone"))
    alone.indexer.sync()
    monkeypatch.setattr(staging, "MIN_FILES", 1)
    kb.indexer.sync(progress)
    kept = [[ReportCache(one.collection.index).find(name) for name in CLASHING] for one in (kb, alone)]

    return (state_of(kb), kept[0]), (state_of(alone), kept[1])


def test_several_processes_write_and_cache_the_same_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = list[tuple[str, int, int]]()

    several, alone = synced_by_processes(tmp_path, monkeypatch, lambda *step: steps.append(step))

    assert several == alone
    assert [step for step in steps if step[0] == "reading"] == [("reading", n, 7) for n in range(1, 8)]


def test_the_parent_process_does_the_work_of_killed_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    killed = list[int]()

    def kill(_step: str, _done: int, _total: int) -> None:
        for process in multiprocessing.active_children():
            os.kill(process.pid or 0, signal.SIGKILL)
            killed.append(process.pid or 0)

    several, alone = synced_by_processes(tmp_path, monkeypatch, kill)

    assert several == alone
    assert killed


def test_the_parent_process_does_the_work_of_workers_that_died_at_their_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = SpawnProcess.start

    def started(process: SpawnProcess) -> None:
        start(process)
        process.kill()
        process.join()

    monkeypatch.setattr(SpawnProcess, "start", started)
    several, alone = synced_by_processes(tmp_path, monkeypatch)

    assert several == alone


def test_staged_segments_that_are_not_published_are_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(_step: str, _done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        synced_by_processes(tmp_path, monkeypatch, stop)

    assert {path.name for path in (tmp_path / "several").iterdir()} == {"DRAFTS.lock", "kept"}


def test_a_damaged_cached_report_is_made_again(library: Path, read_again: list[str]) -> None:
    for path in (library.parent / "index" / "kept").iterdir():
        path.write_bytes(path.read_bytes()[:-1])
    (library / "kb.toml").write_text(DOMAINS[1], encoding="utf-8")
    kb = synced(library)

    assert set(read_again) == {"a.md", "b.md", "2019/c.html", "d.txt"}
    assert [path for path in damaged_files(kb.collection.index) if path.suffix == REPORT_SUFFIX] == []


def test_a_speaker_shown_by_another_name_has_the_own_one_again_in_unchanged_files(library: Path) -> None:
    write(library, "d.txt", "# 鍵の会 2019\n\n## 【A】10:00~10:30:鍵の話\n\n登壇者: 山田 華\n\n- 鍵を返す\n".encode())
    speakers = []
    for people in ('[people]\n"山田 華" = "山田 花子"\n', ""):
        (library / "kb.toml").write_text(people, "utf-8")
        reports = synced(library).browser.reports()
        speakers += [name for entry in reports for talk in entry.talks for name in talk.speakers]

    assert speakers == ["山田 花子", "山田 華"]


def test_a_service_that_a_person_added_to_a_note_is_changed_in_unchanged_files(library: Path) -> None:
    kb = synced(library)
    report = next(entry for entry in kb.browser.reports() if entry.source == "d.txt")
    note = f'[notes."{kb.browser.report(report.id)[1][0].id}"]\nadd = ["batch-portal"]\n'
    found = []
    for category in ("compute", "storage"):
        (library / "kb.toml").write_text(f"{note}{SERVICE.replace('compute', category)}", "utf-8")
        answer = synced(library).searcher.search(Query().select("category", "storage"))
        found.append([hit.note.text for hit in answer.hits if hit.note.report == report.id])

    assert found == [[], ["まったく別の人の記録"]]


def test_the_warnings_of_an_unchanged_file_are_listed_after_the_next_sync_too(library: Path) -> None:
    write(library, "half.md", REPORTS[3] + b"\xff\n")
    first = synced(library).indexer.status().problems
    write(library, "d.txt", "- Lambdaの話\n".encode())

    assert synced(library).indexer.status().problems == first != ()


def test_a_copy_is_indexed_once_its_original_is_gone(library: Path) -> None:
    write(library, "copy.html", REPORTS[2])
    (indexed,) = {"copy.html", "2019/c.html"} & {entry.source for entry in synced(library).browser.reports()}
    (library / indexed).unlink()
    sources = {entry.source for entry in synced(library).browser.reports()}

    assert sources == {"a.md", "b.md", "d.txt", "copy.html", "2019/c.html"} - {indexed}


def test_a_concurrent_publish_is_not_undone(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kb = synced(library)
    write(library, "a.md", REPORTS[2])
    run = Sync.run

    def overtaken(sync: Sync) -> Contents:
        monkeypatch.setattr(Sync, "run", run)
        write(library, "a.md", REPORTS[3])
        write(library, "new.md", b"# CEDEC 2020\n\n- \xe5\x86\xaa\xe7\xad\x89\n")
        synced(library)
        return run(sync)

    monkeypatch.setattr(Sync, "run", overtaken)
    kb.indexer.sync()
    anew = KnowledgeBase.open(library, library.parent / "anew")
    anew.indexer.sync()

    assert state_of(kb) == state_of(anew)


def test_a_generation_published_after_a_change_of_kb_toml_is_searched_by_it(library: Path) -> None:
    kb = synced(library)
    assert kb.searcher.search(Query("深夜帯")).total == 0

    (library / "kb.toml").write_text(f"{SERVICE}{DOMAINS[1]}", encoding="utf-8")
    synced(library)

    assert [found.note.text for found in kb.searcher.search(Query("深夜帯")).hits] == ["夜間が安い"]
    assert kb.collection.catalogue.by_slug["batch-portal"].name == "Batch Portal"


def test_nothing_is_cached_in_a_folder_that_is_no_index(library: Path) -> None:
    (library.parent / "index").mkdir()
    (library.parent / "index" / "thesis.doc").write_text("mine")
    with pytest.raises(Exception, match="is no index"):
        synced(library)

    assert [path.name for path in (library.parent / "index").iterdir()] == ["thesis.doc"]


def cached_report(file: str) -> CachedReport:
    report = Report("r", "a.md", "会", None, None, (), ())
    fingerprint = ReportFingerprint(file, "", "", MetadataOverride(), {}, {})
    return CachedReport(fingerprint, f"names of {file}", ClassifiedReport(report))


def test_a_cache_in_memory_hides_no_older_state_and_writes_no_file(tmp_path: Path) -> None:
    ReportCache(tmp_path).store(cached_report("old"))
    cache = ReportCache(tmp_path, in_memory=True)
    cache.store(cached_report("new"))

    assert [cache.folded_text("a.md", file) for file in ("old", "new", "other")] == [
        "names of old",
        "names of new",
        None,
    ]
    assert (cache.find("a.md"), ReportCache(tmp_path).find("a.md")) == (cached_report("new"), cached_report("old"))


def test_a_sync_starts_no_more_workers_than_it_may_use_processors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started, start = list[str](), SpawnProcess.start
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})
    monkeypatch.setattr(SpawnProcess, "start", lambda process: [started.append(process.name), start(process)][1])

    several, alone = synced_by_processes(tmp_path, monkeypatch)

    assert (started, several == alone) == (["stage"], True)
