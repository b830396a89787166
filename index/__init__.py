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
    "language",
    "messages",
    "opensearch_engine",
    "query",
    "ranking",
    "readings",
    "schema",
    "spelling",
    "stand_in",
    "text",
    "tree",
    "urls",
    "whoosh_engine",
    "words",
]
