"""The segments of a generation, read as one: their documents numbered through, those of tombstones left out."""

import io
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import accumulate, chain
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from index.messages import translatable
from index.whoosh_engine import columns
from index.whoosh_engine.columns import Columns
from index.whoosh_engine.docs import Docs
from index.whoosh_engine.generations import Generation
from index.whoosh_engine.manifest import DamageError
from index.whoosh_engine.rows import decoded, encoded
from index.whoosh_engine.whoosh_files import SegmentFile, load, loads_each

Weights = NDArray[np.float32]


class Postings(Struct, frozen=True):
    """The documents that have a term, in order, and the weight it has in each."""

    docs: Docs
    weights: Weights


class Segments:
    """What a generation holds, open for reading by any number of threads.

    The documents of a segment have numbers in a row, whether they are live or not. `in_position` has the live ones in
    the order of their positions, `positions` the place of each there; `live` tells of every number whether it is one of
    them. `columns` has the values of live documents alone.
    """

    def __init__(self, generation: Generation) -> None:
        self._stores = [TermStore(segment.folder, segment.size) for segment in generation.segments]
        *self._bases, self.size = accumulate((segment.size for segment in generation.segments), initial=0)
        self.in_position = _in_position(generation)
        self.positions = np.zeros(self.size, np.int32)
        self.positions[self.in_position] = np.arange(len(self.in_position))
        self.live = np.zeros(self.size, np.bool_)
        self.live[self.in_position] = True
        self.columns = Columns.joined([columns.read(segment.folder) for segment in generation.segments], self.live)

    def terms(self, fields: Iterable[str]) -> Mapping[str, int]:
        """Return all terms of some fields, each with how many documents have it at most; some of these are not live."""
        every = Counter[str]()
        for field in fields:
            for store in self._stores:
                every.update(store.terms(field))
        return every

    def postings(self, field: str, term: str) -> Postings:
        """Return the live documents that have a term, empty ones if it has none."""
        lists = [store.postings(field, term) for store in self._stores]
        docs = [postings.docs + np.int32(base) for postings, base in zip(lists, self._bases, strict=True)]
        every = Postings(
            np.concatenate([np.empty(0, np.int32), *docs]),
            np.concatenate([np.empty(0, np.float32), *(postings.weights for postings in lists)]),
        )
        if len(self.in_position) == self.size:
            return every
        live = self.live[every.docs]
        return Postings(every.docs[live], every.weights[live])

    def stored(self, docs: Iterable[int]) -> Mapping[int, Mapping[str, str]]:
        """Return what was stored of each of some documents, read segment by segment."""
        of_segment: dict[int, list[int]] = defaultdict(list)
        for doc in docs:
            of_segment[bisect_right(self._bases, doc) - 1].append(doc)
        return {
            doc: fields
            for number, own in of_segment.items()
            for doc, fields in zip(
                own, self._stores[number].stored([doc - self._bases[number] for doc in own]), strict=True
            )
        }

    def close(self) -> None:
        """Close the files."""
        for store in self._stores:
            store.close()


def _in_position(generation: Generation) -> Docs:
    """Return the live documents of a generation in the order of their positions."""
    by_source: dict[str, Docs] = {}
    begin = 0
    for source, count in chain.from_iterable(segment.runs for segment in generation.segments):
        if source is not None:
            by_source[source] = np.arange(begin, begin + count, dtype=np.int32)
        begin += count
    return np.concatenate([np.empty(0, np.int32), *(by_source[source] for source in dict.fromkeys(generation.order))])


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
        """Return what was stored of each of some documents. Raises IndexError of a segment without any."""
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
                raise DamageError(
                    translatable("{0} cannot be read ({1}); make the index anew: kb sync", self._folder, error)
                ) from error


def _postings(block: bytes) -> Postings:
    data = io.BytesIO(block)
    load(data)  # what readers skip blocks by
    differences, weights, _ = load(data)
    docs = np.cumsum(_numbers(differences), dtype=np.int32)
    return Postings(docs, np.ones(len(docs), np.float32) * np.float32(1 if weights is None else _numbers(weights)))


def _numbers(written: bytes | tuple[float, ...] | float) -> Any:  # noqa: ANN401  # an array, or the number itself
    return np.frombuffer(written, np.uint8) if isinstance(written, bytes) else np.array(written)
