"""Facets over all documents of a generation: which values a group has, how many documents have each, and selections."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cached_property, partial, reduce
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from index.engine import FacetCount
from index.query import Query
from index.whoosh_engine.columns import Numbers, ValueColumn
from index.whoosh_engine.docs import NONE, Docs, among, both, either, least

_AS_COUNT = partial(tuple.__new__, FacetCount)  # at a third of the cost of calling it, for thousands of values
_FEW = 8  # where fewer than one of so many documents is counted, it is quicker to look at those alone


class FacetGroup:
    """The values of a group; those that no live document has are left out."""

    def __init__(self, column: ValueColumn, every: int) -> None:
        self._column = column
        self._every = every
        self._values = np.array([*column.values, None], object)[:-1]  # an array of texts alone would be of characters
        self._one_each = bool((column.counts == 1).all())
        self._totals = np.bincount(column.numbers, minlength=len(column.values))
        self.values: Sequence[str] = [
            value for value, total in zip(column.values, self._totals.tolist(), strict=True) if total
        ]

    def counts(self, docs: Docs) -> Mapping[str, int]:
        """Return how many of some documents have each value that any of them has."""
        totals = self._counted(docs)
        had = np.flatnonzero(totals)
        return dict(zip(self._named(had), totals[had].tolist(), strict=True))

    def listed(
        self, docs: Docs, selected: Collection[str] = (), most: int | None = None
    ) -> tuple[tuple[FacetCount, ...], int]:
        """Return how many of some documents have each value, as the contract of engines lists them.

        Of more values than `most` the commonest and those selected, and how many there are besides.
        """
        totals = self._counted(docs)
        if totals is self._totals and not selected:
            return self._listed[:most], len(self._listed) - len(self._listed[:most])
        had = np.flatnonzero(totals)
        shown = _commonest_first(had, totals, most)
        if selected and len(shown) < len(had):
            chosen = np.array([self._places[value] for value in selected if value in self._places], np.intp)
            besides = np.setdiff1d(chosen[totals[chosen] > 0], shown)
            shown = np.concatenate([shown, _commonest_first(besides, totals)])
        listed = self._facet_counts(shown, totals, frozenset(selected))
        lacking = sorted(set(selected).difference(one.value for one in listed))
        return (*listed, *(FacetCount(value, 0, selected=True) for value in lacking)), len(had) - len(shown)

    def having_any(self, values: Iterable[str]) -> Docs:
        """Return the documents that have any of these values."""
        return either(self.having(values).values())

    def having(self, values: Iterable[str]) -> Mapping[str, Docs]:
        """Return the documents that have each of these values; those that none has are left out."""
        docs, begins = self._by_value
        numbers = {value: self._places[value] for value in values if value in self._places}
        lists = {value: docs[begins[number] : begins[number + 1]] for value, number in numbers.items()}
        return {value: having for value, having in lists.items() if len(having)}

    def numbers(self, size: int) -> Docs:
        """Return the number of the value of each of `size` documents, each another number below 0 that has none."""
        numbers = np.arange(-size, 0, dtype=np.int32)
        numbers[self._docs] = self._column.numbers
        return numbers

    @cached_property
    def _listed(self) -> tuple[FacetCount, ...]:
        return self._facet_counts(
            _commonest_first(np.flatnonzero(self._totals), self._totals), self._totals, frozenset()
        )

    def _facet_counts(
        self, numbers: NDArray[np.intp], totals: NDArray[np.intp], selected: frozenset[str]
    ) -> tuple[FacetCount, ...]:
        values = self._named(numbers)
        counts = zip(
            values, totals[numbers].tolist(), map(selected.__contains__, values), repeat("", len(values)), strict=True
        )
        return tuple(map(_AS_COUNT, counts))

    def _named(self, numbers: NDArray[np.intp]) -> Sequence[str]:
        named: list[str] = self._values[numbers].tolist()
        return named

    def _counted(self, docs: Docs) -> NDArray[np.intp]:
        """Return how many of some documents have each value, by its number."""
        if len(docs) == self._every:
            return self._totals
        return np.bincount(self._of(docs), minlength=len(self._column.values))

    def _of(self, docs: Docs) -> Numbers:
        """Return the numbers of the values of some documents."""
        if self._one_each:
            return self._column.numbers.take(docs)
        if len(docs) * _FEW > len(self._column.counts):
            return self._column.numbers.compress(among(self._docs, docs))
        counts = self._column.counts.take(docs)
        shifts = np.cumsum(counts) - counts
        places = np.arange(counts.sum()) + np.repeat(self._ends.take(docs) - counts - shifts, counts)
        numbers: Numbers = self._column.numbers.take(places)
        return numbers

    @cached_property
    def _ends(self) -> NDArray[np.int64]:
        """Where the numbers of each document end; of use where documents have several values, or none."""
        return np.cumsum(self._column.counts, dtype=np.int64)

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


def _commonest_first(numbers: NDArray[np.intp], totals: NDArray[np.intp], most: int | None = None) -> NDArray[np.intp]:
    """Return so many of the numbers of some values, else all, commonest first, then by value: they are numbered so."""
    return numbers[least(numbers - totals[numbers] * len(totals), most)]


class Selections:
    """Which of the documents that a text matches are selected, and how many would be if less were."""

    def __init__(self, group: Callable[[str], FacetGroup], query: Query, matching: Docs) -> None:
        self._query = query
        self._matching = matching
        self._having = {name: group(name).having(values) for name, values in query.selections}
        self._selected = {name: self._of_group(name, values) for name, values in query.selections}

    @cached_property
    def hits(self) -> Docs:
        """The documents that match and are selected in every group."""
        return self.of(self._matching)

    def of(self, docs: Docs) -> Docs:
        """Return which of some documents are selected in every group, whether they match or not."""
        return reduce(both, self._selected.values(), docs)

    def counted(self, group: str) -> Docs:
        """Return the documents among which the values of a group are counted."""
        return self.hits if group in self._query.match_all else self._besides(group)

    @property
    def without_group(self) -> Mapping[str, int]:
        """How many documents there would be without each of the selected groups."""
        return {group: len(self._besides(group)) for group in self._selected}

    @property
    def without_value(self) -> Mapping[tuple[str, str], int]:
        """How many documents there would be without each of the selected values."""
        return {
            (group, value): count
            for group, values in self._query.selections
            for value, count in self._without_each(group, values).items()
        }

    @property
    def unknown(self) -> tuple[tuple[str, str], ...]:
        """The selected values that no document has."""
        return tuple(
            (group, value)
            for group, values in self._query.selections
            for value in values
            if value not in self._having[group]
        )

    def _of_group(self, group: str, values: tuple[str, ...]) -> Docs:
        """Return the documents that are selected in a group."""
        having = self._having[group]
        if group in self._query.match_all:
            return reduce(both, (having.get(value, NONE) for value in values))
        return either(having.values())

    def _without_each(self, group: str, values: tuple[str, ...]) -> Mapping[str, int]:
        """Return how many documents there would be without each of these values.

        Without a value a document is found if it has enough of the others: it has more than are needed, or just as many
        and this is none of them.
        """
        needed = len(values) - 1 if group in self._query.match_all else min(len(values) - 1, 1)
        besides = self._besides(group)
        if not needed:
            return dict.fromkeys(values, len(besides))
        had = {value: among(besides, docs) for value, docs in self._having[group].items()}
        tally = sum(had.values(), np.zeros(len(besides), np.int32))
        most, just = int(np.count_nonzero(tally >= needed)), tally == needed
        return {value: most - (int(np.count_nonzero(had[value] & just)) if value in had else 0) for value in values}

    def _besides(self, group: str) -> Docs:
        """Return the documents that match and are selected in every other group."""
        return reduce(both, (docs for other, docs in self._selected.items() if other != group), self._matching)
