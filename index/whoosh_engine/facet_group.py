"""A facet group over all documents of a generation: which values there are, and how many documents have each."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from index.whoosh_engine.columns import Numbers, ValueColumn
from index.whoosh_engine.term_store import Docs, Mask

_FEW = 8  # where fewer than one of so many documents is counted, it is quicker to look at those alone


class FacetGroup:
    """The values of a group; those that no live document has are left out."""

    def __init__(self, column: ValueColumn, every: int) -> None:
        self._column = column
        self._every = every
        self._ends = np.cumsum(column.counts, dtype=np.int64)
        self._totals = np.bincount(column.numbers, minlength=len(column.values))
        self.values: Sequence[str] = [
            value for value, total in zip(column.values, self._totals.tolist(), strict=True) if total
        ]

    def counts(self, mask: Mask) -> Mapping[str, int]:
        """Return how many of the documents in the mask have each value that any of them has."""
        found = int(np.count_nonzero(mask))
        if found == self._every:
            totals = self._totals
        elif found * _FEW < len(mask):
            totals = np.bincount(self._of(np.flatnonzero(mask)), minlength=len(self._column.values))
        else:
            totals = np.bincount(self._column.numbers[mask[self._docs]], minlength=len(self._column.values))
        had = np.flatnonzero(totals)
        return {
            self._column.values[number]: total for number, total in zip(had.tolist(), totals[had].tolist(), strict=True)
        }

    def tally(self, values: Iterable[str], size: int) -> NDArray[np.int32]:
        """Return how many of these values each of `size` documents has."""
        tally = np.zeros(size, np.int32)
        for docs in self.having(values).values():
            tally[docs] += 1
        return tally

    def having(self, values: Iterable[str]) -> Mapping[str, Docs]:
        """Return the documents that have each of these values; those that none has are left out."""
        docs, begins = self._by_value
        numbers = {value: self._places[value] for value in values if value in self._places}
        lists = {value: docs[begins[number] : begins[number + 1]] for value, number in numbers.items()}
        return {value: having for value, having in lists.items() if len(having)}

    def _of(self, docs: NDArray[np.intp]) -> Numbers:
        """Return the numbers of the values of some documents."""
        counts = self._column.counts[docs]
        shifts = np.cumsum(counts) - counts
        places = np.arange(counts.sum()) + np.repeat(self._ends[docs] - counts - shifts, counts)
        numbers: Numbers = self._column.numbers[places]
        return numbers

    @cached_property
    def _docs(self) -> Docs:
        """The document of each number in the column."""
        return np.repeat(np.arange(len(self._column.counts), dtype=np.int32), self._column.counts)

    @cached_property
    def _by_value(self) -> tuple[Docs, Sequence[int]]:
        """The documents of each value, one value after the other, and where each begins and the last ends."""
        return self._docs[np.argsort(self._column.numbers, kind="stable")], [0, *np.cumsum(self._totals).tolist()]

    @cached_property
    def _places(self) -> Mapping[str, int]:
        return {value: number for number, value in enumerate(self._column.values)}
