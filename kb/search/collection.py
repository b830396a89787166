"""A library and its index, open: what every search, page and sync works on.

The engine and the model are those of kb.toml, unless KB_ENGINE or KB_EMBEDDING override them.
"""

import os
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar, TypeVarTuple, Unpack
from urllib.parse import urlunsplit

from cachetools import LRUCache
from msgspec import Struct
from msgspec.structs import replace

from index.engine import Engine, IndexReader, SearchIndexError
from index.messages import Message, translatable
from index.stand_in import WithStandIn
from index.urls import web_parts
from index.whoosh_engine import WhooshEngine
from kb.library.configuration import NO_MODEL, Configuration
from kb.library.contents import NO_CONTENTS, Contents
from kb.library.files import Library
from kb.library.places import CACHE_FOLDER, OWN_LIBRARY, SAMPLE_VECTORS, find_library, index_folder, may_cache
from kb.library.tables import EngineAddress
from kb.pipeline.reports import Tools, tools_of
from kb.report.model import Note
from kb.search.documents import SCHEMA, load_note
from kb.storage.caches import cache_folder, code_digest

if TYPE_CHECKING:  # as in functions below: a search must not load what reads reports (tests/kb/cli/test_starts.py)
    from index.embedder import Embedder, EmbedderMaker
    from index.embedding import PassageReader
    from index.query_parser import QueryParser, QueryParserMaker
    from index.schema import Schema
    from kb.services import Catalogue, Domain

K = TypeVarTuple("K")
T = TypeVar("T")

EngineMaker: TypeAlias = "Callable[[Path, Schema, QueryParserMaker, EmbedderMaker], Engine]"
"""Makes the engine of an index folder, for documents of a schema, queries of a parser, and vectors of a model."""

EMBEDDED = "embedded"  # the value of KB_ENGINE that overrides the cluster of a kb.toml with the engine in the folder


class Snapshot(Struct, frozen=True):
    """One generation of an index, whatever is published later, with the tools of the kb.toml that it was made with.

    Before the first generation it has no documents, NO_CONTENTS, and the tools of the present kb.toml.
    """

    reader: IndexReader
    contents: Contents
    tools: Tools

    @property
    def is_missing(self) -> bool:
        """Whether there is no index yet."""
        return self.contents is NO_CONTENTS

    def note(self, stored: str) -> Note:
        """Return the note of a stored document."""
        return load_note(stored, self.contents)

    def similarity(self, notes: Sequence[Note], others: Sequence[Note]) -> Sequence[Sequence[float]]:
        """Return the cosine of each note with each of the others; empty if one has no vector."""
        own, other = ([note.id for note in group] for group in (notes, others))
        return self.reader.similarity(own, other, "place")


class GenerationCache(Generic[T]):
    """A thread-safe cache of values made from one generation, emptied when a newer generation is asked for.

    It drops the least recently used of more than `most` values. While one thread makes a value the others wait, so
    that it is made once.
    """

    def __init__(self, most: int = 1_000) -> None:
        self._lock = RLock()  # making a value may ask for another value of the same cache
        self._contents: Contents | None = None
        self._values = LRUCache[Hashable, T](most)

    def get(self, contents: Contents | None, make: Callable[[], T], key: Hashable = None) -> T:
        """Return the value of a key for the generation with these contents, and make it if it is missing.

        `make` may use that generation or a later one. If it raises, no value is cached.
        """
        with self._lock:
            if self._contents is not contents:
                self._contents, self._values = contents, LRUCache(self._values.maxsize)
            values = self._values
            if key not in values:
                values[key] = make()
            return values[key]


