"""The tap on Twisted's HTTP/1.1 client: the bytes of one exchange, exactly as they went.

`crawler.handlers.wire` opens a WireTap for each request and lays it in `current_tap`; the pool
takes it from there and ties it to the connection, so that neither keep-alive nor the pool's own
retry can mix two exchanges. This module knows bytes and connections; what they mean (whole or
cut, and why) is read from the tap by the handler.

What is taken is what HTTP itself is: TLS lies below (the bytes are plain), and a proxy's
CONNECT exchange before (Scrapy reads it past the protocol's `dataReceived`), so it is not here.

Private names this stands on, each asserted by tests/unit/crawler/handlers/test_private_names.py:

- scrapy.core.downloader.handlers.http11: `_LenientHTTP11ClientProtocol`,
  `_LenientHTTP11ClientFactory`, `HTTP11DownloadHandler._pool`
- twisted.web.client: `HTTPConnectionPool._factory`, and that an agent calls the pool's
  `getConnection` before it first waits
- twisted.web._newclient: `HTTP11ClientProtocol._finishResponse(rest)`, `._parser`, and that a
  request is used only through `writeTo`, `stopWriting` and plain attributes
- those of crawler.handlers.tls
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

from scrapy.core.downloader.handlers.http11 import (
    _LenientHTTP11ClientFactory,
    _LenientHTTP11ClientProtocol,
)
from twisted.internet.defer import Deferred, fail
from twisted.internet.error import ConnectionDone
from twisted.internet.protocol import connectionDone
from twisted.web.client import HTTPConnectionPool

from archive.core.network_addresses import is_public
from crawler.failures import PrivateAddress
from crawler.handlers import tls

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from twisted.internet.interfaces import IAddress, IStreamClientEndpoint
    from twisted.web._newclient import HTTP11ClientProtocol, Request
    from twisted.web.iweb import IResponse

HEAD_LIMIT_BYTES = 256 * 1024
"""Most bytes of status lines and headers (interim answers included) before we hang up.

