"""A process killed while a model reads a library has read each part or not, and the next one pays no answer again."""

import json
import os
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from random import Random

import pytest
from scenes import EDITED, GONE, KEPT, Scene, changes, in_child
from test_kill import SEED, interrupted_at, kill

from kb.assistant.by_model import ModelReader
from kb.assistant.chat import Messages, Reply
from kb.library.line_readings import readings_in

SECTION = "## 監視の話\n\n" + "- 監視の通知は SQS に貯める\n" * 30
State = Mapping[str, frozenset[tuple[str, str | None]]]


class Model:
    """A model that agrees with kb, each other time only after its first answer was refused; it notes what is paid."""

    def __init__(self, scene: Scene, bills: Path) -> None:
        self._scene = scene
        self._bills = bills
        self.states: list[State] = []

    def answer(self, messages: Messages, _: int) -> Reply:
        self.states.append(state(self._scene))
        record = json.loads(messages[1]["content"])
        number = record["lines"][0]["line"]
        with self._bills.open("a", encoding="utf-8") as file:
            file.write(f"{record['report']['title']} {number} {len(messages)}\n")
        if len(messages) == 2 and len(record["lines"]) % 2:
            return Reply("nonsense")
        lines = [one for one in record["lines"] if "is" in one and "read" not in one]
        return Reply(json.dumps({"lines": [{"line": one["line"], "is": one["is"]} for one in lines]}))


def state(scene: Scene) -> State:
    """Return what is read: the keys of lines with what they are, by file."""
    folder = scene.library / "readings"
    return {
        path.name: frozenset((one.of, one.kind or one.role) for one in readings_in(path.read_bytes()).values())
        for path in folder.rglob("*.jsonl")
    }


def read(scene: Scene, model: Model) -> None:
    """Sync a library, and have a model read it."""
    kb = scene.opened()
    kb.indexer.sync()
    ModelReader(kb.readings, "model", scene.index / "kept/answers").run(model.answer)


def counted(scene: Scene, model: Model) -> tuple[int, list[State]]:
    """Return the number of steps of a reading that change files, and the states at each question and at the end."""
    taken = 0

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal taken
        taken += changes(event, arguments) and str(arguments[0]).startswith(str(scene.folder))

    sys.addaudithook(hook)
    read(scene, model)
    return taken, [*model.states, state(scene)]


def restore(scene: Scene, kept: Path) -> None:
    """Have everything as it was, with the times of the files, which decide the order of reading."""
    scene.restore(kept)
    for number, path in enumerate(sorted(scene.library.glob("*.md"))):
        os.utime(path, (number, number))


@pytest.mark.parametrize(("points", "sections"), [(4, 7), pytest.param(60, 28, marks=pytest.mark.soak)])
def test_killed_at_any_step_a_reading_is_whole_and_the_next_one_pays_nothing_again(
    tmp_path: Path, points: int, sections: int
) -> None:
    scene, bills = Scene(tmp_path / "scene"), tmp_path / "bills"
    for name, text in (
        ("kept.md", KEPT),
        ("edited.md", EDITED),
        ("gone.md", GONE),
        ("long.md", f"# 五つ目の勉強会 2023\n\n{SECTION * sections}"),
    ):
        scene.write(name, text)
    scene.opened().indexer.sync()
    before = scene.save("before")
    restore(scene, before)
    steps, states = in_child(lambda: counted(scene, Model(scene, bills))).value
    all_bills = Counter(bills.read_text("utf-8").splitlines())
    wrong, killed = [], 0
    for step in sorted(Random(SEED).sample(range(1, steps + 1), min(points, steps))):  # noqa: S311
        restore(scene, before)
        bills.write_text("", "utf-8")
        ended = in_child(lambda step=step: (interrupted_at(step, scene.folder, kill), read(scene, Model(scene, bills))))
        killed += bool(ended.signal)
        left = state(scene)
        after = in_child(lambda: read(scene, Model(scene, bills)))
        twice = Counter(bills.read_text("utf-8").splitlines()) - all_bills
        if left not in states or state(scene) != states[-1] or twice:
            wrong.append((step, ended.raised, after.raised, twice))

    print(f"kill -9 reading: seed {SEED}, {killed} of {steps} points, {len(wrong)} wrong")
    assert (wrong, killed > 0, len(all_bills) > 4) == ([], True, True)
