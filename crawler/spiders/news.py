"""The one spider: it fetches what the frontier hands out and says what came of each URL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import cached_property
from typing import Any

from scrapy import Request, Spider
from scrapy.http import Response
from twisted.python.failure import Failure

from archive.db.frontier import Lease
from archive.errors import StorageError
from archive.model import UrlKind, Visit
from crawler.article_pages import ArticlePages, begin
from crawler.discovery import is_rendered
from crawler.failure_kinds import explain_failure
from crawler.failures import CrawlStopped, HostPaused, RobotsUnreachable
from crawler.runs.crawl_request import Task
from crawler.runs.extension import RunExtension
from crawler.runs.opening import OpenRun
from crawler.runs.session import RunSession
from crawler.scrapy_visits import requested_captures, visit_of_failure, visit_of_response


class NewsSpider(Spider):
    """Crawls the sources named in `-a source=NAME[,NAME...]`, or all of them.

    `-a ask_lists=1` asks every feed, sitemap and front page now, whatever their pace. The commands
    give a `task`, which says it all, and its run, which is open already.
    """

    name = "news"

    def __init__(
        self,
        source: str = "",
        ask_lists: str = "",
        task: Task | None = None,
        opened: OpenRun | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        names = tuple(name.strip() for name in source.split(",") if name.strip())
        self.task = task or Task(names, ask_lists=bool(ask_lists))
        self.opened = opened

    @cached_property
    def archive(self) -> RunExtension:
        """This crawl's way into the archive."""
        return RunExtension.of(self.crawler)

    @property
    def session(self) -> RunSession:
        """The run at work."""
        return self.archive.session

    async def start(self) -> AsyncIterator[Request]:
        """A request for each URL that the frontier hands out."""
        async for lease in self.session.leases():
            yield Request(
                lease.address,
                callback=self.parse,
                errback=self.fail,
                cb_kwargs={"lease": lease},
                meta=self._meta(lease),
            )

    async def parse(self, response: Response, lease: Lease) -> AsyncIterator[Visit | Request]:
        """The visit of `lease` that ended in `response`, or a request for a further page of it."""
        visit = await visit_of_response(response, lease, self.session.source(lease))
        try:
            pages = await begin(visit, response, lease, self.archive.holdings)
        except StorageError:
            return  # it says nothing about the URL: the crawl ends, and the next one fetches it
        yield self._go_on(pages)

    async def parse_part(
        self, response: Response, lease: Lease, pages: ArticlePages
    ) -> AsyncIterator[Visit | Request]:
        """The same, with a further page of the article."""
        await pages.take(response)
        yield self._go_on(pages)

    async def fail_part(self, failure: Failure) -> AsyncIterator[Visit | Request]:
        """The same, without a further page that could not be had."""
        request: Request = failure.request  # type: ignore[attr-defined]
        pages: ArticlePages = request.cb_kwargs["pages"]
        error = failure.value
        assert error is not None
        if isinstance(error, StorageError):
            return
        if isinstance(error, CrawlStopped):
            if self.archive.guard.failure is None:
                await self.archive.recorder.save((*pages.captures, *requested_captures(request)))
            return
        await pages.miss(error, request)
        yield self._go_on(pages)

    def _go_on(self, pages: ArticlePages) -> Visit | Request:
        """A request for the next page of an article, or its visit if all are there."""
        address = pages.next_address()
        if address is None:
            return pages.visit()
        return Request(
            address,
            callback=self.parse_part,
            errback=self.fail_part,
            cb_kwargs={"lease": pages.lease, "pages": pages},
            meta=self._meta(pages.lease),
            priority=1,  # before what is waiting: an article is whole or it is not saved
        )

    def _meta(self, lease: Lease) -> dict[str, Any]:
        source = self.session.source(lease)
        return {
            "delay_s": source.delay_s,
            "render": is_rendered(lease.kind, source),
            # A backfill may look for other things in it than whoever read it before.
            "reads_again": self.session.course is not None and lease.kind is not UrlKind.PAGE,
        }

    async def fail(self, failure: Failure) -> AsyncIterator[Visit]:
        """The visit of a lease that ended without a response."""
        request: Request = failure.request  # type: ignore[attr-defined]
        lease = request.cb_kwargs["lease"]
        error = failure.value
        assert error is not None
        if isinstance(error, StorageError):
            return  # it says nothing about the URL: the crawl ends, and the next one fetches it
        if isinstance(error, CrawlStopped):
            if self.archive.guard.failure is None:
                await self.archive.recorder.save(requested_captures(request))
        elif isinstance(error, HostPaused | RobotsUnreachable) and not requested_captures(request):
            await self.session.put_off(lease, error.until, explain_failure(error, request.url))
        else:
            yield visit_of_failure(error, request, lease, self.session.source(lease))
