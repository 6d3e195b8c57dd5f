"""What a crawl cannot show from outside: any split of the bytes, the last guard, cipher names."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy.core.downloader.handlers.http11 import _RequestBodyProducer
from twisted.internet.address import IPv4Address
from twisted.internet.testing import StringTransport
from twisted.web._newclient import Request
from twisted.web.http_headers import Headers

from crawler.failures import PrivateAddress
from crawler.handlers.tap import TappedRequest, WireProtocol, WireTap
from crawler.handlers.tls import iana_cipher_name

HEADS = st.sampled_from(
    [
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.0 200\n",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Not Found\r\n",
        b"HTTP/1.1 200 OK\r\nset-cookie: a\r\nSet-Cookie: b\r\nX-Folded: a\r\n b\r\njunk\r\n",
    ]
)


@st.composite
def answers(draw: st.DrawFn) -> bytes:
    """Return an answer that says where it ends."""
    head, body = draw(HEADS), draw(st.binary(max_size=300))
    if draw(st.booleans()):
        return head + b"Content-Length: %d\r\n\r\n" % len(body) + body
    size = draw(st.integers(1, 50))
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    return head + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\nX-T: t\r\n\r\n"


@given(
    messages=st.lists(answers(), min_size=1, max_size=4),
    cuts=st.lists(st.integers(1, 80), min_size=1),
    surplus=st.binary(max_size=20),
)
def test_each_answer_is_kept_alone_and_whole_however_it_arrives(
    messages: list[bytes], cuts: list[int], surplus: bytes
) -> None:
    protocol = WireProtocol()
    transport = StringTransport(peerAddress=IPv4Address("TCP", "1.1.1.1", 80))
    protocol.makeConnection(transport)
    for number, message in enumerate(messages):
        transport.clear()
        tap = WireTap(allow_private=False, limit_bytes=0)
        path = b"/%d" % number
        request = Request(b"GET", path, Headers({b"host": [b"x"]}), None, persistent=True)
        protocol.request(TappedRequest(request, tap))
        last = message is messages[-1]
        coming = message + (surplus if last else b"")
        for turn in range(len(coming)):
            piece, coming = coming[: cuts[turn % len(cuts)]], coming[cuts[turn % len(cuts)] :]
            if piece:
                protocol.dataReceived(piece)
        assert tap.attempt is not None
        assert tap.attempt.finished
        assert tap.attempt.response_bytes() == message
        assert tap.attempt.request_bytes() == transport.value()
        assert transport.value() == b"GET %b HTTP/1.1\r\nHost: x\r\n\r\n" % path
    assert transport.disconnecting == bool(surplus)


def test_the_body_of_a_request_is_kept_with_it() -> None:
    protocol = WireProtocol()
    transport = StringTransport(peerAddress=IPv4Address("TCP", "1.1.1.1", 80))
    protocol.makeConnection(transport)
    body: Any = _RequestBodyProducer(b"q=kabar")
    request = Request(b"POST", b"/", Headers({b"host": [b"x"]}), body, persistent=True)
    tap = WireTap(allow_private=False, limit_bytes=0)
    protocol.request(TappedRequest(request, tap))
    assert tap.attempt is not None
    assert tap.attempt.request_bytes() == transport.value()
    assert transport.value().endswith(b"\r\n\r\nq=kabar")


def send(peer: str, *, allow_private: bool) -> tuple[bytes, list[Any]]:
    """Return what went out to a peer, and how the request failed."""
    transport = StringTransport(peerAddress=IPv4Address("TCP", peer, 80))
    transport.abortConnection = lambda: None
    protocol = WireProtocol()
    protocol.makeConnection(transport)
    request = Request(b"GET", b"/", Headers({b"host": [b"news.example"]}), None, persistent=True)
    failures: list[Any] = []
    tap = WireTap(allow_private=allow_private, limit_bytes=0)
    protocol.request(TappedRequest(request, tap)).addErrback(failures.append)
    return transport.value(), failures


def test_nothing_is_written_to_a_private_address_whatever_the_resolver_said() -> None:
    written, (failure,) = send("10.0.0.1", allow_private=False)
    assert written == b""
    assert failure.check(PrivateAddress)
    assert "10.0.0.1" in str(failure.value)


@pytest.mark.parametrize(("peer", "allow_private"), [("10.0.0.1", True), ("1.1.1.1", False)])
def test_other_addresses_are_asked(peer: str, allow_private: bool) -> None:
    written, failures = send(peer, allow_private=allow_private)
    assert written == b"GET / HTTP/1.1\r\nHost: news.example\r\n\r\n"
    assert failures == []


@pytest.mark.parametrize(
    ("openssl", "iana"),
    [
        ("TLS_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256"),
        ("ECDHE-RSA-AES256-GCM-SHA384", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"),
        ("ECDHE-ECDSA-CHACHA20-POLY1305", "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"),
        ("ECDHE-RSA-AES128-SHA", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"),
        ("DHE-RSA-AES256-SHA256", "TLS_DHE_RSA_WITH_AES_256_CBC_SHA256"),
        ("AES128-GCM-SHA256", "TLS_RSA_WITH_AES_128_GCM_SHA256"),
        ("PSK-AES128-CBC-SHA", "PSK-AES128-CBC-SHA"),
    ],
)
def test_ciphers_have_their_iana_names(openssl: str, iana: str) -> None:
    assert iana_cipher_name(openssl) == iana
