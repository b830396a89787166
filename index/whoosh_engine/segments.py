"""The segments of a generation, read as one: their documents numbered through, those of tombstones left out."""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from itertools import accumulate, chain

import numpy as np

from index.whoosh_engine import columns
from index.whoosh_engine.columns import Columns
from index.whoosh_engine.generations import Generation
from index.whoosh_engine.term_store import Docs, Postings, TermStore


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
