"""The facet values that a query selects, held against what its text finds."""

from collections.abc import Mapping
from functools import cached_property, reduce

import numpy as np

from index.query import Query
from index.whoosh_engine.snapshot import Snapshot
from index.whoosh_engine.term_store import Mask


class Selections:
    """Which of the documents that a text matches are selected, and how many would be if less were."""

    def __init__(self, snapshot: Snapshot, query: Query, matching: Mask) -> None:
        self._snapshot = snapshot
        self._query = query
        self._matching = matching
        self._tallies = {
            group: snapshot.group(group).tally(values, snapshot.size) for group, values in query.selections
        }
        self._selected = {
            group: self._tallies[group] >= (len(values) if group in query.every else 1)
            for group, values in query.selections
        }

    @cached_property
    def hits(self) -> Mask:
        """The documents that match and are selected in every group."""
        return self.of(self._matching)

    def of(self, mask: Mask) -> Mask:
        """Return which documents of a mask are selected in every group, whether they match or not."""
        return reduce(np.logical_and, self._selected.values(), mask)

    def counted(self, group: str) -> Mask:
        """Return the documents among which the values of a group are counted."""
        return self.hits if group in self._query.every else self._besides(group)

    @property
    def without_group(self) -> Mapping[str, int]:
        """How many documents there would be without each of the selected groups."""
        return {group: int(np.count_nonzero(self._besides(group))) for group in self._selected}

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
            if value not in self._snapshot.group(group).values
        )

    def _without_each(self, group: str, values: tuple[str, ...]) -> Mapping[str, int]:
        """Return how many documents there would be without each of these values, from one count over the group.

        Without a value a document is found if it has enough of the others: it has more than are needed, or just as many
        and this is none of them.
        """
        needed = len(values) - 1 if group in self._query.every else min(len(values) - 1, 1)
        besides, tally = self._besides(group), self._tallies[group]
        just = besides & (tally == needed)
        lacking = self._snapshot.group(group).counts(just)
        most = int(np.count_nonzero(besides & (tally >= needed)))
        return {value: most - lacking.get(value, 0) for value in values}

    def _besides(self, group: str) -> Mask:
        """Return the documents that match and are selected in every other group."""
        others = (mask for other, mask in self._selected.items() if other != group)
        return reduce(np.logical_and, others, self._matching)
