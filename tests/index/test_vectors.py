"""The vectors that are kept: each made once, of one model, and what damage to them costs."""

from pathlib import Path

import pytest
from alike import document, filled, library, whoosh
from models import Characters

from index.engine import Coverage
from index.query import Query


def test_a_vector_is_made_once_for_each_text(tmp_path: Path) -> None:
    model = Characters()
    engine = filled(whoosh(tmp_path / "index", model), [document(1, "鍵"), document(2, "鍵"), document(3, "錠")])
    filled(engine, [document(3, "錠"), document(4, "鎖"), document(5, "鍵")])
    filled(whoosh(tmp_path / "index", model), [document(6, "鎖")])

    assert sorted(model.passages_made) == sorted(["鍵", "錠", "鎖"])


def test_what_was_broken_off_goes_on_where_it_was(tmp_path: Path) -> None:
    model = Characters()
    engine = whoosh(tmp_path / "index", model)
    engine.publish({"only": [document(n, f"鍵{n}") for n in range(40)]}, (), ["only"], {})

    def stop(done: int, _total: int) -> None:
        if done == 32:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        engine.embed(stop)
    engine.embed(lambda _done, _total: None)

    assert (len(model.passages_made), engine.coverage()) == (40, Coverage(40, 40))


def test_vectors_of_two_models_never_mix(tmp_path: Path) -> None:
    filled(whoosh(tmp_path / "index", Characters("a")), [document(1, "鍵")])

    assert whoosh(tmp_path / "index", Characters("b")).coverage() == Coverage(0, 1)


def vector_file(folder: Path) -> Path:
    return next(file for file in (folder / "vectors").iterdir() if not file.suffix)


@pytest.mark.parametrize("damage", ["cut", "flipped", "emptied", "removed", "garbage"])
def test_damaged_vectors_count_as_absent_and_are_made_again(tmp_path: Path, damage: str) -> None:
    filled(whoosh(tmp_path / "index", Characters()), library(document(1, "鍵")))
    file = vector_file(tmp_path / "index")
    data = bytearray(file.read_bytes())
    match damage:
        case "cut":
            file.write_bytes(data[: len(data) * 2 // 3])
        case "flipped":
            data[len(data) // 2] ^= 1
            file.write_bytes(data)
        case "removed":
            file.unlink()
        case _:
            file.write_bytes(b"" if damage == "emptied" else b"garbage" * 100)
    engine = whoosh(tmp_path / "index", Characters())

    answered = engine.search(Query("鍵")).total
    lost = engine.coverage()
    engine.embed(lambda _done, _total: None)

    assert (answered, lost != Coverage(61, 61), engine.coverage()) == (1, True, Coverage(61, 61))


def test_vectors_that_nobody_needs_any_more_are_let_go(tmp_path: Path) -> None:
    engine = filled(whoosh(tmp_path / "index", Characters()), [document(n, f"鍵{n}") for n in range(100)])
    before = vector_file(tmp_path / "index").stat().st_size
    filled(engine, [document(0, "鍵0")])

    assert vector_file(tmp_path / "index").stat().st_size < before / 50
