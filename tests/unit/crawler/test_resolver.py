from __future__ import annotations

from ipaddress import ip_address
from typing import Any

import pytest
from twisted.internet.address import IPv4Address, IPv6Address

from archive.core.network_addresses import is_public, literal_address
from crawler import resolver
from crawler.resolver import PublicResolver

PRIVATE = [
    "127.0.0.1", "127.255.255.254", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1",
    "169.254.169.254", "100.64.0.1", "0.0.0.0", "255.255.255.255", "224.0.0.1", "239.1.1.1",
    "240.0.0.1", "192.0.2.1", "198.18.0.1",
    "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1", "2001:db8::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::", "2002:a00:1::",
    "64:ff9b::127.0.0.1", "64:ff9b::a00:1", "64:ff9b:1::1",
]  # fmt: skip
PUBLIC = [
    "1.1.1.1", "93.184.216.34", "172.15.0.1", "172.32.0.1", "100.128.0.1",
    "2606:4700::1111", "::ffff:1.1.1.1", "2002:101:101::", "64:ff9b::1.1.1.1",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_addresses_that_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("127.1", "127.0.0.1"),
        ("2130706433", "127.0.0.1"),
        ("0x7f000001", "127.0.0.1"),
        ("0x7f.0.0.0x1", "127.0.0.1"),
        ("0177.0.0.1", "127.0.0.1"),
        ("127.0.0.1.", "127.0.0.1"),
        ("0", "0.0.0.0"),
        ("[::1]", "::1"),
        ("::ffff:7f00:1", "::ffff:127.0.0.1"),
        ("fe80::1%25eth0", "fe80::1"),
    ],
)
def test_every_spelling_of_an_address(host: str, address: str) -> None:
    assert literal_address(host) == ip_address(address)


@pytest.mark.parametrize("host", ["example.com", "localhost", "1.2.3.4.example", "berita.id", ""])
def test_names_are_no_addresses(host: str) -> None:
    assert literal_address(host) is None


class Receiver:
    """Keeps what a resolver finds."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.complete = False

    def resolutionBegan(self, resolution: Any) -> None:  # noqa: N802
        pass

    def addressResolved(self, address: Any) -> None:  # noqa: N802
        self.found.append(address.host)

    def resolutionComplete(self) -> None:  # noqa: N802
        self.complete = True


class FakeReactor:
    """Resolves every name to the same addresses, as `nameResolver`."""

    def __init__(self, *addresses: Any) -> None:
        self._addresses = addresses
        self.nameResolver = self

    def resolveHostName(self, receiver: Any, *_: Any) -> Any:  # noqa: N802
        receiver.resolutionBegan(None)
        for address in self._addresses:
            receiver.addressResolved(address)
        receiver.resolutionComplete()
        return receiver


def resolve(host: str, *addresses: Any, allow_private: bool = False) -> Receiver:
    receiver = Receiver()
    reactor: Any = FakeReactor(*addresses)
    PublicResolver(reactor, 0, allow_private=allow_private).resolveHostName(receiver, host)
    assert receiver.complete
    return receiver


INSIDE = IPv4Address("TCP", "10.0.0.1", 80)
OUTSIDE = IPv4Address("TCP", "1.1.1.1", 80)
INSIDE_6 = IPv6Address("TCP", "::ffff:10.0.0.1", 80)


def test_a_name_keeps_its_public_addresses_only() -> None:
    assert resolve("mixed.example", INSIDE, OUTSIDE, INSIDE_6).found == ["1.1.1.1"]
    assert "mixed.example" not in resolver.refusals


def test_a_name_with_private_addresses_only_is_remembered_as_refused() -> None:
    assert resolve("inside.example", INSIDE).found == []
    assert resolver.refusals["inside.example"] == "10.0.0.1"


def test_the_setting_and_proxies_are_exempt() -> None:
    assert resolve("any.example", INSIDE, allow_private=True).found == ["10.0.0.1"]
    resolver.proxy_hosts.add("proxy.example")
    assert resolve("proxy.example", INSIDE).found == ["10.0.0.1"]
