"""A damaged generation never answers, is reported, and is written again."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from engines import NOTES, document, filled, whoosh

from index.engine import Publication, SearchIndexError
from index.query import Query


@pytest.mark.parametrize(
    ("content", "reported"),
    [
        (b"", "CURRENT names ''"),
        (b"gen-000009\n", "gen-000009: MANIFEST is missing"),
        (b"../../etc\n", "CURRENT names '../../etc'"),
        (b"\xff\xfe", "CURRENT names '\ufffd\ufffd'"),
        (b"\x00" * 11, "CURRENT names '" + "\\x00" * 11 + "'"),
        (None, "CURRENT is missing"),
    ],
)
def test_a_damaged_pointer_is_reported_and_replaced(folder: Path, content: bytes | None, reported: str) -> None:
    filled(whoosh(folder), NOTES)
    (folder / "CURRENT").unlink() if content is None else (folder / "CURRENT").write_bytes(content)

    before = whoosh(folder).search(Query()).total, whoosh(folder).damage()
    filled(whoosh(folder), NOTES[:3])

    assert (before, whoosh(folder).search(Query()).total, whoosh(folder).damage()) == ((4, reported), 3, None)


@pytest.mark.parametrize("content", [b"", b"\x00" * 4000, b"garbage"])
def test_damaged_files_are_reported_and_replaced(folder: Path, content: bytes) -> None:
    filled(whoosh(folder), NOTES)
    for path in (folder / "gen-000001").rglob("*"):
        if path.is_file():
            path.write_bytes(content)

    with pytest.raises(SearchIndexError, match=f"{folder}.*kb sync"):
        whoosh(folder).search(Query("監視"))
    filled(whoosh(folder), NOTES)

    assert whoosh(folder).search(Query()).total == 4


def flipped(data: bytes, place: float) -> bytes:
    """Return data with one bit flipped, at this share of its length."""
    at = min(int(len(data) * place), len(data) - 1)
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "its first bits flipped": lambda data: flipped(data, 0),
    "a bit in the middle flipped": lambda data: flipped(data, 0.5),
    "its last byte flipped": lambda data: flipped(data, 1),
    "cut by one byte": lambda data: data[:-1],
    "cut by half": lambda data: data[: len(data) // 2],
    "empty": lambda _data: b"",
    "zeroed": lambda data: bytes(len(data)),
    "longer": lambda data: data + b"\0",
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_the_generation_before_answers_for_a_damaged_one(folder: Path, damage: Callable[[bytes], bytes]) -> None:
    filled(whoosh(folder), NOTES)
    whoosh(folder).publish(Publication({"more": [document(9, "監視")]}, ["only", "more"], {}))
    answers = {}
    for path in sorted((folder / "gen-000002").rglob("*")):
        if path.is_file():
            data = path.read_bytes()
            path.write_bytes(damage(data))
            os.utime(path, ns=(0, 0))  # the file clock may be too coarse to distinguish two writes
            answers[path.relative_to(folder / "gen-000002").parts[0]] = outcome(folder)
            path.write_bytes(data)
            os.utime(path, ns=(1, 1))

    assert (answers, outcome(folder)) == (
        {
            "MANIFEST": "4 documents, damaged",
            "seg-000001": "damaged",  # both generations link to it
            "seg-000002": "4 documents, damaged",
        },
        "5 documents",
    )


def test_a_missing_file_is_reported(folder: Path) -> None:
    for notes in (NOTES[:1], NOTES):
        filled(whoosh(folder), notes)
    before = outcome(folder)
    segment = next((folder / "gen-000002").rglob("*.seg"))
    segment.unlink()

    damage = whoosh(folder).damage()

    assert (before, outcome(folder), damage) == (
        "4 documents",
        "1 documents, damaged",
        f"gen-000002: seg-000002/{segment.name} is missing",
    )


def test_a_manifest_of_another_generation_is_reported(folder: Path) -> None:
    for notes in (NOTES[:1], NOTES):
        filled(whoosh(folder), notes)
    (folder / "gen-000002" / "MANIFEST").write_bytes((folder / "gen-000001" / "MANIFEST").read_bytes())

    assert (outcome(folder), whoosh(folder).damage()) == (
        "1 documents, damaged",
        "gen-000002: MANIFEST is that of gen-000001",
    )


def test_a_pointer_to_an_older_generation_does_not_hide_a_newer_one(folder: Path) -> None:
    for notes in (NOTES[:1], NOTES):
        filled(whoosh(folder), notes)
    (folder / "CURRENT").write_text("gen-000001\n", "ascii")

    assert outcome(folder) == "4 documents"


def test_an_unpublished_generation_is_no_damage(folder: Path) -> None:
    filled(whoosh(folder), NOTES)
    (folder / "gen-000002").mkdir()
    (folder / "gen-000002" / "MANIFEST").write_bytes(b"half of a")

    assert outcome(folder) == "4 documents"


def test_a_publish_after_damage_builds_on_the_generation_before(folder: Path) -> None:
    whoosh(folder).publish(Publication({"a": NOTES[:2]}, ["a"], {"version": 1}))
    whoosh(folder).publish(Publication({"a": NOTES[:1], "b": NOTES[2:]}, ["a", "b"], {"version": 2}))
    (folder / "gen-000002" / "MANIFEST").unlink()
    meta = whoosh(folder).meta()
    whoosh(folder).publish(Publication({"b": NOTES[2:]}, ["a", "b"], {"version": 3}))

    assert (meta, outcome(folder), [path.name for path in sorted(folder.glob("gen-*"))]) == (
        {"version": 1},
        "4 documents",
        ["gen-000001", "gen-000003"],
    )


def outcome(folder: Path) -> str:
    engine = whoosh(folder)
    try:
        return f"{engine.search(Query()).total} documents{', damaged' if engine.damage() else ''}"
    except SearchIndexError:
        return "damaged"
