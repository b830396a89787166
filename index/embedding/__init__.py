"""Embedders: the bundled model, a model behind an address, and a file of precomputed vectors."""

from index.embedding.bundled_model import Precomputed, bundled, precompute
from index.embedding.endpoint import Endpoint

__all__ = ["Endpoint", "Precomputed", "bundled", "precompute"]
