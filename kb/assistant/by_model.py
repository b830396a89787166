"""Has a chat model read a library: asks it about each part in turn, and keeps what it answers as an assistant's.

Each answer is stored in the cache before it is used, so that a killed run pays nothing twice.
"""

import hashlib
import math
import os
import re
from collections.abc import Callable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeAlias

import msgspec
from msgspec import Struct

from index.messages import Message, message_of, translatable
from index.model_server import BusyError, LostError, RefusedError
from kb.assistant.chat import Messages, Reply
from kb.assistant.parts import BYTES_PER_TOKEN, GUIDE, Part
from kb.assistant.readings import PartAnswers, Readings, StalePartError, every_source
from kb.pipeline.reports import Progress, ignore_progress
from kb.search.records import as_json
from kb.storage.caches import read_sealed, sealed
from kb.translation import marked

PROMPT = f"{GUIDE}\n\n{(files('kb.assistant') / 'prompt.txt').read_text('utf-8').rstrip()}"
STEP = marked("asking the model")  # of progress

Chat: TypeAlias = Callable[[Messages, int], Reply]
"""Answers messages with at most this number of tokens. Raises ModelServerError."""

_ATTEMPTS = 2  # a refused answer is asked for once more
_MAX_FAILURES = 3  # parts in a row without an answer, after which no more are tried
_MAX_ANSWER = 12_000  # tokens; models that think need some thousand before the answer
_TOKENS_A_LINE, _TOKENS_A_PART = 30, 50  # of an answer, as estimated
_MAX_REPEATED = 6_000  # characters of a refused answer that the model sees again
_MAX_PROBLEM, _MAX_LINE = 3_000, 200  # characters of why, as the model and a person see it
_MAX_NAME = 60  # characters of the name of an assistant
_SIZES = ("maxItems", "maxLength", "minimum", "maximum")  # servers compile them to huge grammars; `put` checks them
_FENCED = re.compile(r"```(?:json)?\s*\n(?P<json>.*?)\n?\s*```", re.DOTALL)


class BudgetError(Exception):
    """The next question could exceed the budget of tokens."""


class Outcome(Struct):
    """The outcome of a run: parts and lines that were read, lines that differ from kb, skipped parts, tokens.

    The tokens are `is_estimated` if the server does not count them. Answers from the cache have none.
    """

    parts: int = 0
    lines: int = 0
    differ: int = 0
    skipped: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    is_estimated: bool = False


class Estimate(Struct):
    """The unread reports, parts and lines, and about how many tokens the questions and the answers have."""

    reports: int = 0
    parts: int = 0
    lines: int = 0
    tokens_in: int = 0
    tokens_out: int = 0


