"""What stands at an address: fetched within limits, from where it is allowed, as a file would be read."""

from kb.fetching.fetching import Fetched, Fetcher, Limits

__all__ = ["Fetched", "Fetcher", "Limits"]
