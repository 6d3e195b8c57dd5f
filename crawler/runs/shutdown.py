"""Ends a crawl soon once it is asked to end, with Ctrl-C, SIGTERM or by a disk that is full.

Scrapy finishes what it has been asked for first: at a slow host that takes minutes.
"""

from __future__ import annotations

import asyncio

from scrapy import signals
from scrapy.crawler import Crawler

from crawler.failures import CrawlStopped
from crawler.middlewares.politeness import PolitenessMiddleware

LOOK_S = 0.5
"""Between two looks at whether the crawl was stopped, for which Scrapy has no signal."""


class Stopping:
    """Drops what waits for its turn as soon as a crawl is to end."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._ending: asyncio.Future[None] | None = None
        self._watching: asyncio.Future[None] | None = None
        crawler.signals.connect(self._watch, signal=signals.spider_opened)

    def begin(self) -> None:
        """End the crawl."""
        self._ending = asyncio.ensure_future(self._crawler.stop_async())
        self._drop_requests()

    def cease(self) -> None:
        """Watch no more: the crawl has ended."""
        if self._watching is not None:
            self._watching.cancel()

    async def _watch(self) -> None:
        self._watching = asyncio.ensure_future(self._drop_once_stopped())

    async def _drop_once_stopped(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            if not self._crawler.crawling:
                self._drop_requests()

    def _drop_requests(self) -> None:
        politeness = self._crawler.get_downloader_middleware(PolitenessMiddleware)
        if politeness is not None:
            politeness.gate.close()
        assert self._crawler.engine is not None  # it runs
        for slot in self._crawler.engine.downloader.slots.values():
            while slot.queue:
                request, answered = slot.queue.popleft()
                answered.errback(CrawlStopped(f"{request.url} was not asked for"))
