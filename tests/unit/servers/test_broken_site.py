"""The broken site breaks as its table says."""

from __future__ import annotations

import gzip
import http.client
import json
import threading
import time
import zlib
from collections.abc import Iterator
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest

from tests.servers.broken import (
    DRIP_BYTES,
    FAULTS,
    GOOD,
    HUGE_BYTES,
    PDF,
    BrokenSite,
    paragraphs_of,
)


@pytest.fixture
def site() -> Iterator[BrokenSite]:
    with BrokenSite() as running:
        yield running


def ask(site: BrokenSite, path: str) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
    connection = http.client.HTTPConnection(urlsplit(site.base_url).netloc, timeout=5)
    try:
        connection.request("GET", path)
        return connection, connection.getresponse()
    except OSError:
        connection.close()
        raise


def fetch(site: BrokenSite, path: str) -> tuple[http.client.HTTPResponse, bytes]:
    connection, response = ask(site, path)
    try:
        return response, response.read()
    finally:
        connection.close()


def test_sound_pages_are_sound(site: BrokenSite) -> None:
    for path in GOOD:
        response, body = fetch(site, path)
        assert response.status == 200
        assert all(f"<p>{each}</p>" in body.decode() for each in paragraphs_of(path))
    sitemap = ElementTree.fromstring(fetch(site, "/sitemap.xml")[1])
    assert [loc.text for loc in sitemap.iter() if loc.tag.endswith("}loc")] == [
        site.url(path) for path in GOOD
    ]
    feed = ElementTree.fromstring(fetch(site, "/feed.xml")[1])
    links = {site.url(path) for path in (*GOOD, *FAULTS)}
    assert {item.findtext("link") for item in feed.iter("item")} == links
    assert all(f'href="{path}"' in fetch(site, "/")[1].decode() for path in FAULTS)
    assert site.hits["/good-1.html"] == 1
    assert fetch(site, "/nowhere.html")[0].status == 404


def test_links_and_robots_are_as_ordered() -> None:
    with BrokenSite(robots_status=500, links=["/empty.html"]) as site:
        assert fetch(site, "/robots.txt")[0].status == 500
        assert fetch(site, "/feed.xml")[1].count(b"<item>") == 1


def test_robots_names_the_cut_sitemaps(site: BrokenSite) -> None:
    response, body = fetch(site, "/robots.txt")
    assert response.status == 200
    assert f"Sitemap: {site.url('/sitemap-cut.xml.gz')}" in body.decode().splitlines()


def test_feeds_and_sitemaps_break(site: BrokenSite) -> None:
    response, body = fetch(site, "/feed-html.xml")
    assert response.getheader("Content-Type") == "application/rss+xml"
    assert body.startswith(b"<html>")
    _, body = fetch(site, "/sitemap-cut.xml")
    assert site.url(GOOD[0]) in body.decode()
    with pytest.raises(ElementTree.ParseError):
        ElementTree.fromstring(body)
    with pytest.raises(EOFError):
        gzip.decompress(fetch(site, "/sitemap-cut.xml.gz")[1])


def test_charsets_are_wrong(site: BrokenSite) -> None:
    response, body = fetch(site, "/windows-as-utf-8.html")
    assert response.headers.get_content_charset() == "utf-8"
    assert paragraphs_of("/windows-as-utf-8.html")[1] in body.decode("cp1252")
    with pytest.raises(UnicodeDecodeError):
        body.decode()
    response, body = fetch(site, "/utf-8-as-latin-1.html")
    assert response.headers.get_content_charset() == "iso-8859-1"
    assert b'charset="iso-8859-1"' in body
    assert paragraphs_of("/utf-8-as-latin-1.html")[1] in body.decode()


@pytest.mark.parametrize(
    ("path", "to"),
    [
        ("/loop-a.html", "/loop-b.html"),
        ("/loop-b.html", "/loop-a.html"),
        ("/loop-self.html", "/loop-self.html"),
        ("/to-private.html", "http://10.255.255.1/secret.html"),
        ("/to-loopback.html", "http://127.0.0.1:1/secret.html"),
    ],
)
def test_redirects_lead_astray(site: BrokenSite, path: str, to: str) -> None:
    response, _ = fetch(site, path)
    assert (response.status, response.getheader("Location")) == (302, to)


def test_bodies_are_not_what_they_should_be(site: BrokenSite) -> None:
    assert fetch(site, "/empty.html")[1] == b""
    assert fetch(site, "/one-byte.html")[1] == b"x"
    response, body = fetch(site, "/report.html")
    assert response.headers.get_content_type() == "text/html"
    assert body == PDF
    assert json.loads(fetch(site, "/data.html")[1])["items"] == []
    assert b" \0the " in fetch(site, "/nuls.html")[1]
    assert b"https://elsewhere.example/" in fetch(site, "/canonical-elsewhere.html")[1]


def test_codings_are_broken(site: BrokenSite) -> None:
    response, body = fetch(site, "/not-gzip.html")
    assert response.getheader("Content-Encoding") == "gzip"
    with pytest.raises(gzip.BadGzipFile):
        gzip.decompress(body)
    with pytest.raises(EOFError):
        gzip.decompress(fetch(site, "/cut-gzip.html")[1])


def test_a_bomb_is_small_until_it_is_unpacked(site: BrokenSite) -> None:
    response, body = fetch(site, "/bomb.html")
    assert response.getheader("Content-Encoding") == "gzip, gzip"
    assert len(body) < 10_000
    unpacker = zlib.decompressobj(wbits=31)
    size = len(unpacker.decompress(gzip.decompress(body), HUGE_BYTES + 1))
    assert size == HUGE_BYTES


def test_a_huge_page_streams_and_its_server_survives_who_leaves(site: BrokenSite) -> None:
    connection, response = ask(site, "/huge.html")
    assert response.getheader("Content-Length") is None
    assert len(response.read(3 << 20)) == 3 << 20
    connection.close()
    assert fetch(site, GOOD[0])[0].status == 200


def test_a_slow_page_drips(site: BrokenSite) -> None:
    begun = time.monotonic()
    connection, response = ask(site, "/slow.html")
    assert response.getheader("Content-Length") == str(DRIP_BYTES)
    assert response.read(4) == b"...."
    assert 0.25 < time.monotonic() - begun < 3
    connection.close()


def test_some_errors_pass_and_some_stay(site: BrokenSite) -> None:
    first, _ = fetch(site, "/busy.html")
    assert (first.status, first.getheader("Retry-After")) == (429, "1")
    assert fetch(site, "/busy.html")[0].status == 200
    first, _ = fetch(site, "/unavailable.html")
    assert (first.status, first.getheader("Retry-After")) == (503, None)
    assert fetch(site, "/unavailable.html")[0].status == 200
    assert [fetch(site, "/down.html")[0].status for _ in "123"] == [503] * 3


def test_connections_break(site: BrokenSite) -> None:
    with pytest.raises(ConnectionResetError):
        fetch(site, "/reset.html")
    with pytest.raises((ConnectionResetError, http.client.IncompleteRead)):
        fetch(site, "/reset-midway.html")
    with pytest.raises(http.client.IncompleteRead) as caught:
        fetch(site, "/short.html")
    assert caught.value.expected == 1000


def test_leaving_the_block_ends_slow_answers() -> None:
    before = set(threading.enumerate())
    with BrokenSite() as site:
        connection, response = ask(site, "/slow.html")
        assert response.status == 200
    assert set(threading.enumerate()) <= before
    connection.close()
