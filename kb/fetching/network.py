"""Connections that go to the very address that was checked, and end in time: the one door to httpcore.

Only the public internet may be asked, and nothing else unless that is allowed. Whoever writes a link decides where it
leads, by its name and by each redirect; it must not lead into the network that `kb` stands in, to machines that trust
their neighbours.
"""

import socket
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from ssl import SSLContext
from typing import Any

import httpcore
import httpx

Resolve = Callable[[str, int], tuple[str, ...]]
"""What gives the addresses of a host; raises OSError where it has none."""

FAILURES = (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol)
TOO_SLOW = httpcore.TimeoutException
# What IANA gives out of version 6 (RFC 4291, 2.4); Python takes more for global, as fec0::/10 of old private networks.
_GIVEN_OUT = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: the last four bytes are the address that is meant


class PrivateAddressError(ValueError):
    """A host that is none of the public internet; the message is its address."""


def system_addresses(host: str, port: int) -> tuple[str, ...]:
    """Return the addresses of a host, as the system finds them. Raises OSError where it has none."""
    entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(address[0]) for *_, address in entries))


def is_public(address: str) -> bool:
    """Return whether an address, and the older one that it may hold, belongs to the public internet.

    Raises ValueError for what is no address of version 4 or 6.
    """
    return all(
        each.is_global
        and not (each.is_multicast or each.is_reserved or each.is_unspecified)
        and (isinstance(each, IPv4Address) or each in _GIVEN_OUT)
        for each in _reached(address)
    )


class Connections(httpx.BaseTransport):
    """What httpx sends its requests through; all of them end at a moment of the monotonic clock."""

    def __init__(
        self, ends: float, resolve: Resolve, backend: httpcore.NetworkBackend | None, *, allow_private: bool
    ) -> None:
        network = _Network(ends, resolve, backend or httpcore.SyncBackend(), allow_private=allow_private)
        self._pool = httpcore.ConnectionPool(network_backend=network, ssl_context=httpx.create_ssl_context())

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return the answer to a request, its body still to be read. Raises what FAILURES and TOO_SLOW name."""
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


class _Body(httpx.SyncByteStream):
    """The body of an answer, as httpx wants it."""

    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        return self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()


class _Network(httpcore.NetworkBackend):
    """Looks a host up, checks where that leads, and connects there without looking it up again."""

    def __init__(self, ends: float, resolve: Resolve, backend: httpcore.NetworkBackend, *, allow_private: bool) -> None:
        self._ends = ends
        self._resolve = resolve
        self._backend = backend
        self._allow_private = allow_private

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        def connect(address: str) -> httpcore.NetworkStream:
            left = _left(self._ends, timeout)
            return _Stream(self._backend.connect_tcp(address, port, left, local_address, socket_options), self._ends)

        addresses = self._addresses(host, port)
        for address in addresses[:-1]:
            with suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                return connect(address)
        return connect(addresses[-1])

    def _addresses(self, host: str, port: int) -> tuple[str, ...]:
        """Return where a host is. Raises PrivateAddressError where any of its addresses is not public."""
        try:
            found: tuple[str, ...] = (str(ip_address(host)),)
        except ValueError:
            try:
                found = self._resolve(host, port)
            except (OSError, UnicodeError) as error:
                raise httpcore.ConnectError(f"{host} cannot be found") from error
        private = [address for address in found if not is_public(address)]
        if private and not self._allow_private:
            raise PrivateAddressError(private[0])
        return found


class _Stream(httpcore.NetworkStream):
    """A connection whose time ends, however little at a time the other side says."""

    def __init__(self, stream: httpcore.NetworkStream, ends: float) -> None:
        self._stream = stream
        self._ends = ends

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(self._ends, timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(self._ends, timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = _left(self._ends, timeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, left), self._ends)

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 (httpcore's own signature)
        return self._stream.get_extra_info(info)


def _left(ends: float, timeout: float | None) -> float:
    """Return how many seconds something may take. Raises httpcore.ReadTimeout where none is left."""
    left = ends - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout
    return left if timeout is None else min(left, timeout)


def _reached(address: str) -> Iterator[IPv4Address | IPv6Address]:
    """Yield what an address reaches: itself, or the addresses of version 4 that it stands for."""
    own = ip_address(address)
    if isinstance(own, IPv4Address):
        yield own
        return
    nat64 = (IPv4Address(own.packed[-4:]),) if own in _NAT64 else ()
    within = [each for each in (own.ipv4_mapped, own.sixtofour, *(own.teredo or ()), *nat64) if each is not None]
    yield from within or (own,)
