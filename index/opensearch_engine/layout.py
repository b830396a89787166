"""The fields of an index: a document as the JSON stored in them, and query nodes as filters over them.

Texts are cut into terms here, so a cluster needs no Japanese analysis. It knows a term by a hash of its kind and text.
`finds` has the terms that find a document, `weights` a number for each term, of which a score is made (`rank_feature`).
Selections become filters, too, and facet counts aggregations.
"""

import json
from base64 import urlsafe_b64encode
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import Any, TypeAlias

import numpy as np
from msgspec import Struct

from index import datafiles
from index import query_ast as ast
from index.engine import FacetCount
from index.query import Query
from index.query_ast import Key
from index.ranking import MIN_LENGTH, WEIGHTS, length_strength
from index.schema import MAX_EXACT_LENGTH, Document, Schema, TextField, check_fields
from index.text import folded, folded_name, letters

VERSION = 4  # of this layout; an index of another version is written anew
# Words. The folder engine takes the mean of a generation; here a document's weights must not depend on other documents.
_MEAN_LENGTH = 13.0
_MAX_WORD_LENGTH = 200  # characters of a word that is offered as a correction or completion
_HASH = 9  # bytes; ten million terms collide once in a hundred million indexes
_RANK_FEATURE_BITS = 0xFFFF8000  # of a 32-bit float, which a `rank_feature` keeps; so do the reasons of a score
_KEYWORD = {"type": "keyword", "doc_values": False}
_MAX_FOLDED = 8000  # characters of a facet value that can be found by a part of it


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


@lru_cache(100_000)
def token(text: str, kind: str) -> str:
    """Return the name of a text in the index."""
    data = f"{kind} {text}".encode("utf-8", "surrogatepass")
    return urlsafe_b64encode(blake2b(data, digest_size=_HASH).digest()).decode()


def token_of(key: Key) -> str:
    """Return the name of a query's term in the index."""
    return token(key.text, key.kind)


class Row(Struct, frozen=True):
    """A document as JSON without its run and position, and the words it adds to the vocabulary."""

    fields: dict[str, Any]
    words: frozenset[Key]


class Layout:
    """How the documents of a schema are stored in an index."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.version = f"{VERSION} {schema!r}"  # marks an index with this layout

    def settings(self, shards: int) -> Mapping[str, Any]:
        """Return the settings and fields of a new index, which has no replicas while it is filled."""
        tokenizers = {name: {"type": "ngram", "min_gram": size, "max_gram": size}
                      for name, size in (("ones", 1), ("pairs", 2))}  # fmt: skip
        facets = self.schema.facets
        fields = {
            **datafiles.table("index.opensearch_engine", "fields.toml"),
            "in": {"properties": {text.name: _KEYWORD for text in self.schema.texts}},
            "facet": {"properties": {group: {"type": "keyword"} for group in facets}},
            "folded": {"properties": {group: {**_KEYWORD, "ignore_above": _MAX_FOLDED} for group in facets}},
        }
        analyzers = {name: {"type": "custom", "tokenizer": name} for name in tokenizers}
        return {
            "settings": {
                "index": {"number_of_shards": shards, "number_of_replicas": 0, "refresh_interval": "-1"},
                "analysis": {"analyzer": analyzers, "tokenizer": tokenizers},
            },
            "mappings": {"dynamic": "strict", "properties": fields},
        }

    def row(self, document: Document) -> Row:
        """Return a document as JSON. Raises ValueError for a field that the schema does not have."""
        check_fields(document, self.schema)
        length = max((_length(document, text) for text in self.schema.texts if text.length), default=0)
        whole = folded_name(document.literal)
        fields: dict[str, Any] = {
            "key": document.id,
            "stored": sendable(document.stored),
            "boost": document.boost,
            "length": float(length),
            "factor": document.boost * (1 + WEIGHTS["length"] * float(length_strength(length))),
            "literal": _encodable(folded(document.literal)),
            "belongs": list(document.parents),
            "facet": {group: list(values) for group, values in document.facets.items()},
            "folded": {group: [letters(value) for value in values] for group, values in document.facets.items()},
        }
        if document.date is not None:
            fields["date"] = document.date
        if len(whole) <= MAX_EXACT_LENGTH:
            fields["whole"] = token(whole, "whole")
        if document.passage:
            fields |= {"passage": token(document.passage, "passage"), "text": sendable(document.passage)}
        terms, words = self._terms(document)
        return Row({**fields, **terms}, words)

    def _terms(self, document: Document) -> tuple[dict[str, Any], frozenset[Key]]:
        """Return the fields with the terms of a document, and its words and sounds that find it."""
        weights, finds, within, vocabulary = dict[str, float](), dict[str, None](), dict[str, list[str]](), set[Key]()
        for text in self.schema.texts:
            keys = [Key(term.text, term.kind) for term in document.texts.get(text.name, ())]
            weight = text.weight / _norm(_length(document, text), text)
            for name, count in Counter(map(token_of, keys)).items():
                weights[name] = weights.get(name, 0.0) + weight * count
            words = dict.fromkeys(key for key in keys if key.kind in ("word", "sound"))
            if words:
                within[text.name] = [*map(token_of, words)]
            if not text.score_only:
                finds |= dict.fromkeys(map(token_of, keys))
                vocabulary |= {
                    Key(_encodable(one.text), one.kind) for one in words if len(one.text) <= _MAX_WORD_LENGTH
                }
        bits = np.array([*weights.values()], np.float32).view(np.uint32) & _RANK_FEATURE_BITS
        kept = dict(zip(weights, bits.view(np.float32).tolist(), strict=True))
        return {"finds": list(finds), "weights": kept, "in": within}, frozenset(vocabulary)


def _length(document: Document, text: TextField) -> int:
    return sum(term.kind == "word" for term in document.texts.get(text.name, ())) if text.length else 0


def _norm(length: int, text: TextField) -> float:
    """Return the divisor of frequencies in a text of `length` words (`index.ranking`)."""
    return 1 - text.length + text.length * max(length, MIN_LENGTH) / _MEAN_LENGTH if length else 1.0


def sendable(text: str) -> str:
    """Return a text as JSON, with lone surrogates, which cannot be sent, as escapes."""
    return json.dumps(text, ensure_ascii=_encodable(text) != text)


def received(text: str) -> str:
    """Return the text that was made sendable. Raises ValueError if it was not."""
    return str(json.loads(text))


def _encodable(text: str) -> str:
    """Return a text with its lone surrogates replaced by question marks."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


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


def found_by(key: Key, field: str = "finds") -> Filter:
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
