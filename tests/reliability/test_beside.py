"""Readers see one generation at a time while a writer publishes, and concurrent writers lose nothing."""

import multiprocessing
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest
from scenes import ADDED, EDIT, EDITED, KEPT, Scene, library_texts

from index.engine import WriterBusyError
from index.query import Query
from kb.report.model import Correction

FORK = multiprocessing.get_context("fork")
RENAMED = KEPT.replace("見本勉強会", "改名勉強会").replace("- Lambda は長く待たせない\n", "")
BOTH = Query("冪等", facets=("service", "event", "year", "talk"), context="place")


def read(
    scene: Scene,
    load: tuple[int, int],
    whole: Sequence[object],
    enough: Event,
    results: "multiprocessing.Queue[object]",
) -> None:
    """Search in several threads until each generation was seen; put each answer that no generation gives as a whole."""
    threads, searches = load
    knowledge_base = scene.opened()

    def one(_: int) -> str:
        try:
            return "whole" if seen(knowledge_base.searcher.search(BOTH)) in whole else "mixed"
        except Exception as error:  # noqa: BLE001  # whatever it is, it is counted
            return repr(error)

    with ThreadPoolExecutor(threads) as pool:
        searched = False
        while not (searched and enough.is_set()):
            for outcome in pool.map(one, range(searches)):
                if outcome != "whole":
                    results.put(outcome)
            searched = True
    results.put(None)


def seen(answer: object) -> str:
    """Return everything in an answer, with its scores, as a value to compare."""
    return repr(answer)


@pytest.mark.parametrize(
    ("processes", "threads", "searches"), [(2, 2, 150), pytest.param(4, 8, 6000, marks=pytest.mark.soak)]
)
def test_no_search_during_a_publish_fails_or_mixes_two_generations(
    tmp_path: Path, processes: int, threads: int, searches: int
) -> None:
    scene = Scene(tmp_path / "scene")
    texts = (KEPT, RENAMED)
    whole = []
    for text in texts:
        scene.write("kept.md", text)
        scene.write("edited.md", EDIT if text == KEPT else EDITED)
        knowledge_base = scene.opened()
        knowledge_base.indexer.sync()
        whole.append(seen(knowledge_base.searcher.search(BOTH)))
    results: multiprocessing.Queue[object] = FORK.Queue()
    enough = FORK.Event()
    arguments = (scene, (threads, searches), whole, enough, results)
    readers = [FORK.Process(target=read, args=arguments) for _ in range(processes)]
    for reader in readers:
        reader.start()
    writer, published, wrong, done = scene.opened(), 0, [], 0
    while done < processes:
        scene.write("kept.md", texts[published % 2])
        scene.write("edited.md", EDITED if published % 2 else EDIT)
        writer.indexer.sync()
        published += 1
        if published > 1:  # however slow the writer is beside its readers
            enough.set()
        while not results.empty():
            outcome = results.get()
            done += outcome is None
            wrong += [] if outcome is None else [outcome]
    for reader in readers:
        reader.join()

    print(f"beside a writer: {processes * searches} searches or more, {published} generations, {len(wrong)} wrong")
    assert (wrong[:5], len(wrong), published > 1, len(set(whole))) == ([], 0, True, 2)


def patiently(do: Callable[[], object]) -> None:
    """Call a function until no other process holds the lock."""
    while True:
        try:
            do()
        except WriterBusyError:
            time.sleep(0.01)
        else:
            return


def fight(scene: Scene, own: int, rounds: int) -> None:
    """Add reports under one name and correct a note each time, while another process does the same."""
    knowledge_base = scene.opened()
    for number in range(rounds):
        text = ADDED.replace("四つ目", f"{own}人目の{number}回目").replace("移行の話", f"話{own}-{number}")
        knowledge_base.adder.add(text.encode(), "notes.md")
        knowledge_base.corrector.note(f"note-{own}-{number}/00000000", lambda _: Correction(adds=("s3",)))
        patiently(knowledge_base.indexer.sync)


@pytest.mark.parametrize("rounds", [4, pytest.param(60, marks=pytest.mark.soak)])
def test_two_concurrent_writers_lose_nothing(tmp_path: Path, rounds: int) -> None:
    scene = Scene(tmp_path / "scene")
    scene.write("kept.md", KEPT)
    scene.opened().indexer.sync()
    fighters = [FORK.Process(target=fight, args=(scene, own, rounds)) for own in (1, 2)]
    for fighter in fighters:
        fighter.start()
    for fighter in fighters:
        fighter.join()
    last = scene.opened()
    last.indexer.sync()
    titles = {entry.title for entry in last.browser.reports()}
    texts = library_texts(scene)
    lost = [
        (own, number, what)
        for own in (1, 2)
        for number in range(rounds)
        for what, there in (
            ("report", any(f"{own}人目の{number}回目" in title for title in titles)),
            ("correction", f"note-{own}-{number}/" in texts),
        )
        if not there
    ]

    print(f"two writers: {2 * rounds} reports and corrections, {len(lost)} lost")
    assert (lost, [fighter.exitcode for fighter in fighters]) == ([], [0, 0])
