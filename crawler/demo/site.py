"""The demo site while it runs: one server per outlet, one for their themes, and a log of requests.

with DemoSite() as site:
    crawl([outlet.base_url for outlet in site.outlets])
    assert all(request.status != 404 for request in site.requests)
"""

from __future__ import annotations

import threading
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from archive.errors import SourceError
from crawler.demo.routes import cdn_page_at, page_at
from crawler.demo.server import LoggedRequest, OutletServer
from crawler.demo.stories import Outlet, StoryTruth, load_outlet, outlet_names, truth_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from crawler.demo.routes import DemoPage


class DemoSite:
    """All outlets of the demo, each on a loopback port of its own, inside a `with` block.

    One more port is the CDN, called `cdn` in the log of requests.
    """

    def __init__(self, first_port: int = 0) -> None:
        """Serve on `first_port` and those after it, or (0) on any free ports."""
        self._first_port = first_port
        self._lock = threading.Lock()
        self._outlets: dict[str, Outlet] = {}
        self._requests: list[LoggedRequest] = []
        self._servers = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as servers:
            names = outlet_names()
            cdn_url = self._serve(servers, "cdn", cdn_page_at, len(names)).base_url
            for index, name in enumerate(names):
                server = self._serve(servers, name, partial(self._answer, name), index)
                self._outlets[name] = load_outlet(name, server.base_url, cdn_url)
            self._servers = servers.pop_all()
        return self

    def _serve(
        self, servers: ExitStack, name: str, answer: Callable[[str], DemoPage], index: int
    ) -> OutletServer:
        port = self._first_port + index if self._first_port else 0
        server = OutletServer(name, answer, self._log, port)
        servers.callback(server.server_close)
        return servers.enter_context(server)

    def __exit__(self, *_: object) -> None:
        self._servers.close()

    @property
    def outlets(self) -> list[Outlet]:
        """All outlets as they stand now, by name."""
        with self._lock:
            return list(self._outlets.values())

    @property
    def requests(self) -> list[LoggedRequest]:
        """All requests so far, oldest first."""
        with self._lock:
            return list(self._requests)

    def outlet(self, name: str) -> Outlet:
        """The outlet called `name`, as it stands now.

        Raises:
            SourceError: there is none.
        """
        with self._lock:
            if name not in self._outlets:
                raise SourceError(f"the demo has no outlet {name}; it has {sorted(self._outlets)}")
            return self._outlets[name]

    def truth(self, outlet: str) -> list[StoryTruth]:
        """What a perfect archive would hold of `outlet`, newest story first."""
        now = self.outlet(outlet)
        return [truth_of(now, story) for story in now.stories]

    def edit(self, outlet: str, slug: str, **changes: Any) -> StoryTruth:
        """Change fields of a story from now on, e.g. `text`.

        `modified_at` changes only when it is given: outlets do edit without saying so.

        Returns:
            The story as it reads now.

        Raises:
            SourceError: no such outlet or story.
            ValueError: a field is unknown, or cannot have that value.
        """
        after = self.outlet(outlet).edited(slug, **changes)
        with self._lock:
            self._outlets[outlet] = after
        return truth_of(after, after.story(slug))

    def _answer(self, name: str, target: str) -> DemoPage:
        return page_at(self.outlet(name), target)

    def _log(self, request: LoggedRequest) -> None:
        with self._lock:
            self._requests.append(request)
