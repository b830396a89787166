"""Fetches what stands at an address: within limits of time and size, where robots.txt allows it. The door to httpx."""

import re
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import PurePosixPath
from typing import Any, Self
from urllib.parse import unquote
from urllib.robotparser import RobotFileParser

import httpx
from msgspec.structs import replace

from index.sentences import said, told_by
from kb.fetching import addresses
from kb.fetching.addresses import Resolve
from kb.fetching.network import FAILURES, TOO_SLOW, Connections, PrivateAddressError
from kb.readers.archives import LONGEST_REPORT
from kb.readers.containers import container_ending
from kb.readers.decoding import telling_its_encoding
from kb.readers.formats import ENDINGS
from kb.report.model import MetadataOverride
from kb.report.problems import FileProblem, UnreadableError

_PRODUCT = "talk-notes-kb"
_HEADERS = {
    "User-Agent": f"{_PRODUCT}/{version(_PRODUCT)} (fetches single pages that a person asks for)",
    "Accept": "text/html,text/*;q=0.9,*/*;q=0.8",
    "Accept-Language": "ja,en;q=0.5",
    "Accept-Encoding": "gzip",
}
_TEXTS = ("text/", "application/xhtml")
_META = re.compile(rb"<meta\b[^>]{0,300}?\bcharset\s*=\s*[\"']?([\w-]+)", re.IGNORECASE)
_HEAD = 4096  # bytes of a page in which it says how it is encoded
_PACKED = ("gzip", "x-gzip", "deflate")
_ROBOTS = 512 * 1024  # bytes of robots.txt that count; RFC 9309 wants no less
_LONGEST_ADDRESS = 2000  # characters; browsers and servers take hardly more
_PAGES = (".html", ".htm")
_SAVE = said("save the page in a browser, and add that file")
_REMEDIES = {
    304: said("ask again, for nothing is kept of it"),
    401: _SAVE,
    403: _SAVE,
    404: said("check the address"),
    410: said("check the address"),
}
_OK, _FAILED = 200, 500


@dataclass(frozen=True, slots=True)
class Limits:
    """How long one answer, and all that it takes to fetch a page, may take in seconds; bytes, and redirects."""

    answer: float = 10.0
    whole: float = 30.0
    size: int = LONGEST_REPORT
    redirects: int = 5


@dataclass(frozen=True, slots=True)
class Fetched:
    """What stood at an address: its bytes as they are kept, and the address where it was in the end."""

    url: str
    data: bytes = field(repr=False)

    @property
    def name(self) -> str | None:
        """The name of the file at the address, where it tells a format; pages are named by what they say."""
        name = PurePosixPath(unquote(httpx.URL(self.url).path)).name
        ending = PurePosixPath(name).suffix.lower()
        return name if ending in ENDINGS and ending not in _PAGES else None

    def given(self, told: MetadataOverride) -> MetadataOverride:
        """Return what is told of it by hand, and else by its address, which is none of each report in an archive."""
        if container_ending(self.data):
            return told
        return replace(told, url=told.url or self.url)


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Fetches pages; `resolve` and `backend` are how it reaches the network, None for the system's own."""

    allow_private: bool = False
    limits: Limits = field(default_factory=Limits)
    resolve: Resolve = addresses.resolve
    backend: Any = None

    def fetch(self, address: str) -> Fetched:
        """Return what stands at an address. Raises UnreadableError, which names it, what is wrong, and what to do."""
        try:
            with _Visit(self) as visit:
                return visit.page(address)
        except _RefusedError as error:
            raise UnreadableError(FileProblem(address[:_LONGEST_ADDRESS], None, told_by(error))) from error


class _RefusedError(ValueError):
    """Nothing was fetched; the message says why and what to do."""


