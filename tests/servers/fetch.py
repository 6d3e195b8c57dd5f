"""Fetches URLs with a real Scrapy crawler in a process of its own, and tells what came of it.

A Twisted reactor cannot be started twice in one process, so a test describes a whole crawl and
reads its outcome; `fetch_all` runs this file and is what tests call.
"""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from archive.model import Capture, Exchange

ROOT = Path(__file__).parents[2]
TIMEOUT_S = 40


@dataclass
class Outcome:
    """What the spider saw of one request."""

    status: int | None = None
    url: str = ""
    body: bytes = b""
    flags: list[str] = field(default_factory=list)
    error_type: str = ""
    explained: str = ""
    kind: str = ""
    until: Any = None
    at: float = 0.0
    captures: tuple[Capture, ...] = ()


@dataclass
class Crawl:
    """All that came of a crawl."""

    outcomes: list[Outcome] = field(default_factory=list)
    """In the order of the requests."""
    exchanges: list[Exchange] = field(default_factory=list)
    """As given to the recorder."""
    saved: list[tuple[Capture, ...]] = field(default_factory=list)
    """As given to `save`."""
    sitemaps: list[tuple[str, ...]] = field(default_factory=list)
    """As sent with the signal `robots_sitemaps`."""
    stats: dict[str, Any] = field(default_factory=dict)


def fetch_all(
    requests: list[str | dict[str, Any]],
    *,
    settings: dict[str, Any] | None = None,
    one_by_one: bool = True,
    environment: dict[str, str] | None = None,
) -> Crawl:
    """Fetch URLs (or Request arguments) one after the other, or all at once."""
    scenario = {"requests": requests, "settings": settings or {}, "one_by_one": one_by_one}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.servers.fetch"],
        input=json.dumps(scenario).encode(),
        capture_output=True,
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
        timeout=TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    crawl: Crawl = pickle.loads(done.stdout)
    return crawl


SETTINGS: dict[str, Any] = {
    "LOG_LEVEL": "ERROR",
    "TELNETCONSOLE_ENABLED": False,
    "RETRY_ENABLED": False,
    "ROBOTSTXT_OBEY": False,
    "USER_AGENT": "Kliping/test",
    "DOWNLOAD_TIMEOUT": 10,
    "DOWNLOAD_VERIFY_CERTIFICATES": True,
    "KLIPING_ALLOW_PRIVATE": True,
    "COOKIES_ENABLED": False,
    "HTTPERROR_ALLOW_ALL": True,
    "TWISTED_DNS_RESOLVER": "crawler.resolver.PublicResolver",
    "DOWNLOAD_HANDLERS": {
        "http": "crawler.handlers.wire.WireDownloadHandler",
        "https": "crawler.handlers.wire.WireDownloadHandler",
    },
    "DOWNLOADER_MIDDLEWARES": {
        "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
        "crawler.middlewares.robots.RobotsMiddleware": 100,
        "crawler.middlewares.politeness.PolitenessMiddleware": 910,
        "crawler.middlewares.capture.CaptureMiddleware": 950,
    },
    "EXTENSIONS": {
        "tests.servers.fetch.MemoryArchive": 0,
        "scrapy.extensions.throttle.AutoThrottle": None,
        "crawler.throttle.PoliteThrottle": 100,
    },
}


class MemoryArchive:
    """An extension that is its own Recorder and keeps all in memory."""

    def __init__(self) -> None:
        self.crawl = Crawl()

    @classmethod
    def from_crawler(cls, crawler: Any) -> MemoryArchive:
        return cls()

    @property
    def recorder(self) -> MemoryArchive:
        return self

    async def append(self, exchange: Exchange) -> Capture:
        from archive.model import Capture

        self.crawl.exchanges.append(exchange)
        return Capture(exchange.url, exchange.started_at, truncated=exchange.truncated)

    async def save(self, captures: tuple[Capture, ...]) -> None:
        self.crawl.saved.append(captures)


def _spider(scenario: dict[str, Any], crawl: Crawl) -> type:
    import scrapy

    from crawler.failure_kinds import explain_failure, failure_kind
    from crawler.middlewares.robots import robots_sitemaps

    class Fetcher(scrapy.Spider):
        name = "fetcher"

        @classmethod
        def from_crawler(cls, crawler: Any) -> Fetcher:
            crawler.signals.connect(cls.found_sitemaps, robots_sitemaps)
            return super().from_crawler(crawler)

        @staticmethod
        async def found_sitemaps(urls: tuple[str, ...]) -> None:
            crawl.sitemaps.append(urls)

        async def start(self) -> Any:
            crawl.outcomes = [Outcome() for _ in scenario["requests"]]
            count = 1 if scenario["one_by_one"] else len(scenario["requests"])
            for index in range(count):
                yield self.request(index)

        def request(self, index: int) -> scrapy.Request:
            given = scenario["requests"][index]
            arguments = {"url": given} if isinstance(given, str) else dict(given)
            meta = {"index": index, **arguments.pop("meta", {})}
            return scrapy.Request(
                **arguments, meta=meta, dont_filter=True, errback=self.failed, priority=-index
            )

        def following(self, index: int) -> Any:
            if scenario["one_by_one"] and index + 1 < len(scenario["requests"]):
                yield self.request(index + 1)

        def parse(self, response: Any) -> Any:
            outcome = crawl.outcomes[response.meta["index"]]
            outcome.status, outcome.url = response.status, response.url
            outcome.body, outcome.flags = response.body, response.flags
            outcome.captures = response.meta.get("captures", ())
            outcome.at = time.monotonic()
            yield from self.following(response.meta["index"])

        def failed(self, failure: Any) -> Any:
            meta = failure.request.meta
            outcome, error = crawl.outcomes[meta["index"]], failure.value
            outcome.error_type, outcome.kind = type(error).__name__, str(failure_kind(error))
            outcome.explained = explain_failure(error, failure.request.url)
            outcome.until = getattr(error, "until", None)
            outcome.captures = meta.get("captures", ())
            outcome.at = time.monotonic()
            yield from self.following(meta["index"])

    return Fetcher


def main() -> None:
    """Read a scenario as JSON, write the Crawl as a pickle."""
    from scrapy.crawler import CrawlerProcess

    scenario = json.load(sys.stdin)
    process = CrawlerProcess({**SETTINGS, **scenario["settings"]})
    crawl = Crawl()
    crawler = process.create_crawler(_spider(scenario, crawl))
    process.crawl(crawler)
    process.start()
    archive = crawler.get_extension(MemoryArchive)
    assert archive is not None
    crawl.exchanges, crawl.saved = archive.crawl.exchanges, archive.crawl.saved
    crawl.stats = crawler.stats.get_stats()
    sys.stdout.buffer.write(pickle.dumps(crawl))


if __name__ == "__main__":
    from tests.servers import fetch  # the classes must not be pickled as __main__'s

    fetch.main()
