"""Facets of a generation: the values of each group, their counts, and the documents that the query selects by them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property, partial, reduce
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from index.engine import FacetCount
from index.query import Query
from index.whoosh_engine.columns import Numbers, ValueColumn
from index.whoosh_engine.docs import NONE, Docs, among, both, either, least

_facet_count = partial(tuple.__new__, FacetCount)  # a third of the cost of the constructor, for thousands of values
_GATHER_RATIO = 8  # gathering the numbers of a set is faster than a mask if the index is 8 times as large


class FacetGroup:
    """The values of a facet group and the documents that have them."""

    def __init__(self, column: ValueColumn, document_count: int) -> None:
        self._column = column
        self._document_count = document_count
        self._values = np.array(column.values, object)
        self._is_single_valued = bool((column.counts == 1).all())
        self._totals = np.bincount(column.numbers, minlength=len(column.values))
        self.values: Sequence[str] = self._values[self._totals > 0].tolist()  # of live documents

    def counts(self, docs: Docs) -> Mapping[str, int]:
        """Return how many of these documents have each value; values without any are left out."""
        totals = self._counted(docs)
        present = np.flatnonzero(totals)
        return dict(zip(self._values[present].tolist(), totals[present].tolist(), strict=True))

    def listed(
        self, docs: Docs, selected: Collection[str] = (), limit: int | None = None
    ) -> tuple[tuple[FacetCount, ...], int]:
        """Return the counts of a group as `Results.facets` lists them, and the number of values that are not listed.

        The `limit` commonest values are listed, and those selected.
        """
        totals = self._counted(docs)
        if totals is self._totals and not selected:
            return self._all_listed[:limit], len(self._all_listed[limit:]) if limit is not None else 0
        present = np.flatnonzero(totals)
        shown = _commonest(present, totals, limit)
        if selected and len(shown) < len(present):
            numbers = np.array([self._numbers[value] for value in selected if value in self._numbers], np.intp)
            added = np.setdiff1d(numbers[totals[numbers] > 0], shown)
            shown = np.concatenate([shown, _commonest(added, totals)])
        listed = self._facet_counts(shown, totals, selected)
        missing = sorted(set(selected).difference(count.value for count in listed))
        return (*listed, *(FacetCount(value, 0, selected=True) for value in missing)), len(present) - len(shown)

    def docs_with(self, values: Iterable[str]) -> Docs:
        """Return the documents that have any of these values."""
        return either(self.docs_by_value(values).values())

    def docs_by_value(self, values: Iterable[str]) -> Mapping[str, Docs]:
        """Return the documents of each of these values; values without any are left out."""
        docs, begins = self._docs_by_number
        numbers = {value: self._numbers[value] for value in values if value in self._numbers}
        sets = {value: docs[begins[number] : begins[number + 1]] for value, number in numbers.items()}
        return {value: having for value, having in sets.items() if len(having)}

    def section_numbers(self, size: int) -> Docs:
        """Return the number of each document's only value; a distinct negative number if it has none."""
        numbers = np.arange(-size, 0, dtype=np.int32)
        numbers[self._docs] = self._column.numbers
        return numbers

    @cached_property
    def _all_listed(self) -> tuple[FacetCount, ...]:
        return self._facet_counts(_commonest(np.flatnonzero(self._totals), self._totals), self._totals, ())

    def _facet_counts(
        self, numbers: NDArray[np.intp], totals: NDArray[np.intp], selected: Collection[str]
    ) -> tuple[FacetCount, ...]:
        values = self._values[numbers].tolist()
        is_selected = map(frozenset(selected).__contains__, values)
        counts, size = totals[numbers].tolist(), len(values)
        rows = zip(values, counts, is_selected, repeat("", size), repeat(0, size), strict=True)
        return tuple(map(_facet_count, rows))

    def _counted(self, docs: Docs) -> NDArray[np.intp]:
        """Return how many of these documents have each value, by its number."""
        if len(docs) == self._document_count:
            return self._totals
        return np.bincount(self._numbers_of(docs), minlength=len(self._column.values))

    def _numbers_of(self, docs: Docs) -> Numbers:
        if self._is_single_valued:
            return self._column.numbers.take(docs)
        if len(docs) * _GATHER_RATIO > len(self._column.counts):
            return self._column.numbers.compress(among(self._docs, docs))
        counts = self._column.counts.take(docs)
        shifts = np.cumsum(counts) - counts
        places = np.arange(counts.sum()) + np.repeat(self._ends.take(docs) - counts - shifts, counts)
        numbers: Numbers = self._column.numbers.take(places)
        return numbers

    @cached_property
    def _ends(self) -> NDArray[np.int64]:
        """The end of each document's value numbers in the column."""
        return np.cumsum(self._column.counts, dtype=np.int64)

    @cached_property
    def _docs(self) -> Docs:
        """The document of each value number in the column."""
        return np.repeat(np.arange(len(self._column.counts), dtype=np.int32), self._column.counts)

    @cached_property
    def _docs_by_number(self) -> tuple[Docs, Sequence[int]]:
        """The documents of each value, one value after another, and the begin of each."""
        return self._docs[np.argsort(self._column.numbers, kind="stable")], [0, *np.cumsum(self._totals).tolist()]

    @cached_property
    def _numbers(self) -> Mapping[str, int]:
        return {value: number for number, value in enumerate(self._column.values)}


