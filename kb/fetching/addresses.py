"""Which addresses of machines may be asked: those of the public internet, and no other unless that is allowed.

Whoever writes a link decides where it leads, by its name and by each redirect; it must not lead into the network that
`kb` stands in, to machines that trust their neighbours.
"""

import socket
from collections.abc import Callable, Iterator
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

Resolve = Callable[[str, int], tuple[str, ...]]
"""What gives the addresses of a host; raises OSError where it has none."""

# What IANA gives out of version 6 (RFC 4291, 2.4); Python takes more for global, as fec0::/10 of old private networks.
_GIVEN_OUT = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: the last four bytes are the address that is meant


def resolve(host: str, port: int) -> tuple[str, ...]:
    """Return the addresses of a host, as the system finds them."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


def is_public(address: str) -> bool:
    """Return whether an address, and the older one that it may hold, belongs to the public internet."""
    return all(
        each.is_global
        and not (each.is_multicast or each.is_reserved or each.is_unspecified)
        and (isinstance(each, IPv4Address) or each in _GIVEN_OUT)
        for each in _meant(address)
    )


def _meant(address: str) -> Iterator[IPv4Address | IPv6Address]:
    """Yield what an address reaches: itself, or the addresses of version 4 that it stands for."""
    own = ip_address(address)
    if isinstance(own, IPv4Address):
        yield own
        return
    nat64 = (IPv4Address(own.packed[-4:]),) if own in _NAT64 else ()
    within = [each for each in (own.ipv4_mapped, own.sixtofour, *(own.teredo or ()), *nat64) if each is not None]
    yield from within or (own,)
