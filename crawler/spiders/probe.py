"""Runs errands that look at sites: polite like any crawl, but nothing is archived."""

from __future__ import annotations

from collections.abc import AsyncIterator

from scrapy import Request, Spider
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK
from scrapy.settings import BaseSettings

from crawler.failure_kinds import explain_failure, failure_kind
from crawler.sources.fetch import Answer, Errand

NEED_AN_ARCHIVE = (
    "crawler.middlewares.rendering.RenderMiddleware",
    "crawler.middlewares.conditional.ConditionalMiddleware",
    "crawler.middlewares.capture.CaptureMiddleware",
    "crawler.middlewares.forgotten.ForgottenMiddleware",
)


class ProbeSpider(Spider):
    """Hands an errand the way to fetch; it fetches what it likes, when it likes."""

    name = "probe"

    def __init__(self, errand: Errand | None = None) -> None:
        super().__init__()
        self._errand = errand

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        """Leave out what needs an archive; `custom_settings` would leave out all the rest too."""
        super().update_settings(settings)
        middlewares = settings.getdict("DOWNLOADER_MIDDLEWARES")
        without = middlewares | dict.fromkeys(NEED_AN_ARCHIVE)
        settings.set("DOWNLOADER_MIDDLEWARES", without, priority="spider")
        settings.set("ITEM_PIPELINES", {}, priority="spider")

    async def start(self) -> AsyncIterator[Request]:
        """Run the errand; there are no requests for the scheduler."""
        if self._errand is not None:
            await self._errand(self._fetch)
        nothing: tuple[Request, ...] = ()  # Scrapy wants an asynchronous generator
        for request in nothing:
            yield request

    async def _fetch(self, url: str, delay_s: float | None = None) -> Answer:
        request = Request(url, callback=NO_CALLBACK, meta={"delay_s": delay_s})
        assert self.crawler.engine is not None  # it calls `start`
        try:
            response = await self.crawler.engine.download_async(request)
        except Exception as error:  # noqa: BLE001 - whatever it was, the answer says so
            return Answer(url, error=explain_failure(error, url), failure=failure_kind(error))
        return _answer(response)


def _answer(response: Response) -> Answer:
    content_type = response.headers.get(b"Content-Type")
    redirects = response.meta.get("redirect_reasons", ())
    return Answer(
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
