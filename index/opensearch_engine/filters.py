"""What a query asks for, as filters of a cluster: which documents each node describes."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from index.opensearch_engine.mapping import token, token_of, tokens_of
from index.query import Query
from index.schema import Schema
from index.text import folded_name
from index.tree import (
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
                return all_of(self._in_fields([field], word) for word in words)
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

    def anywhere_in(self, field: str, key: Key) -> Filter:
        """Return which documents have a term in a text field."""
        return {"term": {f"in.{field}": token_of(key)}}

    def selected(self, query: Query, *, but: str | None = None) -> list[Filter]:
        """Return what is selected, in every group but one."""
        return [
            self.with_values(group, values, every=group in query.every)
            for group, values in query.selections
            if group != but
        ]

    def with_values(self, group: str, values: Sequence[str], *, every: bool = False) -> Filter:
        """Return which documents have any of some values of a group, or all of them."""
        if group not in self._schema.facets:
            return NOTHING
        if every:
            return all_of({"term": {f"facet.{group}": value}} for value in values)
        return {"terms": {f"facet.{group}": list(values)}}

    def _in_fields(self, fields: Sequence[str], word: QueryWord) -> Filter:
        return any_of(
            all_of(any_of(self.anywhere_in(field, key) for field in fields) for key in alternative.terms)
            for alternative in word.alternatives
        )

    def _facet(self, node: FacetIs) -> Filter:
        if node.values or node.group not in self._schema.facets:
            return self.with_values(node.group, node.values)
        literally = node.text.replace("\\", "\\\\").replace("*", "\\*").replace("?", "\\?")
        return {"wildcard": {f"folded.{node.group}": {"value": f"*{literally}*"}}}


def found_by(key: Key) -> Filter:
    """Return which documents a term finds."""
    return {"term": {"terms": token_of(key)}}


def standing(key: Key) -> Filter:
    """Return which documents have a term in any field."""
    return any_of({"term": {"terms": name}} for name in tokens_of(key))


def reading(text: str) -> Filter:
    """Return which documents' whole text is this one, width, case and gaps apart."""
    return {"term": {"whole": token(folded_name(text), "whole")}}


def all_of(filters: Iterable[Filter]) -> Filter:
    """Return which documents pass every filter."""
    every = [one for one in filters if one != EVERYTHING]
    return every[0] if len(every) == 1 else {"bool": {"filter": every}} if every else EVERYTHING


def any_of(filters: Iterable[Filter]) -> Filter:
    """Return which documents pass at least one filter."""
    every = list(filters)
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
