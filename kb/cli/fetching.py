"""What commands take from addresses; kb.fetching is imported where there is one, for httpx takes its time."""

import re

import click
from msgspec.structs import replace

from kb.knowledge_base import KnowledgeBase
from kb.report.model import MetadataOverride
from kb.report.problems import UnreadableError
from kb.search.outcomes import Added

allow_private = click.option("--allow-private", is_flag=True, help="Also fetch from this machine and private networks.")


def is_address(name: str) -> bool:
    """Return whether something is an address, of whatever kind, rather than the path of a file."""
    return re.match(r"[a-z][a-z0-9+.-]*://", name, re.IGNORECASE) is not None


def fetched(address: str, *, allow_private: bool) -> tuple[str, bytes]:
    """Return where an address leads, and what stands there. Raises UnreadableError."""
    from kb.fetching import Fetcher

    page = Fetcher(allow_private=allow_private).fetch(address)
    return page.url, page.data


def add_page(kb: KnowledgeBase, url: str, data: bytes, told: MetadataOverride) -> Added:
    """Put a page into the library, with its address. Raises UnreadableError, LibraryError."""
    from kb.fetching import Fetched

    page = Fetched(url, data)
    try:
        return kb.keeper.add(page.data, page.name, page.with_url(told))
    except UnreadableError as error:
        raise UnreadableError(replace(error.problem, source=page.url)) from error
