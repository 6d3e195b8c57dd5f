"""Hands pages of sources with `render = true` to a browser, and what it made of them onward.

Stands on the engine's side of everything else, so that it sees the final answer of each page,
archived, decoded and after redirects. The spider gets the DOM in the place of the body; the
capture of what was served stays, and behind it comes the conversion that keeps the DOM.

What the page's scripts ask for is downloaded like anything else, through all middlewares: under
robots.txt, delays and pauses, never from private addresses, and kept in the archive, so that a
replay has it too. Scripts and styles, which pages share, are fetched once in a crawl.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from scrapy import Request, signals
from scrapy.exceptions import NotConfigured
from scrapy.http import TextResponse
from scrapy.http.request import NO_CALLBACK
from scrapy.utils.datatypes import LocalCache

from archive.errors import StorageError
from archive.model import Conversion
from crawler.discovery.bodies import is_html
from crawler.failures import CrawlStopped, HostPaused
from crawler.rendering.browser import Renderer, Served
from crawler.rendering.program import find_browser
from crawler.runs.extension import RunExtension

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Self

    from scrapy.crawler import Crawler
    from scrapy.http import Response

    from archive.model import Capture

    Keep = Callable[[Conversion], Awaitable[Capture]]
    """Puts a conversion into the archive."""

logger = logging.getLogger(__name__)

CONTENT_TYPE = "text/html; charset=utf-8"
MOST_SHARED = 500
"""Scripts and styles that are held in memory."""
MAX_SHARED_BYTES = 2 * 2**20
_SHARED_TYPES = ("javascript", "ecmascript", "text/css")
_NOT_FORWARDED = frozenset(
    {"accept-encoding", "connection", "cookie", "host", "user-agent", "if-none-match", "range"}
)


class RenderMiddleware:
    """Renders pages; see the module's docstring. Off where no source wants it."""

    def __init__(self, crawler: Crawler, renderer: Renderer, keep: Keep) -> None:
        self._crawler = crawler
        self._renderer = renderer
        self._keep = keep
        self._shared: LocalCache[str, Served] = LocalCache(MOST_SHARED)
        crawler.signals.connect(renderer.close, signal=signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        extension = RunExtension.of(crawler)
        if not any(source.render for source in extension.run.selected.sources):
            raise NotConfigured
        crawl = extension.run.home.config.crawl
        program = find_browser(crawl.browser)
        agent = crawler.settings["USER_AGENT"]
        renderer = Renderer(program, agent, crawl.render_timeout_s)
        return cls(crawler, renderer, extension.recorder.append_conversion)

    async def process_response(self, request: Request, response: Response) -> Response:
        """Put the DOM in the place of a page's body.

        Raises:
            RenderFailed: the browser could not show it; what was served is kept.
            CrawlStopped, StorageError: the crawl is ending.
            HostPaused: the page's host wants a pause before its scripts may go on.
        """
        captures = request.meta.get("captures", ())
        is_page = response.status == 200 and is_html(response.body)
        if not (request.meta.get("render") and captures and is_page):
            return response
        if captures[-1].ref is None or captures[-1].truncated:
            return response
        page = _served(response)
        dom = await self._renderer.render(page, partial(self._fetch, request))
        payload = dom.encode("utf-8", "replace")
        conversion = Conversion(captures[-1], datetime.now(UTC), CONTENT_TYPE, payload)
        request.meta["captures"] = (*captures, await self._keep(conversion))
        return _replaced(response, payload)

    async def _fetch(self, page: Request, url: str, headers: dict[str, str]) -> Served | None:
        """Fetch what a page needs, None if it cannot or must not be fetched."""
        if url in self._shared:
            return self._shared[url]
        request = Request(
            url,
            headers={name: value for name, value in headers.items() if _is_forwarded(name)},
            callback=NO_CALLBACK,
            meta={"delay_s": page.meta.get("delay_s")},
        )
        assert self._crawler.engine is not None  # it downloaded the page
        try:
            served = _served(await self._crawler.engine.download_async(request))
        except (CrawlStopped, StorageError):
            raise
        except HostPaused:
            if urlsplit(url).netloc == urlsplit(page.url).netloc:
                raise
            return None
        except Exception as error:  # noqa: BLE001 - after any failure the page does without
            logger.info("%s: its script or data %s was not fetched: %s", page.url, url, error)
            return None
        if _may_be_shared(served):
            self._shared[url] = served
        return served


def _is_forwarded(name: str) -> bool:
    return name.lower() not in _NOT_FORWARDED and not name.lower().startswith("sec-")


def _may_be_shared(served: Served) -> bool:
    kind = next((value for name, value in served.headers if name.lower() == "content-type"), "")
    is_shared = any(each in kind.lower() for each in _SHARED_TYPES)
    return is_shared and served.status == 200 and len(served.body) <= MAX_SHARED_BYTES


def _served(response: Response) -> Served:
    headers = tuple(
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, values in response.headers.items()
        for value in values
    )
    return Served(response.url, response.status, headers, response.body)


def _replaced(response: Response, payload: bytes) -> Response:
    headers = response.headers.copy()
    headers["Content-Type"] = CONTENT_TYPE
    if isinstance(response, TextResponse):
        return response.replace(body=payload, headers=headers, encoding="utf-8")
    return response.replace(body=payload, headers=headers)
