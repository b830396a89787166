"""Which documents of a cluster a query's nodes describe, and what may be like some, as filters."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np
from engines import SCHEMA

from index.opensearch_engine.batching import BatchedRequests
from index.opensearch_engine.filters import EVERYTHING, NOTHING, Filters, with_keys
from index.opensearch_engine.manifest import Manifest
from index.opensearch_engine.semantic_match import more_like
from index.opensearch_engine.vectors import VectorView, stored_vector
from index.query_ast import AnyOf, FacetIs, QueryWord
from index.similarity import Centring, quantised


def test_a_word_that_nothing_stands_for_describes_no_document() -> None:
    """A cluster takes an empty `should` for everything."""
    word, facet = QueryWord("らむだ", ()), FacetIs("service", "lambda", ("lambda",))

    assert Filters(SCHEMA).of(word) == NOTHING
    assert Filters(SCHEMA).of(AnyOf((word, facet))) == {
        "bool": {"should": [NOTHING, {"terms": {"facet.service": ["lambda"]}}], "minimum_should_match": 1}
    }


def test_what_is_like_some_shares_no_value_with_one_that_has_no_vector() -> None:
    vectors = quantised(np.eye(3, dtype=np.float32))
    fields = {name: [value] for name, value in stored_vector(vectors, 0, "model").items()}
    asked: list[Mapping[str, Any]] = []

    def search(_index: str, body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """Answer for "1", which has a vector, and "2", which has none and is of a service."""
        asked.append(body)
        hits = [{"fields": {"key": ["1"], **fields}}] if len(asked) == 1 else []
        return [{"hits": {"hits": hits}, "aggregations": {"values": {"buckets": [{"key": "sns", "doc_count": 1}]}}}]

    requests = BatchedRequests(SimpleNamespace(search=search), "notes-1", Manifest(1, {}, {}))  # type: ignore[arg-type]
    view = VectorView(Centring(vectors, 3), EVERYTHING, lambda _: np.empty(0, np.float32))

    more_like(SimpleNamespace(requests=requests, view=lambda: view), ("1", "2"), "service", 9)  # type: ignore[arg-type]

    others = {"bool": {"must_not": [{"terms": {"facet.service": ["sns"]}}, with_keys(["1", "2"])]}}
    assert others in asked[-1]["query"]["script_score"]["query"]["bool"]["filter"]
