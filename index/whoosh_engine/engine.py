"""The embedded engine: a folder of generations, of which the newest whole one answers."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from index.embedder import EmbedderMaker, no_embedder
from index.engine import Coverage, Engine, SearchIndexError, StagedSegment
from index.whoosh_engine import generations
from index.whoosh_engine.generations import Generation, Stamp

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from index.embedder import KeptVectors
    from index.language import LanguageMaker
    from index.schema import Document, Schema
    from index.whoosh_engine.meaning import Meaning
    from index.whoosh_engine.reader import WhooshReader
    from index.whoosh_engine.staging import SegmentStaging


class WhooshEngine(Engine):
    """An Engine in a folder of its own, shared by threads, and by processes of which one may write at a time."""

    def __init__(
        self, folder: Path, schema: "Schema", language: "LanguageMaker", embedder: EmbedderMaker = no_embedder
    ) -> None:
        self._folder = folder
        self._schema = schema
        self._language = cache(language)
        self._embedder = cache(embedder)
        # Without `self`, which would wait for the garbage collector with all that it holds, at each change of kb.toml.
        self._meaning = cache(partial(_meaning, folder, self._embedder))
        self._lock = Lock()
        self._generation: tuple[Stamp, Generation | None] | None = None
        self._reader: tuple[Stamp, WhooshReader] | None = None

    def snapshot(self) -> "WhooshReader":
        """Return a reader of the newest whole generation, opened once; it is let go when its last user is done."""
        kept, stamp = self._reader, generations.stamp(self._folder)
        if kept is None or kept[0] != stamp:
            with self._lock:
                kept = self._reader
                if kept is None or kept[0] != stamp:  # another thread may have opened it meanwhile
                    kept = self._reader = stamp, self._opened(stamp)
        return kept[1]

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
        from index.whoosh_engine import overview, vector_file

        embedder, generation = self._embedder(), self._newest()
        if embedder is None:
            return None
        kept = vector_file.keys_in(vector_file.path_of(self._folder, embedder.name))
        return overview.coverage(generation, kept) if generation else Coverage(0, 0)

    def embed(self, told: Callable[[int, int], None]) -> None:
        """Make the vectors that documents lack, and tell how many have theirs, of how many."""
        meaning = self._meaning() if self._newest() else None
        if meaning:
            meaning.embed(lambda: self.snapshot().snapshot, told)

    def kept_vectors(self) -> "KeptVectors | None":
        """Return the vectors that are kept of texts, None where there is no model."""
        meaning = self._meaning() if self._newest() else None
        return meaning.kept() if meaning else None

    def stamp(self) -> Stamp:
        """Return a value that is another whenever another generation became the newest."""
        return generations.stamp(self._folder)

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
        """Write a new generation and swap it in; on any failure the old one stays."""
        from index.whoosh_engine.publishing import Publication

        publication = Publication(replaced, removed, order, meta, staged)
        generations.publish(self._folder, since, lambda to, before: publication.write(to, before, self._schema))

    def staging(self) -> "AbstractContextManager[SegmentStaging]":
        """Give what writes segments for the next generation."""
        from index.whoosh_engine import staging

        return staging.staging(self._folder, self._schema)

    def memory(self) -> int:
        """Return the bytes that answering from the newest generation takes at most, whatever is asked."""
        from index.whoosh_engine.overview import most_memory

        generation = self._newest()
        return most_memory(generation) if generation else 0

    def merge(self) -> None:
        """Tidy up after many small publishes, beside whatever is published or asked meanwhile."""
        from index.whoosh_engine import merging

        merging.merge(self._folder, self._schema)

    def close(self) -> None:
        """Close the files; a search after this opens them again."""
        with self._lock:
            if self._reader:
                self._reader[1].close()
            self._reader = None

    def _newest(self) -> Generation | None:
        """Return the newest whole generation, looked at once."""
        kept, stamp = self._generation, generations.stamp(self._folder)
        if kept is None or kept[0] != stamp:
            kept = self._generation = stamp, generations.current(self._folder)
        return kept[1]

    def _opened(self, stamp: Stamp) -> "WhooshReader":
        from index.whoosh_engine.reader import WhooshReader

        try:
            return WhooshReader(self._newest(), self._schema, self._language(), self._meaning)
        except SearchIndexError:
            newer = generations.stamp(self._folder)
            if newer == stamp:
                raise
            return self._opened(newer)  # a writer removed it while we opened it: two generations came since


def _meaning(folder: Path, embedder: EmbedderMaker) -> "Meaning | None":
    """Return what is known by vectors, None where there is no model; asked when the first text is looked for."""
    from index.whoosh_engine.meaning import Meaning

    model = embedder()
    return Meaning(folder, model) if model else None
