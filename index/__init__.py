"""A small search engine for Japanese text: fields, facets and terms. It knows nothing of notes or services.

Other packages may use the public names of these modules.
"""

__all__ = [
    "analysis",
    "datafiles",
    "embedder",
    "embedding",
    "engine",
    "messages",
    "model_server",
    "opensearch_engine",
    "processors",
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
