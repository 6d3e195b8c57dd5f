"""How soon to look again: what the settings, a server and a feed say. Pure.

Sources: RFC 9111 clause 5.2.2.1 (max-age); RSS 2.0, element `ttl`, in minutes; the RSS 1.0
Syndication module (`sy:updatePeriod`, `sy:updateFrequency`), which WordPress writes.
"""

from __future__ import annotations

import re

from archive.config import CrawlSection
from archive.core.schedule import Bounds, Pace

SUBLISTS_MAX_S = 30 * 86_400.0
"""A sitemap of a past month is fetched again after this long, unless its index dates it."""
_MAX_AGE = re.compile(r"(?:^|[,\s])max-age\s*=\s*\"?(\d{1,9})", re.IGNORECASE)
_PERIOD_S = {
    "hourly": 3600,
    "daily": 86_400,
    "weekly": 7 * 86_400,
    "monthly": 30 * 86_400,
    "yearly": 365 * 86_400,
}


def pace_of(crawl: CrawlSection) -> Pace:
    """How an archive's settings let it look again."""
    return Pace(
        lists=Bounds(crawl.poll_min_s, crawl.poll_max_s),
        sublists=Bounds(crawl.poll_min_s, max(crawl.poll_max_s, SUBLISTS_MAX_S)),
        articles=Bounds(crawl.revisit_min_s, crawl.revisit_max_s),
        give_up_s=crawl.revisit_days * 86_400.0,
    )


def fresh_s(cache_control: str | None) -> float:
    """Seconds for which a Cache-Control header lets an answer be used, 0 if it gives none.

    >>> fresh_s("public, max-age=600"), fresh_s("max-age=600, no-cache"), fresh_s(None)
    (600.0, 0.0, 0.0)
    """
    words = cache_control or ""
    found = _MAX_AGE.search(words)
    if found is None or "no-cache" in words.lower() or "no-store" in words.lower():
        return 0.0
    return float(found[1])


def feed_fresh_s(ttl: str | None, period: str | None, frequency: str | None) -> float:
    """Seconds between the changes that a feed announces, 0 if it announces none.

    >>> feed_fresh_s("15", None, None), feed_fresh_s(None, "hourly", "2"), feed_fresh_s("", "", "")
    (900.0, 1800.0, 0.0)
    """
    ttl_s = float(ttl) * 60 if ttl and re.fullmatch(r"\d{1,6}", ttl.strip()) else 0.0
    length_s = _PERIOD_S.get((period or "").strip().lower(), 0)
    times = int(frequency) if frequency and re.fullmatch(r"[1-9]\d{0,5}", frequency.strip()) else 1
    return max(ttl_s, length_s / times)
