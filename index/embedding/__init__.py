"""Texts to vectors: the model that comes along, one behind an address, or none."""

from index.embedding.bundled_model import bundled
from index.embedding.contract import Embedder, EmbedderMaker, EmbeddingError, Vectors, no_embedder
from index.embedding.endpoint import Endpoint
from index.embedding.known import Known, learn

__all__ = [
    "Embedder",
    "EmbedderMaker",
    "EmbeddingError",
    "Endpoint",
    "Known",
    "Vectors",
    "bundled",
    "learn",
    "no_embedder",
]
