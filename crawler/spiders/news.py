"""The one spider: it fetches what the frontier hands out and says what came of each URL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Self

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.http import Response
from twisted.python.failure import Failure

from archive.db.frontier import Lease
from archive.model import Visit
from crawler.archive_run import ArchiveRun


class NewsSpider(Spider):
    """Crawls the sources named in `-a source=NAME[,NAME...]`, or all of them."""

    name = "news"
    run: ArchiveRun

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        names = str(kwargs.pop("source", "") or "")
        spider = super().from_crawler(crawler, *args, **kwargs)
        spider.run = ArchiveRun.of(crawler)
        spider.run.begin([name.strip() for name in names.split(",") if name.strip()])
        return spider

    async def start(self) -> AsyncIterator[Request]:
        """A request for each URL that the frontier hands out."""
        async for lease in self.run.frontier.leases():
            self.run.took(lease)
            yield self._request(lease)

    async def parse(self, response: Response, lease: Lease) -> AsyncIterator[Visit]:
        """The visit of `lease` that ended in `response`."""
        yield await self._visit(response, lease)

    async def fail(self, failure: Failure) -> AsyncIterator[Visit]:
        """The visit of a lease that ended without a response."""
        yield self._failed_visit(failure)
