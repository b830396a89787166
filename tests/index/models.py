"""Embedding models for tests: fast, deterministic, and with similar vectors for some texts."""

from collections.abc import Sequence

import numpy as np

from index.embedder import EmbeddingError, Vectors
from index.messages import translatable
from index.text import folded

DIMENSIONS = 4096


class Characters:
    """An Embedder for which texts with common characters are similar. It records the embedded texts."""

    reading = ""

    def __init__(self, name: str = "characters") -> None:
        self.name = name
        self.runtime = "Python"
        self.dimensions = DIMENSIONS
        self.passages_made: list[str] = []
        self.queries_made: list[str] = []

    def queries(self, texts: Sequence[str]) -> Vectors:
        self.queries_made += texts
        return self.vectors(texts)

    def passages(self, texts: Sequence[str]) -> Vectors:
        self.passages_made += texts
        return self.vectors(texts)

    def vectors(self, texts: Sequence[str]) -> Vectors:
        return np.array([_vector(text) for text in texts], np.float32)


class Reads(Characters):
    """An Embedder that also reads: the score of a passage is its length. It records the passages it read."""

    def __init__(self) -> None:
        super().__init__()
        self.reading = "characters, read"
        self.passages_read: list[str] = []

    def read(self, texts: Sequence[str]) -> tuple[Vectors, Vectors]:
        self.passages_read += texts
        return self.vectors(texts), np.array([[len(text)] for text in texts], np.float32)


class Silent(Characters):
    """An Embedder that fails on queries."""

    def queries(self, texts: Sequence[str]) -> Vectors:
        raise EmbeddingError(translatable("{0} did not answer a moment ago", f"model {len(texts)}"))

    def passages(self, texts: Sequence[str]) -> Vectors:
        return Characters().passages(texts)


def _vector(text: str) -> Vectors:
    vector = np.full(DIMENSIONS, 0.05)  # common to all texts
    for character in folded(text):
        vector[ord(character) % DIMENSIONS] += 1
    unit: Vectors = (vector / np.linalg.norm(vector)).astype(np.float32)
    return unit
