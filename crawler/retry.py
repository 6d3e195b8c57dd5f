"""What a failed fetch means: one sentence for people, and whether and when to try again.

Pure functions, for the spider and the capture middleware. Scrapy's RetryMiddleware is off: a
retry is a row in the frontier with a time, so that it outlives the crawl. Nothing here sleeps,
sends or counts; the frontier knows how often a URL has failed.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from OpenSSL import SSL
from scrapy.core.downloader.handlers.http11 import TunnelError
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    NotSupported,
    ResponseDataLossError,
    UnsupportedURLSchemeError,
)
from twisted.internet.error import ConnectError, ConnectionClosed

from crawler.failures import (
    BadCertificate,
    BadEncoding,
    HeadTooLarge,
    HostPaused,
    PrivateAddress,
    RenderFailed,
    RobotsForbidden,
    RobotsUnreachable,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
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


# First match wins: a class stands above those it derives from.
_KINDS: tuple[tuple[type[BaseException], FailureKind], ...] = (
    (RobotsForbidden, FailureKind.ROBOTS),
    (RobotsUnreachable, FailureKind.ROBOTS_UNREACHABLE),
    (HostPaused, FailureKind.PAUSED),
    (PrivateAddress, FailureKind.PRIVATE),
    (RenderFailed, FailureKind.RENDERING),
    (BadCertificate, FailureKind.CERTIFICATE),
    (BadEncoding, FailureKind.ENCODING),
    (HeadTooLarge, FailureKind.TOO_LARGE),
    (CannotResolveHostError, FailureKind.DNS),
    (DownloadConnectionRefusedError, FailureKind.REFUSED),
    (DownloadTimeoutError, FailureKind.TIMEOUT),
    (ResponseDataLossError, FailureKind.DATA_LOSS),
    (DownloadCancelledError, FailureKind.TOO_LARGE),
    (TunnelError, FailureKind.PROXY),
    (UnsupportedURLSchemeError, FailureKind.UNSUPPORTED),
    (NotSupported, FailureKind.UNSUPPORTED),
    (SSL.Error, FailureKind.TLS),
    (ConnectionClosed, FailureKind.LOST),
    (ConnectError, FailureKind.UNREACHABLE),
)

# Scrapy's middlewares have no types for these.
_KINDS_OF_IGNORED = {
    "max redirections reached": FailureKind.REDIRECTS,
    "during decompression": FailureKind.TOO_LARGE,
}

_SENTENCES = {
    FailureKind.DNS: "The name {host} has no address (DNS)",
    FailureKind.REFUSED: "{host} refused the connection",
    FailureKind.UNREACHABLE: "{host} could not be reached ({detail})",
    FailureKind.LOST: "{host} closed the connection without an answer",
    FailureKind.TIMEOUT: "{host} did not answer in time ({detail})",
    FailureKind.DATA_LOSS: "{host} closed the connection in the middle of the answer",
    FailureKind.TLS: "No secure connection to {host} could be made ({detail})",
    FailureKind.CERTIFICATE: "The certificate of {host} cannot be trusted: {detail}",
    FailureKind.ENCODING: "The answer of {host} is broken: {detail}",
    FailureKind.MALFORMED: "{host} sent something that is not HTTP",
    FailureKind.TOO_LARGE: "The answer of {host} is too large ({detail})",
    FailureKind.REDIRECTS: "{host} redirects in a loop, or too often",
    FailureKind.PROXY: "The proxy would not connect to {host} ({detail})",
    FailureKind.UNSUPPORTED: "Addresses of this kind cannot be fetched ({detail})",
    FailureKind.IGNORED: "The request to {host} was dropped: {detail}",
    FailureKind.OTHER: "Fetching from {host} failed ({type}: {detail})",
}
"""Kinds that are missing here are our own, and their message is a sentence already."""


def failure_kind(failure: BaseException) -> FailureKind:
    """Return what kind of failure a download's exception is."""
    if type(failure) is IgnoreRequest:
        return next(
            (kind for words, kind in _KINDS_OF_IGNORED.items() if words in str(failure)),
            FailureKind.IGNORED,
        )
    for error in _with_causes(failure):
        for family, kind in _KINDS:
            if isinstance(error, family):
                return kind
    if isinstance(failure, DownloadFailedError):
        return FailureKind.MALFORMED  # the parser gave up, for whichever of many reasons
    return FailureKind.IGNORED if isinstance(failure, IgnoreRequest) else FailureKind.OTHER


def _with_causes(failure: BaseException) -> Iterator[BaseException]:
    """Yield an exception and what lies behind it: Twisted keeps causes in `reasons`."""
    yield failure
    for reason in getattr(failure, "reasons", ()):
        yield from _with_causes(reason.value)
    if failure.__cause__ is not None:
        yield from _with_causes(failure.__cause__)


def explain_failure(failure: BaseException, url: str = "") -> str:
    """Return one plain sentence that says which host failed, and how.

    `url` is the request's; without it the sentence speaks of "the host".
    """
    kind = failure_kind(failure)
    sentence = _SENTENCES.get(kind, "{detail}")
    return sentence.format(
        host=urlsplit(url).hostname or "the host",
        detail=str(failure).rstrip(".") or "no reason given",
        type=type(failure).__name__,
    )


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
