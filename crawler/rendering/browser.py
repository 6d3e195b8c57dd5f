"""A headless Chromium, driven by Playwright, that renders pages and fetches through us only.

This knows nothing of Scrapy: the caller gives the document and a way to fetch what its
scripts ask for, so that robots.txt, delays and private addresses are settled there, once.
Playwright is an optional extra and is imported only when there is a page to render.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from crawler.failures import RenderFailed

if TYPE_CHECKING:
    from playwright.async_api import Browser, BrowserContext, Page, Playwright, Request, Route

PAGES_AT_A_TIME = 4
MOST_FETCHES = 100
"""For one page; what a page asks for beyond that is rarely its text."""
QUIET_S = 0.5
"""A page that fetched nothing for this long, and had nothing to do, is considered ready."""
PROMPT_S = QUIET_S / 2
"""A page that takes longer to give its title is busy, maybe with the script that it got last."""
LOOK_EVERY_S = 0.05
GRACE_S = 10.0
"""For what must not take long: handing the page over, closing it."""
_FETCHED = frozenset({"script", "stylesheet", "xhr", "fetch"})
"""What text can depend on. Images, fonts, media, frames and sockets are not fetched."""
_OF_THE_TRANSFER = frozenset(
    {
        "connection",
        "content-disposition",  # a download is no page
        "content-encoding",
        "content-length",
        "keep-alive",
        "refresh",
        "set-cookie",
        "transfer-encoding",
    }
)
_ARGUMENTS = (
    # A request that our routes miss finds no host.
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--disable-background-networking",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
)

_STAY = """
navigation.addEventListener("navigate", (event) => {
  if (event.cancelable && !event.destination.sameDocument) event.preventDefault();
});
HTMLFormElement.prototype.submit = () => {};
"""
"""Keeps a page from leading elsewhere. To refuse the request would be too late: by then the
browser has dropped the scripts that the page still waits for."""


@dataclass(frozen=True, slots=True)
class Served:
    """What a server answered to a request of a page, or the page itself."""

    url: str
    """After redirects."""
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes = field(repr=False)
    """Content codings undone."""


FetchResource = Callable[[str, dict[str, str]], Awaitable[Served | None]]
"""From an address and the browser's headers to an answer; None where there is, or may be, none.

