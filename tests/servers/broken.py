"""A site of bad input on loopback: what news sites do on their worst days, one fault a path.

    with BrokenSite() as site:
        crawl(site.base_url)
    assert archived(site.url("/good-1.html")) == paragraphs_of("/good-1.html")

The table `FAULTS` at the end is the list of faults. Beside them there are three good pages, a
front page, a feed and a sitemap, so that a test can see the rest of a crawl unharmed.
"""

from __future__ import annotations

import functools
import gzip
import os
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any

from crawler.demo.server import IDLE_S, LoopbackServer

HUGE_BYTES = 64 << 20
"""Length of the huge page, and of what the gzip bomb unpacks to."""
DRIP_S = 0.1
"""Seconds between two bytes of the slow page."""
DRIP_BYTES = 600
RETRY_AFTER_S = 1

NO_HEADERS: Mapping[str, str] = {}
GOOD = ("/good-1.html", "/good-2.html", "/good-3.html")
SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"


def paragraphs_of(path: str) -> list[str]:
    """What a person reads on the page at `path`: French accents, all of them in Windows-1252."""
    return [
        f"The café on the quay reopened on Monday, a year after the flood – under the sign {path}.",
        "Its owner, Zoë Lefèvre, rebuilt the counter from planks that the river had brought her. "
        "“The naïve plan was to buy new ones,” she said, “but these were already mine.”",
        "The town council lent her 40,000 euros without interest, to be paid back over ten years. "
        "Three neighbours carried the old espresso machine down from the attic of the school.",
        "On the first morning eighty people came for breakfast, and the crème brûlée was gone by "
        "nine. A brass line on the wall shows how high the water stood, just above the mirrors.",
        "Whether the dyke will hold next time nobody could say. The work on it is planned for "
        "the autumn, and engineers are still measuring how far the bank has moved.",
    ]


def article(path: str, charset: str = "utf-8", canonical: str | None = None) -> str:
    """A plain article page that declares `charset`."""
    body = "\n".join(f"<p>{paragraph}</p>" for paragraph in paragraphs_of(path))
    link = f'<link rel="canonical" href="{canonical}">' if canonical else ""
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="{charset}">'
        f"<title>The café of {path}</title>{link}"
        '<meta property="og:type" content="article">'
        '<meta property="article:published_time" content="2025-03-03T06:00:00Z"></head>'
        f"<body><article><h1>The café of {path}</h1>\n{body}\n</article></body></html>"
    )


class BrokenSite(LoopbackServer):
    """The site, running inside a `with` block."""

    def __init__(self, *, robots_status: int = 200, links: Sequence[str] | None = None) -> None:
        """Answer `/robots.txt` with `robots_status`; list `links` (all) in feed and front page."""
        self.robots_status = robots_status
        self.links = tuple(links if links is not None else [*GOOD, *FAULTS])
        self.hits: Counter[str] = Counter()
        """How often each path was asked for."""
        self._lock = threading.Lock()
        super().__init__(BrokenHandler)

    def url(self, path: str) -> str:
        """Address of `path`."""
        return self.base_url + path

    def count(self, path: str) -> int:
        """Note that `path` is asked for; how often it was by now."""
        with self._lock:
            self.hits[path] += 1
            return self.hits[path]


class BrokenHandler(BaseHTTPRequestHandler):
    """One connection to the site."""

    server: BrokenSite
    protocol_version = "HTTP/1.1"
    timeout = IDLE_S
    hit = 0
    """How often the path of the present request was asked for, this time included."""

    def do_GET(self) -> None:
        """Play the fault at the path, or answer as a sound site does."""
        self.hit = self.server.count(self.path)
        if fault := FAULTS.get(self.path):
            fault.play(self)
        elif self.path in GOOD:
            self.send(article(self.path))
        elif make := SOUND.get(self.path):
            make(self)
        else:
            self.send("<h1>Not found</h1>", status=404)

    def send(
        self,
        body: str | bytes,
        kind: str = "text/html; charset=utf-8",
        status: int = 200,
        headers: Mapping[str, str] = NO_HEADERS,
    ) -> None:
        """A correct message, in which `headers` may be lies."""
        payload = body.encode() if isinstance(body, str) else body
        fields = {"Content-Type": kind, "Content-Length": str(len(payload)), **headers}
        self.send_response(status)
        for name, value in fields.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Keep quiet: `server.hits` counts."""


Play = Callable[[BrokenHandler], None]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong."""

    says: str
    """What is wrong."""
    play: Play


