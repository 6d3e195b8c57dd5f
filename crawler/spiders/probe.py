"""Looks at sites that are about to be followed: polite like any crawl, but nothing is archived."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence

from scrapy import Request, Spider
from scrapy.http.request import NO_CALLBACK

from archive.errors import SourceError
from crawler.retry import explain_failure
from crawler.sources.probe import Answer, Probed, answer_probe, probe_site


class ProbeSpider(Spider):
    """Probes `urls` one after the other; what it found, or why not, is in `results`."""

    name = "probe"
    custom_settings = {  # noqa: RUF012 - as Scrapy declares it
        "ITEM_PIPELINES": {},
        "DOWNLOADER_MIDDLEWARES": {
            "crawler.middlewares.conditional.ConditionalMiddleware": None,
            "crawler.middlewares.capture.CaptureMiddleware": None,
        },
    }

    def __init__(
        self, urls: Sequence[str] = (), taken: Collection[str] = (), source_name: str | None = None
    ) -> None:
        super().__init__()
        self._urls = urls
        self._taken = set(taken)
        self._source_name = source_name
        self.results: dict[str, Probed | SourceError] = {}

    async def start(self) -> AsyncIterator[Request]:
        """Probe every site; there are no requests for the scheduler."""
        for url in self._urls:
            self.results[url] = await self._probe(url)
        nothing: tuple[Request, ...] = ()  # Scrapy wants an asynchronous generator
        for request in nothing:
            yield request

    async def _probe(self, url: str) -> Probed | SourceError:
        probe = probe_site(url, name=self._source_name, taken=self._taken)
        try:
            probed = await answer_probe(probe, self._fetch)
        except SourceError as error:
            return error
        self._taken.add(probed.source.name)
        return probed

    async def _fetch(self, url: str) -> Answer:
        request = Request(url, callback=NO_CALLBACK)
        assert self.crawler.engine is not None  # it calls `start`
        try:
            response = await self.crawler.engine.download_async(request)
        except Exception as error:  # noqa: BLE001 - whatever it was, the answer says so
            return Answer(url, error=explain_failure(error, url))
        content_type = response.headers.get(b"Content-Type")
        return Answer(
            response.url,
            response.body,
            response.status,
            content_type.decode("latin-1") if content_type else None,
        )