What it raises ends the rendering: there is no use in a page whose scripts could not ask."""


class Renderer:
    """Renders pages, a few at a time; the browser starts with the first of them."""

    def __init__(self, program: str, user_agent: str, limit_s: float) -> None:
        self._program = program
        self._user_agent = user_agent
        self._limit_s = limit_s
        self._places = asyncio.Semaphore(PAGES_AT_A_TIME)
        self._starting = asyncio.Lock()
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None

    async def render(self, document: Served, fetch: FetchResource) -> str:
        """Return the DOM of a page as HTML, once its scripts ask for nothing more.

        A page that is busy for longer than the limit is kept as it is then.

        Raises:
            RenderFailed: the browser could not; trying again may help.
            Exception: any that `fetch` raised.
        """
        from playwright.async_api import Error  # noqa: PLC0415 - an optional extra

        async with self._places:
            try:
                async with asyncio.timeout(self._limit_s + 2 * GRACE_S):
                    context = await self._new_context()
                    try:
                        return await _Rendering(context, document, fetch, self._limit_s).run()
                    finally:
                        with suppress(Error):
                            await context.close()
            except TimeoutError as error:
                raise RenderFailed("the page keeps the browser busy without end") from error
            except Error as error:
                raise RenderFailed(error.message.splitlines()[0]) from error

    async def close(self) -> None:
        """End the browser."""
        browser, self._browser = self._browser, None
        playwright, self._playwright = self._playwright, None
        with suppress(Exception):  # it is going anyway
            if browser is not None:
                await asyncio.wait_for(browser.close(), GRACE_S)
        if playwright is not None:
            await playwright.stop()

    async def _new_context(self) -> BrowserContext:
        """Return a browser that knows nothing yet: no cookies or caches of other pages."""
        async with self._starting:
            if self._browser is None or not self._browser.is_connected():
                self._browser = await self._start()
        return await self._browser.new_context(
            user_agent=self._user_agent, accept_downloads=False, service_workers="block"
        )

    async def _start(self) -> Browser:
        from playwright.async_api import async_playwright  # noqa: PLC0415 - an optional extra

        if self._playwright is None:
            self._playwright = await async_playwright().start()
        return await self._playwright.chromium.launch(
            executable_path=self._program,
            args=[*_ARGUMENTS],
            chromium_sandbox=os.geteuid() != 0,  # which does not work for root
            # Ctrl-C is for the crawl, which finishes what is under way.
            handle_sigint=False,
            handle_sigterm=False,
            handle_sighup=False,
        )


class _Rendering:
    """The rendering of one page in a context of its own."""

    def __init__(
        self, context: BrowserContext, document: Served, fetch: FetchResource, limit_s: float
    ) -> None:
        self._context = context
        self._document = document
        self._fetch = fetch
        self._limit_s = limit_s
        self._is_served = False
        self._fetches = self._pending = 0
        self._active_at = 0.0
        self._failure: Exception | None = None

    async def run(self) -> str:
        """Return the DOM. Raises: playwright's Error, and any that `fetch` raised."""
        await self._context.route("**/*", self._answer)
        await self._context.route_web_socket("**/*", lambda socket: socket.close())
        await self._context.add_init_script(_STAY)
        page = await self._context.new_page()
        try:
            return await self._load(page)
        finally:
            if self._failure is not None:
                raise self._failure

    async def _load(self, page: Page) -> str:
        limit_ms = self._limit_s * 1000
        await page.goto(self._document.url, wait_until="domcontentloaded", timeout=limit_ms)
        await self._until_quiet(page)
        return await page.content()

    async def _until_quiet(self, page: Page) -> None:
        now = asyncio.get_running_loop().time
        deadline = now() + self._limit_s
        self._active_at = now()
        while now() < deadline and self._failure is None:
            await asyncio.sleep(LOOK_EVERY_S)
            asked_at = now()
            # Evaluated in a world of its own, which no script of the page can change.
            await page.title()
            if self._pending or now() - asked_at > PROMPT_S:
                self._active_at = now()
            elif now() - self._active_at >= QUIET_S:
                return

    async def _answer(self, route: Route) -> None:
        """Answer one request of the browser."""
        from playwright.async_api import Error  # noqa: PLC0415 - an optional extra

        with suppress(Error):  # the page is already closed
            if route.request.is_navigation_request():
                await self._navigate(route)
            elif self._may_be_fetched(route.request):
                await self._fetch_for(route)
            else:
                await route.abort("blockedbyclient")

    async def _navigate(self, route: Route) -> None:
        """Hand out the document, once. Frames, and scripts that lead elsewhere, get nothing."""
        if self._is_served:
            await route.abort("aborted")  # which leaves the page that is there
            return
        self._is_served = True
        await _fulfill(route, self._document)

    def _may_be_fetched(self, request: Request) -> bool:
        if request.method != "GET" or request.resource_type not in _FETCHED:
            return False
        self._fetches += 1
        return self._fetches <= MOST_FETCHES

    async def _fetch_for(self, route: Route) -> None:
        self._pending += 1
        try:
            served = await self._fetch(route.request.url, route.request.headers)
        except Exception as error:  # noqa: BLE001 - raised again by `run`
            self._failure = self._failure or error
            served = None
        finally:
            self._pending -= 1
            self._active_at = asyncio.get_running_loop().time()
        if served is None:
            await route.abort("failed")
        else:
            await _fulfill(route, served)


async def _fulfill(route: Route, served: Served) -> None:
    headers: dict[str, str] = {}
    for name, value in served.headers:
        key = name.lower()
        if key not in _OF_THE_TRANSFER:
            headers[key] = f"{headers[key]}, {value}" if key in headers else value
    await route.fulfill(status=served.status, headers=headers, body=served.body)
