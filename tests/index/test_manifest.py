"""The manifest of a generation: any change to its files is noticed."""

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from index.whoosh_engine import generations
from index.whoosh_engine.generations import DamageError

FORMAT = 5


@pytest.fixture
def generation(tmp_path: Path) -> Path:
    generation = tmp_path / "gen-000001"
    (generation / "part").mkdir(parents=True)
    (generation / "part" / "long.bin").write_bytes(b"0123456789")
    (generation / "short.txt").write_bytes(b"abc")
    generations.write_manifest(generation, {"segments": ["part"], "meta": {"名": "値\ud800"}})
    return generation


def sealed(folder: Path, **changed: object) -> None:
    """Change entries of a manifest and seal it again; an entry of None is removed."""
    body = (folder / "MANIFEST").read_bytes().partition(b"\n")[2]
    content = {key: value for key, value in {**json.loads(body), **changed}.items() if value is not None}
    body = json.dumps(content).encode()
    (folder / "MANIFEST").write_bytes(hashlib.sha256(body).hexdigest().encode() + b"\n" + body)


def test_reading_a_manifest_returns_what_was_written(generation: Path) -> None:
    assert generations.read_manifest(generation) == {
        "segments": ["part"],
        "meta": {"名": "値\ud800"},
        "format": FORMAT,
        "generation": "gen-000001",
        "files": {
            "part/long.bin": [10, hashlib.sha256(b"0123456789").hexdigest()],
            "short.txt": [3, hashlib.sha256(b"abc").hexdigest()],
        },
    }
    assert sorted(path.name for path in generation.iterdir()) == ["MANIFEST", "part", "short.txt"]


def test_text_is_written_unescaped(generation: Path) -> None:
    assert '"名": "値'.encode() in (generation / "MANIFEST").read_bytes()


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def flip(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(bytes([data[0] ^ 1]) + data[1:])


@pytest.mark.parametrize(
    ("name", "damage", "message"),
    [
        ("short.txt", cut, "short.txt is not as it was written"),
        ("short.txt", flip, "short.txt is not as it was written"),
        ("part/long.bin", flip, "part/long.bin is not as it was written"),
        ("part/long.bin", Path.unlink, "part/long.bin is missing"),
        ("MANIFEST", cut, "MANIFEST is not as it was written"),
        ("MANIFEST", flip, "MANIFEST is not as it was written"),
        ("MANIFEST", Path.unlink, "MANIFEST is missing"),
    ],
)
def test_a_damaged_file_is_named(generation: Path, name: str, damage: Callable[[Path], None], message: str) -> None:
    generations.read_manifest(generation)
    damage(generation / name)

    with pytest.raises(DamageError) as raised:
        generations.read_manifest(generation)

    assert str(raised.value) == message


def test_a_file_replaced_within_a_clock_tick_is_checked_again(generation: Path) -> None:
    generations.read_manifest(generation)
    path = generation / "short.txt"
    before = path.stat()
    (generation / "new").write_bytes(b"abd")
    (generation / "new").replace(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    with pytest.raises(DamageError):
        generations.read_manifest(generation)


def test_an_unchanged_file_is_digested_once(generation: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    generations._digest_of.cache_clear()  # noqa: SLF001
    digested = []
    monkeypatch.setattr(
        generations.hashlib,  # type: ignore[attr-defined]
        "file_digest",
        lambda file, kind: digested.append(file.name) or hashlib.new(kind, file.read()),
    )
    generations.read_manifest(generation)
    generations.read_manifest(generation)

    assert [Path(name).name for name in digested] == ["short.txt", "long.bin"]  # small ones first


def test_a_renamed_generation_is_damaged(generation: Path) -> None:
    moved = generation.rename(generation.with_name("gen-000002"))

    with pytest.raises(DamageError) as raised:
        generations.read_manifest(moved)

    assert str(raised.value) == "MANIFEST is that of gen-000001"


@pytest.mark.parametrize("other", [{"format": FORMAT - 1}, {"format": FORMAT + 1}, {"format": None}])
def test_a_manifest_of_another_format_gives_its_meta_without_checking_files(
    generation: Path, other: dict[str, object]
) -> None:
    sealed(generation, **other, meta={"code": "old"})
    (generation / "short.txt").unlink()

    assert generations.read_manifest(generation) == {"segments": [], "order": [], "meta": {"code": "old"}}


def test_a_manifest_without_a_seal_gives_its_meta(generation: Path) -> None:
    (generation / "MANIFEST").write_bytes(b'{"meta": {"code": "oldest"}}')

    assert generations.read_manifest(generation) == {"segments": [], "order": [], "meta": {"code": "oldest"}}


@pytest.mark.parametrize("changed", [{"generation": None}, {"files": None}, {"files": {"short.txt": 3}}])
def test_a_sealed_manifest_with_invalid_entries_is_damaged(generation: Path, changed: dict[str, object]) -> None:
    sealed(generation, **changed)

    with pytest.raises(DamageError, match=r"^MANIFEST cannot be read: "):
        generations.read_manifest(generation)


def test_a_manifest_that_is_not_json_is_damaged(generation: Path) -> None:
    (generation / "MANIFEST").write_bytes(b"{")

    with pytest.raises(DamageError, match=r"^MANIFEST cannot be read: "):
        generations.read_manifest(generation)
