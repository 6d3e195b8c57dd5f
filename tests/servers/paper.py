"""A small newspaper whose every answer is known byte for byte, for tests that crawl it often.

    with Paper() as paper:
        crawl(paper.front)
    assert archived(url) == paper.sent(url)

It is found by a feed, by its front page, and by a sitemap that only robots.txt names; it has
redirects, a page under two addresses, a page that is gone, one that is down, chunks and gzip.
What it serves does not depend on the port, except for the links in feed and sitemap.
"""

from __future__ import annotations

import gzip
from random import Random
from urllib.parse import urlsplit

from tests.servers.raw import NOT_FOUND, RawServer

WORDS = """
warga perahu nelayan kampung pasar jembatan sekolah hujan musim panen padi kopi
jalan desa kota sungai laut angin malam pagi bupati guru petani pedagang
anak ibu rumah kapal pelabuhan memperbaiki membangun menanam menjual membawa melihat menunggu
mengatakan meminta memberi
"""
ARTICLES = 40
FIRST_IN_SITEMAP = 28
"""Articles from this one on are named by the sitemap alone."""


class Paper(RawServer):
    """Serves on a free port inside a `with` block."""

    def __init__(self) -> None:
        super().__init__({})
        self._answers = {path: _answer(body, path) for path, body in _articles().items()}
        self._answers |= self._lists() | _oddities(self._answers)
        self._scripts = {path: [[answer]] for path, answer in self._answers.items()}

    @property
    def front(self) -> str:
        return self.url("/")

    @property
    def feed(self) -> str:
        return self.url("/feed.xml")

    def sent(self, url: str) -> bytes:
        """What the server answers to a request for `url`."""
        return self._answers.get(urlsplit(url).path, b"".join(map(bytes, NOT_FOUND)))  # type: ignore[arg-type]

    def asked(self) -> list[str]:
        """The path of every request so far."""
        with self._lock:
            return [request.split(b" ", 2)[1].decode() for request in self.requests]

    def _lists(self) -> dict[str, bytes]:
        paths = list(_articles())
        in_feed, in_sitemap = paths[:FIRST_IN_SITEMAP], paths[FIRST_IN_SITEMAP:]
        items = "".join(
            f"<item><title>Kabar</title><link>{self.url(path)}</link></item>" for path in in_feed
        )
        pages = "".join(f"<url><loc>{self.url(path)}</loc></url>" for path in in_sitemap)
        sitemap = f"<sitemap><loc>{self.url('/sitemap-1.xml')}</loc></sitemap>"
        schema = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
        texts = {
            "/": (_front([*paths[:5], *_ODD]), "text/html"),
            "/feed.xml": (
                f'<rss version="2.0"><channel><title>Kabar</title><link>{self.front}</link>'
                f"<description/>{items}</channel></rss>",
                "application/rss+xml",
            ),
            "/robots.txt": (f"User-agent: *\nSitemap: {self.url('/sitemap.xml')}\n", "text/plain"),
            "/sitemap.xml": (f"<sitemapindex {schema}>{sitemap}</sitemapindex>", "text/xml"),
            "/sitemap-1.xml": (f"<urlset {schema}>{pages}</urlset>", "text/xml"),
        }
        return {path: _plain(text.encode(), kind) for path, (text, kind) in texts.items()}


MOVED_TO = "/berita/2026/11/20/kabar-nomor-3-dari-kampung"
"""The old address of this one leads to it, so that each crawl may ask for it twice."""
_MOVED = "/berita/2026/11/20/alamat-lama-kabar-nomor-3"
_PRINTED = "/berita/2026/11/20/versi-cetak-kabar-nomor-4"
_GONE = "/berita/2026/11/20/kabar-yang-sudah-dihapus"
_DOWN = "/berita/2026/11/20/kabar-yang-sedang-rusak"
_ODD = (_MOVED, _PRINTED, _GONE, _DOWN)


def _oddities(answers: dict[str, bytes]) -> dict[str, bytes]:
    paths = list(_articles())
    down = b"HTTP/1.1 501 Not Implemented\r\nContent-Length: 0\r\n\r\n"
    moved = f"HTTP/1.1 301 Moved\r\nLocation: {MOVED_TO}\r\nContent-Length: 0\r\n\r\n"
    return {_MOVED: moved.encode(), _PRINTED: answers[paths[4]], _DOWN: down}


def _articles() -> dict[str, bytes]:
    rng = Random(7)
    found = {}
    for number in range(ARTICLES):
        title = f"Kabar nomor {number}: {' '.join(rng.choices(WORDS.split(), k=5))}"
        paragraphs = [
            " ".join(rng.choices(WORDS.split(), k=40)).capitalize() + "." for _ in range(5)
        ]
        # What does not compress makes records long enough to be torn and files to be full.
        noise = f"<!-- {rng.randbytes(rng.choice([200, 2000, 20_000])).hex()} -->"
        path = f"/berita/2026/11/20/kabar-nomor-{number}-dari-kampung"
        text = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
        found[path] = (
            f"<!DOCTYPE html><html lang='id'><head><title>{title}</title>{noise}"
            f"<link rel='canonical' href='{path}'></head><body><article><h1>{title}</h1>{text}"
            "</article></body></html>"
        ).encode()
    return found


def _answer(body: bytes, path: str) -> bytes:
    """The page, in a transfer that depends on its address."""
    match sum(path.encode()) % 3:
        case 0:
            return _plain(body, "text/html")
        case 1:
            packed = gzip.compress(body, mtime=0)
            return _plain(packed, "text/html", "Content-Encoding: gzip\r\n")
        case _:
            chunks = [body[at : at + 3000] for at in range(0, len(body), 3000)]
            transfer = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks)
            head = b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nTransfer-Encoding: chunked\r\n"
            return head + b"\r\n" + transfer + b"0\r\n\r\n"


def _plain(body: bytes, kind: str, more: str = "") -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}; charset=utf-8\r\n{more}"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def _front(paths: list[str]) -> str:
    links = "".join(f'<li><a href="{path}">Kabar dari kampung nelayan</a></li>' for path in paths)
    return f"<!DOCTYPE html><html><head><title>Kabar</title></head><body>{links}</body></html>"
