"""Asks for what the archive holds only if it has changed since.

A request gets the validators of the newest answer of its URL, hop by hop where there are
redirects. "Not modified" then costs a head, and is kept as a revisit that refers to the record
with the payload. Code that needs the payload gets the one from the archive: that is
robots.txt, and the lists of a backfill (`reads_again`); what else the spider asks for, it has read
before.

Stands above the capture middleware, which keeps the 304 as it came.

Source: RFC 9110 clauses 13.1.2 and 13.1.3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from scrapy.http.request import NO_CALLBACK

from crawler.runs.extension import RunExtension

if TYPE_CHECKING:
    from typing import Self

    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

    from archive.db.repository import Held


class Holder(Protocol):
    """What knows what the archive holds (`crawler.runs.holdings.Holdings`)."""

    async def held(self, url: str) -> Held | None:
        """The newest answer of a URL, if a conditional request can be made of it."""

    async def payload(self, held: Held) -> bytes:
        """What that answer brought, content codings undone."""


class ConditionalMiddleware:
    """Adds If-None-Match and If-Modified-Since; see the module's docstring."""

    def __init__(self, holder: Holder) -> None:
        self._holder = holder

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(RunExtension.of(crawler).holdings)

    async def process_request(self, request: Request) -> None:
        for name in ("If-None-Match", "If-Modified-Since"):
            request.headers.pop(name, None)  # of the hop before
        lease = request.cb_kwargs.get("lease")
        if request.method != "GET" or (lease is not None and not lease.is_known):
            return
        if request.meta.get("render"):  # the same document may be filled with other words now
            return
        held = request.meta["held"] = await self._holder.held(request.url)
        if held is not None and held.etag:
            request.headers["If-None-Match"] = held.etag
        if held is not None and held.last_modified:
            request.headers["If-Modified-Since"] = held.last_modified

    async def process_response(self, request: Request, response: Response) -> Response:
        held: Held | None = request.meta.get("held")
        is_read = request.callback is NO_CALLBACK or request.meta.get("reads_again")
        if response.status != 304 or held is None or not is_read:
            return response
        return response.replace(status=200, body=await self._holder.payload(held))
