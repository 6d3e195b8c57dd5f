"""Runs a job that fetches pages of sites: polite like any crawl, but nothing is archived."""

from __future__ import annotations

from collections.abc import AsyncIterator

from scrapy import Request, Spider
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK
from scrapy.settings import BaseSettings

from crawler.failure_kinds import explain_failure, failure_kind
from crawler.sources.fetch import FetchJob, FetchResult

NEED_AN_ARCHIVE = (
    "crawler.middlewares.rendering.RenderMiddleware",
    "crawler.middlewares.conditional.ConditionalMiddleware",
    "crawler.middlewares.capture.CaptureMiddleware",
    "crawler.middlewares.forgotten.ForgottenMiddleware",
)


class ProbeSpider(Spider):
    """Runs one job, which fetches pages as it needs them."""

    name = "probe"

    def __init__(self, job: FetchJob | None = None) -> None:
        super().__init__()
        self._job = job

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        """Leave out what needs an archive. `custom_settings` would leave out all the rest too."""
        super().update_settings(settings)
        middlewares = settings.getdict("DOWNLOADER_MIDDLEWARES")
        without = middlewares | dict.fromkeys(NEED_AN_ARCHIVE)
        settings.set("DOWNLOADER_MIDDLEWARES", without, priority="spider")
        settings.set("ITEM_PIPELINES", {}, priority="spider")

    async def start(self) -> AsyncIterator[Request]:
        """Run the job. No requests go to the scheduler."""
        if self._job is not None:
            await self._job(self._fetch)
        nothing: tuple[Request, ...] = ()  # Scrapy wants an asynchronous generator
        for request in nothing:
            yield request

    async def _fetch(self, url: str, delay_s: float | None = None) -> FetchResult:
        request = Request(url, callback=NO_CALLBACK, meta={"delay_s": delay_s})
        assert self.crawler.engine is not None  # it calls `start`
        try:
            response = await self.crawler.engine.download_async(request)
        except Exception as error:  # noqa: BLE001 - the result says what it was
            return FetchResult(url, error=explain_failure(error, url), failure=failure_kind(error))
        return _answer(response)


def _answer(response: Response) -> FetchResult:
    content_type = response.headers.get(b"Content-Type")
    redirects = response.meta.get("redirect_reasons", ())
    return FetchResult(
        response.url,
        response.body,
        response.status,
        content_type.decode("latin-1") if content_type else None,
        _headers_of(response),
        moved_for_good=bool(redirects) and all(status in {301, 308} for status in redirects),
    )


def _headers_of(response: Response) -> tuple[tuple[str, str], ...]:
    """Return the header fields, those of one name one after the other."""
    return tuple(
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, values in response.headers.items()
        for value in values
    )