def _commonest(numbers: NDArray[np.intp], totals: NDArray[np.intp], limit: int | None = None) -> NDArray[np.intp]:
    """Return value numbers by count, highest first, then by value; `limit` at most."""
    return numbers[least(numbers - totals[numbers] * len(totals), limit)]  # numbers are in the order of values


class Selections:
    """Applies the selections of a query to its matching documents, and counts the hits without each selection.

    `groups` has for each selected group the documents of its selected values.
    """

    def __init__(self, query: Query, groups: Mapping[str, Mapping[str, Docs]], matching: Docs) -> None:
        self._query = query
        self._matching = matching
        self._groups = groups
        self._selected = dict[str, Docs]()
        for name, values in query.selections:
            docs = groups[name]
            in_all = name in query.match_all
            self._selected[name] = (
                reduce(both, (docs.get(value, NONE) for value in values)) if in_all else either(docs.values())
            )

    @cached_property
    def hits(self) -> Docs:
        """The documents that match and are selected in every group."""
        return self.only(self._matching)

    def only(self, docs: Docs) -> Docs:
        """Return those of the given documents that are selected in every group."""
        return reduce(both, self._selected.values(), docs)

    def counted(self, group: str) -> Docs:
        """Return the documents among which the values of a group are counted."""
        return self.hits if group in self._query.match_all else self._without(group)

    @property
    def without_group(self) -> Mapping[str, int]:
        """The total without the selections of each group."""
        return {group: len(self._without(group)) for group in self._selected}

    @property
    def without_value(self) -> Mapping[tuple[str, str], int]:
        """The total without each selected value."""
        return {
            (group, value): total
            for group, values in self._query.selections
            for value, total in self._without_each(group, values).items()
        }

    @property
    def unknown(self) -> tuple[tuple[str, str], ...]:
        """The selected values that no document has."""
        return tuple(
            (group, value)
            for group, values in self._query.selections
            for value in values
            if value not in self._groups[group]
        )

    def _without_each(self, group: str, values: tuple[str, ...]) -> Mapping[str, int]:
        """Return the total without each of these values.

        Without a value, a document stays selected if it has more than the required values, or exactly the required
        ones without this value.
        """
        required = len(values) - 1 if group in self._query.match_all else min(len(values) - 1, 1)
        others = self._without(group)
        if not required:
            return dict.fromkeys(values, len(others))
        having = {value: among(others, docs) for value, docs in self._groups[group].items()}
        numbers = sum(having.values(), np.zeros(len(others), np.int32))  # of selected values of each document
        total, exact = int(np.count_nonzero(numbers >= required)), numbers == required
        return {v: total - (int(np.count_nonzero(having[v] & exact)) if v in having else 0) for v in values}

    def _without(self, group: str) -> Docs:
        """Return the documents that match and are selected in every other group."""
        return reduce(both, (docs for other, docs in self._selected.items() if other != group), self._matching)
