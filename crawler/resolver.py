"""Which addresses may be asked at all, and the DNS resolver that gives only those.

A crawler follows links that strangers wrote, so it must not be led to what only its own machine
or network can reach (server-side request forgery). Three guards share the rules here: URLs with
a literal address are refused before they are queued (crawler.middlewares.politeness), names are
resolved to public addresses only (PublicResolver, for TWISTED_DNS_RESOLVER), and no request is
written to a connection whose other end is not public (crawler.handlers.tap), whatever a resolver
said. A configured proxy may be anywhere; what lies behind it the proxy must guard.

KLIPING_ALLOW_PRIVATE (`crawl.allow_private`) turns all three off.
"""

from __future__ import annotations

import socket
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING, Any

from scrapy.resolver import CachingHostnameResolver
from scrapy.utils.datatypes import LocalCache
from twisted.internet.interfaces import IResolutionReceiver
from zope.interface import implementer  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from typing import Self

    from scrapy.crawler import Crawler
    from twisted.internet.base import ReactorBase
    from twisted.internet.interfaces import IHostResolution

_NAT64 = IPv6Network("64:ff9b::/96")
"""Well-known prefix for IPv4 embedded in IPv6. Source: RFC 6052, 2.1."""

proxy_hosts: set[str] = set()
"""Names of the proxies in use, which may resolve to private addresses."""

refusals: LocalCache[str, str] = LocalCache(10_000)
"""Host name to the private address it resolved to, where it had no public one."""


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


@implementer(IResolutionReceiver)
class _PublicOnly:
    """Passes on what a resolver finds, private addresses left out."""

    def __init__(self, receiver: Any, host: str) -> None:
        self._receiver = receiver
        self._host = host
        self._refused: str | None = None
        self._passed_any = False

    def resolutionBegan(self, resolution: Any) -> None:  # noqa: N802
        self._receiver.resolutionBegan(resolution)

    def addressResolved(self, address: Any) -> None:  # noqa: N802
        if is_public(address.host):
            self._passed_any = True
            self._receiver.addressResolved(address)
        else:
            self._refused = address.host

    def resolutionComplete(self) -> None:  # noqa: N802
        if self._refused is not None and not self._passed_any:
            refusals[self._host] = self._refused
        self._receiver.resolutionComplete()


class PublicResolver(CachingHostnameResolver):
    """Scrapy's caching resolver (IPv4 and IPv6), which finds public addresses only.

    A name that has none seems not to exist; `refusals` tells the one from the other.
    """

    def __init__(self, reactor: ReactorBase, cache_size: int, *, allow_private: bool) -> None:
        super().__init__(reactor, cache_size)
        self._allow_private = allow_private

    @classmethod
    def from_crawler(cls, crawler: Crawler, reactor: ReactorBase) -> Self:
        settings = crawler.settings
        cache_size = settings.getint("DNSCACHE_SIZE") if settings.getbool("DNSCACHE_ENABLED") else 0
        return cls(reactor, cache_size, allow_private=settings.getbool("KLIPING_ALLOW_PRIVATE"))

    def resolveHostName(  # noqa: N802 - Twisted's name
        self,
        resolutionReceiver: Any,  # noqa: N803
        hostName: str,  # noqa: N803
        *args: Any,
        **kwargs: Any,
    ) -> IHostResolution:
        trusted = self._allow_private or hostName in proxy_hosts
        receiver: Any = resolutionReceiver if trusted else _PublicOnly(resolutionReceiver, hostName)
        return super().resolveHostName(receiver, hostName, *args, **kwargs)
