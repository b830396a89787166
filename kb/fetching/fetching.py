"""Fetches what stands at an address: within limits of time and size, where robots.txt allows it. The door to httpx."""

import re
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import PurePosixPath
from typing import Any
from urllib.robotparser import RobotFileParser

import httpx
from msgspec.structs import replace

from index.messages import Message, message_of, translatable
from kb.fetching.network import FAILURES, TOO_SLOW, Connections, PrivateAddressError, Resolve, system_addresses
from kb.readers.archives import MAX_REPORT_BYTES
from kb.readers.containers import container_ending
from kb.readers.decoding import to_utf8
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
_NO_ADDRESS = translatable("is no address, or leads to none; write one like https://example.com/report")
_SAVE = translatable("save the page in a browser, and add that file")
_REMEDIES = {
    304: translatable("ask again, for nothing is kept of it"),
    401: _SAVE,
    403: _SAVE,
    404: translatable("check the address"),
    410: translatable("check the address"),
}
_OK, _FAILED = 200, 500


@dataclass(frozen=True, slots=True)
class Limits:
    """How long one answer, and all that it takes to fetch a page, may take in seconds; bytes, and redirects."""

    answer: float = 10.0
    whole: float = 30.0
    size: int = MAX_REPORT_BYTES
    redirects: int = 5


@dataclass(frozen=True, slots=True)
class Fetched:
    """What stood at an address: its bytes as they are kept, and the address where it was in the end."""

    url: str
    data: bytes = field(repr=False)

    @property
    def name(self) -> str | None:
        """The name of the file at the address, where it tells a format; pages are named by what they say."""
        name = PurePosixPath(httpx.URL(self.url).path).name
        ending = PurePosixPath(name).suffix.lower()
        return name if ending in ENDINGS and ending not in _PAGES else None

    def with_url(self, given: MetadataOverride) -> MetadataOverride:
        """Return `given` with the address where it has none; that of an archive is none of each report in it."""
        return given if container_ending(self.data) else replace(given, url=given.url or self.url)


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Fetches pages; `resolve` and `backend` are how it reaches the network, None for the system's own."""

    allow_private: bool = False
    limits: Limits = field(default_factory=Limits)
    resolve: Resolve = system_addresses
    backend: Any = None

    def fetch(self, address: str) -> Fetched:
        """Return what stands at an address. Raises UnreadableError, which names it, what is wrong, and what to do."""
        ends = time.monotonic() + self.limits.whole
        network = Connections(ends, self.resolve, self.backend, allow_private=self.allow_private)
        # No proxy of the environment is asked: it would look names up itself, and nobody could check where they lead.
        client = httpx.Client(transport=network, headers=_HEADERS, timeout=self.limits.answer, trust_env=False)
        try:
            with client:
                return _Visit(client, self.limits).page(address)
        except _RefusedError as error:
            raise UnreadableError(FileProblem(address[:_LONGEST_ADDRESS], None, message_of(error))) from error


class _RefusedError(ValueError):
    """Nothing was fetched; the message says why and what to do."""


