"""The segments of a generation, read as one."""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from itertools import accumulate, chain

import numpy as np

from index.whoosh_engine import columns
from index.whoosh_engine.columns import Columns
from index.whoosh_engine.docs import NONE, Docs
from index.whoosh_engine.generations import Generation
from index.whoosh_engine.whoosh_reader import Postings, SegmentFile


class Segments:
    """The open segments of a generation, shared by threads.

    Documents are numbered through all segments, deleted ones too. `live` says of each number whether the document is
    not deleted. `in_position` lists the live documents in order of position, and `positions` has the position of each.
    `columns` has no values for deleted documents.
    """

    def __init__(self, generation: Generation) -> None:
        self._files = [SegmentFile(segment.folder, segment.size) for segment in generation.segments]
        *self._bases, self.size = accumulate((segment.size for segment in generation.segments), initial=0)
        self.in_position = _in_position(generation)
        self.positions = np.zeros(self.size, np.int32)
        self.positions[self.in_position] = np.arange(len(self.in_position))
        self.live = np.zeros(self.size, np.bool_)
        self.live[self.in_position] = True
        self.columns = Columns.joined([columns.read(segment.folder) for segment in generation.segments], self.live)

    def terms(self, fields: Iterable[str]) -> Mapping[str, int]:
        """Return all terms of these fields, each with its number of postings, some of deleted documents."""
        counts = Counter[str]()
        for field in fields:
            for file in self._files:
                counts.update(file.terms(field))
        return counts

    def postings(self, field: str, term: str) -> Postings:
        """Return the postings of a term in live documents; empty ones if none has it."""
        lists = [file.postings(field, term) for file in self._files]
        docs = [postings.docs + np.int32(base) for postings, base in zip(lists, self._bases, strict=True)]
        joined = Postings(
            np.concatenate([NONE, *docs]),
            np.concatenate([np.empty(0, np.float32), *(postings.weights for postings in lists)]),
        )
        if len(self.in_position) == self.size:
            return joined
        live = self.live[joined.docs]
        return Postings(joined.docs[live], joined.weights[live])

    def stored(self, docs: Iterable[int]) -> Mapping[int, Mapping[str, str]]:
        """Return the stored fields of each of these documents."""
        by_segment: dict[int, list[int]] = defaultdict(list)
        for doc in docs:
            by_segment[bisect_right(self._bases, doc) - 1].append(doc)
        fields: dict[int, Mapping[str, str]] = {}
        for number, own in by_segment.items():
            base = self._bases[number]
            fields.update(zip(own, self._files[number].stored([doc - base for doc in own]), strict=True))
        return fields


def _in_position(generation: Generation) -> Docs:
    """Return the live documents of a generation in order of position."""
    by_source: dict[str, Docs] = {}
    begin = 0
    for source, count in chain.from_iterable(segment.runs for segment in generation.segments):
        if source is not None:
            by_source[source] = np.arange(begin, begin + count, dtype=np.int32)
        begin += count
    return np.concatenate([NONE, *(by_source[source] for source in dict.fromkeys(generation.order))])
