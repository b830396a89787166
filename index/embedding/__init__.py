"""Embedders: the bundled model, which also reads, a model behind an address, and a file of precomputed vectors."""

from index.embedding.bundled_model import bundled
from index.embedding.endpoint import Endpoint
from index.embedding.passage_reader import PassageReader, precompute

__all__ = ["Endpoint", "PassageReader", "bundled", "precompute"]
