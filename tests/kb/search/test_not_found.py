"""The log of searches that found nothing: what it keeps, for how long, and when it keeps nothing."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from msgspec.structs import replace

from index.query import Query
from index.query_ast import Notice
from kb.knowledge_base import KnowledgeBase
from kb.library.places import SAMPLES
from kb.search.not_found import MAX_LISTED, MissedSearch, NotFoundLog

OFF = "keep_not_found = false\n"


@pytest.fixture
def kb(tmp_path: Path) -> KnowledgeBase:
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "a.md").write_text("# 見本勉強会 2019\n\n- 監視は早くから\n", "utf-8")
    return opened(tmp_path)


def opened(folder: Path, library: Path | None = None) -> KnowledgeBase:
    knowledge_base = KnowledgeBase.open(library or folder / "library", folder / "index")
    knowledge_base.indexer.sync()
    return knowledge_base


def searched(kb: KnowledgeBase, *queries: str | Query) -> list[tuple[str, int]]:
    """Search, and return the texts in the log with their numbers."""
    for query in (one if isinstance(one, Query) else Query(one) for one in queries):
        kb.not_found.add(query, kb.searcher.search(query))
    return [(search.text, search.times) for search in kb.not_found.all()]


def test_the_newest_search_is_first_and_its_spellings_count_together(kb: KnowledgeBase) -> None:
    assert searched(kb, "Valkey", "寿司  握り", "ｖａｌｋｅｙ", "監視") == [("ｖａｌｋｅｙ", 2), ("寿司 握り", 1)]


@pytest.mark.parametrize(
    "query",
    [
        Query("寿司").select("year", "2019"),
        Query("寿司", without=("near",)),
        Query("寿司", typing=True),
        Query("寿司", offset=20),
        Query("寿司", limit=0),
        Query(""),
        Query("寿" * 101),
        Query("寿\ud800司"),
    ],
)
def test_a_search_that_may_find_nothing_for_another_reason_is_not_kept(kb: KnowledgeBase, query: Query) -> None:
    assert searched(kb, query) == []


def test_a_search_is_not_kept_if_the_model_failed_or_a_talk_was_found(kb: KnowledgeBase) -> None:
    nothing = kb.searcher.search(Query("寿司"))
    for answer in (replace(nothing, notices=(Notice("no likeness", "no answer"),)), replace(nothing, titled=(None,))):
        kb.not_found.add(Query("寿司"), answer)  # type: ignore[arg-type]  # any title will do

    assert kb.not_found.all() == ()


def test_a_search_that_finds_something_by_now_leaves_the_list(tmp_path: Path, kb: KnowledgeBase) -> None:
    searched(kb, "寿司", "握り")
    before = [search.text for search in kb.not_found.listed()]
    (tmp_path / "library" / "b.md").write_text("# 寿司の会 2020\n\n- 寿司は旬のものを\n", "utf-8")
    kb.indexer.sync()
    to_a_reader = [search.text for search in kb.not_found.listed(may_write=False)]
    kept = len(kb.not_found.all())

    assert (before, to_a_reader, kept) == (["握り", "寿司"], ["握り"], 2)
    assert [search.text for search in kb.not_found.listed()] == ["握り"]
    assert [search.text for search in kb.not_found.all()] == ["握り"]


def test_at_most_300_searches_are_kept_and_the_newest_are_listed(kb: KnowledgeBase) -> None:
    nothing = kb.searcher.search(Query("寿司"))
    for number in range(305):
        kb.not_found.add(Query(f"寿司 {number}"), nothing)
    kept = [search.text for search in kb.not_found.all()]

    assert (len(kept), kept[0], kept[-1]) == (300, "寿司 304", "寿司 5")
    assert [search.text for search in kb.not_found.listed()] == kept[:MAX_LISTED]


def test_no_search_is_lost_among_threads_and_processes(kb: KnowledgeBase) -> None:
    nothing = kb.searcher.search(Query("寿司"))
    logs = [NotFoundLog(kb.collection, kb.searcher.search) for _ in range(4)]  # as in four processes
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda number: logs[number % 4].add(Query(f"寿司 {number % 5}"), nothing), range(40)))

    assert sorted((search.text, search.times) for search in kb.not_found.all()) == [(f"寿司 {n}", 8) for n in range(5)]


def test_a_damaged_file_is_an_empty_one(tmp_path: Path, kb: KnowledgeBase) -> None:
    searched(kb, "寿司")
    (file,) = (tmp_path / "index" / "kept").glob("not-found*")
    file.write_bytes(file.read_bytes()[:-5])

    assert kb.not_found.all() == ()
    assert searched(kb, "握り") == [("握り", 1)]


def test_kb_toml_turns_it_off_and_deletes_what_was_kept(tmp_path: Path, kb: KnowledgeBase) -> None:
    searched(kb, "寿司")
    (tmp_path / "library" / "kb.toml").write_text(OFF, "utf-8")
    kept = searched(kb, "握り")

    assert (kept, list((tmp_path / "index" / "kept").glob("not-found*"))) == ([], [])


def test_under_a_broken_kb_toml_nothing_is_kept(tmp_path: Path, kb: KnowledgeBase) -> None:
    (tmp_path / "library" / "kb.toml").write_text(f"{OFF}[", "utf-8")

    assert searched(kb, "寿司") == []


def test_over_the_samples_and_an_empty_library_nothing_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    samples = KnowledgeBase.open(None, tmp_path / "samples")
    samples.indexer.sync()
    (tmp_path / "empty").mkdir()
    empty = opened(tmp_path, tmp_path / "empty")

    assert samples.collection.library.path == SAMPLES
    assert (searched(samples, "asdfgh"), searched(empty, "asdfgh")) == ([], [])


def test_a_folder_of_somebody_else_stays_as_it_is(tmp_path: Path, kb: KnowledgeBase) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "letter.txt").write_text("dear", "utf-8")
    nothing = kb.searcher.search(Query("寿司"))
    kb.collection.index = other
    kb.not_found.add(Query("寿司"), nothing)

    assert [path.name for path in other.iterdir()] == ["letter.txt"]


def test_a_search_is_removed_by_its_text(kb: KnowledgeBase) -> None:
    searched(kb, "寿司", "握り")

    assert [kb.not_found.remove(text) for text in ("寿司", "寿司", "監視")] == [True, False, False]
    assert [(one.text, one.times) for one in kb.not_found.all()] == [("握り", 1)]
    assert MissedSearch.__struct_fields__ == ("text", "day", "times")  # nothing about who searched