Chromium's limit for a response's headers; real ones stay below 32 KiB.
"""


@dataclass(slots=True)
class Attempt:
    """One try at an exchange, over one connection."""

    peer: str
    """IP address of the other end (a proxy's, behind one)."""
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    sent: list[bytes] = field(default_factory=list)
    received: list[bytes] = field(default_factory=list)
    received_bytes: int = 0
    surplus_bytes: int = 0
    """At the end of `received`, that belong to no answer of ours."""
    protocols: tuple[str, ...] = ()
    """Empty until the final answer's head has come whole."""
    cipher: str | None = None
    finished: bool = False
    """The answer came to its end, by its own framing or by a close in order."""
    hung_up: bool = False
    """We closed the connection since a limit was passed."""
    lost: bool = False
    """The connection ended while the answer was still awaited."""
    lost_in_order: bool = True
    """It was closed by the other end, neither reset nor aborted by us."""
    bad_certificate: str | None = None

    @property
    def head_received(self) -> bool:
        return bool(self.protocols)

    def request_bytes(self) -> bytes:
        return b"".join(self.sent)

    def response_bytes(self) -> bytes:
        received = b"".join(self.received)
        return received[: len(received) - self.surplus_bytes]


@dataclass(slots=True)
class WireTap:
    """Where the bytes of one exchange run together; `attempt` is the latest try at it."""

    allow_private: bool
    limit_bytes: int
    """Most bytes of a response, its head aside; 0 for no limit."""
    attempt: Attempt | None = None

    def begin(self, peer: str) -> Attempt:
        self.attempt = Attempt(peer)
        return self.attempt

    def passes_limit(self, attempt: Attempt) -> bool:
        """Return whether so much came that the rest is not wanted.

        The body's decoded size is watched by Scrapy; this one keeps chunk framing and heads
        from filling the memory beyond it.
        """
        if attempt.finished:
            return False
        if not attempt.head_received:
            return attempt.received_bytes > HEAD_LIMIT_BYTES
        limit = self.limit_bytes and self.limit_bytes + HEAD_LIMIT_BYTES
        return bool(limit) and attempt.received_bytes > limit


current_tap: ContextVar[WireTap] = ContextVar("current_tap")
"""The tap for the request that is being handed to Twisted in this context."""


class _TappedTransport:
    """A transport as `Request.writeTo` uses it, which shows what is written."""

    def __init__(self, transport: Any, sent: list[bytes]) -> None:
        self._transport = transport
        self._sent = sent

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        self._sent.append(data)
        self._transport.write(data)

    def writeSequence(self, chunks: Iterable[bytes]) -> None:  # noqa: N802 - Twisted's name
        self.write(b"".join(chunks))


class TappedRequest:
    """A Twisted request that carries its tap to the connection it is sent over."""

    def __init__(self, request: Request, tap: WireTap) -> None:
        self._request = request
        self.tap = tap
        self.persistent: bool = request.persistent

    def __getattr__(self, name: str) -> Any:
        return getattr(self._request, name)

    def writeTo(self, transport: Any) -> Deferred[None]:  # noqa: N802 - Twisted's name
        assert self.tap.attempt is not None
        tapped = _TappedTransport(transport, self.tap.attempt.sent)
        written: Deferred[None] = self._request.writeTo(tapped)  # type: ignore[no-untyped-call]
        return written


class WireProtocol(_LenientHTTP11ClientProtocol):
    """An HTTP/1.1 client connection that copies each answer into its request's tap."""

    transport: Any
    _tapped: TappedRequest | None = None
    _attempt: Attempt | None = None

    def request(self, request: Any) -> Deferred[IResponse]:
        """Send a TappedRequest, as a new attempt even after an earlier one."""
        peer = self.transport.getPeer().host
        if not (request.tap.allow_private or is_public(peer)):
            self.transport.abortConnection()
            return fail(PrivateAddress(str(request.headers.getRawHeaders(b"host")[0]), peer))
        self._tapped = request
        self._attempt = attempt = request.tap.begin(peer)
        answered: Deferred[IResponse] = super().request(request)
        assert self._parser is not None
        self._parser.MAX_LENGTH = HEAD_LIMIT_BYTES  # of a line; Twisted hangs up at 16 KiB
        return answered.addCallback(self._note_head, attempt)

    def _note_head(self, response: IResponse, attempt: Attempt) -> IResponse:
        name, major, minor = response.version
        session = tls.describe(self.transport)
        attempt.protocols = (f"{name.decode('latin-1').lower()}/{major}.{minor}",)
        if session is not None:
            attempt.protocols += (session.protocol,)
            attempt.cipher = session.cipher
        return response

    def dataReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        attempt, tapped = self._attempt, self._tapped
        if attempt is None or tapped is None:  # no request is under way: the base class hangs up
            super().dataReceived(data)  # type: ignore[no-untyped-call]
            return
        attempt.received.append(data)
        attempt.received_bytes += len(data)
        super().dataReceived(data)  # type: ignore[no-untyped-call]
        if not attempt.hung_up and tapped.tap.passes_limit(attempt):
            attempt.hung_up = True
            self.transport.abortConnection()

    def _finishResponse(self, rest: bytes) -> None:  # noqa: N802 - Twisted's name
        """Note where the answer ends. A connection with more data behind it is not used again.

        Twisted drops `rest` and keeps the connection, whose next answer would then be taken
        for another URL's.
        """
        if self._attempt is not None and self._tapped is not None:
            self._attempt.surplus_bytes = len(rest)
            self._attempt.finished = self._attempt.lost_in_order
            if rest:
                self._tapped.persistent = False
        self._attempt = self._tapped = None
        super()._finishResponse(rest)

    def connectionLost(self, reason: Any = connectionDone) -> None:  # noqa: N802
        if self._attempt is not None:
            self._attempt.lost = True
            self._attempt.lost_in_order = bool(reason.check(ConnectionDone))
            self._attempt.bad_certificate = tls.verification_failure(reason, self.transport)
        super().connectionLost(reason)  # type: ignore[no-untyped-call]
        self._attempt = self._tapped = None


class WireFactory(_LenientHTTP11ClientFactory):
    """Builds WireProtocols for the pool."""

    def buildProtocol(self, addr: IAddress | None) -> HTTP11ClientProtocol:  # noqa: N802 - Twisted's name
        return WireProtocol(self._quiescentCallback)  # type: ignore[no-untyped-call]


class _TappedConnection:
    """A pooled connection, about to carry one request of a tap."""

    def __init__(self, connection: HTTP11ClientProtocol, tap: WireTap) -> None:
        self._connection = connection
        self._tap = tap

    def request(self, request: Request) -> Deferred[IResponse]:
        tapped: Any = TappedRequest(request, self._tap)
        return self._connection.request(tapped)


class WirePool(HTTPConnectionPool):
    """A pool of persistent connections, each lent with the tap of the current context."""

    _factory = WireFactory

    @classmethod
    def in_place_of(cls, pool: HTTPConnectionPool) -> Self:
        """Return a pool with the limits of another, which has not been used yet."""
        tapped = cls(pool._reactor, pool.persistent)
        tapped.maxPersistentPerHost = pool.maxPersistentPerHost
        return tapped

    def getConnection(  # noqa: N802 - Twisted's name
        self, key: Hashable, endpoint: IStreamClientEndpoint
    ) -> Deferred[Any]:
        lent: Deferred[Any] = super().getConnection(key, endpoint)
        return lent.addCallback(_TappedConnection, current_tap.get())
