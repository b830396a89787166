"""An engine that may be away, and one on this machine that answers meanwhile with what it held last."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, TypeVar

from index.engine import Coverage, Engine, EngineAwayError, Hit, Reader, Results, StagedSegment, Staging

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from index.embedder import KeptVectors
    from index.query import Query
    from index.schema import Document

Answer = TypeVar("Answer")

AGAIN_AFTER = 5.0  # seconds after which an engine that was away is asked again: no request waits for it meanwhile


class WithStandIn(Engine):
    """An Engine whose requests are answered by the one that may be away, or each as a whole by its stand-in.

    The stand-in is never written. Where it holds nothing, or something is to be written, that the other is away is
    raised.
    """

    def __init__(self, engine: Engine, stand_in: Engine) -> None:
        self._engine = engine
        self._stand_in = stand_in
        self._why: EngineAwayError | None = None
        self._rests_until = 0.0

    def away(self) -> str | None:
        """Return why the stand-in answered last, None where it did not."""
        return str(self._why) if self._why else None

    def snapshot(self) -> Reader:
        """Return a reader of the newest whole generation, or of what the stand-in holds."""
        if monotonic() >= self._rests_until:
            try:
                return _Watched(self._present(self._engine.snapshot), self._gone)
            except EngineAwayError:
                pass
        if self._why and self._stand_in.meta() is None:
            raise self._why
        return self._stand_in.snapshot()

    def damage(self) -> str | None:
        """Return why the stand-in answers, or what is wrong with the engine that does."""
        return self.away() or self._engine.damage()

    def stamp(self) -> object:
        """Return a value that is another whenever another generation became the newest. Raises EngineAwayError."""
        return self._present(self._engine.stamp)

    def publish(
        self,
        replaced: "Mapping[str, Iterable[Document]]",
        removed: Collection[str],
        order: Sequence[str],
        meta: Mapping[str, object],
        since: object = None,
        *,
        staged: Sequence[StagedSegment] = (),
    ) -> None:
        """Write a new generation. Raises EngineAwayError."""
        self._present(lambda: self._engine.publish(replaced, removed, order, meta, since, staged=staged))

    def staging(self) -> "AbstractContextManager[Staging]":
        """Give what writes staged segments for a publish within."""
        return self._engine.staging()

    def embed(self, told: Callable[[int, int], None]) -> None:
        """Make the vectors that documents lack."""
        self._present(lambda: self._engine.embed(told))

    def kept_vectors(self) -> "KeptVectors | None":
        """Return the vectors that are kept of texts, where the engine gives them."""
        return self._present(self._engine.kept_vectors)

    def coverage(self) -> Coverage | None:
        """Return how far documents of the one that answers can be found by similarity, None where there is no model."""
        if not self.away():
            with suppress(EngineAwayError):
                return self._present(self._engine.coverage)
        return self._stand_in.coverage()

    def memory(self) -> int:
        """Return the bytes that answering takes at most."""
        return (self._stand_in if self.away() else self._engine).memory()

    def merge(self) -> None:
        """Tidy up after many small publishes."""
        self._present(self._engine.merge)

    def close(self) -> None:
        """Give back what is open."""
        self._engine.close()
        self._stand_in.close()

    def _present(self, asked: Callable[[], Answer]) -> Answer:
        """Return what the engine answers, and remember whether it did."""
        try:
            answer = asked()
        except EngineAwayError as error:
            self._gone(error)
            raise
        self._why, self._rests_until = None, 0.0
        return answer

    def _gone(self, error: EngineAwayError) -> None:
        self._why, self._rests_until = error, monotonic() + AGAIN_AFTER


class _Watched:
    """A reader that tells when what it reads from goes away; what was asked then is to be asked anew, as a whole."""

    def __init__(self, reader: Reader, gone: Callable[[EngineAwayError], None]) -> None:
        self._reader = reader
        self._gone = gone

    def search(self, query: "Query") -> Results:
        return self._told(lambda: self._reader.search(query))

    def stored(self, document_id: str) -> str | None:
        return self._told(lambda: self._reader.stored(document_id))

    def like(self, ids: Sequence[str], apart: str, limit: int) -> tuple[Hit, ...]:
        return self._told(lambda: self._reader.like(ids, apart, limit))

    def similarity(self, some: Sequence[str], others: Sequence[str], context: str) -> tuple[tuple[float, ...], ...]:
        return self._told(lambda: self._reader.similarity(some, others, context))

    def meta(self) -> Mapping[str, object] | None:
        return self._reader.meta()

    def _told(self, asked: Callable[[], Answer]) -> Answer:
        try:
            return asked()
        except EngineAwayError as error:
            self._gone(error)
            raise
