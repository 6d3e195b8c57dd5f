"""Turns each exchange into a capture, before anything above it has interpreted a byte.

Stands nearest the downloader (order above 900 in DOWNLOADER_MIDDLEWARES), so that it sees every
hop of a redirect (600) and every body before it is decompressed (590). It hands the exchange
that `crawler.handlers.wire` left to the recorder and keeps the Capture that comes back:

- in the tuple `request.meta["captures"]`, hops first, for the spider to make a Visit of. Scrapy
  copies `meta` for the request that follows a redirect; the tuple is never changed in place.
- or, for requests that no spider callback will see (robots.txt), by saving it at once.

A download that failed with nothing to keep is a Capture too, with `error`. A request that was
never sent (IgnoreRequest: robots.txt, a paused host, a private address) is none.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol, runtime_checkable
from urllib.parse import urldefrag

from scrapy.exceptions import IgnoreRequest
from scrapy.http.request import NO_CALLBACK

from archive.errors import ConfigError
from archive.model import Capture
from crawler.failure_kinds import explain_failure

if TYPE_CHECKING:
    from typing import Self

    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

    from archive.model import Exchange


class Recorder(Protocol):
    """What keeps exchanges (`crawler.runs.saver.ArchiveRecorder`)."""

    async def append(self, exchange: Exchange) -> Capture:
        """Write an exchange to the archive and return the capture that it is now."""

    async def save(self, captures: tuple[Capture, ...]) -> None:
        """Save captures that will be part of no Visit."""


@runtime_checkable
class Records(Protocol):
    """A Scrapy extension that has a recorder (`crawler.runs.extension.RunExtension`)."""

    @property
    def recorder(self) -> Recorder:
        """What keeps the exchanges of this crawl."""


def recorder_of(crawler: Crawler) -> Recorder:
    """Return the recorder of the enabled extension that has one.

    Raises:
        ConfigError: there is none in EXTENSIONS, so nothing would be archived.
    """
    extension = crawler.get_extension(Records)  # type: ignore[type-abstract]
    if extension is None:
        raise ConfigError(
            "No extension in EXTENSIONS records exchanges; enable the archive's, "
            "or leave CaptureMiddleware out of DOWNLOADER_MIDDLEWARES"
        )
    return extension.recorder


class CaptureMiddleware:
    """Records every exchange and every failed download; see the module's docstring."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(recorder_of(crawler))

    async def process_response(self, request: Request, response: Response) -> Response:
        await self._record(request)
        return response

    async def process_exception(self, request: Request, exception: Exception) -> None:
        if not isinstance(exception, IgnoreRequest):
            await self._record(request, exception)

    async def _record(self, request: Request, failure: Exception | None = None) -> None:
        exchange: Exchange | None = request.meta.pop("exchange", None)
        if exchange is not None:
            capture = await self._recorder.append(exchange)
        elif failure is not None:
            capture = _failed_capture(request, failure)
        else:
            return  # not downloaded: a component above answered from elsewhere
        if request.callback is NO_CALLBACK:
            await self._recorder.save((capture,))
        else:
            request.meta["captures"] = (*request.meta.get("captures", ()), capture)


def _failed_capture(request: Request, failure: Exception) -> Capture:
    return Capture(
        url=urldefrag(request.url).url,
        captured_at=datetime.now(UTC),
        error=explain_failure(failure, request.url),
    )
