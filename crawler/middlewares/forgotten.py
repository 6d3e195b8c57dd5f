"""Keeps a crawl from being led to what was forgotten.

The frontier never hands out a forgotten URL, but another one may redirect to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.exceptions import NotConfigured

from crawler.failures import ForgottenUrl
from crawler.runs.extension import RunExtension

if TYPE_CHECKING:
    from typing import Self

    from scrapy import Request
    from scrapy.crawler import Crawler


class ForgottenMiddleware:
    """Refuses requests for forgotten URLs that come of redirects."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Stand aside in a crawl that archives nothing.

        Raises:
            NotConfigured: it has no archive to ask.
        """
        if crawler.get_extension(RunExtension) is None:
            raise NotConfigured
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Ask the archive about the target of a redirect.

        Raises:
            ForgottenUrl: it was forgotten.
        """
        if not request.meta.get("redirect_times"):
            return
        if await RunExtension.of(self._crawler).holdings.is_forgotten(request.url):
            raise ForgottenUrl(f"it leads to {request.url}, which was forgotten on request")
