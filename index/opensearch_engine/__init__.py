"""The engine on an OpenSearch cluster that exists already, for libraries that outgrow one machine."""

from index.opensearch_engine.address import Address
from index.opensearch_engine.engine import OpenSearchEngine

__all__ = ["Address", "OpenSearchEngine"]
