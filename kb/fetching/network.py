"""Network connections to checked addresses, with a deadline. Only this module imports httpcore.

Unless private addresses are allowed, only the public internet can be reached. The author of a link controls its DNS
and redirects. They must not lead into this machine's private network.
"""

import socket
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from ssl import SSLContext
from typing import Any

import httpcore
import httpx

Resolve = Callable[[str, int], tuple[str, ...]]
"""Returns the addresses of a host and port. Raises OSError if there is none."""

FAILURES = (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol)
TOO_SLOW = httpcore.TimeoutException
# All special-purpose addresses of IANA (www.iana.org/assignments/iana-ipv4-special-registry and -ipv6-, 2024-10), also
# those few that are reachable, such as the anycast of AS112: no page is there. The table of Python 3.11 lacks some.
_ASSIGNED = IPv6Network("2000::/3")  # RFC 4291, 2.4; all other IPv6 addresses are special
_SPECIAL = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8",  # this network (RFC 791)
            "10.0.0.0/8",  # private (RFC 1918)
            "100.64.0.0/10",  # shared by the customers of a provider (RFC 6598)
            "127.0.0.0/8",  # loopback (RFC 1122)
            "168.63.129.16/32",  # not IANA's: the wire server of Azure, which each of its machines reaches
            "169.254.0.0/16",  # link-local (RFC 3927), such as the metadata of a cloud
            "172.16.0.0/12",  # private (RFC 1918)
            "192.0.0.0/24",  # protocol assignments (RFC 6890)
            "192.0.2.0/24",  # documentation (RFC 5737)
            "192.31.196.0/24",  # AS112 (RFC 7535)
            "192.52.193.0/24",  # multicast tunnelling (RFC 7450)
            "192.88.99.0/24",  # relays of 6to4, deprecated (RFC 7526)
            "192.168.0.0/16",  # private (RFC 1918)
            "192.175.48.0/24",  # AS112 (RFC 7534)
            "198.18.0.0/15",  # benchmarks (RFC 2544)
            "198.51.100.0/24",  # documentation (RFC 5737)
            "203.0.113.0/24",  # documentation (RFC 5737)
            "224.0.0.0/4",  # multicast (RFC 5771)
            "240.0.0.0/4",  # reserved, and broadcast (RFC 1112)
            "2001::/23",  # protocol assignments (RFC 2928), such as Teredo, which embeds an IPv4 address
            "2001:db8::/32",  # documentation (RFC 3849)
            "2002::/16",  # 6to4 (RFC 3056), which embeds an IPv4 address
            "2620:4f:8000::/48",  # AS112 (RFC 7534)
            "3fff::/20",  # documentation (RFC 9637)
        ),
    )
)
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: the last four bytes are an IPv4 address, for a network without IPv4


class PrivateAddressError(ValueError):
    """A host has an address outside of the public internet. The message is the address."""


def system_addresses(host: str, port: int) -> tuple[str, ...]:
    """Return the addresses of a host by the system's resolver. Raises OSError if there is none."""
    entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(address[0]) for *_, address in entries))


def is_public(address: str) -> bool:
    """Return whether an address, or the IPv4 address embedded in it, belongs to the public internet.

    Raises ValueError for a text that is no IPv4 or IPv6 address.
    """
    parsed: IPv4Address | IPv6Address = ip_address(address)
    if isinstance(parsed, IPv6Address):
        nat64 = IPv4Address(parsed.packed[-4:]) if parsed in _NAT64 else None
        parsed = parsed.ipv4_mapped or nat64 or parsed
    if isinstance(parsed, IPv6Address) and parsed not in _ASSIGNED:
        return False
    return not any(parsed in network for network in _SPECIAL)


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
