from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from scrapy import Request, Spider
from scrapy.core.downloader import Slot
from scrapy.http import Response
from scrapy.utils.test import get_crawler

from crawler.throttle import PoliteThrottle

HOST = "news.example"


class Downloads:
    """A throttle with the part of a downloader that it touches."""

    def __init__(self, **settings: Any) -> None:
        settings = {"AUTOTHROTTLE_ENABLED": True, "ROBOTSTXT_USER_AGENT": "Kliping"} | settings
        crawler = get_crawler(Spider, settings)
        self.slots: dict[str, Slot] = {}
        downloader = SimpleNamespace(
            slots=self.slots, _delay=None, get_slot_key=lambda request: HOST
        )
        crawler.engine = SimpleNamespace(downloader=downloader)  # type: ignore[assignment]
        self.throttle = PoliteThrottle(crawler)
        self.throttle._spider_opened(Spider("test"))

    def new_slot(self, delay: float = 0.0) -> Slot:
        self.slots[HOST] = slot = Slot(concurrency=8, delay=delay, jitter=0.5)
        return slot

    def request(self, **meta: Any) -> Request:
        request = Request(f"https://{HOST}/", meta={"download_slot": HOST, **meta})
        self.throttle._note_source_delay(request)
        return request

    def answer(self, latency_s: float) -> None:
        request = self.request(download_latency=latency_s)
        self.throttle._response_downloaded(Response(request.url), request, Spider("test"))

    def read_robots(self, crawl_delay: float | None) -> None:
        parser: Any = SimpleNamespace(crawl_delay=lambda agent: crawl_delay)
        self.throttle._note_crawl_delay(parser, self.request())


@pytest.mark.parametrize(
    ("download_delay", "delay_s", "crawl_delay", "floor"),
    [(1, None, None, 1), (1, 3, None, 3), (1, 3, 7, 7), (9, 3, 7, 9), (0, 0, 0, 0)],
)
def test_the_floor_is_the_largest_of_all_wishes(
    download_delay: float, delay_s: float | None, crawl_delay: float | None, floor: float
) -> None:
    downloads = Downloads(DOWNLOAD_DELAY=download_delay)
    slot = downloads.new_slot()
    downloads.request(delay_s=delay_s)
    downloads.read_robots(crawl_delay)
    assert downloads.throttle.floor_s(HOST) == slot.delay == floor
    assert slot.download_delay() == floor  # no jitter below it


def test_fast_answers_never_bring_the_delay_below_the_floor() -> None:
    downloads = Downloads(AUTOTHROTTLE_MAX_DELAY=5)
    slot = downloads.new_slot()
    downloads.read_robots(10)
    for _ in range(9):
        downloads.answer(latency_s=0.001)
        assert slot.delay == 10


def test_slow_answers_raise_it() -> None:
    downloads = Downloads(DOWNLOAD_DELAY=1)
    slot = downloads.new_slot()
    downloads.answer(latency_s=4)
    assert slot.delay == 4


def test_a_floor_outlives_the_slot() -> None:
    downloads = Downloads()
    downloads.new_slot()
    downloads.read_robots(10)
    slot = downloads.new_slot()
    downloads.request()
    assert slot.delay == 10


def test_a_crawl_delay_beyond_reason_counts_as_the_most_we_wait(
    caplog: pytest.LogCaptureFixture,
) -> None:
    downloads = Downloads()
    slot = downloads.new_slot()
    downloads.read_robots(3600)
    assert slot.delay == 60
    assert "news.example asks for 3600 s between requests; we wait 60 s" in caplog.text


@pytest.mark.parametrize("crawl_delay", [float("nan"), -1])
def test_a_crawl_delay_that_is_nonsense_is_none(crawl_delay: float) -> None:
    downloads = Downloads(DOWNLOAD_DELAY=1)
    slot = downloads.new_slot()
    downloads.read_robots(crawl_delay)
    assert slot.delay == 1
