"""Reading terms, postings and stored documents from Whoosh's files."""

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any
from zlib import decompress

import numpy as np
from numpy.typing import NDArray

from index.whoosh_engine.columns import decoded, encoded
from index.whoosh_engine.manifest import DamageError
from index.whoosh_engine.storage import open_reader, pack_int, whoosh3
from index.whoosh_engine.unpickling import load, loads

Docs = NDArray[np.int32]
Weights = NDArray[np.float32]
Mask = NDArray[np.bool_]  # one truth value a document

_BLOCK_HEAD = len(whoosh3.WHOOSH3_HEADER_MAGIC) + len(pack_int(0))


@dataclass(frozen=True, slots=True)
class Postings:
    """The documents that have a term, in order, and the weight it has in each."""

    docs: Docs
    weights: Weights


class TermStore:
    """What was written to a folder, open for reading by any number of threads.

    Anything that Whoosh raises, which may be any exception, comes out as DamageError.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = Lock()  # a Whoosh reader seeks in its files: shared by threads it gives wrong answers
        with self._reading():
            self._reader = open_reader(folder)
            self.count: int = self._reader.doc_count_all()
            leaves = [leaf for leaf, _ in self._reader.leaf_readers()] if self.count else []
            self._leaf = leaves[0] if leaves else None  # one is written, none where there is no document
            if self._leaf is not None:
                documents = self._leaf._perdoc  # noqa: SLF001
                self._stored = documents._cached_reader("_stored", whoosh3.STORED_COLUMN)._child  # noqa: SLF001

    def terms(self, field: str) -> tuple[str, ...]:
        """Return all terms of a field, sorted by their bytes."""
        with self._reading():
            return tuple(map(decoded, self._reader.lexicon(field)))

    def postings(self, field: str, term: str) -> Postings:
        """Return the postings of a term, empty ones if it has none."""
        with self._reading():
            if self._leaf is None or (field, encoded(term)) not in self._leaf:
                return Postings(np.empty(0, np.int32), np.empty(0, np.float32))
            return self._postings(self._leaf._terms.term_info(field, encoded(term)))  # noqa: SLF001

    def every_posting(self) -> Iterator[tuple[str, str, Postings]]:
        """Yield each field and term with its postings."""
        with self._reading():
            for (field, term), info in self._leaf._terms.items() if self._leaf is not None else ():  # noqa: SLF001
                yield field, decoded(term), self._postings(info)

    def stored(self, doc: int) -> Mapping[str, str]:
        """Return what was stored of a document, from the very bytes: Whoosh's own way takes three times as long."""
        with self._reading():
            place = self._stored._basepos + self._stored._offsets[doc]  # noqa: SLF001
            data = self._stored._dbfile.get(place, self._stored._lengths[doc])  # noqa: SLF001
            fields: dict[str, str] = loads(decompress(data))
        return fields

    def close(self) -> None:
        """Close the files."""
        with self._lock:
            self._reader.close()

    def _postings(self, info: Any) -> Postings:  # noqa: ANN401  # whoosh is untyped
        """Read the one block of a term; Whoosh's own way costs two microseconds a posting."""
        offset, (length,) = info.extent()  # Whoosh forgets to take the length out of what it unpacks
        data = io.BytesIO(self._leaf._terms._postfile.get(offset, length))  # type: ignore[union-attr]  # noqa: SLF001
        data.seek(_BLOCK_HEAD)
        load(data)
        differences, weights, _ = load(data)
        docs = np.cumsum(_numbers(differences), dtype=np.int32)
        return Postings(docs, np.ones(len(docs), np.float32) * np.float32(1 if weights is None else _numbers(weights)))

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with self._lock:
            try:
                yield
            except Exception as error:  # whoosh raises even bare Exception on damaged bytes, unpickling any
                raise self._damaged(error) from error

    def _damaged(self, error: Exception) -> DamageError:
        return DamageError(f"{self._folder} cannot be read ({error}); make the index anew: kb sync")


def _numbers(written: bytes | tuple[float, ...] | float) -> Any:  # noqa: ANN401  # an array, or the number itself
    return np.frombuffer(written, np.uint8) if isinstance(written, bytes) else np.array(written)