@dataclass(slots=True)
class _Visit:
    """One page being fetched, with what robots.txt says of each host on the way to it."""

    client: httpx.Client
    limits: Limits
    robots: dict[str, RobotFileParser] = field(default_factory=dict)

    def page(self, address: str) -> Fetched:
        """Return what stands at an address. Raises _RefusedError."""
        try:
            url, response, data = self._follow(httpx.URL(address), polite=True)
        except (TOO_SLOW, PrivateAddressError, UnicodeError, httpx.InvalidURL, httpx.HTTPError, *FAILURES) as error:
            raise _RefusedError(self._reason(error)) from error
        if response.status_code != _OK:
            remedy = _REMEDIES.get(response.status_code) or translatable("try again later")
            answer = f"{response.status_code} {response.reason_phrase}".rstrip()
            raise _RefusedError(translatable("answers {0}; {1}", answer, remedy))
        if not data.strip():
            raise _RefusedError(translatable("is empty; there is nothing to add"))
        if response.headers.get("Content-Type", "").startswith(_TEXTS):
            # Kept in UTF-8 where only the server or the page itself says how it is encoded.
            meta = _META.search(data[:_HEAD])
            for charset in filter(None, (response.charset_encoding, meta and meta[1].decode())):
                data = to_utf8(data, charset)
        return Fetched(str(url.copy_with(fragment=None)), data)

    def _reason(self, error: Exception) -> Message:
        """Return why nothing can be fetched, and what to do."""
        if isinstance(error, TOO_SLOW):
            return translatable(
                "does not answer in time ({0:g} s an answer, {1:g} s in all); try again later",
                self.limits.answer,
                self.limits.whole,
            )
        if isinstance(error, PrivateAddressError):
            return translatable(
                "leads to {0}, which is no public address; --allow-private allows what stands in your own network",
                error,
            )
        if isinstance(error, httpx.InvalidURL | UnicodeError):
            return _NO_ADDRESS
        in_words = " ".join(str(error).split())[:200] or type(error).__name__
        return translatable("cannot be fetched ({0}); check the address, or try later", in_words)

    def _follow(self, url: httpx.URL, *, polite: bool) -> tuple[httpx.URL, httpx.Response, bytes]:
        """Return where the redirects from an address end, and what stands there. Raises _RefusedError.

        `polite` where robots.txt is asked on the way.
        """
        for _ in range(self.limits.redirects + 1):
            _check(url)
            if polite:
                self._ask_robots(url)
            with self.client.stream("GET", url) as response:
                if response.next_request is None:
                    is_page = response.status_code == _OK
                    return url, response, b"".join(_unpacked(response, self.limits.size)) if is_page else b""
                url = response.next_request.url
        raise _RefusedError(translatable("is redirected more than {0} times; check the address", self.limits.redirects))

    def _ask_robots(self, url: httpx.URL) -> None:
        """Raise _RefusedError where robots.txt of a host does not want a page to be fetched by programs.

        As RFC 9309 says: everything is allowed where there is no such file, and nothing where the server fails.
        """
        site = url.copy_with(path="/robots.txt", query=None, fragment=None)
        robots = self.robots.get(str(site))
        if robots is None:
            _, response, data = self._follow(site, polite=False)
            if response.status_code >= _FAILED:
                raise _RefusedError(
                    translatable("is not fetched while {0} answers {1}; try again later", site, response.status_code)
                )
            robots = self.robots[str(site)] = RobotFileParser()
            robots.parse(data[:_ROBOTS].decode("utf-8", "replace").splitlines())
        if not robots.can_fetch(_PRODUCT, str(url)):
            raise _RefusedError(translatable("is not for programs, says {0}; {1}", site, _SAVE))


def _check(url: httpx.URL) -> None:
    """Raise _RefusedError for an address that is not one of a page on the web."""
    if url.scheme and url.scheme not in ("http", "https"):
        raise _RefusedError(
            translatable("leads to {0}:, and only http and https are fetched; check the address", url.scheme)
        )
    if not (url.scheme and url.host) or len(str(url)) > _LONGEST_ADDRESS:
        raise _RefusedError(_NO_ADDRESS)
    if url.userinfo:
        raise _RefusedError(translatable("holds a password, which would be kept with the report; {0}", _SAVE))


def _unpacked(response: httpx.Response, most: int) -> Iterator[bytes]:
    """Yield the body of an answer, unpacked piece by piece. Raises _RefusedError for more bytes than are wanted."""
    packed = response.headers.get("Content-Encoding", "identity").strip().lower()
    if packed not in ("identity", "", *_PACKED):
        raise _RefusedError(translatable("comes packed as {0!r}, which was not asked for; {1}", packed[:20], _SAVE))
    unpacking = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32) if packed in _PACKED else None
    size = 0
    for piece in response.iter_raw():
        try:
            unpacked = unpacking.decompress(piece, most - size + 1) if unpacking else piece  # a bomb stays small
        except zlib.error as error:
            raise _RefusedError(translatable("comes damaged, as no {0}; try again later", packed)) from error
        size += len(unpacked)
        if size > most:
            raise _RefusedError(
                translatable("longer than {0:.3g} MB; save what is wanted of it, and add that file", most / (1 << 20))
            )
        yield unpacked
    if unpacking and not unpacking.eof:
        raise _RefusedError(translatable("ends in the middle; try again later"))
