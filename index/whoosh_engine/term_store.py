"""Reading terms, postings and stored documents of a segment."""

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from index.whoosh_engine.columns import decoded, encoded
from index.whoosh_engine.manifest import DamageError
from index.whoosh_engine.unpickling import load, loads_each
from index.whoosh_engine.whoosh_files import SegmentFile

Docs = NDArray[np.int32]
Weights = NDArray[np.float32]
Mask = NDArray[np.bool_]  # one truth value a document


class Postings(Struct, frozen=True):
    """The documents that have a term, in order, and the weight it has in each."""

    docs: Docs
    weights: Weights


class TermStore:
    """What was written of so many documents to a folder, open for reading by any number of threads.

    Whatever reading raises comes out as DamageError.
    """

    def __init__(self, folder: Path, count: int) -> None:
        self._folder = folder
        self._lock = Lock()  # a file is read from where it was last set to: shared by threads it gives wrong answers
        with self._reading():
            (path,) = folder.glob("*.seg") if count else (None,)  # of no document nothing is written
            self._file = SegmentFile(path, count) if path else None

    def terms(self, field: str) -> Mapping[str, int]:
        """Return all terms of a field, each with how many documents have it."""
        with self._reading():
            return {decoded(term): having for term, having in self._file.terms(field)} if self._file else {}

    def postings(self, field: str, term: str) -> Postings:
        """Return the postings of a term, empty ones if it has none."""
        with self._reading():
            block = self._file.find(field, encoded(term)) if self._file else None
            return _postings(block) if block else Postings(np.empty(0, np.int32), np.empty(0, np.float32))

    def every_posting(self) -> Iterator[tuple[str, str, Postings]]:
        """Yield each field and term with its postings."""
        with self._reading():
            for field, term, block in self._file.every() if self._file else ():
                yield field, decoded(term), _postings(block)

    def stored(self, docs: Sequence[int]) -> Sequence[Mapping[str, str]]:
        """Return what was stored of each of some documents."""
        with self._reading():
            if self._file is None:
                raise IndexError(*docs)
            every: list[dict[str, str]] = loads_each(self._file.stored(docs))
        return every

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._file:
                self._file.close()

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with self._lock:
            try:
                yield
            except Exception as error:  # to unpickle damaged bytes may raise any
                raise DamageError(f"{self._folder} cannot be read ({error}); make the index anew: kb sync") from error


def _postings(block: bytes) -> Postings:
    data = io.BytesIO(block)
    load(data)  # what readers skip blocks by
    differences, weights, _ = load(data)
    docs = np.cumsum(_numbers(differences), dtype=np.int32)
    return Postings(docs, np.ones(len(docs), np.float32) * np.float32(1 if weights is None else _numbers(weights)))


def _numbers(written: bytes | tuple[float, ...] | float) -> Any:  # noqa: ANN401  # an array, or the number itself
    return np.frombuffer(written, np.uint8) if isinstance(written, bytes) else np.array(written)
