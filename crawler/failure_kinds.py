"""What kind of failure an exception of Scrapy or Twisted is, and one sentence about it for people.

Pure functions, for the spiders and the middlewares; `crawler.retry` says what follows from a kind.
"""

from __future__ import annotations

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
from crawler.retry import FailureKind

if TYPE_CHECKING:
    from collections.abc import Iterator


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
