"""An engine whose cluster may be away, with a stand-in on this machine that answers meanwhile from its last index."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from time import monotonic

from index.engine import Coverage, Engine, EngineAwayError, Hit, IndexReader, Publication, Results, Staging
from index.query import Query

RETRY_AFTER = 5.0  # seconds in which an engine that was away is not asked again, so that no request waits for it


class WithStandIn(Engine):
    """An Engine that answers each request as a whole, from its engine or, while that is away, from its stand-in.

    The stand-in is never written. If it is empty, or something must be written, EngineAwayError is raised.
    """

    def __init__(self, engine: Engine, stand_in: Engine) -> None:
        self._engine = engine
        self._stand_in = stand_in
        # Why the engine is away, and until when it is not asked; one value, because threads replace it.
        self._away: tuple[EngineAwayError, float] | None = None

    def away(self) -> str | None:
        """Return why the stand-in answered last, or None if the engine did."""
        away = self._away
        return str(away[0]) if away else None

    def snapshot(self) -> IndexReader:
        """Return a reader of the newest generation, or of the stand-in. Raises EngineAwayError if that is empty."""
        away = self._away
        if away is None or monotonic() >= away[1]:
            try:
                with self._watching():
                    return _WatchedReader(self._engine.snapshot(), self._watching)
            except EngineAwayError as error:
                away = error, 0.0
        if self._stand_in.meta() is None:
            raise away[0]
        return self._stand_in.snapshot()

    def damage(self) -> str | None:
        """Return why the stand-in answers, or the damage of the engine."""
        return self.away() or self._engine.damage()

    def stamp(self) -> object:
        """Return a value that changes with each generation. Raises EngineAwayError."""
        with self._watching():
            return self._engine.stamp()

    def publish(self, publication: Publication, since: object = None) -> None:
        """Write a new generation. Raises EngineAwayError."""
        with self._watching():
            self._engine.publish(publication, since)

    def staging(self) -> AbstractContextManager[Staging]:
        """Give a writer of staged segments."""
        return self._engine.staging()

    def embed(self, progress: Callable[[int, int], None], most: int | None = None) -> bool:
        """Make the vectors that documents lack. Raises EngineAwayError."""
        with self._watching():
            return self._engine.embed(progress, most)

    def coverage(self) -> Coverage | None:
        """Return how many documents have a vector in the engine that answers, or None without a model."""
        if not self.away():
            with suppress(EngineAwayError), self._watching():
                return self._engine.coverage()
        return self._stand_in.coverage()

    def memory(self) -> int:
        """Return the most memory, in bytes, that answering takes."""
        return (self._stand_in if self.away() else self._engine).memory()

    def merge(self) -> None:
        """Merge the segments that many small publishes left. Raises EngineAwayError."""
        with self._watching():
            self._engine.merge()

    @contextmanager
    def _watching(self) -> Iterator[None]:
        """Note whether the engine is away; its EngineAwayError is raised."""
        try:
            yield
        except EngineAwayError as error:
            self._away = error, monotonic() + RETRY_AFTER
            raise
        self._away = None


class _WatchedReader:
    """A reader whose engine may go away; then the whole request must be made again."""

    def __init__(self, reader: IndexReader, watching: Callable[[], AbstractContextManager[None]]) -> None:
        self._reader = reader
        self._watching = watching

    def search(self, query: Query) -> Results:
        with self._watching():
            return self._reader.search(query)

    def stored(self, document_id: str) -> str | None:
        with self._watching():
            return self._reader.stored(document_id)

    def more_like(self, ids: Sequence[str], group: str, limit: int) -> tuple[Hit, ...]:
        with self._watching():
            return self._reader.more_like(ids, group, limit)

    def similarity(self, ids: Sequence[str], other_ids: Sequence[str], context: str) -> tuple[tuple[float, ...], ...]:
        with self._watching():
            return self._reader.similarity(ids, other_ids, context)

    def meta(self) -> Mapping[str, object] | None:
        return self._reader.meta()
