"""An embedding model on a server with OpenAI's interface: POST …/embeddings.

Nothing is sent unless the owner of a library configures an address. Queries time out after two seconds; after a failure
they do without the server for a while. Indexing waits and retries.
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

_BATCH = 32  # texts per request; the limit of TEI
_QUERY_TIMEOUT, _PASSAGE_TIMEOUT = 2.0, 60.0  # seconds
_RETRY_PAUSES = (1.0, 4.0)  # seconds before each retry for passages
_AGAIN_AFTER = 30.0  # seconds after a failure until the next query is sent
_MAX_ANSWER = 64 * 1024 * 1024  # bytes; 32 vectors of 4,096 numbers are 3 MB
_TEMPORARY = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.REQUEST_TIMEOUT)
_UNKNOWN_FIELD = (HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY)  # from servers that do not know input_type

InputType = Literal["query", "passage"]


class Endpoint:
    """An Embedder on a server. `url` is the part before /embeddings, `key` is sent as a bearer token.

    Raises EmbeddingError if `url` is not a web address.
    """

    def __init__(self, url: str, model: str, key: str | None = None) -> None:
        if web_parts(url) is None:
            raise EmbeddingError(
                translatable("{0!r} is not the address of a model; write one like http://127.0.0.1:8080/v1", url)
            )
        self.name = f"{model} {url}"
        self.runtime = url
        self.earlier = None
        self._model = model
        self._url = url.rstrip("/") + "/embeddings"
        self._headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {key}"} if key else {})}
        self._opener = _opener()
        self._sends_type = True  # until the server refuses it
        self._dimensions: int | None = None
        self._rests_until = 0.0

    @property
    def dimensions(self) -> int:
        """The length of a vector, from the server's first answer. Raises EmbeddingError."""
        if self._dimensions is None:
            self.queries(["次元"])
        return self._dimensions or 0

    def queries(self, texts: Sequence[str]) -> Vectors:
        """Embed queries, within seconds. Raises EmbeddingError."""
        if time.monotonic() < self._rests_until:
            raise EmbeddingError(translatable("{0} did not answer a moment ago", self._url))
        try:
            return self._batch(texts, "query", _QUERY_TIMEOUT)
        except EmbeddingError:
            self._rests_until = time.monotonic() + _AGAIN_AFTER
            raise

    def passages(self, texts: Sequence[str]) -> Vectors:
        """Embed passages, with up to three attempts. Raises EmbeddingError."""
        import numpy as np

        batches = [texts[begin : begin + _BATCH] for begin in range(0, len(texts), _BATCH)]
        return np.concatenate([self._with_retries(batch) for batch in batches])

    def _with_retries(self, texts: Sequence[str]) -> Vectors:
        for pause in _RETRY_PAUSES:
            try:
                return self._batch(texts, "passage", _PASSAGE_TIMEOUT)
            except _TemporaryError:
                time.sleep(pause)
        return self._batch(texts, "passage", _PASSAGE_TIMEOUT)

    def _batch(self, texts: Sequence[str], input_type: InputType, seconds: float) -> Vectors:
        body: dict[str, Any] = {"model": self._model, "input": list(texts), "encoding_format": "float"}
        sends_type = self._sends_type  # another thread may set it to False meanwhile
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
        """Return the server's answer. Raises EmbeddingError."""
        import urllib.error
        import urllib.request
        from http.client import HTTPException

        ends = time.monotonic() + seconds
        request = urllib.request.Request(self._url, json.dumps(body).encode(), self._headers)  # noqa: S310  # checked
        try:
            with self._opener.open(request, timeout=seconds) as answer:
                return _read(answer, ends)
        except urllib.error.HTTPError as error:
            temporary = error.code in _TEMPORARY or error.code >= HTTPStatus.INTERNAL_SERVER_ERROR
            refused = _RefusedError if error.code in _UNKNOWN_FIELD else EmbeddingError
            why = translatable("{0} answered {1} {2}; see [embedding] in kb.toml", self._url, error.code, error.reason)
            raise (_TemporaryError if temporary else refused)(why) from error
        except (OSError, HTTPException, ValueError) as error:
            raise _TemporaryError(
                translatable("{0} does not answer ({1}); is the server running?", self._url, error)
            ) from error

    def _vectors(self, answer: bytes, count: int) -> Vectors:
        import numpy as np

        try:
            data = sorted(json.loads(answer)["data"], key=lambda one: one["index"])
            with np.errstate(over="ignore"):  # reported below
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


class _TemporaryError(EmbeddingError):
    """A temporary failure, worth a retry."""


class _RefusedError(EmbeddingError):
    """The server refused the request as invalid."""


def _opener() -> "OpenerDirector":
    """Return a client that follows no redirects: these would send the key and the texts elsewhere."""
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


def _read(answer: Any, ends: float) -> bytes:  # noqa: ANN401  # untyped in urllib
    """Return a whole answer, within the time limit even if the server sends a byte now and then."""
    parts, size = [], 0
    while part := answer.read1(1 << 16):
        size += len(part)
        if size > _MAX_ANSWER:
            raise ValueError(translatable("more than {0} bytes", _MAX_ANSWER))
        if time.monotonic() > ends:
            raise TimeoutError(translatable("too slow"))
        parts.append(part)
    return b"".join(parts)