class Collection:
    """A library with its index. It follows the chosen library: the first own report replaces the samples.

    `library` is the folder of reports, `is_samples` whether it is the bundled samples, `index` the index folder,
    `engine` searches the index. `configuration` is that of kb.toml, which may be newer than the index: it decides the
    engine and the model. The words and services of answers are those of the generation (`tools`).
    """

    def __init__(self, library: Path | None, index: Path | None, engine: "EngineMaker | None") -> None:
        self.chosen = (library, index)
        self._engine_maker = engine
        self._lock = RLock()  # of the open library and of the newest contents, which threads share
        # The metadata of the newest generation that was read, with its contents and its tools.
        self._newest: tuple[Mapping[str, object] | None, Contents | None, Tools | None] = (None, None, None)
        self._embedded: Contents | None = None  # the newest contents whose notes were seen to have all vectors
        found, is_samples = find_library(library)
        self._open(found, found.configuration()[0], is_samples=is_samples)

    def _open(self, library: Library, configuration: Configuration, *, is_samples: bool) -> None:
        make, index = self._engine_maker or engine_of(configuration), index_folder(library, self.chosen[1])
        self._embedder = embedder_of(configuration, index)
        engine = make(index, SCHEMA, _parser_of, self._embedder)
        self.library, self.is_samples, self.index, self.engine = library, is_samples, index, engine
        self.configuration, self._newest = configuration, (None, None, None)

    def reopen(self, library: Library, configuration: Configuration, *, is_samples: bool) -> None:
        """Follow a configuration; open the library again if its place, its engine or its model changed."""
        with self._lock:
            before, self.configuration = self.configuration, configuration
            opened = (self.library.path, before.engine, before.embedding)
            if opened != (library.path, configuration.engine, configuration.embedding):
                self._open(library, configuration, is_samples=is_samples)

    def passage_reader(self) -> "PassageReader | None":
        """Return the model that reads the notes of reports, None if none does."""
        return reader_of(self._embedder)

    def follow(self) -> None:
        """Reopen the chosen library under its current configuration."""
        library, is_samples = find_library(self.chosen[0])
        self.reopen(library, library.configuration()[0], is_samples=is_samples)

    @property
    def watched(self) -> tuple[Path, ...]:
        """The folders in which a change may change the library."""
        own = (OWN_LIBRARY.absolute(),) if self.is_samples and OWN_LIBRARY.is_dir() else ()
        return (self.library.path, *own)

    @property
    def tools(self) -> Tools:
        """The tools of the newest generation that was read, those of kb.toml if there is none."""
        if tools := self._newest[2]:
            return tools
        contents = self.readable_contents()
        return tools_of(contents.configuration_text if contents else self.configuration.text)

    @property
    def domain(self) -> "Domain":
        """The domain of the library."""
        return self.tools.domain

    @property
    def catalogue(self) -> "Catalogue":
        """The services of the domain."""
        return self.tools.catalogue

    def contents(self) -> Contents | None:
        """Return the contents of the newest generation, read once; None if there is no index.

        Raises SearchIndexError if they cannot be read, or are of another version of kb.
        """
        engine = self.engine
        contents = self._contents_of(engine.meta())
        return contents if self.engine is engine else self._contents_of(self.engine.meta())

    def readable_contents(self) -> Contents | None:
        """Return the contents of the newest generation, None also if they cannot be read: a sync makes them again."""
        try:
            return self.contents()
        except SearchIndexError:
            return None

    def snapshot(self) -> Snapshot:
        """Return the newest generation, to answer one request from.

        Raises SearchIndexError as `contents` does.
        """
        engine = self.engine
        reader = engine.snapshot()
        contents = self._contents_of(reader.meta())
        if self.engine is not engine:  # reading the contents has reopened the library
            reader = self.engine.snapshot()
            contents = self._contents_of(reader.meta())
        tools = tools_of(contents.configuration_text if contents else self.configuration.text)
        return Snapshot(reader, contents or NO_CONTENTS, tools)

    def _contents_of(self, meta: Mapping[str, object] | None) -> Contents | None:
        """Return the contents in a generation's metadata; follow kb.toml if they were made with another.

        Another process may have published the generation after kb.toml got another engine or model.
        """
        with self._lock:
            if meta is not self._newest[0]:
                try:
                    contents = Contents.of(meta) if meta is not None else None
                except ValueError as error:
                    message = translatable("{0}: another version of kb made it; run `kb sync`", self.index)
                    raise SearchIndexError(message) from error
                self._newest = (meta, contents, tools_of(contents.configuration_text) if contents else None)
                if contents and contents.configuration_text != self.configuration.text:
                    self.follow()
            return self._newest[1]

    def away(self) -> str | None:
        """Return why the index of this machine stands in for the cluster, None if it does not."""
        return self.engine.away() if isinstance(self.engine, WithStandIn) else None

    def damage(self) -> Message | None:
        """Return why an older generation answers, None if the newest does.

        Raises SearchIndexError if no generation can answer.
        """
        if away := self.away():
            return translatable("{0}; the last index of this machine answers until it does", away)
        damage = self.engine.damage()
        return translatable("damaged ({0}); what it held before answers until `kb sync`", damage) if damage else None

    def has_all_vectors(self, contents: Contents | None) -> bool:
        """Return whether all notes of the newest generation, with these contents, have their vectors for good.

        This holds also without a model. Once they have all, they are not counted again.
        """
        if self._embedded is not contents:
            coverage = self.engine.coverage()
            if coverage and coverage.lacking:
                return False
            self._embedded = contents
        return True

    def needs_index(self) -> bool:
        """Return whether the index is missing, or of another version of kb. Raises SearchIndexError."""
        meta = self.engine.meta()
        if self.away():
            return False  # nothing can be written while the cluster is away
        return meta is None or meta.get("code") != code_digest()


