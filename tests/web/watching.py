"""A browser's page, watched while it shows the reader: what it asks for, what goes wrong."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, Page, Response

from archive.home import Home
from archive.web.app import create_app
from archive.web.replay import create_replay_app
from archive.web.serve import listen
from archive.web.settings import WebSettings
from tests.browser import WAIT_MS
from tests.web.serving import served

PHONE = {"width": 360, "height": 740}
DESKTOP = {"width": 1280, "height": 900}


@dataclass(frozen=True)
class Room:
    """An archive that is served: the reader, and the replay beside it."""

    port: int
    replay_port: int

    def at(self, path: str) -> str:
        """The address of a page of the reader."""
        return f"http://127.0.0.1:{self.port}{path}"

    def holds(self, url: str) -> bool:
        """Whether an address is the reader's or the replay's."""
        origins = (f"http://127.0.0.1:{port}/" for port in (self.port, self.replay_port))
        return url.startswith((*origins, "data:", "blob:", "about:"))


@contextmanager
def room(home: Home) -> Iterator[Room]:
    """Serve an archive until the block ends."""
    with listen("127.0.0.1", 0, "--port") as pages, listen("127.0.0.1", 0, "--port") as frames:
        found = Room(pages.getsockname()[1], frames.getsockname()[1])
        settings = WebSettings(port=found.port, replay_port=found.replay_port)
        reader, replay = create_app(home, settings), create_replay_app(home, settings)
        with served(reader, pages), served(replay, frames):
            yield found


@dataclass
class Watched:
    """What a page did while it was looked at."""

    page: Page
    room: Room
    responses: list[Response] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    """Errors and warnings on the console, scripts that failed, and dialogs that opened."""

    def open(self, path: str) -> None:
        """Go to a page of the reader, and wait until all of it is there."""
        self.page.goto(self.room.at(path))

    def check(self) -> None:
        """Nothing went wrong, and nothing was asked for elsewhere."""
        assert self.complaints == []
        strange = [each.url for each in self.responses if not self.room.holds(each.url)]
        assert strange == []

    @property
    def overhang(self) -> int:
        """Pixels by which the page is wider than the screen."""
        width = "document.scrollingElement.scrollWidth - document.documentElement.clientWidth"
        return int(self.page.evaluate(width))


@contextmanager
def watched(browser: Browser, room: Room, **options: Any) -> Iterator[Watched]:
    """A page that is watched, of a browser that knows nothing yet."""
    context = browser.new_context(**{"viewport": DESKTOP, "locale": "en", **options})
    context.set_default_timeout(WAIT_MS)
    page = context.new_page()
    seen = Watched(page, room)
    page.on("response", lambda response: _answered(seen, response))
    page.on("requestfailed", lambda request: _failed(seen, request.url))
    page.on("console", lambda message: _told(seen, message.type, message.text))
    page.on("pageerror", lambda error: seen.complaints.append(str(error)))
    page.on("dialog", lambda dialog: (seen.complaints.append(dialog.message), dialog.dismiss()))
    yield seen
    context.close()


def _answered(seen: Watched, response: Response) -> None:
    seen.responses.append(response)  # Playwright takes no bound methods of built-in types


def _told(seen: Watched, kind: str, text: str) -> None:
    if kind in ("error", "warning"):
        seen.complaints.append(text)


def _failed(seen: Watched, url: str) -> None:
    if not seen.room.holds(url):
        seen.complaints.append(f"asked for {url}")
