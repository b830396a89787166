"""The embedded engine: Whoosh keeps terms, postings and documents; numpy scores all that is found at once."""

from index.whoosh_engine.engine import WhooshEngine

__all__ = ["WhooshEngine"]
