"""The private names of Scrapy, Twisted and pyOpenSSL that the tap stands on are as it knows them.

When this fails after an upgrade, read the new sources beside crawler/handlers/tap.py and tls.py
before anything else: an exchange that is recorded wrongly looks just like one that is not.
"""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from OpenSSL import SSL
from scrapy.core.downloader.handlers import http11
from twisted.internet.defer import Deferred, succeed
from twisted.internet.testing import MemoryReactorClock, StringTransport
from twisted.web import _newclient, client
from twisted.web.http_headers import Headers

from crawler.handlers.tap import WireProtocol


def parameters(function: Any) -> list[str]:
    return list(inspect.signature(function).parameters)


def test_the_handler_keeps_its_pool_where_we_replace_it() -> None:
    source = inspect.getsource(http11.HTTP11DownloadHandler.__init__)
    assert "self._pool: HTTPConnectionPool = HTTPConnectionPool(reactor, persistent=True)" in source
    assert "self._pool._factory = _LenientHTTP11ClientFactory" in source
    assert "pool=self._pool" in inspect.getsource(http11.HTTP11DownloadHandler.download_request)


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (http11._LenientHTTP11ClientProtocol.request, ["self", "request"]),
        (http11._LenientHTTP11ClientFactory.buildProtocol, ["self", "addr"]),
        (client._HTTP11ClientFactory.__init__, ["self", "quiescentCallback", "metadata"]),
        (client.HTTPConnectionPool.getConnection, ["self", "key", "endpoint"]),
        (_newclient.HTTP11ClientProtocol.dataReceived, ["self", "bytes"]),
        (_newclient.HTTP11ClientProtocol._finishResponse_WAITING, ["self", "rest"]),
        (_newclient.HTTPClientParser.__init__, ["self", "request", "finisher"]),
        (_newclient.Request.writeTo, ["self", "transport"]),
    ],
)
def test_signatures(function: Any, expected: list[str]) -> None:
    assert parameters(function) == expected


def test_the_factory_gives_protocols_their_quiescent_callback() -> None:
    factory = client._HTTP11ClientFactory(print, "")
    assert factory._quiescentCallback is print
    assert issubclass(http11._LenientHTTP11ClientFactory, client._HTTP11ClientFactory)
    assert client.HTTPConnectionPool._factory is client._HTTP11ClientFactory


def test_a_protocol_hands_its_parser_the_finisher_that_we_override() -> None:
    ends: list[bytes] = []

    class Watching(http11._LenientHTTP11ClientProtocol):
        def _finishResponse(self, rest: bytes) -> None:  # noqa: N802 - Twisted's name
            ends.append(rest)
            super()._finishResponse(rest)

    protocol = Watching()
    protocol.makeConnection(StringTransport())
    request = _newclient.Request(b"GET", b"/", Headers({b"host": [b"x"]}), None, persistent=True)
    protocol.request(request)
    assert isinstance(protocol._parser, _newclient.HTTPClientParser)
    assert protocol._parser.MAX_LENGTH == 16384
    protocol.dataReceived(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok and more")
    assert ends == [b" and more"]


def test_an_agent_asks_the_pool_before_it_waits() -> None:
    asked: list[Any] = []

    class Pool:
        persistent = True

        def getConnection(self, key: Any, endpoint: Any) -> Deferred[Any]:  # noqa: N802
            asked.append(key)
            return Deferred()

    reactor, policy = MemoryReactorClock(), client.BrowserLikePolicyForHTTPS()
    agents: list[Any] = [
        http11._BindAddressAgent(reactor, policy, pool=Pool()),
        http11._ScrapyProxyAgent(reactor, b"http://proxy.example:3128", policy, pool=Pool()),
        http11._TunnelingAgent(
            reactor=reactor, proxyConf=("proxy", 3128, None), contextFactory=policy, pool=Pool()
        ),
    ]
    for count, agent in enumerate(agents, start=1):
        agent.request(b"GET", b"http://news.example/")
        assert len(asked) == count


def test_the_pool_sends_a_retried_request_as_the_same_object() -> None:
    """Else the second try would run past the tap."""
    sent: list[Any] = []

    class Connection:
        def __init__(self, answer: Any) -> None:
            self.answer = answer

        def request(self, request: Any) -> Any:
            sent.append(request)
            return self.answer

    dead: Deferred[Any] = Deferred()
    retrying = client._RetryingHTTP11ClientProtocol(
        Connection(dead), lambda: succeed(Connection(succeed("answer")))
    )
    request = _newclient.Request(b"GET", b"/", Headers({b"host": [b"x"]}), None)
    results: list[Any] = []
    retrying.request(request).addCallback(results.append)
    dead.errback(_newclient.ResponseNeverReceived([]))
    assert results == ["answer"]
    assert sent == [request, request]


def test_openssl_tells_why_it_refused() -> None:
    connection = SSL.Connection(SSL.Context(SSL.TLS_METHOD))
    assert SSL._lib.SSL_get_verify_result(connection._ssl) == 0
    words = SSL._ffi.string(SSL._lib.X509_verify_cert_error_string(10))
    assert words == b"certificate has expired"


def test_bytes_that_nobody_asked_for_end_the_connection() -> None:
    protocol = WireProtocol()
    transport = StringTransport()
    protocol.makeConnection(transport)
    protocol.dataReceived(b"HTTP/1.1 408 Request Timeout\r\n\r\n")
    assert transport.disconnecting
