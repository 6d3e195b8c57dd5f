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
from crawler.visits import visit_of_failure, visit_of_response


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
            yield Request(
                lease.url,
                callback=self.parse,
                errback=self.fail,
                cb_kwargs={"lease": lease},
                meta={"delay_s": self.run.source(lease).delay_s},
            )

    async def parse(self, response: Response, lease: Lease) -> AsyncIterator[Visit]:
        """The visit of `lease` that ended in `response`."""
        yield await visit_of_response(response, lease, self.run.source(lease))

    async def fail(self, failure: Failure) -> AsyncIterator[Visit]:
        """The visit of a lease that ended without a response."""
        request: Request = failure.request  # type: ignore[attr-defined]
        lease = request.cb_kwargs["lease"]
        assert failure.value is not None
        yield visit_of_failure(failure.value, request, lease, self.run.source(lease))
