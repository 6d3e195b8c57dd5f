"""Which network addresses are on the public internet, for code that connects to servers of others.

Called by the crawler's three guards (see `crawler.resolver`) and by the download of WARC files.
"""

from __future__ import annotations

import socket
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

_NAT64 = IPv6Network("64:ff9b::/96")
"""Well-known prefix for IPv4 embedded in IPv6. Source: RFC 6052, 2.1."""


def literal_address(host: str) -> IPv4Address | IPv6Address | None:
    """Return the IP address that a URL's host spells, None for a name.

    IPv4 is read as `inet_aton` does, since that is how the system would read it.

    >>> literal_address("0x7f.1")
    IPv4Address('127.0.0.1')
    >>> literal_address("2130706433")
    IPv4Address('127.0.0.1')
    >>> literal_address("example.com") is None
    True
    """
    host = host.strip("[]").partition("%")[0].rstrip(".")
    with suppress(ValueError):
        return ip_address(host)
    with suppress(OSError, UnicodeEncodeError):
        return IPv4Address(socket.inet_aton(host))
    return None


def is_public(address: str | IPv4Address | IPv6Address) -> bool:
    """Return whether an IP address is routed on the public internet, as one host.

    Loopback, private, link-local, shared (carrier-grade NAT), documentation, multicast and
    reserved ones are not, nor are IPv6 forms that carry such an IPv4 address in them.
    """
    if isinstance(address, str):
        literal = literal_address(address)
        return literal is not None and is_public(literal)
    if isinstance(address, IPv6Address):
        embedded = _embedded_ipv4(address)
        if embedded is not None:
            return is_public(embedded)
    return address.is_global and not address.is_multicast and not address.is_reserved


def _embedded_ipv4(address: IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address that traffic for an IPv6 address ends up at."""
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    if address.teredo:
        return address.teredo[1]
    return address.ipv4_mapped or address.sixtofour
