"""How fast hosts get requests: Scrapy's AutoThrottle, which never goes below a host's floor.

The floor is the largest of DOWNLOAD_DELAY, what the source wants (`request.meta["delay_s"]`) and
robots.txt's crawl-delay. A crawl-delay above KLIPING_CRAWL_DELAY_MAX_S (60 s) counts as that
much, with a warning: such values are rarely meant for one polite visitor every minute, and at a
page an hour a source would never be archived at all. A source that wants its own pace can say
so to the archive with `delay_s`, which has no maximum.

Floors are kept here because Scrapy throws a host's slot away when it has been idle for a
minute. A slot's jitter is off: it would make delays shorter as often as longer.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from scrapy import signals
from scrapy.extensions.throttle import AutoThrottle

if TYPE_CHECKING:
    from scrapy import Request, Spider
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from scrapy.robotstxt import RobotParser

logger = logging.getLogger(__name__)

DEFAULT_CRAWL_DELAY_MAX_S = 60.0


class PoliteThrottle(AutoThrottle):
    """Adapts each host's delay to its latency, above its floor; needs AUTOTHROTTLE_ENABLED."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        settings = crawler.settings
        self._agent: str = settings["ROBOTSTXT_USER_AGENT"] or settings["USER_AGENT"]
        self._crawl_delay_max_s = settings.getfloat(
            "KLIPING_CRAWL_DELAY_MAX_S", DEFAULT_CRAWL_DELAY_MAX_S
        )
        self._floors_s: dict[str, float] = {}
        """By slot key, which is the host name."""
        crawler.signals.connect(self._note_source_delay, signals.request_reached_downloader)
        crawler.signals.connect(self._note_crawl_delay, signals.robots_parsed)

    def floor_s(self, host: str) -> float:
        """Return the least number of seconds between two requests to a host."""
        return max(self._min_delay(), self._floors_s.get(host, 0.0))

    def _note_source_delay(self, request: Request) -> None:
        """Scrapy sends this signal when the slot is there and before it looks at its delay."""
        self._raise_floor(request.meta["download_slot"], request.meta.get("delay_s") or 0.0)

    def _note_crawl_delay(self, robotparser: RobotParser, request: Request) -> None:
        delay_s = robotparser.crawl_delay(self._agent) or 0.0
        host = self.crawler.engine.downloader.get_slot_key(request)
        if delay_s > self._crawl_delay_max_s:
            logger.warning(
                "%s asks for %g s between requests; we wait %g s (KLIPING_CRAWL_DELAY_MAX_S)",
                host,
                delay_s,
                self._crawl_delay_max_s,
            )
        self._raise_floor(host, min(delay_s, self._crawl_delay_max_s))

    def _raise_floor(self, host: str, delay_s: float) -> None:
        self._floors_s[host] = max(self._floors_s.get(host, 0.0), delay_s)
        self._keep_above_floor(host)

    def _keep_above_floor(self, host: str) -> None:
        slot = self.crawler.engine.downloader.slots.get(host)
        if slot is not None:
            slot.delay = max(slot.delay, self.floor_s(host))
            slot.jitter = 0.0

    def _response_downloaded(self, response: Response, request: Request, spider: Spider) -> None:
        super()._response_downloaded(response, request, spider)
        self._keep_above_floor(request.meta["download_slot"])
