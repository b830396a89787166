"""Which engine searches a library: that in its index folder, or a cluster that kb.toml or KB_ENGINE tells."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import urlunsplit

from index.engine import SearchIndexError
from index.sentences import said
from index.urls import web_parts
from index.whoosh_engine import WhooshEngine

if TYPE_CHECKING:
    from collections.abc import Callable

    from index.embedder import EmbedderMaker
    from index.engine import Engine
    from index.language import LanguageMaker
    from index.schema import Schema
    from kb.library.configuration import Configuration, EngineAddress

EngineMaker: TypeAlias = "Callable[[Path, Schema, LanguageMaker, EmbedderMaker], Engine]"
"""What gives the engine of an index folder, for documents of a schema, queries of a language, and a model."""

EMBEDDED = "embedded"  # what KB_ENGINE says for no cluster, whatever kb.toml tells


def engine_of(configuration: "Configuration") -> EngineMaker:
    """Return what makes the engine that a kb.toml tells; KB_ENGINE tells another, or `embedded` for none of a cluster.

    While a cluster is away, the last index in the folder stands in.
    """
    told = _told(configuration.engine)
    if told is None:
        return WhooshEngine

    def made(folder: Path, schema: "Schema", language: "LanguageMaker", embedder: "EmbedderMaker") -> "Engine":
        from index.opensearch_engine import Address, OpenSearchEngine
        from index.stand_in import WithStandIn

        address = Address(told.urls, told.index, told.region, told.shards, told.replicas)
        cluster = OpenSearchEngine(address, folder, schema, language, embedder)
        return WithStandIn(cluster, WhooshEngine(folder, schema, language, embedder))

    return made


def _told(configured: "EngineAddress | None") -> "EngineAddress | None":
    """Return the cluster that the environment names, else the one configured, with all else that is configured."""
    named = os.environ.get("KB_ENGINE", "")
    if named == EMBEDDED:
        return None
    if not named:
        return configured
    from msgspec.structs import replace

    from kb.library.configuration import EngineAddress

    parts = web_parts(named)
    index = parts.path.strip("/") if parts else ""
    if parts is None or not index:
        raise SearchIndexError(
            said(
                "KB_ENGINE cannot be {0!r}; write the address of a cluster with the name of an index, like "
                "https://search.example.com:9200/talk-notes, or {1}",
                named,
                EMBEDDED,
            )
        )
    url = urlunsplit((parts.scheme, parts.netloc, "", "", ""))
    return replace(configured or EngineAddress(), urls=(url,), index=index)
