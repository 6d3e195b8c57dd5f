"""Which addresses may be connected to, and the DNS resolver that gives only those.

A crawler follows links that strangers wrote, so it must not be led to what only its own machine
or network can reach (server-side request forgery). Three guards share the rules here: URLs with
a literal address are refused before they are queued (crawler.middlewares.politeness), names are
resolved to public addresses only (PublicResolver, for TWISTED_DNS_RESOLVER), and no request is
written to a connection whose other end is not public (crawler.handlers.tap), even if a resolver
named it. A configured proxy may be anywhere; what lies behind it the proxy must guard.

KLIPING_ALLOW_PRIVATE (`crawl.allow_private`) turns all three off.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scrapy.resolver import CachingHostnameResolver
from scrapy.utils.datatypes import LocalCache
from twisted.internet.interfaces import IResolutionReceiver
from zope.interface import implementer  # type: ignore[import-untyped]

from archive.core.network_addresses import is_public

if TYPE_CHECKING:
    from typing import Self

    from scrapy.crawler import Crawler
    from twisted.internet.base import ReactorBase
    from twisted.internet.interfaces import IHostResolution

proxy_hosts: set[str] = set()
"""Names of the proxies in use, which may resolve to private addresses."""

refusals: LocalCache[str, str] = LocalCache(10_000)
"""Host name to the private address it resolved to, where it had no public one."""


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

    A name that has none seems not to exist; `refusals` distinguishes the two.
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
