"""Network connections to checked addresses, with a deadline. Only this module imports httpcore.

Unless private addresses are allowed, only the public internet can be reached. The author of a link controls its DNS
and redirects. They must not lead into this machine's private network.
"""

import socket
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from ssl import SSLContext
from typing import Any

import httpcore
import httpx

Resolve = Callable[[str, int], tuple[str, ...]]
"""Returns the addresses of a host and port. Raises OSError if there is none."""

FAILURES = (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol)
TOO_SLOW = httpcore.TimeoutException
# The IPv6 addresses that IANA assigns (RFC 4291, 2.4). For Python more are global, such as fec0::/10, once private.
_ASSIGNED = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: the last four bytes are an IPv4 address


class PrivateAddressError(ValueError):
    """A host has an address outside of the public internet. The message is the address."""


def system_addresses(host: str, port: int) -> tuple[str, ...]:
    """Return the addresses of a host by the system's resolver. Raises OSError if there is none."""
    entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(address[0]) for *_, address in entries))


def is_public(address: str) -> bool:
    """Return whether an address, and any IPv4 address embedded in it, belongs to the public internet.

    Raises ValueError for a text that is no IPv4 or IPv6 address.
    """
    parsed = ip_address(address)
    targets: list[IPv4Address | IPv6Address] = [parsed]
    if isinstance(parsed, IPv6Address):
        nat64 = IPv4Address(parsed.packed[-4:]) if parsed in _NAT64 else None
        embedded = (parsed.ipv4_mapped, parsed.sixtofour, *(parsed.teredo or ()), nat64)
        targets = [target for target in embedded if target] or [parsed]
    return all(
        target.is_global
        and not (target.is_multicast or target.is_reserved or target.is_unspecified)
        and (isinstance(target, IPv4Address) or target in _ASSIGNED)
        for target in targets
    )


class Connections(httpx.BaseTransport):
    """An httpx transport; its connections end at `deadline`, a time of the monotonic clock."""

    def __init__(
        self, deadline: float, resolve: Resolve, backend: httpcore.NetworkBackend | None, *, allow_private: bool
    ) -> None:
        network = _Network(deadline, resolve, backend or httpcore.SyncBackend(), allow_private)
        self._pool = httpcore.ConnectionPool(network_backend=network, ssl_context=httpx.create_ssl_context())

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return the response to a request, with its body not read yet. Raises the errors of FAILURES and TOO_SLOW."""
        url = request.url
        answer = self._pool.handle_request(
            httpcore.Request(
                request.method,
                httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer), extensions=answer.extensions)

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()


@dataclass(frozen=True)
class _Body(httpx.SyncByteStream):
    """The body of a response, as httpx expects it."""

    answer: httpcore.Response

    def __iter__(self) -> Iterator[bytes]:
        return self.answer.iter_stream()

    def close(self) -> None:
        self.answer.close()


@dataclass(frozen=True)
class _Network(httpcore.NetworkBackend):
    """Looks up a host, checks its addresses, and connects to one of these without a second lookup."""

    deadline: float
    resolve: Resolve
    backend: httpcore.NetworkBackend
    allow_private: bool

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        def connect(address: str) -> httpcore.NetworkStream:
            left = _seconds_left(self.deadline, timeout)
            stream = self.backend.connect_tcp(address, port, left, local_address, socket_options)
            return _Stream(stream, self.deadline)

        addresses = self._addresses(host, port)
        for address in addresses[:-1]:
            with suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                return connect(address)
        return connect(addresses[-1])

    def _addresses(self, host: str, port: int) -> tuple[str, ...]:
        """Return the addresses of a host. Raises PrivateAddressError if any of them is not public."""
        try:
            addresses: tuple[str, ...] = (str(ip_address(host)),)
        except ValueError:
            try:
                addresses = self.resolve(host, port)
            except (OSError, UnicodeError) as error:
                raise httpcore.ConnectError(f"{host} cannot be found") from error
        private = [address for address in addresses if not is_public(address)]
        if private and not self.allow_private:
            raise PrivateAddressError(private[0])
        return addresses


@dataclass(frozen=True)
class _Stream(httpcore.NetworkStream):
    """A connection that ends at a deadline, even if the server keeps sending."""

    stream: httpcore.NetworkStream
    deadline: float

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self.stream.read(max_bytes, _seconds_left(self.deadline, timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.stream.write(buffer, _seconds_left(self.deadline, timeout))

    def close(self) -> None:
        self.stream.close()

    def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = _seconds_left(self.deadline, timeout)
        return _Stream(self.stream.start_tls(ssl_context, server_hostname, left), self.deadline)

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 (httpcore's own signature)
        return self.stream.get_extra_info(info)


def _seconds_left(deadline: float, timeout: float | None) -> float:
    """Return the seconds until the deadline, at most `timeout`. Raises httpcore.ReadTimeout after the deadline."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout
    return left if timeout is None else min(left, timeout)
