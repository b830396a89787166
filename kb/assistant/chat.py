"""A chat model on a server with OpenAI's interface: POST …/chat/completions, with structured output if known."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Annotated, Any, TypeAlias

import msgspec
from msgspec import Meta, Struct

from index.messages import translatable
from index.model_server import BusyError, ModelServer, ModelServerError, RefusedError

_TIMEOUT = 600.0  # seconds; a model on a small machine writes ten tokens a second, and may be loaded first
_RETRY_PAUSES = (2.0, 8.0, 30.0)  # seconds before each retry of a busy server
_MAX_ANSWER = 4 * 1024 * 1024  # bytes; an answer has 12,000 tokens at most
_SETTINGS = translatable("see --by-model and --model")

Messages: TypeAlias = Sequence[Mapping[str, str]]
"""The turns of a chat, each with its `role` and `content`."""


class Reply(Struct, frozen=True):
    """The answer of a model, and the tokens of question and answer if its server counts them."""

    text: str
    usage: tuple[int, int] | None = None
    is_cut: bool = False  # it ended at the limit of tokens


class ChatModel:
    """A chat model: `url` is the part before /chat/completions, `schema` the JSON Schema of its answers.

    Raises ModelServerError if `url` is not a web address.
    """

    def __init__(self, url: str, model: str, key: str | None, schema: Mapping[str, Any]) -> None:
        self._server = ModelServer(url, "/chat/completions", key, _SETTINGS, _MAX_ANSWER)
        self._model = model
        named = {"name": "answers", "schema": schema}
        # What a server refuses is not sent again. OpenAI is strict only where no field is optional, and its models that
        # think take no temperature; some servers take only the form of an object, others none.
        self._forms: tuple[Mapping[str, Any], ...] = (
            {"response_format": {"type": "json_schema", "json_schema": {**named, "strict": True}}, "temperature": 0},
            {"response_format": {"type": "json_schema", "json_schema": {**named, "strict": False}}, "temperature": 0},
            {"response_format": {"type": "json_schema", "json_schema": {**named, "strict": False}}},
            {"response_format": {"type": "json_object"}, "temperature": 0},
            {"temperature": 0},
        )

    def answer(self, messages: Messages, max_tokens: int) -> Reply:
        """Return the answer to some messages, of at most `max_tokens`. Raises ModelServerError."""
        for form in self._forms[:-1]:
            with suppress(RefusedError):
                return self._asked(form, messages, max_tokens)
        return self._asked(self._forms[-1], messages, max_tokens)

    def _asked(self, form: Mapping[str, Any], messages: Messages, max_tokens: int) -> Reply:
        limit = "max_tokens" if "temperature" in form else "max_completion_tokens"
        body = {"model": self._model, "messages": messages, limit: max_tokens, **form}
        data = self._server.post(body, _TIMEOUT, _RETRY_PAUSES, BusyError)
        self._forms = (form,)
        try:
            completion = msgspec.json.decode(data, type=_Completion)
        except (ValueError, RecursionError) as error:
            raise ModelServerError(
                "{0} answered no chat completion ({1}); {2}", self._server.url, error, _SETTINGS
            ) from error
        choice, usage = completion.choices[0], None
        with suppress(ValueError):
            counted = msgspec.convert(completion.usage, _Usage)
            usage = (counted.prompt_tokens, counted.completion_tokens)
        return Reply(choice.message.content or "", usage, choice.finish_reason == "length")


_Count: TypeAlias = Annotated[int, Meta(ge=0, le=10**9)]


class _Said(Struct, frozen=True):
    content: str | None = None


class _Choice(Struct, frozen=True):
    message: _Said
    finish_reason: Any = None


class _Completion(Struct, frozen=True):
    choices: Annotated[tuple[_Choice, ...], Meta(min_length=1)]
    usage: Any = None


class _Usage(Struct, frozen=True):
    prompt_tokens: _Count
    completion_tokens: _Count
