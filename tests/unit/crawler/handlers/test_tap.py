"""What a crawl cannot show from outside: the last guard, and the names of ciphers."""

from __future__ import annotations

from typing import Any

import pytest
from twisted.internet.address import IPv4Address
from twisted.internet.testing import StringTransport
from twisted.web._newclient import Request
from twisted.web.http_headers import Headers

from crawler.failures import PrivateAddress
from crawler.handlers.tap import TappedRequest, WireProtocol, WireTap
from crawler.handlers.tls import iana_cipher_name


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
