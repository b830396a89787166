"""Fetching pages from the web, within limits and only where it is allowed."""

from kb.fetching.fetcher import Fetched, Fetcher, Limits

__all__ = ["Fetched", "Fetcher", "Limits"]