def always(
    body: str | bytes,
    kind: str = "text/html; charset=utf-8",
    headers: Mapping[str, str] = NO_HEADERS,
) -> Play:
    """200 with the same body every time."""
    return lambda handler: handler.send(body, kind, headers=headers)


def redirect(to: str) -> Play:
    """302 to `to`."""
    return lambda handler: handler.send("", status=302, headers={"Location": to})


def status(code: int, headers: Mapping[str, str] = NO_HEADERS) -> Play:
    """An error, every time."""
    phrase = HTTPStatus(code).phrase
    return lambda handler: handler.send(f"<h1>{phrase}</h1>", status=code, headers=headers)


def then_well(first: Play) -> Play:
    """`first` the first time, and a good page from then on."""

    def play(handler: BrokenHandler) -> None:
        if handler.hit == 1:
            first(handler)
        else:
            handler.send(article(handler.path))

    return play


def streamed(handler: BrokenHandler) -> None:
    """Megabyte after megabyte in one chunked page, until the client has had enough."""
    handler.send_response(200)
    handler.send_header("Content-Type", "text/html; charset=utf-8")
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    line = b"<p>And so on, and so forth, without an end in sight.</p>\n"
    block = line * ((1 << 20) // len(line))
    for _ in range(HUGE_BYTES // len(block) + 1):
        handler.wfile.write(b"%x\r\n%b\r\n" % (len(block), block))
    handler.wfile.write(b"0\r\n\r\n")


def dripped(handler: BrokenHandler) -> None:
    """A byte at a time: each read succeeds, and the page takes a minute."""
    handler.send_response(200)
    handler.send_header("Content-Type", "text/html; charset=utf-8")
    handler.send_header("Content-Length", str(DRIP_BYTES))
    handler.end_headers()
    for _ in range(DRIP_BYTES):
        handler.wfile.write(b".")
        time.sleep(DRIP_S)


def reset_after(sent: bytes) -> Play:
    """Send `sent`, then drop the connection with RST."""

    def play(handler: BrokenHandler) -> None:
        handler.wfile.write(sent)
        linger = struct.pack("ii", 1, 0)
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        # Closed behind the socket's back: an orderly shutdown would send a FIN first.
        os.close(handler.connection.detach())
        handler.close_connection = True

    return play


def short(handler: BrokenHandler) -> None:
    """Promise a thousand bytes more than there are, and close."""
    payload = article(handler.path).encode()
    handler.send(payload, headers={"Content-Length": str(len(payload) + 1000)})
    handler.close_connection = True


@functools.cache
def bomb() -> bytes:
    """A few kilobytes that unpack to `HUGE_BYTES`."""
    return gzip.compress(gzip.compress(b" " * HUGE_BYTES, mtime=0), mtime=0)


def sitemap_of(site: BrokenSite, paths: Sequence[str]) -> str:
    """A sound sitemap of `paths`."""
    entries = "".join(f"<url><loc>{site.url(path)}</loc></url>\n" for path in paths)
    return f'<?xml version="1.0"?>\n<urlset xmlns="{SITEMAP}">\n{entries}</urlset>\n'


def cut_sitemap(site: BrokenSite) -> bytes:
    """A sitemap that ends inside the second address of three."""
    whole = sitemap_of(site, GOOD)
    return whole[: whole.index(GOOD[1]) + 3].encode()


def cut_gzip(payload: bytes) -> bytes:
    """The front three quarters of `payload`'s gzip member."""
    packed = gzip.compress(payload, mtime=0)
    return packed[: len(packed) * 3 // 4]


def robots(handler: BrokenHandler) -> None:
    """Names the cut sitemaps and the sound one, unless it is broken itself."""
    site = handler.server
    names = ("/sitemap-cut.xml", "/sitemap-cut.xml.gz", "/sitemap.xml")
    lines = ["User-agent: *", "Disallow:", *(f"Sitemap: {site.url(name)}" for name in names)]
    handler.send("\n".join(lines) + "\n", "text/plain", status=site.robots_status)


def feed(handler: BrokenHandler) -> None:
    """A sound feed of all links."""
    site = handler.server
    items = "".join(
        f"<item><title>{path}</title><link>{site.url(path)}</link></item>\n" for path in site.links
    )
    head = f"<title>Broken</title><link>{site.base_url}/</link><description/>"
    text = f'<rss version="2.0"><channel>{head}\n{items}</channel></rss>'
    handler.send(text, "application/rss+xml")


def front(handler: BrokenHandler) -> None:
    """A sound front page with all links; of its two feeds the first is HTML."""
    links = "".join(f'<li><a href="{path}">{path}</a></li>\n' for path in handler.server.links)
    feeds = "".join(
        f'<link rel="alternate" type="application/rss+xml" href="{path}">'
        for path in ("/feed-html.xml", "/feed.xml")
    )
    page = f"<html><head><title>Broken</title>{feeds}</head><body><ul>\n{links}</ul></body></html>"
    handler.send(page)


SOUND: dict[str, Play] = {
    "/": front,
    "/feed.xml": feed,
    "/robots.txt": robots,
    "/sitemap.xml": lambda handler: handler.send(
        sitemap_of(handler.server, GOOD), "application/xml"
    ),
}
"""What is as it should be, beside `GOOD`."""

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
HALF = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 900\r\n\r\n<html><p>Half a"

FAULTS: dict[str, Fault] = {
    "/feed-html.xml": Fault(
        "a feed that is an HTML page",
        always("<html><body><h1>Welcome!</h1></body></html>", "application/rss+xml"),
    ),
    "/sitemap-cut.xml": Fault(
        "a sitemap cut off inside its second address",
        lambda handler: handler.send(cut_sitemap(handler.server), "application/xml"),
    ),
    "/sitemap-cut.xml.gz": Fault(
        "a gzipped sitemap whose gzip member is cut off",
        lambda handler: handler.send(
            cut_gzip(sitemap_of(handler.server, GOOD).encode()), "application/gzip"
        ),
    ),
    "/windows-as-utf-8.html": Fault(
        "declared UTF-8 in header and page, is Windows-1252",
        always(article("/windows-as-utf-8.html").encode("cp1252")),
    ),
    "/utf-8-as-latin-1.html": Fault(
        "declared Latin-1 in header and page, is UTF-8",
        always(
            article("/utf-8-as-latin-1.html", "iso-8859-1").encode(),
            "text/html; charset=iso-8859-1",
        ),
    ),
    "/loop-a.html": Fault("a redirect loop over two pages", redirect("/loop-b.html")),
    "/loop-b.html": Fault("the other half of the loop", redirect("/loop-a.html")),
    "/loop-self.html": Fault("a redirect to itself", redirect("/loop-self.html")),
    "/to-private.html": Fault(
        "a redirect into a private network", redirect("http://10.255.255.1/secret.html")
    ),
    "/to-loopback.html": Fault(
        "a redirect to a loopback port where nothing listens",
        redirect("http://127.0.0.1:1/secret.html"),
    ),
    "/empty.html": Fault("a 200 with an empty body", always("")),
    "/one-byte.html": Fault("a page of one byte", always("x")),
    "/huge.html": Fault("64 MiB of HTML, streamed without a Content-Length", streamed),
    "/bomb.html": Fault(
        "a few kilobytes that unpack, gzip in gzip, to 64 MiB",
        lambda handler: handler.send(bomb(), headers={"Content-Encoding": "gzip, gzip"}),
    ),
    "/slow.html": Fault("a page that drips, a byte every tenth of a second", dripped),
    "/busy.html": Fault(
        "429 with Retry-After, then well",
        then_well(status(429, {"Retry-After": str(RETRY_AFTER_S)})),
    ),
    "/unavailable.html": Fault("503 without Retry-After, then well", then_well(status(503))),
    "/down.html": Fault("503 without Retry-After, for good", status(503)),
    "/reset.html": Fault("the connection is reset before any answer", reset_after(b"")),
    "/reset-midway.html": Fault("the connection is reset in mid-page", reset_after(HALF)),
    "/short.html": Fault("Content-Length is longer than what is sent", short),
    "/report.html": Fault("a PDF that is named and labelled HTML", always(PDF)),
    "/data.html": Fault(
        "JSON where an article was", always('{"error": null, "items": []}', "application/json")
    ),
    "/not-gzip.html": Fault(
        "labelled gzip, is plain HTML",
        always(article("/not-gzip.html"), headers={"Content-Encoding": "gzip"}),
    ),
    "/cut-gzip.html": Fault(
        "a gzipped page whose gzip member is cut off",
        always(cut_gzip(article("/cut-gzip.html").encode()), headers={"Content-Encoding": "gzip"}),
    ),
    "/nuls.html": Fault(
        "NULs between the words", always(article("/nuls.html").replace(" the ", " \0the "))
    ),
    "/canonical-elsewhere.html": Fault(
        "a canonical address on another site",
        always(
            article("/canonical-elsewhere.html", canonical="https://elsewhere.example/their-story")
        ),
    ),
}
"""Every fault by its path. `/robots.txt` is a further one: `BrokenSite(robots_status=500)`."""
