"""The facet values that a query selects, held against what its text finds."""

from collections.abc import Mapping
from functools import cached_property, reduce

import numpy as np

from index.query import Query
from index.whoosh_engine.docs import NONE, among, both, either
from index.whoosh_engine.snapshot import Snapshot
from index.whoosh_engine.term_store import Docs


class Selections:
    """Which of the documents that a text matches are selected, and how many would be if less were."""

    def __init__(self, snapshot: Snapshot, query: Query, matching: Docs) -> None:
        self._snapshot = snapshot
        self._query = query
        self._matching = matching
        self._having = {group: snapshot.group(group).having(values) for group, values in query.selections}
        self._selected = {group: self._of_group(group, values) for group, values in query.selections}

    @cached_property
    def hits(self) -> Docs:
        """The documents that match and are selected in every group."""
        return self.of(self._matching)

    def of(self, docs: Docs) -> Docs:
        """Return which of some documents are selected in every group, whether they match or not."""
        return reduce(both, self._selected.values(), docs)

    def counted(self, group: str) -> Docs:
        """Return the documents among which the values of a group are counted."""
        return self.hits if group in self._query.every else self._besides(group)

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
        if group in self._query.every:
            return reduce(both, (having.get(value, NONE) for value in values))
        return either(having.values())

    def _without_each(self, group: str, values: tuple[str, ...]) -> Mapping[str, int]:
        """Return how many documents there would be without each of these values.

        Without a value a document is found if it has enough of the others: it has more than are needed, or just as many
        and this is none of them.
        """
        needed = len(values) - 1 if group in self._query.every else min(len(values) - 1, 1)
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
