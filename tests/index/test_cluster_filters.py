"""Which documents of a cluster a query's nodes describe, as filters."""

from engines import SCHEMA

from index.opensearch_engine.filters import NOTHING, Filters
from index.tree import AnyOf, FacetIs, QueryWord


def test_a_word_that_nothing_stands_for_describes_no_document() -> None:
    """A cluster takes an empty `should` for everything."""
    word, facet = QueryWord("らむだ", ()), FacetIs("service", "lambda", ("lambda",))

    assert Filters(SCHEMA).of(word) == NOTHING
    assert Filters(SCHEMA).of(AnyOf((word, facet))) == {
        "bool": {"should": [NOTHING, {"terms": {"facet.service": ["lambda"]}}], "minimum_should_match": 1}
    }
