"""A model behind an address that speaks as OpenAI does: POST …/embeddings. The one door to servers of models.

Nothing is sent unless a library's owner names an address. What looks for something waits a moment for it and asks again
a while later only; what indexes has time.
"""

import json
import time
from collections.abc import Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Literal

from index.embedder import EmbeddingError, Vectors
from index.messages import translatable
from index.urls import web_parts

if TYPE_CHECKING:
    from urllib.request import OpenerDirector

_BATCH = 32  # texts; TEI, for one, takes no more at once
_QUERY_SECONDS, _PASSAGE_SECONDS = 2.0, 60.0  # how long an answer may take
_PAUSES = (1.0, 4.0)  # seconds before each further attempt for passages
_AGAIN_AFTER = 30.0  # seconds after a failure in which no query waits for it
_MOST_BYTES = 64 * 1024 * 1024  # of an answer; 32 vectors of 4,096 numbers are 3 MB
_PASSING = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.REQUEST_TIMEOUT)
_UNKNOWN_FIELD = (HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY)  # how servers refuse an input_type

InputType = Literal["query", "passage"]


class Endpoint:
    """An Embedder that asks a server; `url` is what stands before /embeddings, `key` goes along as a bearer token.

    Raises EmbeddingError where `url` is no address of the web.
    """

    def __init__(self, url: str, model: str, key: str | None = None) -> None:
        if web_parts(url) is None:
            raise EmbeddingError(
                translatable("{0!r} is no address of a model; write one like http://127.0.0.1:8080/v1", url)
            )
        self.name = f"{model} {url}"
        self.runtime = url
        self.earlier = None
        self._model = model
        self._url = url.rstrip("/") + "/embeddings"
        self._headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {key}"} if key else {})}
        self._opener = _opener()
        self._sends_type = True  # until the server turns out to refuse it
        self._dimensions: int | None = None
        self._rests_until = 0.0

    @property
    def dimensions(self) -> int:
        """How many numbers a vector has, as the server's first answer has it. Raises EmbeddingError."""
        if self._dimensions is None:
            self.queries(["次元"])
        return self._dimensions or 0

    def queries(self, texts: Sequence[str]) -> Vectors:
        """Return vectors of what is looked for, within seconds. Raises EmbeddingError."""
        if time.monotonic() < self._rests_until:
            raise EmbeddingError(translatable("{0} did not answer a moment ago", self._url))
        try:
            return self._batch(texts, "query", _QUERY_SECONDS)
        except EmbeddingError:
            self._rests_until = time.monotonic() + _AGAIN_AFTER
            raise

    def passages(self, texts: Sequence[str]) -> Vectors:
        """Return vectors of what is found; who does not answer is asked three times. Raises EmbeddingError."""
        import numpy as np

        batches = [texts[begin : begin + _BATCH] for begin in range(0, len(texts), _BATCH)]
        return np.concatenate([self._patiently(batch) for batch in batches])

    def _patiently(self, texts: Sequence[str]) -> Vectors:
        for pause in _PAUSES:
            try:
                return self._batch(texts, "passage", _PASSAGE_SECONDS)
            except _PassingError:
                time.sleep(pause)
        return self._batch(texts, "passage", _PASSAGE_SECONDS)

    def _batch(self, texts: Sequence[str], input_type: InputType, seconds: float) -> Vectors:
        body: dict[str, Any] = {"model": self._model, "input": list(texts), "encoding_format": "float"}
        sends_type = self._sends_type  # by another thread it may become False meanwhile
        try:
            answer = self._post({**body, "input_type": input_type} if sends_type else body, seconds)
        except _RefusedError:
            if not sends_type:
                raise
            answer = self._post(body, seconds)
            self._sends_type = False
        vectors = self._vectors(answer, len(texts))
        own, before = vectors.shape[1], self._dimensions
        if before not in (None, own):
            raise EmbeddingError(
                translatable(
                    "{0} answered {1} numbers a vector and {2} before; another model needs another name in kb.toml",
                    self._url,
                    own,
                    before,
                )
            )
        self._dimensions = own
        return vectors

    def _post(self, body: dict[str, Any], seconds: float) -> bytes:
        """Return what the server answers within some seconds. Raises EmbeddingError."""
        import urllib.error
        import urllib.request
        from http.client import HTTPException

        ends = time.monotonic() + seconds
        request = urllib.request.Request(self._url, json.dumps(body).encode(), self._headers)  # noqa: S310  # checked
        try:
            with self._opener.open(request, timeout=seconds) as answer:
                return _read(answer, ends)
        except urllib.error.HTTPError as error:
            passing = error.code in _PASSING or error.code >= HTTPStatus.INTERNAL_SERVER_ERROR
            refused = _RefusedError if error.code in _UNKNOWN_FIELD else EmbeddingError
            why = translatable("{0} answered {1} {2}; see [embedding] in kb.toml", self._url, error.code, error.reason)
            raise (_PassingError if passing else refused)(why) from error
        except (OSError, HTTPException, ValueError) as error:
            raise _PassingError(
                translatable("{0} does not answer ({1}); is the server running?", self._url, error)
            ) from error

    def _vectors(self, answer: bytes, count: int) -> Vectors:
        import numpy as np

        try:
            data = sorted(json.loads(answer)["data"], key=lambda one: one["index"])
            with np.errstate(over="ignore"):  # it is reported below
                vectors = np.array([one["embedding"] for one in data], np.float32)
                lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
            whole = lengths.shape == (count, 1) and np.isfinite(lengths).all() and lengths.all()
        except (ValueError, TypeError, LookupError, RecursionError) as error:
            raise EmbeddingError(
                translatable("{0} answered no vectors ({1}); see [embedding] in kb.toml", self._url, error)
            ) from error
        if not whole:
            raise EmbeddingError(
                translatable("{0} answered no vectors for {1} texts; see [embedding] in kb.toml", self._url, count)
            )
        unit: Vectors = vectors / lengths
        return unit


class _PassingError(EmbeddingError):
    """What may be over soon: it is worth asking again."""


class _RefusedError(EmbeddingError):
    """The server found fault with the question itself."""


def _opener() -> "OpenerDirector":
    """Return what asks servers and follows no redirect: one would carry the key and the texts elsewhere."""
    import urllib.request

    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
    ):
        opener.add_handler(handler)
    return opener


def _read(answer: Any, ends: float) -> bytes:  # noqa: ANN401  # what urllib opens
    """Return a whole answer; a server that sends a byte now and then must not hold a search for ever."""
    parts, size = [], 0
    while part := answer.read1(1 << 16):
        size += len(part)
        if size > _MOST_BYTES:
            raise ValueError(translatable("more than {0} bytes", _MOST_BYTES))
        if time.monotonic() > ends:
            raise TimeoutError(translatable("too slow"))
        parts.append(part)
    return b"".join(parts)
