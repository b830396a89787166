"""The embedded engine: a folder of generations, of which the newest whole one answers."""

from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from index.cache import Latest
from index.embedder import EmbedderMaker, no_embedder
from index.engine import Coverage, Engine, Publication, SearchIndexError
from index.whoosh_engine import generations
from index.whoosh_engine.generations import Generation, Stamp

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from index.embedder import KeptVectors
    from index.query_parser import QueryParserMaker
    from index.schema import Schema
    from index.whoosh_engine.publishing import SegmentStaging
    from index.whoosh_engine.reader import WhooshReader
    from index.whoosh_engine.vectors import VectorStore


class WhooshEngine(Engine):
    """An Engine in a folder of its own, shared by threads, and by processes of which one may write at a time."""

    def __init__(
        self, folder: Path, schema: "Schema", parser: "QueryParserMaker", embedder: EmbedderMaker = no_embedder
    ) -> None:
        self._folder = folder
        self._schema = schema
        self._parser = cache(parser)
        self._embedder = cache(embedder)
        # Without `self`, which would wait for the garbage collector with all that it holds, at each change of kb.toml.
        self._vectors = cache(partial(_vector_store, folder, self._embedder))
        self._generation = Latest[Generation | None]()
        self._reader: Latest[WhooshReader] = Latest()

    def snapshot(self) -> "WhooshReader":
        """Return a reader of the newest whole generation, opened once; it is let go when its last user is done."""
        stamp = self.stamp()
        return self._reader.get(stamp, lambda: self._opened(stamp))

    def meta(self) -> Mapping[str, object] | None:
        """Return what the newest whole generation was written with, None before the first."""
        generation = self._newest()
        return generation.meta if generation else None

    def damage(self) -> str | None:
        """Return why an older generation answers instead of the newest, None where the newest does."""
        generation = self._newest()
        return generation.damage if generation else None

    def coverage(self) -> Coverage | None:
        """Return how far documents can be found by similarity, None where there is no model."""
        from index.whoosh_engine import vector_file

        embedder, generation = self._embedder(), self._newest()
        if embedder is None:
            return None
        kept = vector_file.keys_in(vector_file.path_of(self._folder, embedder.name))
        return vector_file.coverage(generation, kept) if generation else Coverage(0, 0)

    def embed(self, progress: Callable[[int, int], None]) -> None:
        """Make the vectors that documents lack."""
        vectors = self._vectors() if self._newest() else None
        if vectors:
            vectors.embed(lambda: self.snapshot().snapshot, progress)

    def kept_vectors(self) -> "KeptVectors | None":
        """Return the vectors that are kept of texts, None where there is no model."""
        vectors = self._vectors() if self._newest() else None
        return vectors.text_vectors() if vectors else None

    def stamp(self) -> Stamp:
        """Return a value that is another whenever another generation became the newest."""
        return generations.stamp(self._folder)

    def write_generation(self, publication: Publication, since: object) -> None:
        """Write a new generation and swap it in; on any failure the old one stays."""
        from index.whoosh_engine.publishing import write_generation

        generations.publish(
            self._folder, since, lambda to, before: write_generation(publication, to, before, self._schema)
        )

    def staging(self) -> "AbstractContextManager[SegmentStaging]":
        """Give what writes segments for the next generation."""
        from index.whoosh_engine import publishing

        return publishing.staging(self._folder, self._schema)

    def memory(self) -> int:
        """Return the bytes that answering from the newest generation takes at most, whatever is asked."""
        generation = self._newest()
        return generation.memory if generation else 0

    def merge(self) -> None:
        """Tidy up after many small publishes, beside whatever is published or asked meanwhile."""
        from index.whoosh_engine import publishing

        publishing.merge(self._folder, self._schema)

    def _newest(self) -> Generation | None:
        """Return the newest whole generation, looked at once."""
        return self._generation.get(self.stamp(), lambda: generations.current(self._folder))

    def _opened(self, stamp: Stamp) -> "WhooshReader":
        from index.whoosh_engine.reader import WhooshReader

        try:
            return WhooshReader(self._newest(), self._schema, self._parser(), self._vectors)
        except SearchIndexError:
            newer = self.stamp()
            if newer == stamp:
                raise
            return self._opened(newer)  # a writer removed it while we opened it: two generations came since


def _vector_store(folder: Path, embedder: EmbedderMaker) -> "VectorStore | None":
    """Return the vectors of an index, None where there is no model; asked when the first text is looked for."""
    from index.whoosh_engine.vectors import VectorStore

    model = embedder()
    return VectorStore(folder, model) if model else None
