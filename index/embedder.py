"""What makes vectors of texts, whatever model it has."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Vectors: TypeAlias = "NDArray[np.float32]"
"""Vectors of length 1, a row each."""


BATCH = 64  # texts, for all cores: a second of work, which is all that is lost where it is broken off
RECHECK_AFTER = 5.0  # seconds in which vectors that another process added are not looked for
_QUERIES_KEPT = 256  # while one types each letter asks for a vector, and turning a page asks again


class Embedder(Protocol):
    """Makes vectors: texts that mean nearly the same have vectors that point nearly the same way.

    Vectors of two embedders have nothing to do with each other. Shared by threads.
    """

    @property
    def name(self) -> str:
        """The model and its version: what vectors are kept by."""

    @property
    def runtime(self) -> str:
        """What runs the model: a library, or the address of a server."""

    @property
    def dimensions(self) -> int:
        """How many numbers a vector has. Raises EmbeddingError where only an endpoint could tell and does not."""

    @property
    def earlier(self) -> "Embedder | None":
        """The model before this one: what is kept of its vectors answers until this one has made as many."""

    def queries(self, texts: Sequence[str]) -> Vectors:
        """Return vectors of what is looked for, soon or not at all. Raises EmbeddingError."""

    def passages(self, texts: Sequence[str]) -> Vectors:
        """Return vectors of what is found, however long that takes. Raises EmbeddingError."""


class StoredVectors(Protocol):
    """The vectors of passages that a model made and that are kept, as they are now."""

    @property
    def name(self) -> str:
        """The model's (`Embedder.name`)."""

    def of(self, texts: Sequence[str]) -> "Vectors | None":
        """Return the vectors of texts, (texts, dimensions), as exactly as they are kept; None where one is lacking."""


EmbedderMaker: TypeAlias = Callable[[], Embedder | None]
"""Gives the embedder, None where there is none; asked when the first text comes, for finding out may take a second."""


def cached_queries(embedder: Embedder) -> Callable[[str], Vectors]:
    """Return what gives the vector of a text that is looked for, (dimensions,), those of the last kept.

    What it returns raises EmbeddingError.
    """
    return lru_cache(_QUERIES_KEPT)(lambda text: embedder.queries([text])[0])


def no_embedder() -> None:
    """Return that there is no model."""


class EmbeddingError(Exception):
    """No vectors could be made; the message says why and what to do."""
