"""A small search engine for Japanese text: fields, facets and terms. It knows nothing of notes or services.

Other packages may use all of its modules but those that a contract in pyproject.toml keeps for the engines.
"""
