"""Generations of the folder engine: written, deleted, merged, and shared by threads and processes."""

import gc
import multiprocessing
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import pytest
from engines import NOTES, document, filled, ids, whoosh

from index.engine import OutdatedError, Publication, SearchIndexError, WriterBusyError
from index.query import Query
from index.schema import Document
from index.whoosh_engine import generations, publishing


def test_a_reader_notices_what_another_process_wrote(folder: Path) -> None:
    reader = whoosh(folder)
    filled(whoosh(folder), NOTES[:1])
    before = reader.search(Query()).total
    filled(whoosh(folder), NOTES)

    assert (before, reader.search(Query()).total) == (1, 4)


def test_only_the_current_generation_and_the_one_before_are_kept(folder: Path) -> None:
    for _ in range(4):
        filled(whoosh(folder), NOTES)

    assert sorted(path.name for path in folder.iterdir()) == ["CURRENT", "WRITER.lock", "gen-000003", "gen-000004"]


def test_unchanged_segments_are_linked_not_rewritten(folder: Path) -> None:
    engine = whoosh(folder)
    engine.publish(Publication({"a": NOTES[:3]}, ["a"], {}))
    before = {path.name: path.stat().st_ino for path in (folder / "gen-000001" / "seg-000001").iterdir()}
    engine.publish(Publication({"b": NOTES[3:]}, ["b", "a"], {}))

    assert {path.name: path.stat().st_ino for path in (folder / "gen-000002" / "seg-000001").iterdir()} == before


def test_many_small_publishes_leave_few_segments(folder: Path) -> None:
    engine = whoosh(folder)
    for number in range(16):
        engine.publish(Publication({str(number): [NOTES[0]]}, [str(n) for n in range(number + 1)], {}))

    assert (engine.search(Query()).total, len(list((folder / "gen-000016").glob("seg-*")))) == (16, 1)


@pytest.mark.parametrize(
    ("sizes", "left"), [([1, 1], 1), ([1, 2], 2), ([2, 1], 2), ([1, 1, 2], 1), ([1, 1, 3], 2), ([4, 1, 2, 1], 1)]
)
def test_segments_up_to_one_as_large_as_all_smaller_ones_are_merged(
    folder: Path, monkeypatch: pytest.MonkeyPatch, sizes: list[int], left: int
) -> None:
    monkeypatch.setattr(publishing, "SMALL", 0)
    engine = whoosh(folder)
    for number, size in enumerate(sizes):
        documents = [document(10 * number + place, "監視") for place in range(size)]
        engine.publish(Publication({str(number): documents}, [str(each) for each in range(number + 1)], {}))

    engine.merge()

    generation = max(folder.glob("gen-*"))
    assert (len(list(generation.glob("seg-*"))), engine.search(Query()).total) == (left, sum(sizes))


@pytest.mark.parametrize(("deleted", "is_rewritten"), [(1, False), (2, False), (3, True)])
def test_a_segment_of_which_less_than_half_is_live_is_rewritten(
    folder: Path, deleted: int, *, is_rewritten: bool
) -> None:
    engine = whoosh(folder)
    sources = {str(number): [document(number, "監視")] for number in range(4)}
    engine.publish(Publication(sources, list(sources), {}))
    before = {path.stat().st_ino for path in folder.glob("gen-000001/seg-*/*")}
    engine.publish(Publication({}, list(sources)[deleted:], {}))

    engine.merge()

    generation = max(folder.glob("gen-*"))
    after = {path.stat().st_ino for path in generation.glob("seg-*/*")}
    assert (not after & before, ids(engine.search(Query(sort="position")))) == (is_rewritten, list(sources)[deleted:])


