"""Whose request it is, when it comes through a proxy."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

__all__ = ["Networks", "counted_as", "is_of", "sender"]

Networks = IPv4Network | IPv6Network

# A household has a whole /64 of version 6 addresses to itself.
_IPV6_PREFIX = 64


def sender(peer: str, forwarded_for: str, trusted: Sequence[Networks]) -> str:
    """The address that a request came from.

    Args:
        peer: the other end of the connection.
        forwarded_for: the header X-Forwarded-For, "" without one. Each proxy appends to it whom it
            got the request from; what stands before that is the client's own claim.
        trusted: the proxies that are believed.

    Returns:
        The last address, from right to left, that is no trusted proxy's; `peer` where that cannot
        be told.
    """
    found = peer
    for claimed in [*reversed(forwarded_for.split(",")), ""]:
        if not is_of(found, trusted):
            return found
        try:
            found = str(ip_address(claimed.strip()))
        except ValueError:
            return found
    return found


def counted_as(address: str) -> str:
    """Under which name an address is counted: a version 6 one together with its neighbours."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ip_network((parsed, _IPV6_PREFIX), strict=False))


def is_of(address: str, networks: Sequence[Networks]) -> bool:
    """Whether an address is in one of these networks."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    return any(parsed in network for network in networks)
