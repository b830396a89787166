"""Which engine and which model search a library: what kb.toml says, or KB_ENGINE, KB_EMBEDDING in its place."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import urlunsplit

from index.engine import SearchIndexError
from index.messages import translatable
from index.urls import web_parts
from index.whoosh_engine import WhooshEngine
from kb.library.configuration import NO_MODEL
from kb.library.places import SAMPLE_VECTORS
from kb.storage.caches import cache_folder

if TYPE_CHECKING:
    from collections.abc import Callable

    from index.embedder import Embedder, EmbedderMaker
    from index.engine import Engine
    from index.query_parser import QueryParserMaker
    from index.schema import Schema
    from kb.library.configuration import Configuration, EngineAddress

EngineMaker: TypeAlias = "Callable[[Path, Schema, QueryParserMaker, EmbedderMaker], Engine]"
"""What gives the engine of an index folder, for documents of a schema, queries of a parser, and a model."""

EMBEDDED = "embedded"  # what KB_ENGINE says for no cluster, whatever kb.toml says


def engine_of(configuration: "Configuration") -> EngineMaker:
    """Return what makes the engine that KB_ENGINE names, else a kb.toml: that of a cluster, or the one in the folder.

    While a cluster is away, the last index in the folder stands in. Raises SearchIndexError where KB_ENGINE names none.
    """
    named = os.environ.get("KB_ENGINE", "")
    cluster = _cluster_named(named, configuration.engine) if named else configuration.engine
    if cluster is None:
        return WhooshEngine

    def make(folder: Path, schema: "Schema", parser: "QueryParserMaker", embedder: "EmbedderMaker") -> "Engine":
        from index.opensearch_engine import Address, OpenSearchEngine
        from index.stand_in import WithStandIn

        address = Address(cluster.urls, cluster.index, cluster.region, cluster.shards, cluster.replicas)
        engine = OpenSearchEngine(address, folder, schema, parser, embedder)
        return WithStandIn(engine, WhooshEngine(folder, schema, parser, embedder))

    return make


def _cluster_named(name: str, configured: "EngineAddress | None") -> "EngineAddress | None":
    """Return the cluster that KB_ENGINE names, with all else that is configured; None for none."""
    if name == EMBEDDED:
        return None
    from msgspec.structs import replace

    from kb.library.configuration import EngineAddress

    parts = web_parts(name)
    index = parts.path.strip("/") if parts else ""
    if parts is None or not index:
        raise SearchIndexError(
            translatable(
                "KB_ENGINE cannot be {0!r}; write the address of a cluster with the name of an index, like "
                "https://search.example.com:9200/talk-notes, or {1}",
                name,
                EMBEDDED,
            )
        )
    url = urlunsplit((parts.scheme, parts.netloc, "", "", ""))
    return replace(configured or EngineAddress(), urls=(url,), index=index)


def embedder_of(configuration: "Configuration") -> "EmbedderMaker":
    """Return what gives the model that a kb.toml names, else the one that comes along; KB_EMBEDDING=none has none."""

    def make() -> "Embedder | None":
        configured = configuration.embedding
        if NO_MODEL in (configured.model, os.environ.get("KB_EMBEDDING")):
            return None
        from index.embedding import Endpoint, Precomputed, bundled

        if configured.url:
            return Endpoint(configured.url, configured.model, os.environ.get("KB_EMBEDDING_KEY"))
        model = bundled(cache_folder("model"))
        return Precomputed(model, SAMPLE_VECTORS) if model else None

    return make
