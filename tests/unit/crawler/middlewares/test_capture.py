from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from scrapy import Request, Spider
from scrapy.exceptions import DownloadTimeoutError, IgnoreRequest
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK
from scrapy.utils.test import get_crawler

from archive.errors import ConfigError, StorageError
from archive.model import Capture, Exchange
from crawler.middlewares.capture import CaptureMiddleware

URL = "https://news.example/a"
EXCHANGE = Exchange(URL, datetime(2026, 3, 1, tzinfo=UTC), b"GET", b"HTTP")


class Archive:
    """A recorder; `full` makes it refuse."""

    def __init__(self, *, full: bool = False) -> None:
        self.full = full
        self.appended: list[Exchange] = []
        self.saved: list[tuple[Capture, ...]] = []

    async def append(self, exchange: Exchange) -> Capture:
        if self.full:
            raise StorageError("the disk is full")
        self.appended.append(exchange)
        return Capture(exchange.url, exchange.started_at, status=200)

    async def save(self, captures: tuple[Capture, ...]) -> None:
        self.saved.append(captures)


def request(callback: Any = None, **meta: Any) -> Request:
    return Request(f"{URL}#part", callback=callback, meta=meta)


async def test_the_capture_follows_those_of_earlier_hops_and_changes_none() -> None:
    earlier = (Capture("https://news.example/", EXCHANGE.started_at),)
    first = request(exchange=EXCHANGE, captures=earlier)
    copy = first.copy()
    response = Response(URL)
    assert await CaptureMiddleware(Archive()).process_response(first, response) is response
    assert [capture.url for capture in first.meta["captures"]] == ["https://news.example/", URL]
    assert copy.meta["captures"] == earlier
    assert "exchange" not in first.meta


async def test_a_failure_without_an_exchange_is_a_capture_with_the_reason() -> None:
    archive, failed = Archive(), request()
    await CaptureMiddleware(archive).process_exception(failed, DownloadTimeoutError("30 s"))
    (capture,) = failed.meta["captures"]
    assert (capture.url, capture.status, capture.ref) == (URL, None, None)
    assert capture.error == "news.example did not answer in time (30 s)"
    assert archive.appended == []


async def test_a_failure_with_an_exchange_is_recorded_as_it_is() -> None:
    archive, failed = Archive(), request(exchange=EXCHANGE)
    await CaptureMiddleware(archive).process_exception(failed, DownloadTimeoutError())
    assert archive.appended == [EXCHANGE]
    assert failed.meta["captures"][0].status == 200


async def test_what_no_callback_will_see_is_saved_at_once() -> None:
    archive = Archive()
    middleware = CaptureMiddleware(archive)
    robots = request(NO_CALLBACK, exchange=EXCHANGE)
    await middleware.process_response(robots, Response(URL))
    await middleware.process_exception(request(NO_CALLBACK), DownloadTimeoutError())
    assert [[capture.error is None for capture in saved] for saved in archive.saved] == [
        [True],
        [False],
    ]
    assert "captures" not in robots.meta


async def test_requests_that_were_not_sent_leave_no_capture() -> None:
    archive, ignored, cached = Archive(), request(), request()
    middleware = CaptureMiddleware(archive)
    await middleware.process_exception(ignored, IgnoreRequest("robots"))
    await middleware.process_response(cached, Response(URL))
    assert "captures" not in ignored.meta
    assert "captures" not in cached.meta
    assert (archive.appended, archive.saved) == ([], [])


async def test_an_archive_that_refuses_stops_the_response() -> None:
    """Bytes are archived before they are interpreted, or not interpreted at all."""
    middleware = CaptureMiddleware(Archive(full=True))
    with pytest.raises(StorageError):
        await middleware.process_response(request(exchange=EXCHANGE), Response(URL))


def test_without_a_recorder_there_is_no_crawl() -> None:
    crawler = get_crawler(Spider, {"TELNETCONSOLE_ENABLED": False})
    with pytest.raises(ConfigError, match="EXTENSIONS"):
        CaptureMiddleware.from_crawler(crawler)
