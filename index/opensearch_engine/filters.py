"""What a query asks for, as filters of a cluster, and what it counts, as aggregations: exact and disjunctive."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from index.engine import FacetCount
from index.opensearch_engine.mapping import token, token_of, tokens_of
from index.query import Query
from index.query_ast import (
    AllOf,
    Alternative,
    AnyOf,
    Dated,
    FacetIs,
    InField,
    Key,
    Node,
    Not,
    QueryPhrase,
    QueryPiece,
    QueryWord,
)
from index.schema import Schema
from index.text import folded_name

Filter: TypeAlias = Mapping[str, Any]

EVERYTHING: Filter = {"match_all": {}}
NOTHING: Filter = {"match_none": {}}


class Filters:
    """The filters of queries over documents of a schema."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema

    def of(self, node: Node) -> Filter:  # noqa: PLR0911  # a case a node
        """Return which documents a node describes."""
        match node:
            case QueryWord(_, alternatives):
                return any_of(map(self.alternative, alternatives))
            case AllOf(nodes) | QueryPiece(_, nodes):
                return all_of(map(self.of, nodes))
            case AnyOf(nodes):
                return any_of(map(self.of, nodes))
            case Not(inner):
                return {"bool": {"must_not": [self.of(inner)]}}
            case InField(field, words):
                return all_of(self._in_field(field, word) for word in words)
            case QueryPhrase(text):
                return _phrase(text)
            case FacetIs():
                return self._facet(node)
            case Dated(when, date):
                return {"range": {"date": {"lt" if when == "before" else "gte": date}}}

    def knows(self, group: str) -> bool:
        """Tell whether the schema has a group."""
        return group in self._schema.facets

    def alternative(self, alternative: Alternative) -> Filter:
        """Return which documents have all terms of an alternative in fields that find."""
        return all_of(map(found_by, alternative.terms))

    def term(self, field: str, key: Key) -> Filter:
        """Return which documents have a term in a text field."""
        return {"term": {f"in.{field}": token_of(key)}}

    def selected(self, query: Query, *, but: str | None = None) -> list[Filter]:
        """Return what is selected, in every group but one."""
        return [
            self.with_values(group, values, every=group in query.match_all)
            for group, values in query.selections
            if group != but
        ]

    def with_values(self, group: str, values: Sequence[str], *, every: bool = False) -> Filter:
        """Return which documents have any of some values of a group, or all of them."""
        if not self.knows(group):
            return NOTHING
        if every:
            return all_of({"term": {f"facet.{group}": value}} for value in values)
        return {"terms": {f"facet.{group}": list(values)}}

    def _in_field(self, field: str, word: QueryWord) -> Filter:
        return any_of(all_of(self.term(field, key) for key in one.terms) for one in word.alternatives)

    def _facet(self, node: FacetIs) -> Filter:
        if node.values or not self.knows(node.group):
            return self.with_values(node.group, node.values)
        literally = node.text.replace("\\", "\\\\").replace("*", "\\*").replace("?", "\\?")
        return {"wildcard": {f"folded.{node.group}": {"value": f"*{literally}*"}}}


def found_by(key: Key) -> Filter:
    """Return which documents a term finds."""
    return {"term": {"terms": token_of(key)}}


def in_any_field(key: Key) -> Filter:
    """Return which documents have a term in any field."""
    return any_of({"term": {"terms": name}} for name in tokens_of(key))


def with_whole_text(text: str) -> Filter:
    """Return which documents' whole text is this one, width, case and gaps apart."""
    return {"term": {"whole": token(folded_name(text), "whole")}}


def with_keys(keys: Sequence[str]) -> Filter:
    """Return which documents have one of some ids."""
    return {"terms": {"key": list(keys)}}


def all_of(filters: Iterable[Filter]) -> Filter:
    """Return which documents pass every filter."""
    every = [one for one in filters if one != EVERYTHING]
    return every[0] if len(every) == 1 else {"bool": {"filter": every}} if every else EVERYTHING


def any_of(filters: Iterable[Filter]) -> Filter:
    """Return which documents pass at least one filter."""
    every = list(filters)
    if not every:  # a cluster takes an empty `should` for everything
        return NOTHING
    return every[0] if len(every) == 1 else {"bool": {"should": every, "minimum_should_match": 1}}


def _phrase(text: str) -> Filter:
    if not text:
        return EVERYTHING
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which no document holds
        return NOTHING
    if len(text) == 1:
        return {"match": {"literal.one": text}}
    return {"match_phrase": {"literal": text}}


_VALUE = 200  # bytes of a value with its count
_MOST_VALUES = 50_000  # of a group, together below what a cluster answers with (65,535)
_TERMS: Mapping[str, Any] = {
    "size": _MOST_VALUES,
    "shard_size": _MOST_VALUES,
    "order": [{"_count": "desc"}, {"_key": "asc"}],
}


Counts: TypeAlias = tuple[Mapping[str, tuple[FacetCount, ...]], Mapping[str, int]]
"""The values of each group with their counts, and how many more there are than are listed."""


class Counting:
    """The counts of one query: what its text finds, narrowed by its selections in every group but that counted."""

    def __init__(self, filters: Filters, query: Query, found: Filter) -> None:
        self._filters = filters
        self._query = query
        self._found = found
        self._most = dict(query.most_values)

    def body(self) -> Mapping[str, Any]:
        """Return the search that counts: apart from that for hits, so that it is not asked again for the next page."""
        aggregations = {
            f"group {number}": {"filter": self._selected(group), "aggs": self._aggregations(group)}
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

    def _selected(self, group: str) -> Filter:
        """Return what is selected among the documents that a group is counted in."""
        but = None if group in self._query.match_all else group
        return all_of(self._filters.selected(self._query, but=but))

    def _aggregations(self, group: str) -> Mapping[str, Any]:
        field, most, selected = f"facet.{group}", self._most.get(group), self._query.selected(group)
        aggregations: dict[str, Any] = {}
        if most != 0:
            aggregations["values"] = {"terms": {**_TERMS, "field": field, **({"size": most} if most else {})}}
        if most is not None:
            aggregations["all"] = {"terms": {**_TERMS, "field": field}}
            aggregations["every"] = {"stats_bucket": {"buckets_path": "all>_count"}}
        if selected:
            aggregations["selected"] = {"terms": {**_TERMS, "field": field, "include": list(selected)}}
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


def counting(query: Filter, field: str, values: Sequence[str] = ()) -> Mapping[str, Any]:
    """Return the search for how many documents have each value of a field, or each of some."""
    only = {"include": list(values)} if values else {}
    return {"size": 0, "query": query, "aggs": {"values": {"terms": {**_TERMS, "field": field, **only}}}}


def counts_in(answer: Mapping[str, Any]) -> Mapping[str, int]:
    """Return how many documents have each value, of which there are some, in the answer to `counting`."""
    return {bucket["key"]: bucket["doc_count"] for bucket in _buckets(answer.get("aggregations", {}), "values")}
