"""An engine that may be away, and one on this machine that answers meanwhile with what it held last."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from time import monotonic
from typing import TYPE_CHECKING, TypeVar

from index.engine import Coverage, Engine, EngineAwayError, Hit, Publication, Reader, Results, Staging

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from index.embedder import StoredVectors
    from index.query import Query

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
        # Why the engine is away, and until when it is not asked; replaced as one, for threads share it.
        self._away: tuple[EngineAwayError, float] | None = None

    def away(self) -> str | None:
        """Return why the stand-in answered last, None where it did not."""
        away = self._away
        return str(away[0]) if away else None

    def snapshot(self) -> Reader:
        """Return a reader of the newest whole generation, or of what the stand-in holds.

        Raises EngineAwayError where that holds nothing.
        """
        away = self._away
        if away is None or monotonic() >= away[1]:
            try:
                return _Watched(self._present(self._engine.snapshot), self._notice)
            except EngineAwayError as error:
                away = error, 0.0
        if self._stand_in.meta() is None:
            raise away[0]
        return self._stand_in.snapshot()

    def damage(self) -> str | None:
        """Return why the stand-in answers, or what is wrong with the engine that does."""
        return self.away() or self._engine.damage()

    def stamp(self) -> object:
        """Return a value that is another whenever another generation became the newest. Raises EngineAwayError."""
        return self._present(self._engine.stamp)

    def write_generation(self, publication: Publication, since: object) -> None:
        """Write a new generation. Raises EngineAwayError."""
        self._present(lambda: self._engine.write_generation(publication, since))

    def staging(self) -> "AbstractContextManager[Staging]":
        """Give what writes staged segments for a publish within."""
        return self._engine.staging()

    def embed(self, progress: Callable[[int, int], None]) -> None:
        """Make the vectors that documents lack."""
        self._present(lambda: self._engine.embed(progress))

    def stored_vectors(self) -> "StoredVectors | None":
        """Return the vectors that are kept of texts, where the engine gives them."""
        return self._present(self._engine.stored_vectors)

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

    def _present(self, asked: Callable[[], Answer]) -> Answer:
        """Return what the engine answers, and remember whether it did."""
        with _noticing(self._notice):
            answer = asked()
        self._away = None
        return answer

    def _notice(self, error: EngineAwayError) -> None:
        self._away = error, monotonic() + AGAIN_AFTER


class _Watched:
    """A reader whose engine may go away; what was asked then is to be asked anew, as a whole."""

    def __init__(self, reader: Reader, notice: Callable[[EngineAwayError], None]) -> None:
        self._reader = reader
        self._notice = notice

    def search(self, query: "Query") -> Results:
        with _noticing(self._notice):
            return self._reader.search(query)

    def stored(self, document_id: str) -> str | None:
        with _noticing(self._notice):
            return self._reader.stored(document_id)

    def more_like(self, ids: Sequence[str], group: str, limit: int) -> tuple[Hit, ...]:
        with _noticing(self._notice):
            return self._reader.more_like(ids, group, limit)

    def similarity(self, ids: Sequence[str], other_ids: Sequence[str], context: str) -> tuple[tuple[float, ...], ...]:
        with _noticing(self._notice):
            return self._reader.similarity(ids, other_ids, context)

    def meta(self) -> Mapping[str, object] | None:
        return self._reader.meta()


@contextmanager
def _noticing(notice: Callable[[EngineAwayError], None]) -> Iterator[None]:
    """Call `notice` with the error of an engine that is away, which is raised all the same."""
    try:
        yield
    except EngineAwayError as error:
        notice(error)
        raise
