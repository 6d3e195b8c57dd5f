"""The browser that renders: what it is given, what it asks for, and when it gives up."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator

import pytest

from archive.errors import ConfigError, StorageError
from crawler.failures import RenderFailed
from crawler.rendering.browser import Renderer, Served
from crawler.rendering.program import find_browser

pytestmark = pytest.mark.slow

NEEDS_BROWSER = pytest.mark.skipif(
    shutil.which("chromium") is None, reason="no chromium here (Debian: apt-get install chromium)"
)
HOME = "https://suara.example/"
LIMIT_S = 8.0


def page(script: str, body: str = "", url: str = HOME) -> Served:
    html = f"<!doctype html><body>{body}<p id=app>empty</p><script>{script}</script>"
    return Served(url, 200, (("Content-Type", "text/html; charset=utf-8"),), html.encode())


def text(url: str, body: str, kind: str = "text/plain") -> Served:
    return Served(url, 200, (("Content-Type", kind), ("Content-Encoding", "gzip")), body.encode())


class Web:
    """Answers what a page asks for, after a moment."""

    def __init__(self, answers: dict[str, Served], wait_s: float = 0.0) -> None:
        self._answers = answers
        self._wait_s = wait_s
        self.asked: list[str] = []

    async def fetch(self, url: str, headers: dict[str, str]) -> Served | None:
        self.asked.append(url)
        await asyncio.sleep(self._wait_s)
        return self._answers.get(url)


@pytest.fixture
async def renderer() -> AsyncIterator[Renderer]:
    renderer = Renderer(find_browser(), "Kliping/0 (tests)", LIMIT_S)
    yield renderer
    await renderer.close()


FILL = "fetch('/data').then(r => r.text()).then(t => { document.all.app.textContent = t; })"
DATA = {f"{HOME}data": text(f"{HOME}data", "Selamat pagi, Zoë")}


@NEEDS_BROWSER
@pytest.mark.parametrize(
    "elsewhere",
    [
        "location.href = '/x'",
        "location.reload()",
        "document.forms[0].submit()",
        "window.open('/x')",
        "alert('x'); confirm('x'); prompt('x')",
        "history.pushState({}, '', '/y')",
    ],
)
async def test_a_page_cannot_lead_elsewhere_before_it_is_ready(
    renderer: Renderer, elsewhere: str
) -> None:
    web = Web(DATA, wait_s=0.6)
    script = f"{FILL}; setTimeout(() => {{ {elsewhere} }}, 20);"
    dom = await renderer.render(page(script, "<form action='/f'></form>"), web.fetch)
    assert "Selamat pagi, Zoë" in dom
    assert web.asked == [f"{HOME}data"]


@NEEDS_BROWSER
async def test_only_what_text_may_depend_on_is_asked_for(renderer: Renderer) -> None:
    script = (
        "new Image().src = '/i.png'; navigator.sendBeacon('/b', 'x'); new WebSocket('wss://ws.example/');"
        "new EventSource('/e'); fetch('/p', {method: 'POST'}).catch(() => 0);"
        "navigator.serviceWorker.register('/w.js').catch(() => 0);"
        "fetch('https://api.example/d').then(() => { document.all.app.textContent = 'had' })"
        ".catch(() => { document.all.app.textContent = 'refused' });"
    )
    body = (
        "<link rel=stylesheet href=/s.css><iframe src=/f></iframe><video src=/v.mp4></video>"
        "<style>@font-face{font-family:x;src:url(/x.woff)}p{font-family:x}</style>"
        "<script src=/a.js></script><img src=/j.png><object data=/o></object>"
    )
    web = Web({})
    dom = await renderer.render(page(script, body), web.fetch)
    assert set(web.asked) == {f"{HOME}s.css", f"{HOME}a.js", "https://api.example/d"}
    assert "refused" in dom


@NEEDS_BROWSER
async def test_pages_know_nothing_of_each_other(renderer: Renderer) -> None:
    script = (
        "document.all.app.textContent = 'seen ' + localStorage.n + document.cookie;"
        "localStorage.n = 1; document.cookie = 'a=b'"
    )
    doms = [await renderer.render(page(script), Web({}).fetch) for _ in range(2)]
    assert all("seen undefined<" in dom for dom in doms)


@NEEDS_BROWSER
async def test_a_busy_page_is_taken_as_it_stands() -> None:
    renderer = Renderer(find_browser(), "Kliping/0 (tests)", 3.0)
    try:
        endless = "setInterval(() => fetch('/poll').catch(() => 0), 100)"
        web = Web(DATA, wait_s=0.2)
        dom = await renderer.render(page(f"{FILL}; {endless}"), web.fetch)
        assert "Selamat pagi" in dom
        assert 3 < len(web.asked) <= 100
    finally:
        await renderer.close()


@NEEDS_BROWSER
@pytest.mark.parametrize("wait_s", [0.0, 0.1])
async def test_a_script_that_works_for_long_before_it_asks_is_waited_for(
    renderer: Renderer, wait_s: float
) -> None:
    work = "for (const end = Date.now() + 1500; Date.now() < end;);"
    late = text(f"{HOME}late.js", f"{work} {FILL}", "text/javascript")
    load = (
        "document.head.append(Object.assign(document.createElement('script'), {src: '/late.js'}))"
    )
    web = Web({**DATA, late.url: late}, wait_s)
    assert "Selamat pagi" in await renderer.render(page(load), web.fetch)


@NEEDS_BROWSER
async def test_a_page_that_never_ends_fails_and_the_next_one_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("crawler.rendering.browser.GRACE_S", 1.0)
    renderer = Renderer(find_browser(), "Kliping/0 (tests)", 3.0)
    try:
        with pytest.raises(RenderFailed, match="could not be rendered"):
            await renderer.render(page("while (true) {}"), Web({}).fetch)
        assert "Selamat pagi" in await renderer.render(page(FILL), Web(DATA).fetch)
    finally:
        await renderer.close()


@NEEDS_BROWSER
async def test_what_must_end_the_crawl_ends_the_rendering(renderer: Renderer) -> None:
    async def full(url: str, headers: dict[str, str]) -> Served | None:
        raise StorageError("the disk is full")

    with pytest.raises(StorageError, match="the disk is full"):
        await renderer.render(page(FILL), full)
    assert "Selamat pagi" in await renderer.render(page(FILL), Web(DATA).fetch)


@NEEDS_BROWSER
async def test_a_browser_that_dies_is_started_again(renderer: Renderer) -> None:
    await renderer.render(page(FILL), Web(DATA).fetch)
    assert renderer._browser is not None
    await renderer._browser.close()
    assert "Selamat pagi" in await renderer.render(page(FILL), Web(DATA).fetch)


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match=r"crawl\.browser = '/no/such': there is no such"):
        find_browser("/no/such")
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(ConfigError, match="apt-get install chromium"):
        find_browser()
    monkeypatch.setattr("crawler.rendering.program.find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"pip install 'kliping\[render\]'"):
        find_browser()
