"""Stored vectors: made once for each text and model, shared by processes, and made again after damage."""

from collections.abc import Sequence
from pathlib import Path
from threading import Event, Thread

import numpy as np
import pytest
from models import DIMENSIONS, Characters
from semantic_match import document, filled, library, whoosh

from index.embedder import EmbeddingError, Vectors
from index.engine import Coverage, Publication
from index.query import Query


def test_a_vector_is_made_once_for_each_text(tmp_path: Path) -> None:
    model = Characters()
    engine = filled(whoosh(tmp_path / "index", model), [document(1, "鍵"), document(2, "鍵"), document(3, "錠")])
    filled(engine, [document(3, "錠"), document(4, "鎖"), document(5, "鍵")])
    filled(whoosh(tmp_path / "index", model), [document(6, "鎖")])

    assert sorted(model.passages_made) == sorted(["鍵", "錠", "鎖"])


def test_a_text_repeated_in_another_batch_is_embedded_once(tmp_path: Path) -> None:
    model, reports = Characters(), list[tuple[int, int]]()
    engine = whoosh(tmp_path / "index", model)
    engine.publish(Publication({"only": [document(n, f"鍵{n % 80}") for n in range(160)]}, ["only"], {}))

    engine.embed(lambda done, total: reports.append((done, total)))

    assert (len(model.passages_made), reports) == (80, [(0, 160), (128, 160), (160, 160)])


def test_vectors_are_made_in_portions(tmp_path: Path) -> None:
    model, reports = Characters(), list[tuple[int, int]]()
    engine = whoosh(tmp_path / "index", model)
    engine.publish(Publication({"only": [document(n, f"鍵{n}") for n in range(100)]}, ["only"], {}))

    left = [engine.embed(lambda done, total: reports.append((done, total)), 40) for _ in range(2)]
    ended = engine.embed(lambda done, total: reports.append((done, total)), 40)

    assert (left, ended, engine.embed(lambda *_: None, 40), len(model.passages_made)) == ([False] * 2, True, True, 100)
    assert [done for done, _ in reports] == [0, 40, 40, 80, 80, 100]


class Waited(Characters):
    """A model that makes vectors only after another process waits for them."""

    def __init__(self) -> None:
        super().__init__()
        self.is_waited_for = Event()

    def passages(self, texts: Sequence[str]) -> Vectors:
        assert self.is_waited_for.wait(60)
        return super().passages(texts)


def test_a_second_process_waits_for_vectors_instead_of_making_them(tmp_path: Path) -> None:
    first, second = Waited(), Characters()
    engine, other = (whoosh(tmp_path / "index", model) for model in (first, second))
    engine.publish(Publication({"only": [document(n, f"鍵{n}") for n in range(40)]}, ["only"], {}))
    makes = Thread(target=engine.embed, args=(lambda _done, _total: begun.set(),))
    begun, reports = Event(), list[tuple[int, int]]()

    def report(done: int, total: int) -> None:
        reports.append((done, total))
        first.is_waited_for.set()

    makes.start()
    begun.wait()
    other.embed(report)
    makes.join()

    assert (len(first.passages_made), second.passages_made, reports[0]) == (40, [], (0, 40))
    assert vector_file(tmp_path / "index").stat().st_size == 8 + 40 * (DIMENSIONS + 16)


def test_a_process_that_waited_makes_the_vectors_of_documents_published_meanwhile(tmp_path: Path) -> None:
    first, second = Waited(), Characters()
    engine, other = (whoosh(tmp_path / "index", model) for model in (first, second))
    filled(whoosh(tmp_path / "index", Characters()), [document(1, "鍵")])
    engine.publish(Publication({"only": [document(1, "鍵"), document(2, "錠")]}, ["only"], {}))
    begun = Event()
    makes = Thread(target=engine.embed, args=(lambda _done, _total: begun.set(),))

    def more(_done: int, _total: int) -> None:
        if not first.is_waited_for.is_set():
            engine.publish(Publication({"only": [document(n, f"鎖{n}") for n in range(5)]}, ["only"], {}))
            first.is_waited_for.set()

    makes.start()
    begun.wait()
    other.embed(more)
    makes.join()

    assert (sorted(second.passages_made), other.coverage()) == ([f"鎖{n}" for n in range(5)], Coverage(5, 5))


class Longer(Characters):
    """A model of the same name whose vectors have another length."""

    def vectors(self, texts: Sequence[str]) -> Vectors:
        return np.repeat(super().vectors(texts), 2, axis=1) / np.float32(2**0.5)


def test_vectors_of_another_length_are_refused_and_the_stored_ones_stay(tmp_path: Path) -> None:
    filled(whoosh(tmp_path / "index", Characters()), library(document(1, "鍵")))
    before = vector_file(tmp_path / "index").read_bytes()

    with pytest.raises(
        EmbeddingError, match="of 8,192 numbers, and the 61 that are kept have 4,096: it is another model"
    ):
        filled(whoosh(tmp_path / "index", Longer()), library(document(1, "鍵"), document(2, "錠")))

    assert vector_file(tmp_path / "index").read_bytes() == before
    assert whoosh(tmp_path / "index", Longer()).coverage() == Coverage(61, 62)


def test_embedding_resumes_after_an_interruption(tmp_path: Path) -> None:
    model = Characters()
    engine = whoosh(tmp_path / "index", model)
    engine.publish(Publication({"only": [document(n, f"鍵{n}") for n in range(100)]}, ["only"], {}))

    def stop(done: int, _total: int) -> None:
        if done == 64:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        engine.embed(stop)
    engine.embed(lambda _done, _total: None)

    assert (len(model.passages_made), engine.coverage()) == (100, Coverage(100, 100))


def test_vectors_of_two_models_never_mix(tmp_path: Path) -> None:
    filled(whoosh(tmp_path / "index", Characters("a")), [document(1, "鍵")])

    assert whoosh(tmp_path / "index", Characters("b")).coverage() == Coverage(0, 1)


def vector_file(folder: Path) -> Path:
    return next(file for file in (folder / "vectors").iterdir() if not file.suffix)


@pytest.mark.parametrize("damage", ["cut", "flipped", "emptied", "removed", "garbage"])
def test_damaged_vectors_count_as_missing_and_are_made_again(tmp_path: Path, damage: str) -> None:
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


def test_vectors_of_dropped_documents_are_deleted(tmp_path: Path) -> None:
    engine = filled(whoosh(tmp_path / "index", Characters()), [document(n, f"鍵{n}") for n in range(100)])
    before = vector_file(tmp_path / "index").stat().st_size
    filled(engine, [document(0, "鍵0")])

    assert vector_file(tmp_path / "index").stat().st_size < before / 50


def test_repeated_vectors_are_deleted_but_for_one(tmp_path: Path) -> None:
    engine = filled(whoosh(tmp_path / "index", Characters()), [document(n, f"鍵{n}") for n in range(100)])
    file = vector_file(tmp_path / "index")
    once = file.read_bytes()
    file.write_bytes(once + 2 * once[8:])

    engine.embed(lambda _done, _total: None)

    assert (file.stat().st_size, engine.coverage()) == (len(once), Coverage(100, 100))
