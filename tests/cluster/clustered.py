"""Engines on the nodes of a test run (`make test-cluster`), each with an index of its own."""

from pathlib import Path
from uuid import uuid4

from engines import PARSER, SCHEMA
from nodes import given

from index.embedder import EmbedderMaker, no_embedder
from index.engine import Engine
from index.query_parser import QueryParser
from index.schema import Schema


def on_a_cluster(
    folder: Path,
    schema: Schema = SCHEMA,
    parser: QueryParser = PARSER,
    *,
    name: str = "",
    embedder: EmbedderMaker = no_embedder,
    shards: int = 1,
) -> Engine:
    """Return an engine without documents on the nodes."""
    from index.opensearch_engine import Address, OpenSearchEngine  # noqa: PLC0415  # most test runs have no nodes

    address = Address(given().urls, name or f"test-{uuid4().hex[:12]}", shards=shards)
    return OpenSearchEngine(address, folder, schema, lambda _meta: parser, embedder)
