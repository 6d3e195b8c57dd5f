"""Keeps requests from hosts that demanded a pause, and from addresses that are not public.

A pause begins when any answer carries Retry-After, or is a 429 without one. Requests that reach
the downloader afterwards fail at once with HostPaused; those that already wait in its queue are
caught by `crawler.handlers.wire`, which asks the same HostGate just before it sends. The spider
puts them off to `until`. Nothing here waits.

URLs whose host is an IP address, in any spelling, are checked here, redirects included;
what names resolve to is checked by `crawler.resolver`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from scrapy import signals

from archive.core.network_addresses import is_public, literal_address
from crawler.failures import CrawlStopped, HostPaused, PrivateAddress
from crawler.retry import parse_retry_after

if TYPE_CHECKING:
    from typing import Self

    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)
"""A 429 that does not say for how long: one minute, doubled each time in a row, up to this."""


class HostGate:
    """Which hosts are paused, and until when. A host is a name or address with its port."""

    def __init__(self) -> None:
        self._paused_until: dict[str, datetime] = {}
        self._refusals_in_a_row: dict[str, int] = {}
        self._closed = False

    def close(self) -> None:
        """Let nothing pass any more."""
        self._closed = True

    def check(self, url: str, now: datetime | None = None) -> None:
        """Let a request for `url` pass.

        Raises:
            HostPaused: its host demanded a pause that is not over.
            CrawlStopped: the crawl is ending.
        """
        if self._closed:
            raise CrawlStopped(f"{url} was not fetched: the crawl is ending")
        host = _host(url)
        until = self._paused_until.get(host)
        if until is None:
            return
        if until <= (now or datetime.now(UTC)):
            del self._paused_until[host]
            return
        raise HostPaused(f"{host} asked us to wait until {until:%Y-%m-%d %H:%M:%S} UTC", until)

    def note(
        self, url: str, status: int, retry_after: bytes | None, now: datetime | None = None
    ) -> None:
        """Learn from an answer whether its host wants a pause."""
        now = now or datetime.now(UTC)
        host = _host(url)
        until = parse_retry_after(retry_after, now)
        if status != 429:
            self._refusals_in_a_row.pop(host, None)
        elif until is None:
            refusals = self._refusals_in_a_row.get(host, 0)
            self._refusals_in_a_row[host] = refusals + 1
            until = now + min(FIRST_PAUSE * 2 ** min(refusals, 10), LONGEST_PAUSE)
        if until is not None and until > now:
            self._paused_until[host] = max(until, self._paused_until.get(host, until))


def _host(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2].lower()


class PolitenessMiddleware:
    """Refuses requests that must not be sent now, or at all; see the module's docstring."""

    def __init__(self, *, allow_private: bool) -> None:
        self.gate = HostGate()
        self._allow_private = allow_private

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        middleware = cls(allow_private=crawler.settings.getbool("KLIPING_ALLOW_PRIVATE"))
        # Not process_response: the downloader sends the next request in line before that.
        crawler.signals.connect(middleware.note_pause, signals.response_downloaded)
        return middleware

    def process_request(self, request: Request) -> None:
        """Refuse a private address or a paused host.

        Raises:
            PrivateAddress: the URL's host is an IP address that is not public.
            HostPaused: the host demanded a pause that is not over.
        """
        host = urlsplit(request.url).hostname or ""
        address = literal_address(host)
        if address is not None and not (self._allow_private or is_public(address)):
            raise PrivateAddress(host, str(address))
        self.gate.check(request.url)

    def note_pause(self, response: Response) -> None:
        self.gate.note(response.url, response.status, response.headers.get(b"Retry-After"))
