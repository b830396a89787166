"""Commands with a model behind an address: what they say of it, and that words answer whatever it does."""

import threading
import time
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
    ENDED.wait(30)


ANSWERS: dict[str, Answer] = {
    "slow": slow,
    "down": lambda handler, _: say(handler, b"", 503),
    "garbage": lambda handler, _: say(handler, b"<html>"),
    "of another size": lambda handler, _: say(handler, {"data": [{"index": 0, "embedding": [0.6, 0.8]}]}),
}


@pytest.fixture
def answers(library: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Answer]]:
    """Give a list whose last answer is what the library's model gives, whatever is asked."""
    monkeypatch.delenv("KB_EMBEDDING")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(endpoint, "_QUERY_SECONDS", 0.5)
    given = [WELL]

    def answer(handler: BaseHTTPRequestHandler, asked: Mapping[str, Any]) -> None:
        given[-1](handler, asked)

    with ExitStack() as stack:
        url = stack.enter_context(answering(answer))
        (library / "kb.toml").write_text(f'[embedding]\nurl = "{url}"\nmodel = "characters"\n', "utf-8")
        stack.callback(ENDED.set)
        yield given


def test_status_tells_how_many_notes_are_found_by_likeness(library: Path, answers: list[Answer]) -> None:
    kb("sync")
    (library / "second.md").write_text("# 別の会 2020\n\n- メモ\n", "utf-8")
    answers.append(ANSWERS["down"])
    kb("sync")

    (status,) = records("status")
    assert (status["likeness"], "意味検索: 5件中 4件" in kb("status").stdout) == ({"embedded": 4, "documents": 5}, True)


@pytest.mark.parametrize("sort", ANSWERS)
@pytest.mark.usefixtures("library")
def test_words_answer_whatever_the_model_does_and_it_is_said(answers: list[Answer], sort: str) -> None:
    kb("sync")
    answers.append(ANSWERS[sort])
    started = time.monotonic()

    found = kb("search", "順序")

    assert ("順序は保証されない" in found.stdout, "意味の近さでは探せませんでした" in found.stdout) == (True, True)
    assert time.monotonic() - started < 20  # what is slow would take 30 s


@pytest.mark.usefixtures("library", "answers")
def test_a_model_that_is_switched_off_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KB_EMBEDDING", "none")

    kb("sync")

    assert (texts("search", "順序"), records("status")[0]["likeness"]) == (["順序は保証されない"], None)
