"""Texts to vectors: by the model that comes along, by one behind an address, or not at all.

Each model is a module of its own (`bundled_model`, `endpoint`, `known`), imported by who wants that one.
"""

from index.embedding.contract import Embedder, EmbedderMaker, EmbeddingError, Vectors, no_embedder

__all__ = ["Embedder", "EmbedderMaker", "EmbeddingError", "Vectors", "no_embedder"]
