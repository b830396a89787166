"""What is asked of a cluster while a query is understood: all that is not known yet in one request, then once more.

Who asks gets a guess at first, by which it asks for what it may need next; when nothing is left to ask, no guess is
left either. Counts of a generation stay as they are, and the last asked for are kept.
"""

from collections.abc import Callable, Mapping
from hashlib import blake2b
from operator import itemgetter
from typing import Any, NamedTuple, TypeVar

from index.cache import Cache
from index.embedder import EmbeddingError
from index.opensearch_engine.connection import Connection, encoded
from index.opensearch_engine.filters import Filter, all_of
from index.opensearch_engine.manifest import Manifest

Answer = TypeVar("Answer")

MOST_KEPT = 32 * 1024 * 1024  # bytes of answers
_MOST_ROUNDS = 60
NONE_FOUND: Mapping[str, Any] = {"hits": {"total": {"value": 0}, "hits": []}}
_AT_ONCE = 50  # searches in one request: so many are answered in time by a busy node, too


def total_of(answer: Mapping[str, Any]) -> int:
    """Return how many documents a search has found that counted them all."""
    return int(answer["hits"]["total"]["value"])


class BatchedRequests:
    """The requests to one generation, shared by threads; what was answered once is not asked again."""

    def __init__(self, connection: Connection, index: str, manifest: Manifest) -> None:
        self.connection = connection
        self.index = index
        self.manifest = manifest
        self.answers = Cache[tuple[Any, int]](MOST_KEPT, itemgetter(1))  # each with the bytes that it takes

    def of_generation(self, *filters: Filter) -> Filter:
        """Return which documents of the generation pass some filters."""
        return all_of((self.manifest.documents_filter, *filters))

    def search(self, *bodies: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """Return the answers to several searches, made at once; where there is no index, that nothing is found."""
        if not self.index:
            return [NONE_FOUND for _ in bodies]
        answers: list[Mapping[str, Any]] = []
        for begin in range(0, len(bodies), _AT_ONCE):
            answers += self.connection.search(self.index, *bodies[begin : begin + _AT_ONCE])
        return answers


class _Question(NamedTuple):
    """A search, how its answer is read, and how many bytes that takes: None where it is not kept."""

    body: Mapping[str, Any]
    read: Callable[[Mapping[str, Any]], Any]
    size: Callable[[Any], int] | None


class RequestBatch:
    """What one request asks, as far as it is not known."""

    def __init__(self, requests: BatchedRequests) -> None:
        self.requests = requests
        self._answers: dict[bytes, Any] = {}
        self._made: dict[object, Any] = {}
        self._open: dict[bytes, _Question] = {}

    def count(self, *filters: Filter, guess: int = 0) -> int:
        """Return how many documents of the generation pass some filters."""
        body = {"size": 0, "track_total_hits": True, "query": self.requests.of_generation(*filters)}
        return self.ask(body, total_of, guess)

    def ask(
        self,
        body: Mapping[str, Any],
        read: Callable[[Mapping[str, Any]], Answer],
        guess: Answer,
        size: Callable[[Answer], int] | None = lambda _: 0,
    ) -> Answer:
        """Return what is read from the answer to a search, a guess until it is answered.

        It is kept for other requests, of so many bytes as `size` gives, and where that is None for this one alone.
        """
        key = blake2b(encoded(body), digest_size=16).digest()
        if key not in self._answers and size and (kept := self.requests.answers.find(key)):
            self._answers[key] = kept[0]
        if key not in self._answers:
            self._open[key] = _Question(body, read, size)
            return guess
        answer: Answer = self._answers[key]
        return answer

    def once(self, name: object, made: Callable[[], Answer]) -> Answer:
        """Return what is made for a request once, however often it is attempted. Raises EmbeddingError, again."""
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

    @property
    def is_open(self) -> bool:
        """Whether anything was asked and not answered."""
        return bool(self._open)

    def until_known(self, attempt: Callable[[], Answer]) -> Answer:
        """Return what an attempt gives once all that it asks is answered.

        Raises ClusterError where a node refuses, AssertionError for an attempt that never stops asking.
        """
        for _ in range(_MOST_ROUNDS):
            given = attempt()
            if not self._open:
                return given
            asked, self._open = self._open, {}
            answers = self.requests.search(*(question.body for question in asked.values()))
            for (key, question), answer in zip(asked.items(), answers, strict=True):
                value = self._answers[key] = question.read(answer)
                if question.size:
                    self.requests.answers.keep(key, (value, question.size(value)))
        raise AssertionError("a query asks on and on")
