"""After a power cut at any moment an index opens and answers, and no acknowledged change is lost."""

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from disk import Moment, Recorder, Tree, lay_out
from scenes import ACTIONS, Action, Scene, changes, follow, in_child, library_texts, told

SEED = 2018


def recorded(action: Action, scene: Scene) -> list[Moment]:
    """Run an action and return every moment of the disk meanwhile."""
    recorder = Recorder(scene.folder, changes)
    knowledge_base = scene.opened()
    action.change(knowledge_base)
    recorder.acknowledged = True
    follow(knowledge_base, action.min_files)
    return recorder.finish()


def distinct(moments: list[Moment]) -> Iterator[tuple[str, Tree, bool]]:
    """Yield every state that a power cut may leave, with whether the action was acknowledged before."""
    seen = set()
    for number, moment in enumerate(moments):
        for what, tree in moment.states():
            mark = hashlib.sha256(repr((sorted(tree.items()), moment.acknowledged)).encode()).digest()
            if mark not in seen:
                seen.add(mark)
                yield f"step {number}: {what}", tree, moment.acknowledged


@pytest.mark.parametrize("most", [12, pytest.param(500, marks=pytest.mark.soak)])
@pytest.mark.parametrize("name", ACTIONS)
def test_after_a_power_cut_the_old_or_the_new_state_answers_and_acknowledged_changes_are_there(
    tmp_path: Path, name: str, most: int
) -> None:
    scene, action = Scene(tmp_path / "scene"), ACTIONS[name]
    action.prepare(scene)
    kept = scene.save("kept")
    old = told(scene.opened())
    action.act(scene.opened())
    new = told(scene.opened())
    scene.restore(kept)
    moments = in_child(lambda: recorded(action, scene)).value
    states = list(distinct(moments))
    enumerated = sum(1 for moment in moments for _ in moment.states())
    chosen = Random(SEED).sample(states, min(most, len(states)))  # noqa: S311
    wrong = [
        what
        for what, tree, acknowledged in chosen
        if not survives(scene, tree, (old, new), action.needs if acknowledged else "")
    ]

    print(f"power cut {name}: seed {SEED}, {enumerated} states, {len(chosen)} of them tried, {len(wrong)} wrong")
    assert wrong == []


def survives(scene: Scene, tree: Tree, whole: tuple[object, object], needs: str) -> bool:
    """Return whether the state after a power cut is whole, with the right texts in the library."""
    shutil.rmtree(scene.folder)
    lay_out(scene.folder, tree)
    if needs not in library_texts(scene):
        return False
    ended = in_child(lambda: (told(scene.opened()), follow(scene.opened()), told(scene.opened())))
    return bool(ended.value) and ended.value[0] in whole and ended.value[2] in whole