def test_merging_respects_a_publish_meanwhile(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "SMALL", 0)
    engine = whoosh(folder)
    for number in range(4):
        order = [str(n) for n in range(number + 1)]
        engine.publish(Publication({str(number): [document(number, "監視")]}, order, {"version": number}))
    writing = generations.writing

    def overtaken(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401
        monkeypatch.setattr(generations, "writing", writing)
        engine.publish(Publication({"1": [document(9, "冪等")]}, ["3", "1", "0"], {"version": 5}))
        return writing(*arguments, **named)

    monkeypatch.setattr(generations, "writing", overtaken)
    engine.merge()

    assert ids(engine.search(Query(sort="position"))) == ["3", "9", "0"]
    assert (engine.meta(), len(list(folder.glob("gen-000006/seg-*")))) == ({"version": 5}, 2)
    assert not (folder / "merging").exists()


@pytest.mark.parametrize("error", [WriterBusyError("index", "another"), OutdatedError("index"), KeyboardInterrupt()])
def test_a_failed_merge_leaves_no_files(folder: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    monkeypatch.setattr(publishing, "SMALL", 0)
    engine = whoosh(folder)
    for number in range(4):
        engine.publish(Publication({str(number): [document(number, "監視")]}, [str(n) for n in range(number + 1)], {}))

    def refused(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(generations, "writing", refused)
    with suppress(KeyboardInterrupt):
        engine.merge()

    assert not (folder / "merging").exists()


def test_the_memory_bound_grows_with_the_index(folder: Path) -> None:
    engine = whoosh(folder)
    before = engine.memory()
    filled(engine, NOTES)
    few = engine.memory()
    filled(engine, [document(number, "監視") for number in range(100)])

    assert before == 0 < few < engine.memory()


def test_a_failed_publish_keeps_the_old_generation(folder: Path) -> None:
    engine = whoosh(folder)
    filled(engine, NOTES, {"version": 1})

    with pytest.raises(ValueError, match="no field 'unknown'"):
        filled(engine, [*NOTES, Document("4", {}, {"unknown": ("x",)})], {"version": 2})

    assert (engine.search(Query()).total, engine.meta(), len(list(folder.glob("gen-*")))) == (4, {"version": 1}, 1)


def _write_slowly(folder: Path, started: Path) -> None:
    def endless() -> Iterator[Document]:
        started.touch()
        while True:
            yield NOTES[0]

    filled(whoosh(folder), endless())


def test_a_second_writer_fails_until_the_first_is_killed(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generations, "WRITER_TIMEOUT", 0.1)
    filled(whoosh(folder), NOTES)
    writer = multiprocessing.get_context("spawn").Process(target=_write_slowly, args=(folder, tmp_path / "started"))
    writer.start()
    while not (tmp_path / "started").exists():
        writer.join(0.02)

    with pytest.raises(WriterBusyError, match=f"{folder}.*process {writer.pid} since 20.*"):
        filled(whoosh(folder), NOTES[:1])
    writer.kill()
    writer.join()
    answered = whoosh(folder).search(Query()).total
    filled(whoosh(folder), NOTES[:1])

    assert (answered, whoosh(folder).search(Query()).total, len(list(folder.glob("gen-*")))) == (4, 1, 2)


def test_the_writer_timeout_is_read_at_each_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generations, "WRITER_TIMEOUT", -1.0)
    waits: list[None] = []

    with (
        generations.locked(tmp_path / "LOCK"),
        pytest.raises(WriterBusyError),
        generations.locked(tmp_path / "LOCK", waiting=lambda: waits.append(None)),
    ):
        pass

    assert waits == []


def test_writers_wait_for_each_other(folder: Path) -> None:
    filled(whoosh(folder), NOTES)
    with ThreadPoolExecutor(4) as threads:
        for _ in threads.map(lambda count: filled(whoosh(folder), NOTES[:count]), [1, 2, 3, 3]):
            pass

    assert [path.name for path in sorted(folder.glob("gen-*"))] == ["gen-000004", "gen-000005"]


STOCK = """
import sys
from whoosh import index, query
searcher = index.open_dir(sys.argv[1]).searcher()
for term in sys.argv[2:]:
    print(sorted(hit["key"] for hit in searcher.search(query.Term("word.own", term), limit=None, scored=False)))
assert not any(name.startswith("index") for name in sys.modules)
"""


def test_whoosh_as_published_can_read_a_segment(folder: Path) -> None:
    whoosh(folder).publish(Publication({"a": NOTES[:3]}, ["a"], {}))
    whoosh(folder).publish(Publication({"b": NOTES[1:], "a": [document(9, "監視 監視")]}, ["a", "b"], {}))
    (segment,) = (folder / "gen-000002").glob("seg-*")

    found = subprocess.run(
        [sys.executable, "-I", "-W", "ignore", "-c", STOCK, segment, "監視", "順番"],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONIOENCODING": "utf-8"},
    )

    assert found.stdout.splitlines() == ["['1', '3', '9']", "['2']"]


def test_a_folder_with_other_files_is_refused(folder: Path) -> None:
    folder.mkdir()
    (folder / "letter.txt").write_text("x")

    with pytest.raises(SearchIndexError, match=r"letter\.txt"):
        filled(whoosh(folder), NOTES)

    assert [path.name for path in folder.iterdir()] == ["letter.txt"]


def test_threads_share_an_engine(folder: Path) -> None:
    rng, words = Random(7), ("監視", "モニタリング", "キュー", "信頼性", "遅い", "冪等", "lambda")  # noqa: S311
    notes = [document(n, " ".join(rng.choices(words, k=5)), date=f"20{rng.randint(10, 25)}") for n in range(300)]
    engine = whoosh(folder)
    filled(engine, notes)
    queries = [Query(" ".join(rng.choices(words, k=2)), limit=3) for _ in range(200)]
    expected = [engine.search(query) for query in queries]
    fresh = whoosh(folder)

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(fresh.search, queries))

    assert answers == expected


def test_an_old_generation_closes_without_a_warning(folder: Path) -> None:
    engine = whoosh(folder)
    for _ in range(3):
        filled(engine, NOTES)
        engine.search(Query("監視"))
    gc.collect()

    assert ids(engine.search(Query("順番"))) == ["2"]
