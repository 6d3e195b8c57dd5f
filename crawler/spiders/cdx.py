"""Fetches old captures that a CDX server names, as politely as any page; nothing of it is archived
by itself: what comes is put into WARC files, to be imported."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path

from scrapy import Request, Spider
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK

from archive.errors import DiscoveryError
from crawler.backfill.cdx import (
    LINES_AT_ONCE,
    CdxAnswer,
    CdxLine,
    CdxServer,
    one_each,
    page_count,
    read_cdx_answer,
)
from crawler.backfill.cdx_records import CdxRecordFile, record_of_replay
from crawler.discovery.span import Span
from crawler.failure_kinds import explain_failure

logger = logging.getLogger(__name__)

CAPTURES_A_FILE = 500
AT_ONCE = 8
TRIES = 3
TRY_AGAIN_S = 5.0


class OldSpider(Spider):
    """Takes what `server` has of `domain` and `is_wanted` into files in `folder`."""

    name = "old"
    custom_settings = {  # noqa: RUF012 - as Scrapy declares it
        "ITEM_PIPELINES": {},
        "DOWNLOADER_MIDDLEWARES": {
            "crawler.middlewares.conditional.ConditionalMiddleware": None,
            "crawler.middlewares.capture.CaptureMiddleware": None,
        },
    }

    def __init__(
        self,
        server: CdxServer,
        domain: str,
        span: Span,
        folder: Path,
        is_wanted: Callable[[CdxLine], bool],
    ) -> None:
        super().__init__()
        self._server, self._domain, self._span = server, domain, span
        self._folder, self._is_wanted = folder, is_wanted
        self._file: CdxRecordFile | None = None
        self.named = self.taken = 0
        self.problems: list[str] = []

    async def start(self) -> AsyncIterator[Request]:
        """Fetch everything. No requests go to the scheduler."""
        try:
            lines = [line async for answer in self._answers() for line in answer.lines]
            self.named = len(lines)
            wanted = [line for line in one_each(lines) if self._is_wanted(line)]
            for first in range(0, len(wanted), AT_ONCE):
                await asyncio.gather(*map(self._fetch_capture, wanted[first : first + AT_ONCE]))
        except DiscoveryError as error:
            self._fail(str(error))
        finally:
            if self._file is not None:
                self._file.close()
        nothing: tuple[Request, ...] = ()  # Scrapy wants an asynchronous generator
        for request in nothing:
            yield request

    async def _answers(self) -> AsyncIterator[CdxAnswer]:
        """What the server says, page by page, or from one resume key to the next."""
        query = self._server.query
        counted = await self._fetch(query(self._domain, self._span, showNumPages="true"))
        pages = page_count(counted.body) if counted.status == 200 else None
        if pages is not None:
            for page in range(pages):
                yield await self._answer(query(self._domain, self._span, page=str(page)))
            return
        more = {"showResumeKey": "true", "limit": str(LINES_AT_ONCE)}
        while True:
            answer = await self._answer(query(self._domain, self._span, **more))
            yield answer
            if answer.resume_key is None or not answer.lines:
                break
            more["resumeKey"] = answer.resume_key
        if answer.resume_key is None and len(answer.lines) >= LINES_AT_ONCE:
            self._fail(
                f"{self._server.index} names only the first {LINES_AT_ONCE} captures of the span; "
                "shorter spans bring the others"
            )

    async def _answer(self, url: str) -> CdxAnswer:
        response = await self._fetch(url)
        if response.status == 404:  # nothing was found, as Common Crawl says it
            return CdxAnswer(())
        if response.status != 200:
            raise DiscoveryError(f"{url}: the CDX server answered HTTP {response.status}")
        return read_cdx_answer(response.body, url)

    async def _fetch_capture(self, line: CdxLine) -> None:
        try:
            member = await self._member(line)
        except DiscoveryError as error:
            self._fail(str(error))
            return
        if self._file is None or self._file.count >= CAPTURES_A_FILE:
            if self._file is not None:
                self._file.close()
            name = f"old-{datetime.now(UTC):%Y%m%d%H%M%S%f}.warc.gz"
            self._file = CdxRecordFile(self._folder / name, self._server.index)
        self._file.append(member)
        self.taken += 1

    async def _member(self, line: CdxLine) -> bytes:
        """The packed record of one capture."""
        if self._server.data is not None:
            address = self._server.data + (line.filename or "")
            end = line.offset + line.length - 1
            response = await self._fetch(address, Range=f"bytes={line.offset}-{end}")
            if response.status != 206 or len(response.body) != line.length:
                raise DiscoveryError(f"{address}: did not give bytes {line.offset} to {end}")
            return response.body
        address = f"{self._server.replay}{line.timestamp}id_/{line.url}"
        response = await self._fetch(address)
        if response.status != 200:
            raise DiscoveryError(f"{address}: answered HTTP {response.status}")
        headers = [
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, values in response.headers.items()
            for value in values
        ]
        return record_of_replay(line, address, headers, response.body)

    async def _fetch(self, url: str, **headers: str) -> Response:
        """Fetch one address, again after a while where that may help.

        Raises:
            DiscoveryError: there is no answer.
        """
        assert self.crawler.engine is not None  # it calls `start`
        for tries_left in reversed(range(TRIES)):
            try:
                request = Request(url, headers=headers, callback=NO_CALLBACK)
                response = await self.crawler.engine.download_async(request)
            except Exception as error:
                if not tries_left:
                    raise DiscoveryError(f"{url}: {explain_failure(error, url)}") from error
            else:
                if (response.status < 500 and response.status != 429) or not tries_left:
                    return response
            await asyncio.sleep(TRY_AGAIN_S)
        raise AssertionError("unreachable")

    def _fail(self, problem: str) -> None:
        logger.warning(problem)
        self.problems.append(problem)
