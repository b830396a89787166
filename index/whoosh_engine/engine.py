"""The embedded engine: an index in a folder, whose newest whole generation answers.

Reading: `WhooshEngine.search` → `reader` → `matching` and `facets`, over the arrays of a `snapshot`.
Writing: `WhooshEngine.publish` → `publishing` → `whoosh_writer` and `columns`, committed by `generations`.
"""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from threading import Condition
from typing import TYPE_CHECKING

from cachetools import LRUCache, cached

from index.embedder import EmbedderMaker, no_embedder
from index.engine import Coverage, Engine, Publication, SearchIndexError
from index.schema import Schema
from index.whoosh_engine import generations
from index.whoosh_engine.generations import Generation, Stamp
from index.whoosh_engine.vector_file import VectorFile, coverage

if TYPE_CHECKING:  # these import numpy and the analyser, which `kb status` does without
    from contextlib import AbstractContextManager

    from index.query_parser import QueryParserMaker
    from index.whoosh_engine.publishing import SegmentStaging
    from index.whoosh_engine.reader import WhooshReader
    from index.whoosh_engine.vectors import VectorStore


class WhooshEngine(Engine):
    """An Engine in a folder of its own, shared by threads and processes; one process at a time writes."""

    def __init__(
        self, folder: Path, schema: Schema, parser: "QueryParserMaker", embedder: EmbedderMaker = no_embedder
    ) -> None:
        self._folder = folder
        self._schema = schema
        self._embedder = cached_embedder = cache(embedder)

        # Functions, not methods: a method's cache would refer to the engine, so that only the garbage collector would
        # free it after each change of kb.toml. The last two keep the value of the newest stamp, which one thread makes
        # while others wait.
        @cache
        def vectors() -> "VectorStore | None":
            from index.whoosh_engine.vectors import VectorStore

            model = cached_embedder()
            return VectorStore(folder, model) if model else None

        @cached(LRUCache[object, Generation | None](1), condition=Condition())
        def generation(_stamp: Stamp) -> Generation | None:
            return generations.current(folder)

        @cached(LRUCache[object, "WhooshReader"](1), condition=Condition())
        def reader(stamp: Stamp) -> "WhooshReader":
            from index.whoosh_engine.reader import WhooshReader

            found = generation(stamp)
            return WhooshReader(found, schema, parser(found.meta if found else None), vectors)

        self._vectors, self._generation, self._reader = vectors, generation, reader

    def snapshot(self) -> "WhooshReader":
        """Return a reader of the newest whole generation. It is freed when the last request that uses it is done."""
        stamp = self.stamp()
        try:
            return self._reader(stamp)
        except SearchIndexError:
            if self.stamp() == stamp:
                raise
            return self.snapshot()  # two generations were published meanwhile, and the one being opened was deleted

    def meta(self) -> Mapping[str, object] | None:
        generation = self._newest()
        return generation.meta if generation else None

    def damage(self) -> str | None:
        generation = self._newest()
        return generation.damage if generation else None

    def coverage(self) -> Coverage | None:
        embedder, generation = self._embedder(), self._newest()
        if embedder is None:
            return None
        return coverage(generation, VectorFile(self._folder, embedder.name).keys()) if generation else Coverage(0, 0)

    def embed(self, progress: Callable[[int, int], None], most: int | None = None) -> bool:
        vectors = self._vectors() if self._newest() else None
        return vectors is None or vectors.embed(lambda: self.snapshot().snapshot, progress, most)

    def stamp(self) -> Stamp:
        return generations.stamp(self._folder)

    def publish(self, publication: Publication, since: object = None) -> None:
        from index.whoosh_engine import publishing  # it imports Whoosh, which no search needs

        publishing.publish(self._folder, publication, since, self._schema)

    def staging(self) -> "AbstractContextManager[SegmentStaging]":
        from index.whoosh_engine import publishing

        return publishing.staging(self._folder, self._schema)

    def memory(self) -> int:
        generation = self._newest()
        return generation.memory if generation else 0

    def merge(self) -> None:
        from index.whoosh_engine import publishing

        publishing.merge(self._folder, self._schema)

    def _newest(self) -> Generation | None:
        return self._generation(self.stamp())
