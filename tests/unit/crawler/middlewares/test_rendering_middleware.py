"""What is rendered, what its scripts are given, and what comes of it; no browser is needed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from scrapy import Request
from scrapy.http import HtmlResponse, Response
from scrapy.http.request import NO_CALLBACK
from scrapy.signalmanager import SignalManager

from archive.errors import StorageError
from archive.model import Capture, Conversion, RecordRef, RecordType, Truncation
from crawler.failures import CrawlStopped, HostPaused, PrivateAddress, RenderFailed
from crawler.middlewares.rendering import RenderMiddleware
from crawler.rendering.browser import FetchResource, Served

URL = "https://suara.example/a"
NOW = datetime(2026, 11, 24, tzinfo=UTC)
SERVED = Capture(URL, NOW, RecordRef("a.warc.gz", 0, 10, "urn:uuid:1"), RecordType.RESPONSE, 200)
PAGE = HtmlResponse(
    URL,
    headers={"Content-Type": "text/html; charset=latin-1", "ETag": "x"},
    body="<html><p>é</p></html>".encode("latin-1"),
)


class Browser:
    """Asks for some addresses, and shows what came."""

    def __init__(self, *urls: str, failure: Exception | None = None) -> None:
        self._urls = urls
        self._failure = failure
        self.rendered: list[Served] = []

    async def render(self, document: Served, fetch: FetchResource) -> str:
        self.rendered.append(document)
        if self._failure:
            raise self._failure
        headers = {"accept": "*/*", "cookie": "a=b", "sec-fetch-mode": "cors", "x-key": "k"}
        answers = [await fetch(url, headers) for url in self._urls]
        shown = " ".join(answer.body.decode() if answer else "-" for answer in answers)
        return f"<html>{shown} é\udc80</html>"

    async def close(self) -> None:
        pass


class World:
    """A middleware and all that it needs."""

    def __init__(self, browser: Browser, answers: dict[str, Response | Exception]) -> None:
        self._answers = answers
        self.asked: list[Request] = []
        self.kept: list[Conversion] = []
        crawler: Any = SimpleNamespace(
            engine=SimpleNamespace(download_async=self._download), signals=SignalManager()
        )
        self.middleware = RenderMiddleware(crawler, browser, self._keep)  # type: ignore[arg-type]

    async def _download(self, request: Request) -> Response:
        self.asked.append(request)
        answer = self._answers[request.url]
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def _keep(self, conversion: Conversion) -> Capture:
        self.kept.append(conversion)
        ref = RecordRef("a.warc.gz", 10, 10, "urn:uuid:2")
        return Capture(URL, conversion.made_at, ref, RecordType.CONVERSION, made_of="urn:uuid:1")


def request(**meta: Any) -> Request:
    return Request(URL, meta={"render": True, "captures": (SERVED,), "delay_s": 2.0, **meta})


def script(url: str, body: bytes = b"x", kind: str = "text/javascript") -> Response:
    return Response(url, headers={"Content-Type": kind}, body=body)


async def test_the_dom_takes_the_place_of_the_body_and_is_kept_beside_it() -> None:
    world, asked_for = World(Browser(), {}), request()
    shown = await world.middleware.process_response(asked_for, PAGE)
    assert shown.body.decode() == "<html> é?</html>"
    assert shown.headers[b"Content-Type"] == b"text/html; charset=utf-8"
    assert shown.headers[b"ETag"] == b"x"
    (conversion,) = world.kept
    assert (conversion.capture, conversion.payload) == (SERVED, shown.body)
    assert [each.record_type for each in asked_for.meta["captures"]] == ["response", "conversion"]


@pytest.mark.parametrize(
    ("meta", "response"),
    [
        ({"render": False}, PAGE),
        ({}, PAGE.replace(status=404)),
        ({}, PAGE.replace(body=b'{"a": 1}')),
        ({"captures": ()}, PAGE),
        ({"captures": (Capture(URL, NOW, error="lost"),)}, PAGE),
        ({"captures": (Capture(URL, NOW, SERVED.ref, truncated=Truncation.LENGTH),)}, PAGE),
    ],
)
async def test_what_is_no_whole_page_is_left_alone(
    meta: dict[str, Any], response: Response
) -> None:
    browser = Browser()
    world = World(browser, {})
    assert await world.middleware.process_response(request(**meta), response) is response
    assert (browser.rendered, world.kept) == ([], [])


async def test_scripts_are_fetched_as_the_crawl_fetches_and_once() -> None:
    urls = ["https://cdn.example/a.js", "https://suara.example/api"]
    answers: dict[str, Response | Exception] = {
        urls[0]: script(urls[0]),
        urls[1]: script(urls[1], b"{}", "application/json"),
    }
    world = World(Browser(*urls), answers)
    for _ in range(2):
        await world.middleware.process_response(request(), PAGE)
    assert [each.url for each in world.asked] == [*urls, urls[1]]
    for each in world.asked:
        assert each.callback is NO_CALLBACK
        assert each.meta["delay_s"] == 2.0
        assert each.headers.keys() == {b"Accept", b"X-Key"}


async def test_what_must_not_be_had_is_not_had() -> None:
    paused = HostPaused("wait", NOW + timedelta(hours=1))
    urls = ["https://a.example/x", "https://b.example/x", "https://c.example/x"]
    failures: list[Exception] = [PrivateAddress("a.example", "10.0.0.1"), paused, OSError("no")]
    world = World(Browser(*urls), dict(zip(urls, failures, strict=True)))
    shown = await world.middleware.process_response(request(), PAGE)
    assert shown.body.startswith(b"<html>- - - ")


@pytest.mark.parametrize(
    "failure", [CrawlStopped("ending"), StorageError("full"), HostPaused("wait", NOW)]
)
async def test_a_page_is_not_taken_for_empty_while_its_scripts_may_not_ask(
    failure: Exception,
) -> None:
    url = "https://suara.example/api"
    world, asked_for = World(Browser(url), {url: failure}), request()
    with pytest.raises(type(failure)):
        await world.middleware.process_response(asked_for, PAGE)
    assert world.kept == []
    assert asked_for.meta["captures"] == (SERVED,)


async def test_a_rendering_that_fails_leaves_what_was_served() -> None:
    world, asked_for = World(Browser(failure=RenderFailed("it crashed")), {}), request()
    with pytest.raises(RenderFailed, match="it crashed"):
        await world.middleware.process_response(asked_for, PAGE)
    assert asked_for.meta["captures"] == (SERVED,)
