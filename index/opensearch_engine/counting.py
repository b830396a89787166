"""How many found documents have each value of the facets: as aggregations of a cluster, exact and disjunctive."""

from collections.abc import Mapping
from typing import Any, ClassVar, TypeAlias

from index.engine import FacetCount
from index.opensearch_engine.filters import EVERYTHING, Filter, Filters, all_of
from index.query import Query

_VALUE = 200  # bytes of a value with its count
_MOST_VALUES = 50_000  # of a group, together below what a cluster answers with (65,535)


Counts: TypeAlias = tuple[Mapping[str, tuple[FacetCount, ...]], Mapping[str, int]]
"""The values of each group with their counts, and how many more there are than are listed."""


class Counting:
    """The counts of one query: what its text finds, narrowed by its selections in every group but that counted."""

    TERMS: ClassVar[Mapping[str, Any]] = {
        "size": _MOST_VALUES,
        "shard_size": _MOST_VALUES,
        "order": [{"_count": "desc"}, {"_key": "asc"}],
    }

    def __init__(self, filters: Filters, query: Query, found: Filter) -> None:
        self._filters = filters
        self._query = query
        self._found = found
        self._most = dict(query.most_values)

    def asked(self) -> Mapping[str, Any]:
        """Return the search that counts: apart from that for hits, so that it is not asked again for the next page."""
        aggregations = {
            f"group {number}": {"filter": self._narrowing(group), "aggs": self._of(group)}
            for number, group in enumerate(self._query.facets)
            if self._filters.knows(group)
        }
        return {"size": 0, "track_total_hits": False, "query": self._found, "aggs": aggregations}

    def facets(self, answer: Mapping[str, Any]) -> Counts:
        """Return the counts of each group, and how many more values there are than are listed."""
        given = answer.get("aggregations", {})
        counts = {group: given.get(f"group {number}", {}) for number, group in enumerate(self._query.facets)}
        listed = {group: self._listed(group, counts[group]) for group in counts}
        unlisted = {
            group: int(counts[group].get("every", {}).get("count", 0)) - sum(one.count > 0 for one in listed[group])
            for group in counts
            if group in self._most
        }
        return listed, unlisted

    def _narrowing(self, group: str) -> Filter:
        whole = group in self._query.every
        return all_of(self._filters.selected(self._query, but=None if whole else group)) or EVERYTHING

    def _of(self, group: str) -> Mapping[str, Any]:
        field, most, selected = f"facet.{group}", self._most.get(group), self._query.selected(group)
        aggregations: dict[str, Any] = {}
        if most != 0:
            aggregations["values"] = {"terms": {**self.TERMS, "field": field, **({"size": most} if most else {})}}
        if most is not None:
            aggregations["all"] = {"terms": {**self.TERMS, "field": field}}
            aggregations["every"] = {"stats_bucket": {"buckets_path": "all>_count"}}
        if selected:
            aggregations["selected"] = {"terms": {**self.TERMS, "field": field, "include": list(selected)}}
        return aggregations

    def _listed(self, group: str, counts: Mapping[str, Any]) -> tuple[FacetCount, ...]:
        selected = self._query.selected(group)
        had = {bucket["key"]: bucket["doc_count"] for bucket in _buckets(counts, "values")}
        had |= {bucket["key"]: bucket["doc_count"] for bucket in _buckets(counts, "selected")}
        lacking = sorted(set(selected) - had.keys())
        listed = (FacetCount(value, count, value in selected) for value, count in had.items())
        return (*listed, *(FacetCount(value, 0, selected=True) for value in lacking))


def size_of(counts: Counts) -> int:
    """Return about how many bytes counts take."""
    return _VALUE * sum(map(len, counts[0].values()))


def _buckets(counts: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    buckets: list[Mapping[str, Any]] = counts.get(name, {}).get("buckets", [])
    return buckets