class Cached(Generic[*K, T]):
    """A function whose results are cached by its arguments until the next generation of a collection."""

    def __init__(self, collection: Collection, make: Callable[[Unpack[K]], T], most: int = 1_000) -> None:
        self._collection = collection
        self._make = make
        self._values = GenerationCache[T](most)

    def __call__(self, *key: *K) -> T:
        """Return the result for the newest generation."""
        return self._values.get(self._collection.contents(), lambda: self._make(*key), key)


def _parser_of(meta: Mapping[str, object] | None) -> "QueryParser":
    """Return the parser of queries to a generation with this metadata."""
    return _parser(str(meta.get("configuration_text", "")) if meta else "")


@lru_cache(1)  # generations with the same kb.toml share it
def _parser(text: str) -> "QueryParser":
    from kb.search import search_box

    return search_box.query_parser(tools_of(text))


def engine_of(configuration: Configuration) -> EngineMaker:
    """Return the maker of the configured engine: one of a cluster, or the one in the index folder.

    While the cluster does not answer, the last index in the folder does. Raises SearchIndexError for an invalid
    KB_ENGINE.
    """
    override = os.environ.get("KB_ENGINE", "")
    cluster = _cluster_of(override, configuration.engine) if override else configuration.engine
    if cluster is None:
        return WhooshEngine

    def make(folder: Path, schema: "Schema", parser: "QueryParserMaker", embedder: "EmbedderMaker") -> Engine:
        from index.opensearch_engine import Address, OpenSearchEngine

        address = Address(cluster.urls, cluster.index, cluster.region, cluster.shards, cluster.replicas)
        engine = OpenSearchEngine(address, folder, schema, parser, embedder)
        return WithStandIn(engine, WhooshEngine(folder, schema, parser, embedder))

    return make


def _cluster_of(override: str, configured: EngineAddress | None) -> EngineAddress | None:
    """Return the cluster in KB_ENGINE, with the other settings of kb.toml; None for EMBEDDED."""
    if override == EMBEDDED:
        return None
    parts = web_parts(override)
    index = parts.path.strip("/") if parts else ""
    if parts is None or not index:
        raise SearchIndexError(
            translatable(
                "KB_ENGINE cannot be {0!r}; write the address of a cluster with the name of an index, like "
                "https://search.example.com:9200/talk-notes, or {1}",
                override,
                EMBEDDED,
            )
        )
    url = urlunsplit((parts.scheme, parts.netloc, "", "", ""))
    return replace(configured or EngineAddress(url, index), url=url, index=index)


def reader_of(make: "EmbedderMaker") -> "PassageReader | None":
    """Return the model if it also reads notes, else None."""
    from index.embedding import PassageReader

    embedder = make()
    return embedder if isinstance(embedder, PassageReader) and embedder.reading else None


def embedder_of(configuration: Configuration, index: Path | None = None) -> "EmbedderMaker":
    """Return the maker of the configured model, else of the bundled one; with KB_EMBEDDING=none it makes none.

    The bundled one also reads notes where it can, and keeps what it reads in the folder of the index.
    """

    @cache
    def make() -> "Embedder | None":
        configured = configuration.embedding
        if NO_MODEL in (configured.model, os.environ.get("KB_EMBEDDING")):
            return None
        from index.embedding import Endpoint, PassageReader, bundled

        if configured.url:
            return Endpoint(configured.url, configured.model, os.environ.get("KB_EMBEDDING_KEY"))
        model = bundled(cache_folder("model"))
        if model is None:
            return None
        return PassageReader(model, index / CACHE_FOLDER if index and may_cache(index) else None, SAMPLE_VECTORS)

    return make