class ModelReader:
    """Reads the unread parts of some reports, those whose source is `wanted`, by a model of this name.

    `cache` is the folder of its answers, `at_most` the budget of tokens for questions and answers.
    """

    def __init__(
        self,
        readings: Readings,
        model: str,
        cache: Path,
        wanted: Callable[[str], bool] = every_source,
        at_most: int | None = None,
    ) -> None:
        self.outcome = Outcome()
        self._readings = readings
        self._model = model
        self._assistant = model[:_MAX_NAME]
        self._cache = cache
        self._wanted = wanted
        self._at_most = at_most
        self._used = 0  # of the budget: more than the tokens of the outcome if answers were lost
        self._per_character: float | None = None  # tokens of a question at most, as its server counts them

    def estimate(self) -> Estimate:
        """Return what is unread and not in the cache. Raises SearchIndexError, LibraryError."""
        estimate, reports = Estimate(), set[str]()
        for part in self._readings.parts(self._wanted):
            reports.add(part.entry.source)
            estimate.parts += 1
            estimate.lines += len(part.unread)
            if read_sealed(self._path(part, 0), Reply) is None:
                estimate.tokens_in += _tokens(_messages(part))
                estimate.tokens_out += _tokens_of_answer(part)
        estimate.reports = len(reports)
        return estimate

    def run(
        self,
        chat: Chat,
        progress: Progress = ignore_progress,
        report: Callable[[Part, Message], None] = lambda *_: None,
    ) -> None:
        """Read every unread part; `report` is called with each that is skipped, and why.

        What is read is kept at once. Raises BudgetError before a question that could exceed the budget, and
        ModelServerError if the server answers nothing; LibraryError, SearchIndexError.
        """
        outcome, total, failures = self.outcome, sum(1 for _ in self._readings.parts(self._wanted)), 0
        skipped, refused = set[str](), list[Path]()
        while part := self._readings.next_part(self._assistant, skipped, self._wanted):
            progress(STEP, outcome.parts + outcome.skipped, total)
            try:
                why = self._read(part, chat, refused)
                failures = 0
            except (BusyError, LostError, RefusedError) as error:
                failures += 1
                if failures == _MAX_FAILURES:
                    raise
                why = message_of(error)
            if why:
                skipped.add(part.key)
                outcome.skipped += 1
                report(part, why)
        progress(STEP, total, total)
        for path in refused:  # else another run, after the model or its server was set right, could not ask again
            path.unlink(missing_ok=True)

    def _read(self, part: Part, chat: Chat, refused: list[Path]) -> Message | None:
        """Keep the answers to a part; return why they cannot be used, and add their cached files to `refused`."""
        messages, paths, problem = _messages(part), list[Path](), ""
        for attempt in range(_ATTEMPTS):
            paths.append(self._path(part, attempt))
            reply = self._reply(paths[-1], messages, part, chat)
            try:
                kept = self._readings.put(self._assistant, part.id, _answers_in(reply))
            except StalePartError:  # the next sync finds what changed
                return None
            except ValueError as error:
                problem = str(error)[:_MAX_PROBLEM]
            else:
                self.outcome.parts += 1
                self.outcome.lines += kept["read"]
                self.outcome.differ += kept["differ"]
                return None
            messages = (
                *messages,
                {"role": "assistant", "content": reply.text[:_MAX_REPEATED]},
                {"role": "user", "content": f"Refused:\n{problem}\nAnswer again, with one whole JSON object."},
            )
        refused += paths
        return translatable("the answer of the model cannot be used ({0})", problem.partition("\n")[0][:_MAX_LINE])

    def _reply(self, path: Path, messages: Messages, part: Part, chat: Chat) -> Reply:
        """Return the answer to some messages, from the cache if it is there."""
        if cached := read_sealed(path, Reply):
            return cached
        characters, max_answer = sum(len(message["content"]) for message in messages), _MAX_ANSWER
        question = math.ceil(characters * (self._per_character or 1))
        if self._at_most is not None:
            max_answer = min(max_answer, self._at_most - self._used - question)
            if max_answer < 2 * _tokens_of_answer(part):
                raise BudgetError
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:  # opened first: nothing but a write comes between the answer and the disk
            try:
                reply = chat(messages, max_answer)
            except LostError:
                self._used += question + max_answer
                raise
            file.write(sealed(msgspec.json.encode(reply)))
            file.flush()
            os.fsync(file.fileno())
        if reply.usage:
            sent, answered = reply.usage
            self._used += sent + answered
            self._per_character = max(self._per_character or 0, 1.1 * sent / characters)
        else:
            sent, answered = _tokens(messages), len(reply.text.encode()) // BYTES_PER_TOKEN
            self._used += question + min(len(reply.text), max_answer)
        self.outcome.tokens_in += sent
        self.outcome.tokens_out += answered
        self.outcome.is_estimated |= reply.usage is None
        return reply

    def _path(self, part: Part, attempt: int) -> Path:
        """Return the path of the cached answer about a part.

        What kb believes of its lines does not count: a sync after a kill may change it, and the answer is paid.
        """
        return self._cache / hashlib.sha256(f"{self._model}\n{PROMPT}\n{part.key} {attempt}".encode()).hexdigest()


def schema() -> Mapping[str, Any]:
    """Return the JSON Schema of answers, without limits of sizes."""
    (_, parts) = msgspec.json.schema_components((PartAnswers,), ref_template="#/$defs/{name}")
    definitions = _without_sizes(parts)
    whole: dict[str, Any] = definitions.pop(PartAnswers.__name__)
    return {**whole, "$defs": definitions}


def _without_sizes(value: Any) -> Any:  # noqa: ANN401  # JSON
    if isinstance(value, dict):
        return {key: _without_sizes(one) for key, one in value.items() if key not in _SIZES}
    return [*map(_without_sizes, value)] if isinstance(value, list) else value


def _messages(part: Part) -> Messages:
    """Return the question about a part. Its random id is left out: a question about the same lines is the same."""
    record = {name: value for name, value in part.record().items() if name != "part"}
    return ({"role": "system", "content": PROMPT}, {"role": "user", "content": as_json(record)})


def _answers_in(reply: Reply) -> PartAnswers:
    """Return the answers in a reply, also from a fence or after what the model thought. Raises ValueError."""
    if reply.is_cut:
        raise ValueError("the answer was cut off at the limit of tokens; answer shorter")
    text = reply.text.rpartition("</think>")[2].strip()
    fenced = _FENCED.fullmatch(text)
    try:
        return msgspec.json.decode(fenced["json"] if fenced else text, type=PartAnswers)
    except RecursionError as error:
        raise ValueError("the answer is nested too deep") from error


def _tokens(messages: Messages) -> int:
    """Return an estimate of the tokens of a question."""
    return sum(len(message["content"].encode()) for message in messages) // BYTES_PER_TOKEN


def _tokens_of_answer(part: Part) -> int:
    return _TOKENS_A_PART + _TOKENS_A_LINE * len(part.unread)
