"""Commands with a model at an address: its vectors, its errors, and searches by words whatever it answers."""

import os
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from answering import Answer, answering, by, say
from models import Characters
from typed import kb, records, texts

from index.embedding import endpoint

ENDED = threading.Event()
WELL = by(Characters())


def slow(*_: object) -> None:
    ENDED.wait(600)


ANSWERS: dict[str, Answer] = {
    "slow": slow,
    "down": lambda handler, _: say(handler, b"", 503),
    "garbage": lambda handler, _: say(handler, b"<html>"),
    "of another size": lambda handler, _: say(handler, {"data": [{"index": 0, "embedding": [0.6, 0.8]}]}),
}


@pytest.fixture
def answers(library: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Answer]]:
    """Yield a list whose last item answers each request to the model of the library."""
    monkeypatch.delenv("KB_EMBEDDING")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(endpoint, "_QUERY_TIMEOUT", 60.0)  # a busy machine is slow, not wrong
    ENDED.clear()
    given = [WELL]

    def answer(handler: BaseHTTPRequestHandler, asked: Mapping[str, Any]) -> None:
        given[-1](handler, asked)

    with ExitStack() as stack:
        url = stack.enter_context(answering(answer))
        (library / "kb.toml").write_text(f'[embedding]\nurl = "{url}"\nmodel = "characters"\n', "utf-8")
        stack.callback(ENDED.set)
        yield given


def many(library: Path, notes: int) -> None:
    (library / "report.md").write_text("# 見本の会 2019\n\n" + "".join(f"- 鍵{n}\n" for n in range(notes)), "utf-8")


FOLLOW = "vectors of 20 notes follow, for search by meaning: `kb sync --wait`, or `kb serve` while it runs"


def test_a_sync_ends_when_words_are_found_and_says_that_vectors_follow(library: Path, answers: list[Answer]) -> None:
    many(library, 20)
    answers.append(ANSWERS["slow"])
    synced = kb("sync").stdout.splitlines()
    found = texts("search", "鍵7", "--exact")
    answers.append(WELL)
    waited = kb("sync", "--wait").stdout.splitlines()

    assert (synced[0].rpartition(" in ")[0], synced[1:], found) == (
        "reports: 1 new, 0 changed, 0 gone, 0 unchanged; 20 notes searchable by words",
        [FOLLOW],
        ["鍵7"],
    )
    assert waited[1:] == ["Search by meaning: 20 of 20 notes"]
    assert len(kb("sync").stdout.splitlines()) == 1


@pytest.mark.usefixtures("answers")
def test_add_says_that_vectors_follow(library: Path, tmp_path: Path) -> None:
    many(tmp_path, 20)
    (library / "report.md").unlink()

    assert kb("add", str(tmp_path / "report.md")).stdout.splitlines()[2:] == [FOLLOW]


@pytest.mark.usefixtures("answers")
def test_in_a_pipe_each_tenth_of_the_vectors_prints_a_line(library: Path) -> None:
    many(library, 160)

    assert kb("sync", "--wait").stderr.splitlines() == [f"vectors: {done} of 160 notes" for done in (0, 64, 128, 160)]


@pytest.fixture
def _stoppable() -> Iterator[None]:
    """Handle SIGINT as in a terminal; a process in the background of a shell ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_stoppable")
def test_an_interrupted_sync_keeps_its_vectors_and_says_how_to_continue(library: Path, answers: list[Answer]) -> None:
    many(library, 80)

    def first_half(handler: BaseHTTPRequestHandler, asked: Mapping[str, Any]) -> None:
        answers.append(second_half)
        WELL(handler, asked)

    def second_half(handler: BaseHTTPRequestHandler, asked: Mapping[str, Any]) -> None:
        answers.append(stop)
        WELL(handler, asked)

    def stop(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        ENDED.wait(30)

    answers.append(first_half)
    stopped = kb("sync", "--wait")
    answers.append(WELL)

    assert stopped.exit_code == 130
    assert stopped.stderr.splitlines()[-1].startswith(
        "kb: stopped; no vector is lost (Search by meaning: 64 of 80 notes); the rest"
    )
    assert kb("sync", "--wait").stderr.splitlines() == ["vectors: 64 of 80 notes", "vectors: 80 of 80 notes"]


def test_vectors_of_another_length_fail_a_sync_that_waits_for_them(library: Path, answers: list[Answer]) -> None:
    kb("sync", "--wait")
    (library / "second.md").write_text("# 別の会 2020\n\n- メモ\n", "utf-8")
    answers.append(ANSWERS["of another size"])
    failed = kb("sync", "--wait")

    assert (failed.exit_code, "makes vectors of 2 numbers, and the 4 that are kept have 4,096" in failed.stderr) == (
        2,
        True,
    )
    assert records("status")[0]["likeness"] == {"embedded": 4, "documents": 5}


def test_status_has_the_number_of_notes_with_vectors(library: Path, answers: list[Answer]) -> None:
    kb("sync", "--wait")
    (library / "second.md").write_text("# 別の会 2020\n\n- メモ\n", "utf-8")
    answers.append(ANSWERS["down"])
    kb("sync")

    (status,) = records("status")
    assert (status["likeness"], kb("status").stdout.splitlines()[4]) == (
        {"embedded": 4, "documents": 5},
        "likeness Search by meaning: 4 of 5 notes; the rest: `kb sync --wait`, or `kb serve` while it runs",
    )


@pytest.mark.parametrize("sort", ANSWERS)
@pytest.mark.usefixtures("library")
def test_words_are_found_whatever_the_model_answers_and_the_failure_is_printed(
    answers: list[Answer], sort: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kb("sync", "--wait")
    answers.append(ANSWERS[sort])
    monkeypatch.setattr(endpoint, "_QUERY_TIMEOUT", 0.5)

    found = kb("search", "順序")

    assert ("順序は保証されない" in found.stdout, "could not search by meaning" in found.stdout) == (True, True)


@pytest.mark.usefixtures("library", "answers")
def test_a_model_that_is_switched_off_gets_no_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KB_EMBEDDING", "none")

    kb("sync", "--wait")

    assert (texts("search", "順序"), records("status")[0]["likeness"]) == (["順序は保証されない"], None)
    assert "reading  Kinds by words alone" in kb("status").stdout.splitlines()
