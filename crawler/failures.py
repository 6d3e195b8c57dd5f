"""What can go wrong between a URL and its answer, beyond what Scrapy has names for.

The downloader's components raise these and the spider's errback reads them. Each is of two
families at once, so that `except` works from either side: Kliping's tree (archive.errors) and
Scrapy's, where an IgnoreRequest means that no request was sent and a
DownloadFailedError that asking failed.

    FetchError
    ├── RobotsForbidden       (IgnoreRequest)        for good: robots.txt says no
    ├── ForgottenUrl          (IgnoreRequest)        for good: it was forgotten on request
    ├── RobotsUnreachable     (IgnoreRequest)        until `until`: robots.txt cannot be read
    ├── HostPausedError
    │   └── HostPaused        (IgnoreRequest)        until `until`: the host demanded a pause
    ├── PrivateAddressError
    │   └── PrivateAddress    (IgnoreRequest)        for good: see crawl.allow_private
    ├── CrawlStopped          (IgnoreRequest)        until the next crawl: this one is ending
    ├── BadCertificate        (DownloadFailedError)  for now: who answers cannot be trusted
    ├── BadEncoding           (IgnoreRequest)        for now: the body does not decode
    ├── HeadTooLarge          (DownloadFailedError)  for good: headers without end
    └── RenderFailed          (IgnoreRequest)        for now: the browser could not show the page
"""

# ruff: noqa: N818 - named like the families of Scrapy that they belong to

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.exceptions import DownloadFailedError, IgnoreRequest

from archive.errors import FetchError, HostPausedError, PrivateAddressError

if TYPE_CHECKING:
    from datetime import datetime


class RobotsForbidden(FetchError, IgnoreRequest):
    """The host's robots.txt disallows the URL for our user agent."""


class ForgottenUrl(FetchError, IgnoreRequest):
    """The URL was forgotten by a takedown, and is never fetched again."""


class RobotsUnreachable(FetchError, IgnoreRequest):
    """The host's robots.txt cannot be fetched now, so nothing is fetched from it before `until`.

    Source: RFC 9309, 2.3.1.4: an unreachable robots.txt means complete disallow.
    """

    def __init__(self, message: str, until: datetime) -> None:
        super().__init__(message)
        self.until = until


class HostPaused(HostPausedError, IgnoreRequest):
    """The host demanded a pause, which ends at `until`; the request was not sent."""

    def __init__(self, message: str, until: datetime) -> None:
        super().__init__(message)
        self.until = until


class PrivateAddress(PrivateAddressError, IgnoreRequest):
    """The URL leads to an address that is not on the public internet; no request was sent."""

    def __init__(self, host: str, address: str) -> None:
        where = host if host == address else f"{host} ({address})"
        super().__init__(
            f"{where} is not an address on the public internet; "
            "set crawl.allow_private = true to fetch from it all the same"
        )


class CrawlStopped(FetchError, IgnoreRequest):
    """The crawl ended before the request had its turn; it was not sent."""


class BadCertificate(FetchError, DownloadFailedError):
    """TLS could not establish who answers; `reason` says why, in OpenSSL's words."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class BadEncoding(FetchError, IgnoreRequest):
    """The body is not what its Content-Encoding says, or not all of it."""


class RenderFailed(FetchError, IgnoreRequest):
    """The page was fetched, but the browser could not render it."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"The page was fetched but could not be rendered: {reason}")


class HeadTooLarge(FetchError, DownloadFailedError):
    """The status line and headers went on past the limit."""
