"""A damaged index never gives a wrong answer, and the next sync repairs it."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest
from scenes import ACTIONS, Scene, in_child, told

from index.engine import SearchIndexError

SEED = 2018
BLOCK = 512  # bytes: what a disk loses at once


@dataclass(frozen=True, slots=True)
class Damage:
    """One change to the files of an index."""

    name: str
    harm: Callable[[], object]


def damages(scene: Scene, rng: Random, flips: int) -> Iterator[Damage]:
    """Yield the damages of each file: bits flipped, cut, zeroed, deleted, swapped, or replaced by an older state."""
    files = sorted(path for path in scene.index.rglob("*") if path.is_file() and path.name != "WRITER.lock")
    for path in files:
        data, name = path.read_bytes(), path.relative_to(scene.index).as_posix()
        for place in (rng.randrange(8 * len(data)) for _ in range(flips)):
            yield Damage(f"flip {place} of {name}", write(path, flipped(data, place)))
        for cut in sorted({0, 1, len(data) // 4, len(data) // 2, len(data) * 3 // 4, len(data) - 2, len(data) - 1}):
            yield Damage(f"cut {name} to {cut}", write(path, data[: max(0, cut)]))
        for begin in range(0, len(data), max(BLOCK, len(data) // 4)):
            yield Damage(
                f"zero {begin} of {name}",
                write(path, data[:begin] + bytes(len(data[begin : begin + BLOCK])) + data[begin + BLOCK :]),
            )
        yield Damage(f"append to {name}", write(path, data + b"\0"))
        yield Damage(f"delete {name}", path.unlink)
        for other in rng.sample(files, 3):
            yield Damage(f"{other.name} in place of {name}", write(path, other.read_bytes()))
    yield from foreign(scene, files)


def foreign(scene: Scene, files: list[Path]) -> Iterator[Damage]:
    """Yield the damages of manifests: those of other generations, and garbage instead of a name."""
    current = scene.index / "CURRENT"
    manifests = [path for path in files if path.name == "MANIFEST"]
    for path in manifests:
        for other in manifests:
            yield Damage(f"manifest of {other.parent.name} in {path.parent.name}", write(path, other.read_bytes()))
    garbage = (
        "",
        "\n",
        "gen-999999",
        "../../etc",
        "gen-000001\nx",
        "\x00" * 11,
        "gen-",
        "GEN-000001",
        "あ",
        ".",
        "x" * 5000,
    )
    for text in (*garbage, *(path.parent.name for path in manifests)):
        yield Damage(f"CURRENT names {text[:20]!r}", write(current, text.encode()))
    yield Damage("CURRENT is no text", write(current, b"\xff\xfe\x80"))


def write(path: Path, data: bytes) -> Callable[[], object]:
    """Return a function that writes a file in place."""
    return lambda: path.write_bytes(data)


def flipped(data: bytes, place: int) -> bytes:
    """Return bytes with one bit flipped."""
    changed = bytearray(data)
    changed[place // 8] ^= 1 << place % 8
    return bytes(changed)


@pytest.mark.parametrize(("flips", "most"), [(1, 40), pytest.param(300, None, marks=pytest.mark.soak)])
def test_a_damaged_index_never_answers_wrong_and_a_sync_repairs_it(
    tmp_path: Path, flips: int, most: int | None
) -> None:
    scene = Scene(tmp_path / "scene")
    ACTIONS["sync"].prepare(scene)
    before = told(scene.opened())
    scene.opened().indexer.sync()
    kept = scene.save("kept")
    right = told(scene.opened())
    rng = Random(SEED)  # noqa: S311
    every = list(damages(scene, rng, flips))
    seen: Counter[str] = Counter()
    wrong = []
    for damage in rng.sample(every, min(most or len(every), len(every))):
        scene.restore(kept)
        damage.harm()
        served, mended = in_child(lambda: outcome(scene, right, before)).value or ("crash", "")
        seen[served] += 1
        if served in ("crash", "wrong") or mended != "right":
            wrong.append((damage.name, served, mended))

    print(f"damage: seed {SEED}, {seen.total()} cases, {dict(seen)}, {len(wrong)} wrong")
    assert wrong == []


def outcome(scene: Scene, right: object, before: object) -> tuple[str, str]:
    """Return the answers of a damaged index, and those after a sync."""
    served = "refused"
    try:
        answers = told(scene.opened())
        served = "right" if answers == right else "the generation before" if answers == before else "wrong"
    except SearchIndexError:
        pass
    scene.opened().indexer.sync()
    return served, "right" if told(scene.opened()) == right else "wrong"


@pytest.mark.parametrize("most", [6, pytest.param(None, marks=pytest.mark.soak)])
def test_a_file_cut_under_a_running_reader_kills_no_process(tmp_path: Path, most: int | None) -> None:
    scene = Scene(tmp_path / "scene")
    ACTIONS["sync"].prepare(scene)
    scene.opened().indexer.sync()
    kept = scene.save("kept")
    right = told(scene.opened())
    files = sorted(path for path in scene.index.rglob("*") if path.is_file())
    chosen = Random(SEED).sample(files, min(most or len(files), len(files)))  # noqa: S311
    wrong = []
    for path in chosen:
        scene.restore(kept)
        ended = in_child(lambda path=path: answers_while_cut(scene, path))
        if ended.value not in (right, "refused"):
            wrong.append((path.name, ended.raised, ended.signal))

    print(f"cut under a reader: seed {SEED}, {len(chosen)} files, {len(wrong)} wrong")
    assert wrong == []


def answers_while_cut(scene: Scene, path: Path) -> object:
    """Return the answers of an open knowledge base after a file of it was cut in place."""
    knowledge_base = scene.opened()
    told(knowledge_base)
    with path.open("r+b") as file:
        file.truncate(0)
    try:
        return told(knowledge_base)
    except SearchIndexError:
        return "refused"


def searched(scene: Scene, cache: Path) -> "subprocess.CompletedProcess[str]":
    """Run `kb search` in a process of its own."""
    code = "import sys; from webui.command import main; sys.exit(main())"
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache)}
    places = ("--library", str(scene.library), "--index", str(scene.index))
    return subprocess.run(
        [sys.executable, "-c", code, "search", "冪等", *places],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        timeout=120,
    )


@pytest.mark.parametrize("most", [1, pytest.param(None, marks=pytest.mark.soak)])
def test_a_damaged_dictionary_is_made_again(tmp_path: Path, most: int | None) -> None:
    scene, cache = Scene(tmp_path / "scene"), tmp_path / "cache"
    ACTIONS["sync"].prepare(scene)
    scene.opened().indexer.sync()
    right = searched(scene, cache).stdout
    file = next(cache.rglob("*.dic"))
    data = file.read_bytes()
    rng = Random(SEED)  # noqa: S311
    harms = [b"", data[:100], data[: len(data) // 2], data[:-1], bytes(len(data)), "こわれた".encode()]
    harms += [flipped(data, rng.randrange(8 * len(data))) for _ in range(20)]
    wrong = []
    for number, harm in enumerate(harms[:most]):
        file.write_bytes(harm)
        after = searched(scene, cache)
        if (after.returncode, after.stdout) != (0, right):
            wrong.append((number, after.returncode, after.stderr[-200:]))

    print(f"damaged dictionary: seed {SEED}, {len(harms[:most])} cases, {len(wrong)} wrong")
    assert (wrong, "冪等" in right) == ([], True)
