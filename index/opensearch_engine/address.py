"""Where a cluster is, and as who it is asked: its address is configured, credentials are of the environment alone."""

import os
import re
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import SplitResult

from index.engine import SearchIndexError
from index.messages import translatable
from index.urls import web_parts

_INDEX = re.compile(r"[a-z0-9][a-z0-9_-]{0,199}")
USER, PASSWORD = "KB_ENGINE_USER", "KB_ENGINE_PASSWORD"  # the names of variables


@dataclass(frozen=True, slots=True)
class Address:
    """The nodes of a cluster, the name that the index has there, and how new indexes are laid out.

    `region` is that of Amazon's service, whose requests are signed; elsewhere it is empty. Raises SearchIndexError for
    an address that is none, or that would send notes through a network in the clear.
    """

    urls: tuple[str, ...]
    index: str
    region: str = ""
    shards: int = 1
    replicas: int = 1

    def __post_init__(self) -> None:
        if not self.urls:
            raise SearchIndexError(
                translatable("no address of a cluster is told; write one like https://search.example.com:9200")
            )
        for url in self.urls:
            _check(url)
        if not _INDEX.fullmatch(self.index):
            raise SearchIndexError(
                translatable(
                    "{0!r} is no name of an index; write small letters, figures and -, like talk-notes", self.index
                )
            )

    def __str__(self) -> str:
        return f"{self.urls[0]} {self.index}"


def basic_credentials() -> tuple[str, str] | None:
    """Return the user and password that the environment tells, None where it tells none."""
    user = os.environ.get(USER)
    return (user, os.environ.get(PASSWORD, "")) if user else None


def _check(url: str) -> None:
    parts = web_parts(url)
    if parts is None:
        raise SearchIndexError(
            translatable("{0!r} is no address of a cluster; write one like https://search.example.com:9200", url)
        )
    if parts.username or parts.password:
        raise SearchIndexError(
            translatable(
                "the address of {0} holds credentials; give them as {1} and {2} instead", parts.hostname, USER, PASSWORD
            )
        )
    if parts.scheme == "http" and not _is_here(parts):
        raise SearchIndexError(
            translatable("{0}: notes and passwords would go through the network in the clear; write https://", url)
        )


def _is_here(parts: SplitResult) -> bool:
    """Tell whether an address is one of this machine."""
    try:
        return ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return parts.hostname == "localhost"
