"""Reports that two clients add, replace, remove, restore and redo under equal names are never lost, killed or not."""

import html
import multiprocessing
import os
import re
import signal
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from time import sleep

import pytest
from flask.testing import FlaskClient
from scenes import KEPT, Scene
from test_adding import OURS, report
from werkzeug.test import TestResponse

from kb.storage.walk import backups_below
from webui.app import create_app

SEED = 2018
FORK = multiprocessing.get_context("fork")
ASIDE = re.compile(r"[\w.-]+\.[0-9a-f]{8}(?:-\d+)?~")


class Client:
    """A client that writes over HTTP, with its acknowledged reports and the names of their backups."""

    def __init__(self, client: FlaskClient, own: int, acknowledged: Path) -> None:
        self._client = client
        self._own = own
        self._acknowledged = acknowledged
        self.told: set[str] = set()
        self.statuses: Counter[tuple[str, int]] = Counter()

    def rounds(self, first: int, last: int) -> Iterator[None]:
        """Do everything once a round, each time under the names that the other has too; every other time its report."""
        for number in range(first, last):
            mark = f"{number}" if number % 2 else f"{self._own}-{number}"
            mine, longer = report(mark), report(mark) + f"- {self._own} の追記\n".encode()
            added = [self._add(mine)]
            undo_log = [self._save(longer), self._remove(added[0])]
            if number % 3 == 0:  # a name that is taken
                added.append(self._add(report(f"別{self._own}-{number}")))
            for which in (1, 0, 0, 1, 1, 0):  # each taken back, done again, taken back
                undo_log[which] = self._undo(undo_log[which])
            for report_id in added:
                self._remove(report_id)
            yield

    def _done(self, what: str, response: TestResponse, data: bytes = b"") -> str:
        """Note what was acknowledged and what was told; return the deed, empty where none was done."""
        status = response.status_code
        self.statuses[what, status] += 1
        if status in (201, 303) and data:
            with self._acknowledged.open("ab", buffering=0) as file:
                file.write(data + b"\0")
        location = response.headers.get("Location", "")
        page = self._client.get(location.partition("#")[0]).text if status == 303 else response.text
        self.told |= set(ASIDE.findall(html.unescape(page)))
        return location.partition("done=")[2].partition("#")[0]

    def _add(self, data: bytes) -> str:
        response = self._client.post("/add?name=same.md", data=data, content_type="text/plain", headers=OURS)
        self._done("add", response, data)
        return response.json["report"] if response.status_code == 201 and response.json else ""

    def _save(self, data: bytes) -> str:
        form = {"text": data.decode(), "name": "same.md", "step": "save"}
        return self._done("replace", self._client.post("/add", data=form, headers=OURS), data)

    def _remove(self, report_id: str) -> str:
        return self._done("remove", self._client.post(f"/remove/{report_id}", headers=OURS))

    def _undo(self, undo_entry: str) -> str:
        response = self._client.post("/undo", data={"change": undo_entry}, headers=OURS)
        return self._done("undo", response) or undo_entry


def lost(scene: Scene, acknowledged: Path, told: set[str] | None) -> list[str]:
    """Return the acknowledged reports that are neither in the library nor in an acknowledged backup."""
    scan = scene.opened().collection.library.scan()
    there = {file.data for file in scan.files}
    aside = backups_below(scene.library)
    there |= {path.read_bytes() for path in aside if told is None or path.name in told}
    every = set(acknowledged.read_bytes().split(b"\0")) - {b""}
    return sorted(data.decode(errors="replace")[:60] for data in every - there)


@pytest.mark.parametrize("rounds", [2, pytest.param(100, marks=pytest.mark.soak)])
def test_two_clients_under_equal_names_lose_no_acknowledged_report(tmp_path: Path, rounds: int) -> None:
    scene, acknowledged = Scene(tmp_path / "scene"), tmp_path / "acknowledged"
    scene.write("kept.md", KEPT)
    knowledge_base = scene.opened()
    knowledge_base.indexer.sync()
    app = create_app(knowledge_base)
    clients = [Client(app.test_client(), own, acknowledged) for own in (1, 2)]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda client: list(client.rounds(0, rounds)), clients))
    statuses = sum((client.statuses for client in clients), Counter[tuple[str, int]]())
    missing = lost(scene, acknowledged, clients[0].told | clients[1].told)

    every = len(set(acknowledged.read_bytes().split(b"\0"))) - 1
    print(f"undo: {rounds} rounds of two clients, {every} reports acknowledged, {len(missing)} lost; {dict(statuses)}")
    assert (missing, {status for _, status in statuses} - {201, 303, 404, 409, 410}) == ([], set())


def work(scene: Scene, own: int, first: int, acknowledged: Path, done: Path) -> None:
    client = Client(create_app(scene.opened()).test_client(), own, acknowledged)
    for _ in client.rounds(first, first + 1000):
        done.write_bytes(done.read_bytes() + b".")


@pytest.mark.parametrize("kills", [2, pytest.param(100, marks=pytest.mark.soak)])
def test_two_killed_clients_lose_no_acknowledged_report(tmp_path: Path, kills: int) -> None:
    scene, acknowledged, random = Scene(tmp_path / "scene"), tmp_path / "acknowledged", Random(SEED)  # noqa: S311
    scene.write("kept.md", KEPT)
    scene.opened().indexer.sync()
    acknowledged.touch()
    done = [tmp_path / f"done-{own}" for own in (1, 2)]
    for file in done:
        file.touch()
    killed = 0
    for kill in range(kills):
        before = acknowledged.stat().st_size
        workers = [
            FORK.Process(target=work, args=(scene, own, kill * 1000, acknowledged, done[own - 1])) for own in (1, 2)
        ]
        for worker in workers:
            worker.start()
        while acknowledged.stat().st_size == before:  # however slow the machine is
            sleep(0.01)
        sleep(random.uniform(0, 1))
        for worker in workers:
            assert worker.pid
            os.kill(worker.pid, signal.SIGKILL)
            worker.join()
            killed += 1
    missing = lost(scene, acknowledged, None)

    every = len(set(acknowledged.read_bytes().split(b"\0"))) - 1
    print(f"undo: seed {SEED}, {killed} kills, {every} reports acknowledged, {len(missing)} lost")
    assert (missing, (scene.library / ".kb-begun").exists()) == ([], False)
