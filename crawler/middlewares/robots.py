"""Obeys robots.txt as RFC 9309 asks, where Scrapy's own middleware is more easy-going.

- Rules are per origin (scheme, host and port) and are read again after a day (2.4).
- 4xx: there are no rules, all is allowed (2.3.1.3). Redirects without end count as that (2.3.1.2).
- 5xx, 429 or no answer: nothing is allowed for now (2.3.1.4). RobotsUnreachable says until when,
  so that URLs are put off rather than judged.
- Of a long file the first 500 KiB are read (2.5). One beyond DOWNLOAD_MAXSIZE is never had
  whole, and counts as unreachable.

The crawl-delay is for `crawler.throttle`, which hears Scrapy's `robots_parsed`. Sitemap lines
are offered through the signal `robots_sitemaps`, once for every time a file is read.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from scrapy import Request, signals
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http.request import NO_CALLBACK
from scrapy.robotstxt import ProtegoRobotParser
from scrapy.utils.misc import build_from_crawler

from archive.errors import StorageError
from crawler.failure_kinds import explain_failure
from crawler.failures import (
    CrawlStopped,
    HostPaused,
    PrivateAddress,
    RobotsForbidden,
    RobotsUnreachable,
)
from crawler.retry import parse_retry_after

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from scrapy.robotstxt import RobotParser

robots_sitemaps = object()
"""Signal, sent with `urls` (a tuple of absolute URLs), `robots_url` and `request`, the request
that made us read the file. Handlers may be coroutines; the request waits for them."""

LIFETIME_S = 24 * 3600
"""How long rules hold. Source: RFC 9309, 2.4: no longer than 24 hours."""
UNREACHABLE_S = 600
"""How long we take an unreachable robots.txt for an answer."""
PARSED_BYTES = 500 * 1024
"""Source: RFC 9309, 2.5: at least 500 KiB."""


@dataclass(frozen=True, slots=True)
class _Rules:
    """What we know of one origin's robots.txt."""

    expires_at: float
    """On the monotonic clock."""
    parser: RobotParser | None = None
    """None: there are no rules."""
    unreachable: str | None = None
    """Why nothing is allowed for now; `until` goes with it."""
    until: datetime | None = None


class RobotsMiddleware(RobotsTxtMiddleware):
    """Refuses what robots.txt disallows; see the module's docstring."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._reading: dict[str, asyncio.Task[_Rules]] = {}
        """By origin; a finished task keeps the rules."""

    async def robot_parser(self, request: Request) -> RobotParser | None:
        """Return the rules for a request's origin, None where all is allowed.

        Raises:
            RobotsUnreachable: they cannot be fetched now.
            HostPaused, PrivateAddress: nothing may be fetched from the host, not even the rules.
        """
        origin = _origin(request.url)
        task = self._reading.get(origin)
        if task is None or _is_stale(task):
            task = self._reading[origin] = asyncio.ensure_future(self._read(origin, request))
        rules = await asyncio.shield(task)  # others wait for it too
        if rules.unreachable is not None and rules.until is not None:
            self._stats.inc_value("robotstxt/unreachable")
            raise RobotsUnreachable(rules.unreachable, rules.until)
        return rules.parser

    def process_request_2(self, rp: RobotParser | None, request: Request) -> None:
        try:
            super().process_request_2(rp, request)
        except IgnoreRequest as refusal:
            raise RobotsForbidden(f"{_origin(request.url)}/robots.txt disallows it") from refusal

    async def _read(self, origin: str, request: Request) -> _Rules:
        robots_url = f"{origin}/robots.txt"
        same_way = {key: request.meta[key] for key in ("proxy",) if key in request.meta}
        robots_request = Request(
            robots_url,
            priority=self.DOWNLOAD_PRIORITY,
            meta={"dont_obey_robotstxt": True, **same_way},
            callback=NO_CALLBACK,
        )
        self._stats.inc_value("robotstxt/request_count")
        assert self.crawler.engine is not None
        try:
            response = await self.crawler.engine.download_async(robots_request)
        except (HostPaused, PrivateAddress, CrawlStopped, StorageError):
            raise
        except IgnoreRequest:
            return _Rules(time.monotonic() + LIFETIME_S)
        except Exception as failure:  # noqa: BLE001 - after any failure there are no rules to follow
            self._stats.inc_value(f"robotstxt/exception_count/{type(failure)}")
            return _unreachable(robots_url, explain_failure(failure, robots_url))
        return await self._judge(response, robots_url, request)

    async def _judge(self, response: Response, robots_url: str, request: Request) -> _Rules:
        self._stats.inc_value("robotstxt/response_count")
        self._stats.inc_value(f"robotstxt/response_status_count/{response.status}")
        if response.status == 429 or response.status >= 500:
            retry_after = response.headers.get(b"Retry-After")
            return _unreachable(robots_url, f"it answers HTTP {response.status}", retry_after)
        if not 200 <= response.status < 300:
            return _Rules(time.monotonic() + LIFETIME_S)
        body = _first_lines(response.body)
        parser = build_from_crawler(self._parserimpl, self.crawler, body)
        await self._announce(parser, robots_url, request)
        return _Rules(time.monotonic() + LIFETIME_S, parser)

    async def _announce(self, parser: RobotParser, robots_url: str, request: Request) -> None:
        send = self.crawler.signals.send_catch_log_async
        await send(signal=signals.robots_parsed, robotparser=parser, request=request)
        if not isinstance(parser, ProtegoRobotParser):
            return  # another ROBOTSTXT_PARSER: it gives no sitemaps
        named = dict.fromkeys(urljoin(robots_url, line) for line in parser.rp.sitemaps)
        urls = tuple(url for url in named if urlsplit(url).scheme in {"http", "https"})
        if urls:
            await send(signal=robots_sitemaps, urls=urls, robots_url=robots_url, request=request)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2].lower()}"


def _is_stale(task: asyncio.Task[_Rules]) -> bool:
    if not task.done():
        return False
    return (
        task.cancelled()
        or task.exception() is not None
        or task.result().expires_at <= time.monotonic()
    )


def _unreachable(robots_url: str, why: str, retry_after: bytes | None = None) -> _Rules:
    now = datetime.now(UTC)
    until = now + timedelta(seconds=UNREACHABLE_S)
    until = max(until, parse_retry_after(retry_after, now) or until)
    return _Rules(
        expires_at=time.monotonic() + (until - now).total_seconds(),
        unreachable=f"{robots_url} cannot be read ({why}), "
        f"so nothing is fetched there before {until:%Y-%m-%d %H:%M} UTC",
        until=until,
    )


def _first_lines(body: bytes) -> bytes:
    """Return what is read of a robots.txt: a rule that is cut in two would be another rule."""
    if len(body) <= PARSED_BYTES:
        return body
    whole_lines, newline, _ = body[:PARSED_BYTES].rpartition(b"\n")
    return whole_lines + newline
