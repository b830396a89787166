"""An embedding model on a server with OpenAI's interface: POST …/embeddings.

Nothing is sent unless the owner of a library configures an address. Queries time out after two seconds. After a
failure they fail at once for 30 seconds. Indexing waits and retries.
"""

import json
import time
from collections.abc import Sequence
from typing import Any, Literal

from index.embedder import EmbeddingError, Vectors
from index.messages import message_of, translatable
from index.model_server import ModelServer, ModelServerError, RefusedError

_BATCH = 32  # texts per request; the limit of TEI
_QUERY_TIMEOUT, _PASSAGE_TIMEOUT = 2.0, 60.0  # seconds
_RETRY_PAUSES = (1.0, 4.0)  # seconds before each retry for passages
_AGAIN_AFTER = 30.0  # seconds after a failure until the next query is sent
_MAX_ANSWER = 64 * 1024 * 1024  # bytes; 32 vectors of 4,096 numbers are 3 MB
_SETTINGS = translatable("see [embedding] in kb.toml")


class Endpoint:
    """An Embedder on a server. `url` is the part before /embeddings, `key` is sent as a bearer token.

    Raises EmbeddingError if `url` is not a web address.
    """

    def __init__(self, url: str, model: str, key: str | None = None) -> None:
        try:
            self._server = ModelServer(url, "/embeddings", key, _SETTINGS, _MAX_ANSWER)
        except ModelServerError as error:
            raise EmbeddingError(message_of(error)) from error
        self.name = f"{model} {url}"
        self.runtime = url
        self._model = model
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
            raise EmbeddingError("{0} did not answer a moment ago", self._server.url)
        try:
            return self._batch(texts, "query", _QUERY_TIMEOUT)
        except EmbeddingError:
            self._rests_until = time.monotonic() + _AGAIN_AFTER
            raise

    def passages(self, texts: Sequence[str]) -> Vectors:
        """Embed passages, with up to three attempts. Raises EmbeddingError."""
        import numpy as np

        batches = [texts[begin : begin + _BATCH] for begin in range(0, len(texts), _BATCH)]
        return np.concatenate([self._batch(batch, "passage", _PASSAGE_TIMEOUT, _RETRY_PAUSES) for batch in batches])

    def _batch(
        self,
        texts: Sequence[str],
        input_type: Literal["query", "passage"],
        seconds: float,
        pauses: Sequence[float] = (),
    ) -> Vectors:
        try:
            answer = self._answer(texts, input_type, seconds, pauses)
        except ModelServerError as error:
            raise EmbeddingError(message_of(error)) from error
        vectors = self._vectors(answer, len(texts))
        own, before = vectors.shape[1], self._dimensions
        if before not in (None, own):
            raise EmbeddingError(
                "{0} answered {1} numbers a vector and {2} before; another model needs another name in kb.toml",
                self._server.url,
                own,
                before,
            )
        self._dimensions = own
        return vectors

    def _answer(self, texts: Sequence[str], input_type: str, seconds: float, pauses: Sequence[float]) -> bytes:
        body: dict[str, Any] = {"model": self._model, "input": list(texts), "encoding_format": "float"}
        if self._sends_type:
            try:
                return self._server.post({**body, "input_type": input_type}, seconds, pauses)
            except RefusedError:
                answer = self._server.post(body, seconds, pauses)
                self._sends_type = False
                return answer
        return self._server.post(body, seconds, pauses)

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
                "{0} answered no vectors ({1}); see [embedding] in kb.toml", self._server.url, error
            ) from error
        if not whole:
            raise EmbeddingError(
                "{0} answered no vectors for {1} texts; see [embedding] in kb.toml", self._server.url, count
            )
        unit: Vectors = vectors / lengths
        return unit
