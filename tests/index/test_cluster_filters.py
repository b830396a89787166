"""Query nodes and the candidates of a similarity search, as filters of a cluster."""

from base64 import b64encode
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np
from engines import SCHEMA
from models import Characters

from index.opensearch_engine.generations import Generation, Manifest
from index.opensearch_engine.layout import NOTHING, matching, with_keys
from index.opensearch_engine.vectors import GenerationVectors
from index.query_ast import AnyOf, FacetIs, QueryWord
from index.similarity import Centring, quantised


def test_a_word_without_alternatives_matches_no_document() -> None:
    """To a cluster an empty `should` means everything."""
    word, facet = QueryWord("らむだ", ()), FacetIs("service", "lambda", ("lambda",))

    assert matching(word) == NOTHING
    assert matching(AnyOf((word, facet))) == {
        "bool": {"should": [NOTHING, {"terms": {"facet.service": ["lambda"]}}], "minimum_should_match": 1}
    }


def test_similar_documents_share_no_value_with_a_document_without_a_vector() -> None:
    vectors = quantised(np.eye(3, dtype=np.float32))
    fields = {"vector": [b64encode(vectors.numbers[0].tobytes()).decode()], "scale": [1 / 127]}
    asked: list[Mapping[str, Any]] = []

    def search(_index: str, body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """Answer for "1", which has a vector, and "2", which has none and is of a service."""
        asked.append(body)
        hits = [{"fields": {"key": ["1"], **fields}}] if len(asked) == 1 else []
        return [{"hits": {"hits": hits}, "aggregations": {"values": {"buckets": [{"key": "sns", "doc_count": 1}]}}}]

    connection: Any = SimpleNamespace(search=search)
    generation = Generation(connection, "notes-1", Manifest(1, {}, {}), SCHEMA)
    of_generation = GenerationVectors(generation, Characters())
    of_generation.centring = Centring(vectors, 3)

    of_generation.more_like(("1", "2"), "service", 9)

    others = {"bool": {"must_not": [{"terms": {"facet.service": ["sns"]}}, with_keys(["1", "2"])]}}
    assert others in asked[-1]["query"]["script_score"]["query"]["bool"]["filter"]
