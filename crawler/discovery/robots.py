"""What a robots.txt says besides its rules: where the sitemaps are, how long to wait.

Whether a URL may be fetched is the crawler's own robots check; this only reads.

Source: RFC 9309; https://www.sitemaps.org/protocol.html#submit_robots
"""

from __future__ import annotations

from protego import Protego

from archive.model import Candidate, FoundBy, UrlKind
from crawler.discovery.base import Gathering
from crawler.discovery.bodies import is_html

MAX_ROBOTS_BYTES = 512 * 1024
"""What a reader must at least parse (RFC 9309, clause 2.5: 500 KiB); the rest is not read."""


def sitemaps_in_robots(body: bytes, url: str) -> tuple[Candidate, ...]:
    """Return the sitemaps that a robots.txt names, each once. They may be on any host."""
    gathering = Gathering(url, FoundBy.ROBOTS)
    for line in _parsed(body).sitemaps:
        sitemap = gathering.absolute(line)
        if sitemap:
            gathering.add(sitemap, UrlKind.SITEMAP)
    return tuple(gathering.candidates.values())


def crawl_delay_s(body: bytes, user_agent: str) -> float | None:
    """Return the seconds between requests that a robots.txt asks of `user_agent`, if it does."""
    return _parsed(body).crawl_delay(user_agent) or None


def _parsed(body: bytes) -> Protego:
    text = "" if is_html(body) else body[:MAX_ROBOTS_BYTES].decode("utf-8-sig", "replace")
    return Protego.parse(text)
