"""A small search engine for Japanese text: fields, facets and terms, and nothing about what the text is.

What others may use are the names without underscore of these modules.
"""

__all__ = [
    "analysis",
    "datafiles",
    "embedder",
    "embedding",
    "engine",
    "installed",
    "messages",
    "opensearch_engine",
    "query",
    "query_ast",
    "query_parser",
    "query_words",
    "ranking",
    "readings",
    "schema",
    "stand_in",
    "terms",
    "text",
    "urls",
    "whoosh_engine",
]
