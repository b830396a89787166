"""Corrections over HTTP, each done, undone and redone, survive kill -9 at any moment: whole or not at all."""

import html
import os
import re
import signal
import tomllib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from random import Random
from time import sleep
from typing import Any, TypeAlias

import pytest
from scenes import ACTIONS, ADDED, KEPT, Scene, in_child
from test_adding import OURS
from test_beside import FORK
from test_kill import interrupted_at, kill
from werkzeug.test import TestResponse

from webui.app import create_app

SEED = 2018
State: TypeAlias = tuple[dict[str, Any], dict[str, bytes]]
"""The tables of kb.toml and the reports of a library."""
NEW = ADDED.replace("## 移行", "## 【B】13:00~13:40:移行")
TEXT = KEPT + "\n## 鍵について\n\n- 鍵は必ず返す\n"


def state(scene: Scene) -> State:
    """Return the state of a library after a killed writer, as the next one leaves it, without former ids."""
    scene.opened().collection.library.settle()
    path = scene.library / "kb.toml"
    tables = tomllib.loads(path.read_text("utf-8")) if path.exists() else {}
    for source, table in [*tables.get("reports", {}).items()]:
        table.pop("former", None)  # stays after undo: addresses of the event's other name still lead to the report
        if not table:
            del tables["reports"][source]
    reports = {one.name: one.read_bytes() for one in scene.library.glob("*.md")}
    return {name: entries for name, entries in tables.items() if entries}, reports


def fields(page: TestResponse) -> dict[str, str]:
    """Return the fields of the forms of a page, without those to choose."""
    tags = (dict(re.findall(r'(\w+)="([^"]*)"', tag)) for tag in re.findall(r"<input [^>]*>", page.text))
    return {
        tag["name"]: html.unescape(tag.get("value", ""))
        for tag in tags
        if tag.get("name", "q") != "q" and tag.get("type") not in ("checkbox", "radio")
    }


class Client:
    """A person at the page of a library."""

    def __init__(self, scene: Scene) -> None:
        self._kb = scene.opened()
        self._client = create_app(self._kb).test_client()

    def steps(self, times: int) -> Iterator[None]:
        """Correct a title, several things at once, a line, an end and a new report; undo and redo each, some times."""
        for change in (self._title, self._together, self._line, self._end, self._new_report):
            done = change()
            yield
            for _ in range(times):
                done = self._post("/undo", change=done)
                yield

    def _post(self, address: str, **form: str) -> str:
        """Post a form; return the key of its undo entry."""
        response = self._client.post(address, data=form, headers=OURS)
        assert response.status_code == 303, response.text
        return response.location.partition("done=")[2].partition("&")[0].partition("#")[0]

    def _title(self) -> str:
        talk = self._kb.browser.reports()[0].talks[0]
        return self._post(f"/correct-talk/{talk.id}", title="行列の話")

    def _together(self) -> str:
        note = self._kb.browser.report(self._kb.browser.reports()[0].id)[1][0]
        return self._post(f"/correct/{note.id}", panel="1", add="S3", kind="advice", title="列の話", event="改名した会")

    def _line(self, heading: str = "yes") -> str:
        page = self._client.get(f"/lines/{self._kb.browser.reports()[0].id}").text
        (panel,) = re.findall(r'href="(/correct-talk/[^"]*)">[^<]*鍵について', page)
        return self._post(html.unescape(panel), heading=heading)

    def _end(self) -> str:
        return self._line("ends")

    def _new_report(self) -> str:
        shown = self._client.post("/add", data={"text": NEW}, headers=OURS)
        about = re.findall(r'name="about" value="(note:[^"]*)"', shown.text)[0]
        panel = self._client.post("/add", data={**fields(shown), "about": html.unescape(about)}, headers=OURS)
        changed = {"panel": "1", "add": "S3", "kind": "advice", "title": "引っ越しの話", "speakers": "見本 花子"}
        after = self._client.post("/add", data={**fields(panel), **changed}, headers=OURS)
        return self._post("/add", **{**fields(after), "event": "名付けた会", "step": "save"})


def work(scene: Scene, times: int, done: Path) -> None:
    with done.open("ab", buffering=0) as acknowledged:
        for _ in Client(scene).steps(times):
            acknowledged.write(b".")


@pytest.mark.parametrize(("rounds", "times"), [(2, 1), pytest.param(60, 3, marks=pytest.mark.soak)])
def test_a_killed_correction_is_whole_or_not_there_and_an_acknowledged_one_is_kept(
    tmp_path: Path, rounds: int, times: int
) -> None:
    scene, done, random = Scene(tmp_path / "scene"), tmp_path / "done", Random(SEED)  # noqa: S311
    scene.write("kept.md", TEXT)
    scene.opened().indexer.sync()
    kept, states = scene.save("kept"), [state(scene)]
    states += [state(scene) for _ in Client(scene).steps(times)]
    wrong = []
    for number in range(rounds):
        scene.restore(kept)
        done.write_bytes(b"")
        worker = FORK.Process(target=work, args=(scene, times, done))
        worker.start()
        wanted = number * (len(states) - 1) // rounds  # steps before the kill, from the first to the last
        while worker.is_alive() and done.stat().st_size < wanted:
            sleep(0.005)
        sleep(random.uniform(0, 0.1))
        if worker.is_alive() and worker.pid:
            os.kill(worker.pid, signal.SIGKILL)
        worker.join()
        step = done.stat().st_size
        if state(scene) not in states[step : step + 2] or worker.exitcode not in (0, -signal.SIGKILL):
            wrong.append((number, step, worker.exitcode, state(scene)))

    print(f"correcting: seed {SEED}, {rounds} rounds, {len(wrong)} wrong")
    assert (wrong, (scene.library / ".kb-begun").exists()) == ([], False)
    assert [one == states[0] for one in states[::2]] == [True] * len(states[::2])
    assert all(before != after for before, after in pairwise(states))


@pytest.mark.parametrize("action", ["add corrected", "take corrected back"])
def test_killed_at_any_step_a_new_report_is_there_with_its_corrections_or_neither_is(
    tmp_path: Path, action: str
) -> None:
    scene = Scene(tmp_path / "scene")
    ACTIONS[action].prepare(scene)
    kept, old = scene.save("kept"), state(scene)
    ACTIONS[action].change(scene.opened())
    new, wrong, step, is_killed = state(scene), [], 0, True
    while is_killed:
        step += 1
        scene.restore(kept)
        ended = in_child(
            lambda step=step: (interrupted_at(step, scene.library, kill), ACTIONS[action].change(scene.opened()))
        )
        is_killed = ended.signal == signal.SIGKILL
        if ended.raised or state(scene) not in (old, new):
            wrong.append((step, ended.raised, state(scene)))

    print(f"{action}: {step - 1} points, {len(wrong)} wrong")
    assert (wrong, step > 3, len(old[1]) != len(new[1]), bool(old[0]) != bool(new[0])) == ([], True, True, True)
