"""The engine on an OpenSearch cluster, for libraries that outgrow one machine."""

from index.opensearch_engine.connection import Address
from index.opensearch_engine.engine import OpenSearchEngine

__all__ = ["Address", "OpenSearchEngine"]
