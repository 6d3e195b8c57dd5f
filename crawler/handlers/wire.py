"""The download handler that keeps each HTTP exchange exactly as it went over the wire.

For DOWNLOAD_HANDLERS, `http` and `https`. It downloads as Scrapy's own handler does and lays an
`archive.model.Exchange` in `request.meta["exchange"]`, whether the answer came whole or was cut;
`crawler.middlewares.capture` takes it from there.

What an exchange holds:

- `response` is all that came in answer to this request: interim (1xx) answers, then the final
  one; never bytes of another answer on the same connection. If the pool found a kept connection
  dead and sent the request again, `request` and `started_at` are of the try that was answered.
- A response that was cut by DOWNLOAD_MAXSIZE, DOWNLOAD_TIMEOUT or the other end is kept as far
  as it came and says so in `truncated`; Scrapy raises or flags it as ever. A body that is ended
  by the close of the connection is whole if the connection was closed in order (RFC 9112, 8;
  Twisted does not tell whether TLS's close_notify was missing).
- There is no exchange if the final answer's head did not arrive whole, or is not HTTP: such
  bytes could not be read as a response record.
- Through a proxy `ip_address` is None. For http the request line is in absolute form, as the
  proxy was sent it, but Proxy-Authorization is left out: a secret between us and the proxy,
  which the site never saw. For https the CONNECT exchange is not part of it.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urldefrag, urlsplit

from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadTimeoutError,
)
from scrapy.utils.httpobj import urlparse_cached
from scrapy.utils.url import add_http_if_no_scheme

from archive.model import Exchange, Truncation
from crawler.failures import BadCertificate, HeadTooLarge, PrivateAddress
from crawler.handlers.tap import HEAD_LIMIT_BYTES, WirePool, WireTap, current_tap
from crawler.middlewares.politeness import HostGate, PolitenessMiddleware
from crawler.resolver import proxy_hosts, refusals

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

    from crawler.handlers.tap import Attempt


class WireDownloadHandler(HTTP11DownloadHandler):
    """Scrapy's HTTP/1.1 handler with a tap on the wire; see the module's docstring.

    Raises:
        HostPaused: the host demanded a pause while the request waited for its turn.
        PrivateAddress: the host is not on the public internet, so nothing is sent to it.
        BadCertificate: TLS refused the server's certificate.
        HeadTooLarge: status lines and headers passed HEAD_LIMIT_BYTES.
        DownloadCancelledError: as Scrapy, for a response that is too large.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._pool = WirePool.in_place_of(self._pool)
        self._allow_private = crawler.settings.getbool("KLIPING_ALLOW_PRIVATE")

    async def download_request(self, request: Request) -> Response:
        request.meta.pop("exchange", None)
        self._gate.check(request.url)  # again: the pause may be younger than the queue
        tap = self._open_tap(request)
        current_tap.set(tap)
        try:
            response = await super().download_request(request)
        except Exception as error:
            _keep_exchange(request, tap, error)
            better = _better_named(error, request, tap)
            if better is None:
                raise
            raise better from error
        _keep_exchange(request, tap)
        return response

    @cached_property
    def _gate(self) -> HostGate:
        # Not in __init__: the downloader makes its handlers before its middlewares.
        politeness = self._crawler.get_downloader_middleware(PolitenessMiddleware)
        return politeness.gate if politeness else HostGate()

    def _open_tap(self, request: Request) -> WireTap:
        proxy = request.meta.get("proxy")
        if proxy:
            proxy_hosts.add(urlsplit(add_http_if_no_scheme(proxy)).hostname or "")
        return WireTap(
            allow_private=self._allow_private or bool(proxy),
            limit_bytes=int(request.meta.get("download_maxsize", self._default_maxsize)),
        )


def _keep_exchange(request: Request, tap: WireTap, error: Exception | None = None) -> None:
    attempt = tap.attempt
    if attempt is None or not attempt.head_received:
        return
    proxied = bool(request.meta.get("proxy"))
    request.meta["exchange"] = Exchange(
        url=urldefrag(request.url).url,
        started_at=attempt.started_at,
        request=_without_proxy_secret(attempt.request_bytes()),
        response=attempt.response_bytes(),
        ip_address=None if proxied else attempt.peer,
        protocols=attempt.protocols,
        cipher=attempt.cipher,
        truncated=_truncation(attempt, error),
    )


def _truncation(attempt: Attempt, error: Exception | None) -> Truncation | None:
    """Return why a response ended early, if it did."""
    if attempt.finished:
        return None
    if attempt.hung_up or isinstance(error, DownloadCancelledError):
        return Truncation.LENGTH
    if isinstance(error, DownloadTimeoutError):
        return Truncation.TIME
    # Not lost, so we ended it ourselves: the framing made no sense, or a component had enough.
    return Truncation.DISCONNECT if attempt.lost else Truncation.UNSPECIFIED


def _without_proxy_secret(request: bytes) -> bytes:
    head, blank_line, body = request.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    kept = [line for line in lines if not line.lower().startswith(b"proxy-authorization:")]
    return b"\r\n".join(kept) + blank_line + body


def _better_named(error: Exception, request: Request, tap: WireTap) -> Exception | None:
    """Return a typed error where the tap knows more than the one that Scrapy raised."""
    attempt, host = tap.attempt, urlparse_cached(request).hostname or ""
    if isinstance(error, CannotResolveHostError) and not tap.allow_private and host in refusals:
        return PrivateAddress(host, refusals[host])
    if attempt is None:
        return None
    if attempt.hung_up and attempt.head_received:
        return DownloadCancelledError(
            f"{request.url} sent more than {tap.limit_bytes} bytes, framing included"
        )
    if attempt.hung_up:
        return HeadTooLarge(f"{host} sent headers of more than {HEAD_LIMIT_BYTES} bytes")
    if attempt.bad_certificate is not None:
        return BadCertificate(attempt.bad_certificate)
    return None
