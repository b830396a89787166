"""The embedded engine: Whoosh only writes the files; numpy reads, matches and scores."""

from index.whoosh_engine.engine import WhooshEngine

__all__ = ["WhooshEngine"]
