"""A full disk or a read-only folder does no harm: the old answers stay, and a sync works once there is room."""

import os
import resource
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path

import pytest
from scenes import ACTIONS, Scene, in_child, told

from index.engine import SearchIndexError
from kb.report.problems import LibraryError

TEMPORARY = Path(tempfile.gettempdir())
UNTOUCHABLE = 65534  # the user `nobody`: root may write everywhere


def tried(scene: Scene, name: str, limit: int) -> tuple[object, object, object, str]:
    """Return the answers before and after an action with limited file sizes, and after a retry without a limit."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    most = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    knowledge_base = scene.opened()
    before = told(knowledge_base)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, most))
    error = ""
    try:
        ACTIONS[name].act(knowledge_base)
    except (LibraryError, SearchIndexError, OSError) as raised:
        error = type(raised).__name__
    between = told(knowledge_base)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    if name == "add" and (scene.library / "added.md").exists():
        knowledge_base.indexer.sync()
    else:
        ACTIONS[name].act(knowledge_base)
    return before, between, told(knowledge_base), error


@pytest.mark.parametrize("sizes", [6, pytest.param(80, marks=pytest.mark.soak)])
@pytest.mark.parametrize("name", ["sync", "add"])
def test_with_limited_file_sizes_the_old_answers_stay_and_a_retry_works(tmp_path: Path, name: str, sizes: int) -> None:
    scene = Scene(tmp_path / "scene")
    ACTIONS[name].prepare(scene)
    kept = scene.save("kept")
    old = told(scene.opened())
    ACTIONS[name].act(scene.opened())
    new = told(scene.opened())
    longest = max(path.stat().st_size for path in scene.index.rglob("*"))
    wrong, failed = [], 0
    for limit in (longest * n // sizes for n in range(sizes)):
        scene.restore(kept)
        ended = in_child(lambda limit=limit: tried(scene, name, limit))
        failed += bool(ended.value and ended.value[3])
        if not ended.value or ended.value[0] != old or ended.value[1] not in (old, new) or ended.value[2] != new:
            wrong.append((limit, ended.raised, ended.signal))

    print(f"files that cannot grow, {name}: {sizes} sizes, {failed} failed writes, {len(wrong)} wrong")
    assert (wrong, failed > 0) == ([], True)


@contextmanager
def small_disk(folder: Path, kilobytes: int) -> Iterator[None]:
    """Mount a disk of a size at a folder; skip the test if mounting is not allowed."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(folder)]
    if shutil.which("mount") is None:
        pytest.skip("there is no mount here")
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting a disk is not allowed here")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def filled_up(scene: Scene, kilobytes: int) -> tuple[object, object, str]:
    """Return the answers after a sync on a disk with little room, and after a sync with more room."""
    knowledge_base = scene.opened()
    told(knowledge_base)
    ballast = scene.folder / "ballast"
    with ballast.open("wb") as file:
        free = shutil.disk_usage(scene.folder).free
        file.write(bytes(max(0, free - kilobytes * 1024)))
    error = ""
    try:
        knowledge_base.indexer.sync()
    except (LibraryError, SearchIndexError, OSError) as raised:
        error = type(raised).__name__
    between = told(knowledge_base)
    ballast.unlink()
    knowledge_base.indexer.sync()
    return between, told(knowledge_base), error


@pytest.mark.parametrize("sizes", [3, pytest.param(40, marks=pytest.mark.soak)])
def test_on_a_full_disk_the_old_answers_stay_and_a_retry_works(tmp_path: Path, sizes: int) -> None:
    scene = Scene(tmp_path / "scene")
    ACTIONS["sync"].prepare(scene)
    kept = scene.save("kept")
    old = told(scene.opened())
    scene.opened().indexer.sync()
    new = told(scene.opened())
    wrong, failed = [], 0
    for room in (240 * n // sizes for n in range(sizes)):
        shutil.rmtree(scene.folder)
        scene.folder.mkdir()
        with small_disk(scene.folder, 4096):
            shutil.copytree(kept, scene.folder, dirs_exist_ok=True)
            ended = in_child(lambda room=room: filled_up(scene, room))
        failed += bool(ended.value and ended.value[2])
        if not ended.value or ended.value[0] not in (old, new) or ended.value[1] != new:
            wrong.append((room, ended.raised, ended.signal))

    print(f"full disk: {sizes} sizes, {failed} failed writes, {len(wrong)} wrong")
    assert (wrong, failed > 0) == ([], True)


def as_nobody(scene: Scene) -> tuple[object, str, object]:
    """Return the answers in a read-only folder, the error of a sync, and the answers after a sync that may write."""
    os.seteuid(UNTOUCHABLE)
    knowledge_base = scene.opened()
    error = ""
    try:
        knowledge_base.indexer.sync()
    except (LibraryError, SearchIndexError, OSError) as raised:
        error = type(raised).__name__
    there = told(knowledge_base)
    os.seteuid(0)
    knowledge_base.indexer.sync()
    return there, error, told(knowledge_base)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become another user")
def test_a_read_only_index_can_be_searched_and_a_sync_reports_it(tmp_path: Path) -> None:
    scene = Scene(tmp_path / "scene")
    ACTIONS["sync"].prepare(scene)
    old = told(scene.opened())
    for folder in (tmp_path, *takewhile(lambda parent: parent != TEMPORARY, tmp_path.parents)):
        folder.chmod(0o755)
    ended = in_child(lambda: as_nobody(scene))
    there, error, after = ended.value or (None, ended.raised, None)

    assert (there == old, error != "", after == told(scene.opened()), after != old) == (True, True, True, True), ended