class _Visit:
    """One page being fetched, with what robots.txt says of each host on the way to it."""

    def __init__(self, fetcher: Fetcher) -> None:
        self._limits = fetcher.limits
        ends = time.monotonic() + fetcher.limits.whole
        # No proxy of the environment is asked: it would look names up itself, and nobody could check where they lead.
        self._client = httpx.Client(
            transport=Connections(ends, fetcher.resolve, fetcher.backend, allow_private=fetcher.allow_private),
            headers=_HEADERS,
            timeout=fetcher.limits.answer,
            trust_env=False,
        )
        self._robots: dict[str, RobotFileParser] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def page(self, address: str) -> Fetched:
        """Return what stands at an address. Raises _RefusedError."""
        limits = self._limits
        try:
            url, response, data = self._followed(httpx.URL(address), polite=True)
        except TOO_SLOW as error:
            raise _RefusedError(
                said(
                    "does not answer in time ({0:g} s an answer, {1:g} s in all); try again later",
                    limits.answer,
                    limits.whole,
                )
            ) from error
        except PrivateAddressError as error:
            raise _RefusedError(
                said(
                    "leads to {0}, which is no public address; --allow-private allows what stands in your own network",
                    error,
                )
            ) from error
        except (httpx.InvalidURL, UnicodeError) as error:
            raise _RefusedError(
                said("is no address, or leads to none; write one like https://example.com/report")
            ) from error
        except (httpx.HTTPError, *FAILURES) as error:
            raise _RefusedError(
                said("cannot be fetched ({0}); check the address, or try later", _in_words(error))
            ) from error
        if response.status_code != _OK:
            remedy = _REMEDIES.get(response.status_code) or said("try again later")
            answer = f"{response.status_code} {response.reason_phrase}".rstrip()
            raise _RefusedError(said("answers {0}; {1}", answer, remedy))
        if not data.strip():
            raise _RefusedError(said("is empty; there is nothing to add"))
        return Fetched(str(url.copy_with(fragment=None)), _kept(data, response))

    def _followed(self, url: httpx.URL, *, polite: bool) -> tuple[httpx.URL, httpx.Response, bytes]:
        """Return where the redirects from an address end, and what stands there. Raises _RefusedError."""
        for _ in range(self._limits.redirects + 1):
            _check(url)
            if polite:
                self._ask_robots(url)
            with self._client.stream("GET", url) as response:
                if response.next_request is None:
                    is_page = response.status_code == _OK
                    return url, response, b"".join(_unpacked(response, self._limits.size)) if is_page else b""
                url = response.next_request.url
        raise _RefusedError(said("is redirected more than {0} times; check the address", self._limits.redirects))

    def _ask_robots(self, url: httpx.URL) -> None:
        """Raise _RefusedError where robots.txt of a host does not want a page to be fetched by programs."""
        site = url.copy_with(path="/robots.txt", query=None, fragment=None)
        robots = self._robots.get(str(site))
        if robots is None:
            robots = self._robots[str(site)] = self._read_robots(site)
        if not robots.can_fetch(_PRODUCT, str(url)):
            raise _RefusedError(said("is not for programs, says {0}; {1}", site, _SAVE))

    def _read_robots(self, site: httpx.URL) -> RobotFileParser:
        """Return the rules of a site, as RFC 9309 says: none where there is no such file, all where that fails."""
        robots = RobotFileParser()
        _, response, data = self._followed(site, polite=False)
        if response.status_code >= _FAILED:
            raise _RefusedError(
                said("is not fetched while {0} answers {1}; try again later", site, response.status_code)
            )
        robots.parse(data[:_ROBOTS].decode("utf-8", "replace").splitlines())
        return robots


def _check(url: httpx.URL) -> None:
    """Raise _RefusedError for an address that is not one of a page on the web."""
    if url.scheme and url.scheme not in ("http", "https"):
        raise _RefusedError(said("leads to {0}:, and only http and https are fetched; check the address", url.scheme))
    if not (url.scheme and url.host) or len(str(url)) > _LONGEST_ADDRESS:
        raise _RefusedError(said("is no address, or leads to none; write one like https://example.com/report"))
    if url.userinfo:
        raise _RefusedError(said("holds a password, which would be kept with the report; {0}", _SAVE))


def _unpacked(response: httpx.Response, most: int) -> Iterator[bytes]:
    """Yield the body of an answer, unpacked piece by piece. Raises _RefusedError for more bytes than are wanted."""
    packed = response.headers.get("Content-Encoding", "identity").strip().lower()
    if packed not in ("identity", "", *_PACKED):
        raise _RefusedError(said("comes packed as {0!r}, which was not asked for; {1}", packed[:20], _SAVE))
    unpacking = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32) if packed in _PACKED else None
    size = 0
    for piece in response.iter_raw():
        try:
            unpacked = unpacking.decompress(piece, most - size + 1) if unpacking else piece  # a bomb stays small
        except zlib.error as error:
            raise _RefusedError(said("comes damaged, as no {0}; try again later", packed)) from error
        size += len(unpacked)
        if size > most:
            raise _RefusedError(
                said("longer than {0:.3g} MB; save what is wanted of it, and add that file", most / (1 << 20))
            )
        yield unpacked
    if unpacking and not unpacking.eof:
        raise _RefusedError(said("ends in the middle; try again later"))


def _kept(data: bytes, response: httpx.Response) -> bytes:
    """Return a page as it is kept: where only the server or the page itself tells its encoding, in UTF-8."""
    if not response.headers.get("Content-Type", "").startswith(_TEXTS):
        return data
    meta = _META.search(data[:_HEAD])
    for charset in (response.charset_encoding, meta and meta[1].decode()):
        data = telling_its_encoding(data, charset) if charset else data
    return data


def _in_words(error: Exception) -> str:
    """Return what an error of the network says, on one line."""
    return " ".join(str(error).split())[:200] or type(error).__name__
