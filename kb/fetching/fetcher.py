"""Fetches one page, within limits of time and size, if robots.txt allows it. Only this package imports httpx."""

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

from index.messages import message_of, translatable
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
_HEAD = 4096  # bytes of a page in which it names its encoding
_COMPRESSIONS = ("gzip", "x-gzip", "deflate")
_MAX_ROBOTS_BYTES = 512 * 1024  # RFC 9309 requires at least 500 KiB
_LONGEST_ADDRESS = 2000  # characters; browsers and servers allow little more
_PAGES = (".html", ".htm")
_NO_ADDRESS = translatable("is not an address, or leads to none; write one like https://example.com/report")
_SAVE = translatable("save the page in a browser, and add that file")
_CHECK = translatable("check the address")
_REMEDIES = {401: _SAVE, 403: _SAVE, 404: _CHECK, 410: _CHECK}
_OK, _FAILED = 200, 500


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of fetching one page."""

    answer: float = 10.0  # seconds for one response
    whole: float = 30.0  # seconds for all requests together
    size: int = MAX_REPORT_BYTES
    redirects: int = 5


@dataclass(frozen=True, slots=True)
class Fetched:
    """A fetched page or file: its address after redirects, and its bytes as they are stored."""

    url: str
    data: bytes = field(repr=False)

    @property
    def name(self) -> str | None:
        """The file name in the address if its ending names a format, else None. Pages are named after their title."""
        name = PurePosixPath(httpx.URL(self.url).path).name
        ending = PurePosixPath(name).suffix.lower()
        return name if ending in ENDINGS and ending not in _PAGES else None

    def with_url(self, override: MetadataOverride) -> MetadataOverride:
        """Return `override` with this address if it has none; a container of several reports gives none."""
        return override if container_ending(self.data) else replace(override, url=override.url or self.url)


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Fetches pages. `resolve` looks up host names, `backend` opens connections; by default both are the system's."""

    allow_private: bool = False
    limits: Limits = field(default_factory=Limits)
    resolve: Resolve = system_addresses
    backend: Any = None

    def fetch(self, address: str) -> Fetched:
        """Return the page at an address. Raises UnreadableError, which says what is wrong and what to do."""
        deadline = time.monotonic() + self.limits.whole
        network = Connections(deadline, self.resolve, self.backend, allow_private=self.allow_private)
        # Ignore proxies of the environment: a proxy resolves the host itself, so its address cannot be checked.
        client = httpx.Client(transport=network, headers=_HEADERS, timeout=self.limits.answer, trust_env=False)
        try:
            with client:
                return _Visit(client, self.limits).page(address)
        except _RefusedError as error:
            raise UnreadableError(FileProblem(address[:_LONGEST_ADDRESS], None, message_of(error))) from error


class _RefusedError(ValueError):
    """A page was not fetched. The message says why and what to do."""


@dataclass(slots=True)
class _Visit:
    """The fetching of one page, with the robots.txt of each host on the way to it."""

    client: httpx.Client
    limits: Limits
    robots: dict[str, RobotFileParser] = field(default_factory=dict)

    def page(self, address: str) -> Fetched:
        """Return the page at an address. Raises _RefusedError."""
        try:
            url, response, data = self._follow(httpx.URL(address), polite=True)
        except TOO_SLOW as error:
            limits = self.limits.answer, self.limits.whole
            message = translatable(
                "does not answer in time ({0:g} s an answer, {1:g} s in all); try again later", *limits
            )
            raise _RefusedError(message) from error
        except PrivateAddressError as error:
            message = translatable(
                "leads to {0}, which is not a public address; --allow-private allows addresses in your own network",
                error,
            )
            raise _RefusedError(message) from error
        except (UnicodeError, httpx.InvalidURL) as error:
            raise _RefusedError(_NO_ADDRESS) from error
        except (httpx.HTTPError, *FAILURES) as error:
            reason = " ".join(str(error).split())[:200] or type(error).__name__
            message = translatable("cannot be fetched ({0}); check the address, or try later", reason)
            raise _RefusedError(message) from error
        if response.status_code != _OK:
            remedy = _REMEDIES.get(response.status_code) or translatable("try again later")
            answer = f"{response.status_code} {response.reason_phrase}".rstrip()
            raise _RefusedError(translatable("answers {0}; {1}", answer, remedy))
        if not data.strip():
            raise _RefusedError(translatable("is empty; there is nothing to add"))
        if response.headers.get("Content-Type", "").startswith(_TEXTS):
            # The stored page has no HTTP headers. Convert it to UTF-8 if only they or a meta tag declare the encoding.
            meta = _META.search(data[:_HEAD])
            for charset in filter(None, (response.charset_encoding, meta and meta[1].decode())):
                data = to_utf8(data, charset)
        return Fetched(str(url.copy_with(fragment=None)), data)

    def _follow(self, url: httpx.URL, *, polite: bool) -> tuple[httpx.URL, httpx.Response, bytes]:
        """Follow redirects, and return the last address, its response and its body. Raises _RefusedError.

        With `polite`, the robots.txt of each host on the way is checked.
        """
        for _ in range(self.limits.redirects + 1):
            _check(url)
            if polite:
                self._check_robots(url)
            with self.client.stream("GET", url) as response:
                if response.next_request is None:
                    is_page = response.status_code == _OK
                    return url, response, b"".join(_decompressed(response, self.limits.size)) if is_page else b""
                url = response.next_request.url
        raise _RefusedError(translatable("is redirected more than {0} times; check the address", self.limits.redirects))

    def _check_robots(self, url: httpx.URL) -> None:
        """Raise _RefusedError if the robots.txt of a host disallows a page.

        RFC 9309: a missing robots.txt allows all pages; a server error allows none.
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
            robots.parse(data[:_MAX_ROBOTS_BYTES].decode("utf-8", "replace").splitlines())
        if not robots.can_fetch(_PRODUCT, str(url)):
            raise _RefusedError(translatable("may not be fetched by programs, according to {0}; {1}", site, _SAVE))


def _check(url: httpx.URL) -> None:
    """Raise _RefusedError for an address that cannot be a page on the web."""
    if url.scheme and url.scheme not in ("http", "https"):
        raise _RefusedError(
            translatable("leads to {0}:, and only http and https are fetched; check the address", url.scheme)
        )
    if not (url.scheme and url.host) or len(str(url)) > _LONGEST_ADDRESS:
        raise _RefusedError(_NO_ADDRESS)
    if url.userinfo:
        raise _RefusedError(translatable("contains a password, which would be stored with the report; {0}", _SAVE))


def _decompressed(response: httpx.Response, limit: int) -> Iterator[bytes]:
    """Yield the decompressed body of a response. Raises _RefusedError for more than `limit` bytes."""
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("identity", "", *_COMPRESSIONS):
        raise _RefusedError(
            translatable("is compressed with {0!r}, which was not requested; {1}", encoding[:20], _SAVE)
        )
    decompressor = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32) if encoding in _COMPRESSIONS else None
    size = 0
    for chunk in response.iter_raw():
        try:
            # Limited, so that a compression bomb stays small.
            data = decompressor.decompress(chunk, limit - size + 1) if decompressor else chunk
        except zlib.error as error:
            raise _RefusedError(translatable("is damaged: not valid {0}; try again later", encoding)) from error
        size += len(data)
        if size > limit:
            raise _RefusedError(
                translatable(
                    "longer than {0:.3g} MB; save the part that you want, and add that file", limit / (1 << 20)
                )
            )
        yield data
    if decompressor and not decompressor.eof:
        raise _RefusedError(translatable("is incomplete; try again later"))
