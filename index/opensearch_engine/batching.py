"""What is asked of a cluster while a query is understood: all that is not known yet in one request, then once more.

Who asks gets a guess at first, by which it asks for what it may need next; when nothing is left to ask, all it was told
is so. Counts of a generation stay as they are, and the last asked for are kept.
"""

from collections.abc import Callable, Mapping
from hashlib import blake2b
from threading import Lock
from typing import Any, TypeVar

from index.embedder import EmbeddingError
from index.opensearch_engine.connection import Connection, encoded
from index.opensearch_engine.filters import Filter, all_of
from index.opensearch_engine.manifest import Manifest

Answer = TypeVar("Answer")

_MOST_KEPT = 32 * 1024 * 1024  # bytes of answers
_ENTRY = 300  # bytes that an answer takes, if it is a number
_MOST_ROUNDS = 60
NONE_FOUND: Mapping[str, Any] = {"hits": {"total": {"value": 0}, "hits": []}}
_FEW = 1000  # documents told by their ids
_AT_ONCE = 50  # searches in one request: so many are answered in time by a busy node, too


class BatchedRequests:
    """The questions of requests to one generation; what was answered once is not asked again."""

    def __init__(self, connection: Connection, index: str, manifest: Manifest) -> None:
        self._connection = connection
        self._index = index
        self.manifest = manifest
        self._lock = Lock()
        self._known: dict[bytes, tuple[Any, int]] = {}
        self._bytes = 0

    def counting(self) -> "RequestBatch":
        """Return what asks for one request."""
        return RequestBatch(self)

    def known(self, key: bytes) -> Any:  # noqa: ANN401  # whatever was read
        """Return what was answered to a question, None where nothing was."""
        return self._known.get(key, (None, 0))[0]

    def keep(self, key: bytes, answer: object, size: int) -> None:
        """Keep an answer of so many bytes, forgetting the oldest."""
        with self._lock:
            self._bytes += size - self._known.pop(key, (None, 0))[1]
            self._known[key] = answer, size
            while self._bytes > _MOST_KEPT:
                self._bytes -= self._known.pop(next(iter(self._known)))[1]

    def held(self, *filters: Filter) -> Filter:
        """Return which documents of the generation pass some filters."""
        return all_of((self.manifest.held, *filters))

    def search(self, *bodies: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """Return the answers to several searches, made at once; where there is no index, that nothing is found."""
        if not self._index:
            return [NONE_FOUND for _ in bodies]
        answers: list[Mapping[str, Any]] = []
        for begin in range(0, len(bodies), _AT_ONCE):
            answers += self._connection.search(self._index, *bodies[begin : begin + _AT_ONCE])
        return answers

    def search_named(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the answer to one search, with the score of each of its named parts."""
        return self._connection.search_named(self._index, body)


class RequestBatch:
    """What one request asks, as far as it is not known."""

    def __init__(self, questions: BatchedRequests) -> None:
        self._questions = questions
        self._told: dict[bytes, Any] = {}
        self._made: dict[object, Any] = {}
        self._open: dict[
            bytes, tuple[Mapping[str, Any], Callable[[Mapping[str, Any]], Any], Callable[[Any], int] | None]
        ] = {}

    def count(self, *filters: Filter, guess: int = 0) -> int:
        """Return how many documents of the generation pass some filters."""
        body = {"size": 0, "track_total_hits": True, "query": self._questions.held(*filters)}
        return self.ask(body, lambda answer: int(answer["hits"]["total"]["value"]), guess)

    def found(self, *filters: Filter) -> frozenset[str]:
        """Return the ids of the documents of the generation that pass some filters, which are few."""
        body = {"size": _FEW, "track_total_hits": False, "_source": ["key"], "query": self._questions.held(*filters)}
        read = lambda answer: frozenset(hit["_source"]["key"] for hit in answer["hits"]["hits"])  # noqa: E731
        return self.ask(body, read, frozenset())

    def ask(
        self,
        body: Mapping[str, Any],
        read: Callable[[Mapping[str, Any]], Answer],
        guess: Answer,
        size: Callable[[Answer], int] | None = lambda _: 0,
    ) -> Answer:
        """Return what is read from the answer to a search, a guess until it is answered.

        It is kept for other requests where it is told how many bytes it takes.
        """
        key = blake2b(encoded(body), digest_size=16).digest()
        if key not in self._told and size:
            known = self._questions.known(key)
            if known is not None:
                self._told[key] = known
        if key in self._told:
            told: Answer = self._told[key]
            return told
        self._open[key] = (body, read, size)
        return guess

    def once(self, name: object, made: Callable[[], Answer]) -> Answer:
        """Return what is made for a request once, however often it is attempted; an EmbeddingError is raised again."""
        if name not in self._made:
            try:
                self._made[name] = made()
            except EmbeddingError as error:
                self._made[name] = error
        given = self._made[name]
        if isinstance(given, EmbeddingError):
            raise given
        answer: Answer = given
        return answer

    def held(self, *filters: Filter) -> Filter:
        """Return which documents of the generation pass some filters."""
        return self._questions.held(*filters)

    @property
    def is_open(self) -> bool:
        """Whether anything was asked and not answered."""
        return bool(self._open)

    def until_known(self, attempt: Callable[[], Answer]) -> Answer:
        """Return what an attempt gives once it is told all that it asks."""
        for _ in range(_MOST_ROUNDS):
            given = attempt()
            if not self._open:
                return given
            asked, self._open = self._open, {}
            answers = self._questions.search(*(body for body, _, _ in asked.values()))
            for (key, (_, read, size)), answer in zip(asked.items(), answers, strict=True):
                told = self._told[key] = read(answer)
                if size:
                    self._questions.keep(key, told, _ENTRY + size(told))
        raise AssertionError("a query asks on and on")
