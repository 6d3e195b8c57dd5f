"""The corpus proxy: what it serves is what it says it sent, over HTTP and TLS."""

from __future__ import annotations

import gzip
import http.client
import json
import os
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest

from tests.servers.corpus import CorpusProxy, find_corpus, load_pages, variant_of

URLS = {
    "two": "http://plain.example/story?id=1",
    "other": "http://plain.example/story?id=2",
    "secure": "https://secure.example/2024/caf%C3%A9.html#comments",
    "again": "https://secure.example/2024/caf%C3%A9.html",
    "one": "https://secure.example/three&four",
    "fourth": "https://secure.example/4",
    "fifth": "https://secure.example/5",
}
HTML = '<html><head><meta charset="UTF-8"><title>{0}</title></head><body>{0} é {1}</body></html>'


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Seven pages at six addresses, in the layout of the real corpora."""
    folder = tmp_path_factory.mktemp("corpus")
    (folder / "html").mkdir()
    truth = {page_id: {"url": url, "title": f"<{page_id}>"} for page_id, url in URLS.items()}
    (folder / "truth.json").write_text(json.dumps(truth), encoding="utf-8")
    for page_id in URLS:
        page = HTML.format(page_id, "word " * 5000).encode()
        (folder / "html" / f"{page_id}.html.gz").write_bytes(gzip.compress(page))
    return folder


@pytest.fixture(scope="module")
def proxy(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CorpusProxy]:
    with CorpusProxy(corpus, tmp_path_factory.mktemp("certificates")) as running:
        yield running


class Client:
    """A client of the proxy that keeps its connections open and trusts its authority."""

    def __init__(self, proxy: CorpusProxy) -> None:
        self._proxy = proxy
        self._trust = ssl.create_default_context(cafile=proxy.authority_file)
        self._connections: dict[str, http.client.HTTPConnection] = {}

    def fetch(self, url: str, method: str = "GET") -> tuple[http.client.HTTPResponse, bytes]:
        parts = urlsplit(url)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        connection = self._connect(parts.scheme, parts.netloc)
        connection.request(
            method,
            target if parts.scheme == "https" else url,
            headers={"Accept-Encoding": "gzip"},
        )
        response = connection.getresponse()
        body = response.read()
        if response.getheader("Content-Encoding") == "gzip" and body:
            body = gzip.decompress(body)
        return response, body

    def _connect(self, scheme: str, host: str) -> http.client.HTTPConnection:
        key = f"{scheme}://{host}"
        if key not in self._connections:
            port = self._proxy.server_port
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            if scheme == "https":
                connection = http.client.HTTPSConnection(
                    "127.0.0.1", port, timeout=5, context=self._trust
                )
                connection.set_tunnel(host, 443)
            self._connections[key] = connection
        return self._connections[key]

    def close(self) -> None:
        for connection in self._connections.values():
            connection.close()


@pytest.fixture
def client(proxy: CorpusProxy) -> Iterator[Client]:
    client = Client(proxy)
    yield client
    client.close()


def test_every_page_is_served_at_its_address(proxy: CorpusProxy, client: Client) -> None:
    for url, page in proxy.pages.items():
        response, body = client.fetch(url)
        assert (response.status, body) == (200, page.payload()), url
        assert response.getheader("Content-Type") == "text/html; charset=utf-8"


def test_pages_are_sent_in_all_four_ways_and_kept_as_sent(
    proxy: CorpusProxy, client: Client
) -> None:
    ways = set()
    for url, page in proxy.pages.items():
        response, _ = client.fetch(url)
        coded = response.getheader("Content-Encoding") == "gzip"
        chunked = response.getheader("Transfer-Encoding") == "chunked"
        ways.add((coded, chunked))
        assert variant_of(page) == coded + 2 * chunked
        head, _, body = proxy.sent[url].partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 OK\r\n")
        assert body.endswith(b"\r\n0\r\n\r\n") == chunked
    assert len(ways) == 4


def test_of_two_pages_at_one_address_the_first_wins(corpus: Path) -> None:
    pages = load_pages(corpus)
    assert len(pages) == len(URLS) - 1
    assert pages[URLS["again"]].id == "secure"


@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("http://plain.example/story", 404),
        ("http://plain.example/story?id=3", 404),
        ("http://plain.example/feed.xml?id=1", 404),
        ("https://secure.example/2024/caf\u0065.html", 404),
        ("http://secure.example/4", 404),
        ("http://nowhere.example/", 502),
    ],
)
def test_other_addresses_are_not_found(client: Client, url: str, status: int) -> None:
    assert client.fetch(url)[0].status == status


def test_escapes_may_be_spelled_otherwise(client: Client) -> None:
    assert client.fetch("https://secure.example/2024/caf%c3%a9.html")[0].status == 200


def test_each_host_has_robots_sitemap_feed_and_front_page(
    proxy: CorpusProxy, client: Client
) -> None:
    assert proxy.origins == ["http://plain.example/", "https://secure.example/"]
    for origin in proxy.origins:
        urls = {url for url in proxy.pages if url.startswith(origin)}
        robots = client.fetch(f"{origin}robots.txt")[1].decode()
        assert f"Sitemap: {origin}sitemap.xml" in robots.splitlines()
        sitemap = ElementTree.fromstring(client.fetch(f"{origin}sitemap.xml")[1])
        assert {loc.text for loc in sitemap.iter() if loc.tag.endswith("}loc")} == urls
        feed = ElementTree.fromstring(client.fetch(f"{origin}feed.xml")[1])
        assert {item.findtext("link") for item in feed.iter("item")} == urls
        assert "<two>" in {i.findtext("title") for i in feed.iter("item")} or "secure" in origin
        front = client.fetch(origin)[1].decode()
        assert f'href="{origin}feed.xml"' in front
        assert all(f'"{url}"'.replace("&", "&amp;") in front for url in urls)


def test_head_sends_the_head_of_get_and_the_connection_stays(
    proxy: CorpusProxy, client: Client
) -> None:
    for url in (URLS["two"], URLS["fifth"]):
        answers = [client.fetch(url, method) for method in ("HEAD", "GET", "HEAD")]
        heads = [sorted(response.getheaders()) for response, _ in answers]
        assert heads[0] == heads[1] == heads[2]
        assert [len(body) > 0 for _, body in answers] == [False, True, False]
        assert proxy.requests[-3:] == [(m, url, 200) for m in ("HEAD", "GET", "HEAD")]


def test_who_does_not_trust_the_authority_gets_nothing(proxy: CorpusProxy) -> None:
    before = len(proxy.requests)
    connection = http.client.HTTPSConnection(
        "127.0.0.1", proxy.server_port, timeout=5, context=ssl.create_default_context()
    )
    connection.set_tunnel("secure.example", 443)
    with pytest.raises(ssl.SSLCertVerificationError):
        connection.request("GET", "/4")
    connection.close()
    assert len(proxy.requests) == before


CLIENT = """
import http.client, sys
connection = http.client.HTTPSConnection("127.0.0.1", int(sys.argv[1]), timeout=5)
connection.set_tunnel("secure.example", 443)
connection.request("GET", "/4")
assert connection.getresponse().status == 200
"""

SPIDER = """
import scrapy, sys
from scrapy.crawler import CrawlerProcess

