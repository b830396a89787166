"""Query nodes and selections as filters of a cluster, and facet counts as its aggregations."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from index import query_ast as ast
from index.engine import FacetCount
from index.opensearch_engine.layout import token_of
from index.query import Query

Filter: TypeAlias = Mapping[str, Any]

EVERYTHING: Filter = {"match_all": {}}
_HAS_VALUE = """
if (doc.containsKey(params.field)) {
  for (value in doc[params.field]) { if (params.values.contains(value)) { return 1 } }
}
return 0
"""
NOTHING: Filter = {"match_none": {}}
# The most values of a group; a cluster answers with 65,535 buckets in all.
TERMS: Mapping[str, Any] = {"size": 50_000, "shard_size": 50_000, "order": [{"_count": "desc"}, {"_key": "asc"}]}


def all_of(filters: Iterable[Filter]) -> Filter:
    """Return the intersection of filters."""
    required = [one for one in filters if one != EVERYTHING]
    return required[0] if len(required) == 1 else {"bool": {"filter": required}} if required else EVERYTHING


def any_of(filters: Iterable[Filter]) -> Filter:
    """Return the union of filters."""
    choices = list(filters)
    if not choices:  # to a cluster an empty `should` means everything
        return NOTHING
    return choices[0] if len(choices) == 1 else {"bool": {"should": choices, "minimum_should_match": 1}}


def found_by(key: ast.Key, field: str = "finds") -> Filter:
    """Return the filter for the documents that a term finds, or that have it in a field."""
    return {"term": {field: token_of(key)}}


def with_keys(keys: Iterable[str]) -> Filter:
    """Return the filter for documents by their ids."""
    return {"terms": {"key": list(keys)}}


def with_values(group: str | None, values: Sequence[str]) -> Filter:
    """Return the filter for documents with any of some values of a facet group; an unknown group has none."""
    return {"terms": {f"facet.{group}": list(values)}}


def selected(query: Query, *, but: str | None = None) -> list[Filter]:
    """Return the filters for the selections of every group but one."""
    groups = [(group, values) for group, values in query.selections if group != but]
    together = [with_values(group, values) for group, values in groups if group not in query.match_all]
    return together + [
        with_values(group, [one]) for group, values in groups if group in query.match_all for one in values
    ]


def order_of_last(query: Query) -> list[Filter]:
    """Return the sort key that puts the documents of `Query.last` after all others, if there is one."""
    if not query.last:
        return []
    group, values = query.last
    script = {"source": _HAS_VALUE, "params": {"field": f"facet.{group}", "values": list(values)}}
    return [{"_script": {"type": "number", "order": "asc", "script": script}}]


def with_word(word: ast.QueryWord, field: str = "finds") -> Filter:
    """Return the filter for the documents that have all terms of any alternative of a word."""
    return any_of(all_of(found_by(key, field) for key in alternative.terms) for alternative in word.alternatives)


def matching(node: ast.Node) -> Filter:  # noqa: PLR0911  # a case a node
    """Return the filter for the documents that match a query node."""
    match node:
        case ast.QueryWord():
            return with_word(node)
        case ast.AllOf(nodes) | ast.QueryPiece(_, nodes):
            return all_of(map(matching, nodes))
        case ast.AnyOf(nodes):
            return any_of(map(matching, nodes))
        case ast.Not(inner):
            return {"bool": {"must_not": [matching(inner)]}}
        case ast.InField(field, words):
            return all_of(with_word(word, f"in.{field}") for word in words)
        case ast.QueryPhrase(text):
            return _phrase(text)
        case ast.FacetIs(group, text, values):
            literally = text.replace("\\", "\\\\").replace("*", "\\*").replace("?", "\\?")
            containing = {"wildcard": {f"folded.{group}": {"value": f"*{literally}*"}}}
            return with_values(group, values) if values else containing
        case ast.Dated("before", date):
            around = {"terms": {"date": [date[:4], date[:7]]}}  # the year and month of the date, smaller strings
            return {"bool": {"filter": [{"range": {"date": {"lt": date}}}], "must_not": [around]}}
        case ast.Dated():
            return {"range": {"date": {"gte": node.start}}}


def _phrase(text: str) -> Filter:
    if not text:
        return EVERYTHING
    try:
        text.encode()
    except UnicodeEncodeError:  # a lone surrogate, which no document holds
        return NOTHING
    return {"match": {"literal.one": text}} if len(text) == 1 else {"match_phrase": {"literal": text}}


def facets_body(query: Query, found: Filter) -> Mapping[str, Any]:
    """Return the search for facet counts; each group is counted under the selections of the other groups."""
    groups = {
        f"group {group}": {
            "filter": all_of(selected(query, but=None if group in query.match_all else group)),
            "aggs": _aggregations(f"facet.{group}", dict(query.most_values).get(group), query.selected(group)),
        }
        for group in query.facets
    }
    return {"size": 0, "track_total_hits": False, "query": found, "aggs": groups}


def _aggregations(field: str, most: int | None, values: Sequence[str]) -> Mapping[str, Any]:
    aggregations: dict[str, Any] = {}
    if most != 0:
        aggregations["values"] = {"terms": {**TERMS, "field": field, **({"size": most} if most else {})}}
    if most is not None:
        aggregations["all"] = {"terms": {**TERMS, "field": field}}
        aggregations["total"] = {"stats_bucket": {"buckets_path": "all>_count"}}
    if values:
        aggregations["selected"] = {"terms": {**TERMS, "field": field, "include": list(values)}}
    return aggregations


def facet_counts(query: Query, answer: Mapping[str, Any]) -> tuple[dict[str, tuple[FacetCount, ...]], dict[str, int]]:
    """Return the counts of each group, and the number of unlisted values of each limited group."""
    listed: dict[str, tuple[FacetCount, ...]] = {}
    unlisted: dict[str, int] = {}
    for group in query.facets:
        counts, chosen = answer.get("aggregations", {}).get(f"group {group}", {}), query.selected(group)
        had = {**counts_in(counts, "values"), **counts_in(counts, "selected")}
        values = {**had, **dict.fromkeys(sorted({*chosen} - had.keys()), 0)}
        listed[group] = tuple(FacetCount(value, count, value in chosen) for value, count in values.items())
        if group in dict(query.most_values):
            unlisted[group] = int(counts.get("total", {}).get("count", 0)) - len(had)
    return listed, unlisted


def counts_in(aggregations: Mapping[str, Any], name: str) -> dict[str, int]:
    """Return the number of documents with each value, in the answer to an aggregation."""
    return {bucket["key"]: bucket["doc_count"] for bucket in aggregations.get(name, {}).get("buckets", [])}
