"""Whether and when to try a failed fetch again.

Pure functions, for live visits and for records that are read again. Scrapy's RetryMiddleware is
off: a retry is a row in the frontier with a time, so that it outlives the crawl. Nothing here
sleeps, sends or counts; the frontier knows how often a URL has failed.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random


class FailureKind(StrEnum):
    """Why there is no answer to a request."""

    DNS = "dns"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    LOST = "lost"
    """The connection was reset or closed before the answer's head was there."""
    TIMEOUT = "timeout"
    DATA_LOSS = "data_loss"
    """The connection was closed in the middle of the body."""
    TLS = "tls"
    CERTIFICATE = "certificate"
    ENCODING = "encoding"
    """The body does not decode as its Content-Encoding says."""
    MALFORMED = "malformed"
    """What came is not HTTP."""
    TOO_LARGE = "too_large"
    REDIRECTS = "redirects"
    ROBOTS = "robots"
    ROBOTS_UNREACHABLE = "robots_unreachable"
    PAUSED = "paused"
    PRIVATE = "private"
    RENDERING = "rendering"
    PROXY = "proxy"
    UNSUPPORTED = "unsupported"
    IGNORED = "ignored"
    """A component of the crawler dropped the request."""
    OTHER = "other"


FIRST_RETRY_S = 30.0
RETRY_FACTOR = 4
LAST_RETRY_S = 6 * 3600.0
"""Waits grow 30 s, 2 min, 8 min, 32 min, ~2 h, and stay below this; each is spread by half."""

RETRY_AFTER_LIMIT = timedelta(hours=24)
"""The longest that a host can put us off with one answer."""

_MOST_FAILURES: dict[FailureKind, int] = {
    FailureKind.DNS: 3,  # mostly a name that is gone; Twisted does not tell a resolver's trouble
    FailureKind.REFUSED: 4,
    FailureKind.UNREACHABLE: 4,
    FailureKind.LOST: 5,
    FailureKind.TIMEOUT: 5,
    FailureKind.DATA_LOSS: 4,
    FailureKind.TLS: 2,
    FailureKind.ENCODING: 2,
    FailureKind.PROXY: 4,
    FailureKind.RENDERING: 3,
    FailureKind.ROBOTS_UNREACHABLE: 8,
}
_MOST_FAILURES_BY_STATUS = 5
_PASSING_STATUSES = {408, 425, 429}
_LASTING_STATUSES = {501, 505}


def worth_retrying(failure: FailureKind | int) -> bool:
    """Return whether a failure or HTTP status is of a sort that may pass."""
    return failure is FailureKind.PAUSED or _most_failures(failure) > 0


def _most_failures(failure: FailureKind | int) -> int:
    if isinstance(failure, FailureKind):
        return _MOST_FAILURES.get(failure, 0)
    server_error = 500 <= failure <= 599 and failure not in _LASTING_STATUSES
    return _MOST_FAILURES_BY_STATUS if server_error or failure in _PASSING_STATUSES else 0


def retry_at(
    failure: FailureKind | int,
    *,
    failures: int,
    now: datetime,
    rng: Random,
    not_before: datetime | None = None,
) -> datetime | None:
    """Return when to fetch a URL again, or None when it is not worth it.

    Args:
        failure: The kind of failure, or the status of the answer.
        failures: How often in a row the URL has failed, this time included (1 or more).
        now: Aware.
        rng: Spreads the retries of many URLs that failed together.
        not_before: From Retry-After, or the `until` of a HostPaused or RobotsUnreachable.
    """
    if failure is FailureKind.PAUSED:  # says nothing about the URL, so it is never given up
        return max(not_before or now, now) + timedelta(seconds=rng.uniform(0, FIRST_RETRY_S))
    if failures > _most_failures(failure):
        return None
    wait_s = min(FIRST_RETRY_S * RETRY_FACTOR ** (failures - 1), LAST_RETRY_S)
    backed_off = now + timedelta(seconds=wait_s * rng.uniform(0.5, 1.5))
    if not_before is None or not_before <= backed_off:
        return backed_off
    return not_before + timedelta(seconds=rng.uniform(0, FIRST_RETRY_S))


def parse_retry_after(value: str | bytes | None, now: datetime) -> datetime | None:
    """Return when a Retry-After header lets us come back, None if it says nothing readable.

    It is never before `now` nor later than RETRY_AFTER_LIMIT.
    Source: RFC 9110, 10.2.3: seconds, or an HTTP-date (5.6.7) in any of its three forms.
    """
    text = (value.decode("latin-1") if isinstance(value, bytes) else value or "").strip()
    latest = now + RETRY_AFTER_LIMIT
    if text.isascii() and text.isdigit():
        return now + min(timedelta(seconds=int(text[:9])), RETRY_AFTER_LIMIT)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    if at.tzinfo is None:  # "-0000", or asctime's form without a zone: GMT by definition
        at = at.replace(tzinfo=UTC)
    return min(max(at, now), latest)