class Spider(scrapy.Spider):
    name = "proof"
    start_urls = sys.argv[1:]
    def parse(self, response):
        print(response.status, response.url)

settings = {"DOWNLOAD_VERIFY_CERTIFICATES": True, "LOG_LEVEL": "ERROR", "TELNETCONSOLE_ENABLED": 0}
process = CrawlerProcess(settings)
process.crawl(Spider)
process.start()
"""


def run_client(program: str, proxy: CorpusProxy, *arguments: str) -> list[str]:
    """Lines printed by a fresh Python that is told of proxy and authority by its environment."""
    environment = os.environ | {
        "http_proxy": proxy.url,
        "https_proxy": proxy.url,
        "SSL_CERT_FILE": str(proxy.authority_file),
    }
    command = [sys.executable, "-c", program, *arguments]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=60, check=True
    )
    return sorted(done.stdout.splitlines())


def test_ssl_cert_file_is_enough_for_pythons_own_tls(proxy: CorpusProxy) -> None:
    assert run_client(CLIENT, proxy, str(proxy.server_port)) == []


def test_ssl_cert_file_and_proxy_variables_are_enough_for_scrapy(proxy: CorpusProxy) -> None:
    urls = [URLS["two"], URLS["fourth"], URLS["fifth"]]
    assert run_client(SPIDER, proxy, *urls) == sorted(f"200 {url}" for url in urls)


def test_leaving_the_block_ends_threads_and_open_tunnels(corpus: Path, tmp_path: Path) -> None:
    before = set(threading.enumerate())
    with CorpusProxy(corpus, tmp_path) as proxy:
        client = Client(proxy)
        assert client.fetch(URLS["fourth"])[0].status == 200
    assert set(threading.enumerate()) <= before
    client.close()


@pytest.mark.parametrize(
    ("name", "addresses"), [("aeb", 90), ("publishers", 180), ("newspaper-aed", 212)]
)
def test_real_corpora_are_served_whole(name: str, addresses: int, tmp_path: Path) -> None:
    with CorpusProxy(find_corpus(name), tmp_path) as proxy:
        assert len(proxy.pages) == addresses
        client = Client(proxy)
        sample = list(proxy.pages.values())[::15]
        for page in sample:
            assert client.fetch(page.url)[1] == page.payload(), page.url
        client.close()
