"""Processes that add and correct at the same time lose no acknowledged change, killed or not."""

import os
import signal
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.process import BaseProcess
from pathlib import Path
from random import Random
from time import sleep

import pytest
from msgspec.structs import replace
from scenes import ADDED, KEPT, Scene
from test_beside import FORK, patiently

from kb.knowledge_base import KnowledgeBase
from kb.report.model import Correction, MetadataOverride
from webui.app import create_app

SEED = 2018
PROCESSES = 4
TOGETHER = "見本ではない会-2022-0000/00000000"  # the note that all correct
OURS = {"Sec-Fetch-Site": "same-origin"}


def report(mark: str) -> bytes:
    """Return a report with a title and notes of its own."""
    return ADDED.replace("四つ目", f"{mark}番の").replace("移行の話", f"話{mark}").encode()


def steps(own: int, rounds: int, slugs: Sequence[str]) -> Iterator[Callable[[KnowledgeBase], object]]:
    """Yield the steps of a process: reports under own and shared names, a report that all add, and corrections."""
    for number in range(rounds):
        mark = f"{own}-{number}"
        yield lambda kb, mark=mark: kb.adder.add(report(f"甲{mark}"), f"{mark}.md")
        yield lambda kb, mark=mark: kb.adder.add(report(f"乙{mark}"), "notes.md", MetadataOverride(event=f"会{mark}"))
        yield lambda kb, number=number: kb.adder.add(
            report(f"丙{number}"), "same.md", MetadataOverride(event=f"皆の会{number}")
        )
        yield lambda kb, mark=mark: kb.corrector.note(f"note-{mark}/00000000", lambda _: Correction(adds=("s3",)))
        slug = slugs[own * rounds + number]
        yield lambda kb, slug=slug: kb.corrector.note(TOGETHER, lambda known: replace(known, adds=(*known.adds, slug)))
        if number % 10 == 0:
            yield lambda kb: patiently(kb.indexer.sync)


def work(scene: Scene, own: int, rounds: int, slugs: Sequence[str], done: Path) -> None:
    """Do the steps that are not acknowledged yet; a byte in a file acknowledges each."""
    knowledge_base = scene.opened()
    with done.open("ab", buffering=0) as acknowledged:
        for step in list(steps(own, rounds, slugs))[done.stat().st_size :]:
            step(knowledge_base)
            acknowledged.write(b".")


def begun(scene: Scene, rounds: int, slugs: Sequence[str], done: Sequence[Path]) -> list[BaseProcess]:
    workers = [FORK.Process(target=work, args=(scene, own, rounds, slugs, file)) for own, file in enumerate(done)]
    for worker in workers:
        worker.start()
    return workers


@pytest.mark.parametrize(
    ("rounds", "kills"),
    [(4, 0), (3, 3), pytest.param(67, 0, marks=pytest.mark.soak), pytest.param(67, 40, marks=pytest.mark.soak)],
)
def test_processes_that_add_and_correct_at_once_lose_nothing(tmp_path: Path, rounds: int, kills: int) -> None:
    scene, random = Scene(tmp_path / "scene"), Random(SEED)  # noqa: S311
    scene.write("kept.md", KEPT)
    first = scene.opened()
    first.indexer.sync()
    slugs = [service.slug for service in first.collection.catalogue.services][: PROCESSES * rounds]
    done = [tmp_path / f"done-{own}" for own in range(PROCESSES)]
    killed = 0
    for _ in range(kills):
        workers = begun(scene, rounds, slugs, done)
        sleep(random.uniform(0.05, 0.6))
        for worker in workers:
            if worker.is_alive() and worker.pid:
                os.kill(worker.pid, signal.SIGKILL)
                killed += 1
            worker.join()
    workers = begun(scene, rounds, slugs, done)
    for worker in workers:
        worker.join()
    wrong = lost_or_torn(scene, rounds, slugs)

    print(f"{PROCESSES} processes: {5 * PROCESSES * rounds} acknowledged, {killed} kills, {len(wrong)} lost or torn")
    assert (wrong, [worker.exitcode for worker in workers]) == ([], [0] * PROCESSES)


def lost_or_torn(scene: Scene, rounds: int, slugs: Sequence[str]) -> list[str]:
    """Return everything that a library should hold exactly once after the steps, but does not."""
    told = tomllib.loads((scene.library / "kb.toml").read_text("utf-8"))
    marks = [f"{own}-{number}" for own in range(PROCESSES) for number in range(rounds)]
    held = {path.name: path.read_bytes() for path in scene.library.glob("*.md")}
    wanted = [report(f"{kind}{mark}") for kind in "甲乙" for mark in marks]
    wanted += [report(f"丙{number}") for number in range(rounds)]
    counts = Counter(held.values())
    wrong = [f"{counts[data]} times {data[:40].decode(errors='replace')}" for data in wanted if counts[data] != 1]
    wrong += [f"torn {name}" for name, data in held.items() if data not in {*wanted, KEPT.encode()}]
    events = {held.get(name): values["event"] for name, values in told["reports"].items()}
    wrong += [f"event of {mark}" for mark in marks if events.get(report(f"乙{mark}")) != f"会{mark}"]
    wrong += [f"correction {mark}" for mark in marks if f"note-{mark}/00000000" not in told["notes"]]
    return wrong + sorted(set(slugs) - set(told["notes"][TOGETHER]["add"]))


@pytest.mark.parametrize("rounds", [3, pytest.param(50, marks=pytest.mark.soak)])
def test_concurrent_uploads_are_all_in_the_library(tmp_path: Path, rounds: int) -> None:
    scene = Scene(tmp_path / "scene")
    scene.write("kept.md", KEPT)
    knowledge_base = scene.opened()
    knowledge_base.indexer.sync()
    app = create_app(knowledge_base)
    note = next(note for note in knowledge_base.browser.report(knowledge_base.browser.reports()[0].id)[1])
    slugs = [service.slug for service in knowledge_base.collection.catalogue.services][: PROCESSES * rounds]

    def send(number: int) -> list[int]:
        client = app.test_client()
        added = client.post(
            f"/add?name=notes.md&event=会{number}", data=report(f"{number}"), content_type="text/plain", headers=OURS
        )
        corrected = client.post(f"/correct/{note.id}", data={"add": slugs[number]}, headers=OURS)
        return [added.status_code, corrected.status_code]

    with ThreadPoolExecutor(PROCESSES) as pool:
        statuses = Counter(status for pair in pool.map(send, range(PROCESSES * rounds)) for status in pair)
    told = tomllib.loads((scene.library / "kb.toml").read_text("utf-8"))
    held = {path.read_bytes() for path in scene.library.glob("*.md")}
    lost = [number for number in range(PROCESSES * rounds) if report(f"{number}") not in held]

    assert (lost, set(slugs) - set(told["notes"][note.id]["add"]), len(told["reports"]), statuses) == (
        [],
        set(),
        PROCESSES * rounds,
        {201: PROCESSES * rounds, 303: PROCESSES * rounds},
    )
