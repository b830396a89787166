"""The contract of embedding models: texts to vectors."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol, TypeAlias

from index.messages import MessageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Vectors: TypeAlias = "NDArray[np.float32]"
"""Unit vectors, float32 (texts, dimensions)."""

BATCH = 64  # texts embedded at once on all cores: an interruption loses a second of work
RECHECK_AFTER = 5.0  # seconds between checks for vectors that another process has added
_CACHED_QUERIES = 256  # each letter typed and each page turned needs a vector


class Embedder(Protocol):
    """Embeds texts: texts of similar meaning have vectors of similar direction.

    Vectors of different embedders cannot be compared. Shared by threads.
    """

    @property
    def name(self) -> str:
        """The model and its version; vectors are stored under this name."""

    @property
    def runtime(self) -> str:
        """The library that runs the model, or the address of its server."""

    @property
    def dimensions(self) -> int:
        """The length of a vector. Raises EmbeddingError if only a server knows it and does not answer."""

    def queries(self, texts: Sequence[str]) -> Vectors:
        """Embed queries, within seconds. Raises EmbeddingError."""

    def passages(self, texts: Sequence[str]) -> Vectors:
        """Embed passages of documents, however long that takes. Raises EmbeddingError."""


EmbedderMaker: TypeAlias = Callable[[], Embedder | None]
"""Makes the embedder when the first text comes, or None without a model: finding out may take a second."""


def cached_queries(embedder: Embedder) -> Callable[[str], Vectors]:
    """Return a function that embeds a query, (dimensions,), and caches the last ones. It raises EmbeddingError."""
    return lru_cache(_CACHED_QUERIES)(lambda text: embedder.queries([text])[0])


def no_embedder() -> None:
    """Return None, for an engine without a model."""


class EmbeddingError(MessageError):
    """Embedding failed; the message says why and what to do."""
