"""An embedding model on a server with OpenAI's interface: POST …/embeddings.

Nothing is sent unless the owner of a library configures an address. Queries time out after two seconds. After a
failure they fail at once for 30 seconds. Indexing waits and retries.
"""

import json
import time
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Any, Literal

from index.embedder import EmbeddingError, Vectors
from index.messages import translatable
from index.urls import web_parts

_BATCH = 32  # texts per request; the limit of TEI
_QUERY_TIMEOUT, _PASSAGE_TIMEOUT = 2.0, 60.0  # seconds
_RETRY_PAUSES = (1.0, 4.0)  # seconds before each retry for passages
_AGAIN_AFTER = 30.0  # seconds after a failure until the next query is sent
_MAX_ANSWER = 64 * 1024 * 1024  # bytes; 32 vectors of 4,096 numbers are 3 MB
_TEMPORARY = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.REQUEST_TIMEOUT)
_UNKNOWN_FIELD = (HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY)  # from servers that do not know input_type


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
        self._headers = {"Content-Type": "application/json", "Accept-Encoding": "identity"}
        if key:
            self._headers["Authorization"] = f"Bearer {key}"
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

    def _batch(self, texts: Sequence[str], input_type: Literal["query", "passage"], seconds: float) -> Vectors:
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
        import httpx

        deadline = time.monotonic() + seconds
        try:
            # Redirects are not followed: they would send the key and the texts elsewhere.
            with httpx.stream(
                "POST", self._url, content=json.dumps(body), headers=self._headers, timeout=seconds
            ) as answer:
                status, reason = answer.status_code, answer.reason_phrase
                data = _read(answer.iter_bytes(), deadline)
        except (OSError, httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise _TemporaryError(
                translatable("{0} does not answer ({1}); is the server running?", self._url, error)
            ) from error
        if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            return data
        temporary = status in _TEMPORARY or status >= HTTPStatus.INTERNAL_SERVER_ERROR
        refused = _RefusedError if status in _UNKNOWN_FIELD else EmbeddingError
        raise (_TemporaryError if temporary else refused)(
            translatable("{0} answered {1} {2}; see [embedding] in kb.toml", self._url, status, reason)
        )

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


def _read(parts: Iterable[bytes], deadline: float) -> bytes:
    """Return a whole answer. The timeout of httpx is per read, and a server may send byte by byte."""
    data = bytearray()
    for part in parts:
        data += part
        if len(data) > _MAX_ANSWER:
            raise ValueError(translatable("more than {0} bytes", _MAX_ANSWER))
        if time.monotonic() > deadline:
            raise TimeoutError(translatable("too slow"))
    return bytes(data)
