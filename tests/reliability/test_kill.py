"""A process killed at any step of writing leaves the old or the new state, whole, and the next sync works."""

import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest
from scenes import ACTIONS, Scene, changes, follow, in_child, library_texts, told

from webui.site.exporting import replace

SEED = 2018


def interrupted_at(step: int, below: Path, interrupt: Callable[[], object]) -> None:
    """Let this process be interrupted before its step of a number, from 1, that changes a folder."""
    taken = 0

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal taken
        if changes(event, arguments) and str(arguments[0]).startswith(str(below)):
            taken += 1
            if taken == step:
                interrupt()

    sys.addaudithook(hook)


def kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def ctrl_c() -> None:
    raise KeyboardInterrupt


def steps_of(action: str, scene: Scene, kept: Path, points: int | None) -> Iterator[int]:
    """Yield the numbers of the steps to be killed at: all, or a random sample, and one past the last."""
    scene.restore(kept)
    taken = in_child(lambda: counted(action, scene)).value
    chosen = range(1, taken + 1)
    yield from sorted(Random(SEED).sample(chosen, min(points, taken))) if points else chosen  # noqa: S311


def counted(action: str, scene: Scene) -> int:
    """Return the number of steps of an action."""
    taken = 0

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal taken
        taken += changes(event, arguments) and str(arguments[0]).startswith(str(scene.folder))

    sys.addaudithook(hook)
    ACTIONS[action].act(scene.opened())
    return taken


@pytest.mark.parametrize("points", [3, pytest.param(None, marks=pytest.mark.soak)])
@pytest.mark.parametrize("action", ACTIONS)
def test_killed_at_any_step_the_state_is_old_or_new_and_the_next_sync_works(
    tmp_path: Path, action: str, points: int | None
) -> None:
    scene = Scene(tmp_path / "scene")
    ACTIONS[action].prepare(scene)
    kept = scene.save("kept")
    old = told(scene.opened())
    ACTIONS[action].act(scene.opened())
    new = told(scene.opened())
    wrong, killed = [], 0
    for step in steps_of(action, scene, kept, points):
        scene.restore(kept)
        ended = in_child(
            lambda step=step: (interrupted_at(step, scene.folder, kill), ACTIONS[action].act(scene.opened()))
        )
        killed += ended.signal == signal.SIGKILL
        after = in_child(lambda: (told(scene.opened()), follow(scene.opened()), told(scene.opened())))
        whole = after.value and after.value[0] in (old, new) and after.value[2] in (old, new)
        if not whole or not _bounded(scene):
            wrong.append((step, ended.raised, after.raised, after.signal))

    print(f"kill -9 {action}: seed {SEED}, {killed} points, {len(wrong)} wrong")
    assert (wrong, killed > 0) == ([], True)


@pytest.mark.parametrize("interrupt", [kill, ctrl_c])
@pytest.mark.parametrize("first", [True, False])
def test_interrupted_at_any_step_an_export_leaves_a_whole_site_and_the_next_one_removes_the_rest(
    tmp_path: Path, interrupt: Callable[[], object], *, first: bool
) -> None:
    old, new, next_one = (
        sorted([("index.html", name), ("note/1/index.html", name * 2), (f"{name.decode()}.html", b"")])
        for name in (b"old", b"new", b"next")
    )
    site, step, wrong, is_interrupted = tmp_path / "site", 0, [], True
    while is_interrupted:
        step += 1
        shutil.rmtree(site, ignore_errors=True)
        if not first:
            replace(site, old)

        def act(step: int = step) -> None:
            interrupted_at(step, tmp_path, interrupt)
            replace(site, new)

        ended = in_child(act)
        is_interrupted = bool(ended.signal or ended.raised)
        left = texts(site)
        if not left and interrupt is kill:
            left = texts(tmp_path / ".site.kb-export/old")  # the next export puts it back
        replace(site, next_one)
        if left not in ([], new) if first else left not in (old, new):
            wrong.append((step, left))
        if texts(site) != next_one or list(tmp_path.iterdir()) != [site]:
            wrong.append((step, texts(site)))

    print(f"export: {step} points, {len(wrong)} wrong")
    assert (wrong, step > 8) == ([], True)


def texts(site: Path) -> list[tuple[str, bytes]]:
    """Return the pages of a site, without the files that list them."""
    return sorted((path.relative_to(site).as_posix(), path.read_bytes()) for path in site.rglob("*.html"))


def _bounded(scene: Scene) -> bool:
    """Return whether only the generations that a publish keeps are left, and those that it had begun to remove."""
    return len(list(scene.index.glob("gen-*"))) <= 3 and bool(library_texts(scene))


def test_the_merge_action_merges(tmp_path: Path) -> None:
    scene = Scene(tmp_path / "scene")
    ACTIONS["merge"].prepare(scene)
    ACTIONS["merge"].act(scene.opened())
    *_, newest = sorted(scene.index.glob("gen-*"))

    assert len(list(newest.glob("seg-*"))) == 1
