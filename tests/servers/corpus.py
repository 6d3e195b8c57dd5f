"""A proxy on loopback that serves the saved pages of a corpus under their own host names.

    with CorpusProxy(find_corpus("aeb"), tmp_path) as proxy:
        crawl(proxy.origins, http_proxy=proxy.url, https_proxy=proxy.url,
              SSL_CERT_FILE=proxy.authority_file)
    assert all(warc_response(url) == message for url, message in proxy.sent.items())

Plain HTTP comes as absolute-form requests; HTTPS through CONNECT, with certificates made on
the fly by a throw-away authority. Nothing ever leaves this machine: a host that is not in the
corpus is a 502, a path that is not in it a 404.

Every host also has `/robots.txt`, `/sitemap.xml`, `/feed.xml` and a front page, made from its
pages. An address is scheme, host, path and query, compared with percent-escapes undone; the
fragment is dropped, as clients drop it. Where two pages of a corpus have one address, the first
wins (publishers has one such pair). Answers have no Date, so that asking twice gives equal bytes.
"""

from __future__ import annotations

import gzip
import json
import re
import ssl
import threading
import zlib
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag, urlsplit
from xml.sax.saxutils import escape, quoteattr

import pytest

from crawler.demo.server import IDLE_S, LoopbackServer
from tests.servers.certs import Authority

CORPORA = Path(__file__).parents[3] / "shared" / "corpora"
TRUTH_FILES = ("truth.json", "ground-truth.json")
CHUNK_BYTES = 10_000


def find_corpus(name: str) -> Path:
    """Folder of the corpus `name`; skips the test where it is not on this machine."""
    folder = CORPORA / name
    if not folder.is_dir():
        pytest.skip(f"needs the corpus {name} in ../shared/corpora, which is not here")
    return folder


@dataclass(frozen=True, slots=True)
class SavedPage:
    """One page of a corpus."""

    id: str
    url: str
    """Without fragment."""
    file: Path
    truth: dict[str, Any]
    """Its entry in the corpus's truth file, as it stands there."""

    def payload(self) -> bytes:
        """The page as saved."""
        return gzip.decompress(self.file.read_bytes())


@dataclass(frozen=True, slots=True)
class Document:
    """What lies under one address."""

    payload: bytes
    content_type: str
    status: int = 200
    variant: int = 0
    """Bit 0: send it gzipped to those who ask; bit 1: send it chunked."""


def load_pages(corpus: Path) -> dict[str, SavedPage]:
    """Pages of a corpus by address; of two with one address the first."""
    (file,) = [corpus / name for name in TRUTH_FILES if (corpus / name).is_file()]
    truths: dict[str, dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))
    pages: dict[str, SavedPage] = {}
    for page_id, truth in truths.items():
        url = urldefrag(truth["url"]).url
        saved = SavedPage(page_id, url, corpus / "html" / f"{page_id}.html.gz", truth)
        pages.setdefault(url, saved)
    return pages


class CorpusProxy(LoopbackServer):
    """The proxy, running inside a `with` block."""

    def __init__(self, corpus: Path, folder: Path) -> None:
        """Serve the pages in `corpus`; certificates are written to `folder`."""
        self.pages = load_pages(corpus)
        """Every page that is served, by its address."""
        self.sent: dict[str, bytes] = {}
        """Address to the whole message last sent in answer to a GET: head, and body as sent."""
        self.requests: list[tuple[str, str, int]] = []
        """(method, address, status) of each request, in order."""
        self._by_key = {unquote(url): page for url, page in self.pages.items()}
        self._by_host: dict[str, list[SavedPage]] = {}
        for url, page in self.pages.items():
            self._by_host.setdefault(urlsplit(url).netloc, []).append(page)
        self._authority = Authority(folder)
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._lock = threading.Lock()
        super().__init__(CorpusHandler)

    @property
    def url(self) -> str:
        """Value for `http_proxy` and `https_proxy`."""
        return self.base_url

    @property
    def authority_file(self) -> Path:
        """PEM file that a client must trust, for example through SSL_CERT_FILE."""
        return self._authority.file

    @property
    def origins(self) -> list[str]:
        """Front page of each host, in the scheme of the host's first page."""
        firsts = [urlsplit(pages[0].url) for pages in self._by_host.values()]
        return [f"{first.scheme}://{first.netloc}/" for first in firsts]

    def tls_context(self, host: str) -> ssl.SSLContext:
        """A context whose certificate names `host`; made once."""
        with self._lock:
            if host not in self._contexts:
                self._contexts[host] = self._authority.server_context(host)
            return self._contexts[host]

    def document_at(self, url: str) -> Document:
        """What is answered to a request for `url`."""
        parts = urlsplit(url)
        pages = self._by_host.get(parts.netloc)
        if pages is None:
            return Document(b"No such host in the corpus.\n", "text/plain", HTTPStatus.BAD_GATEWAY)
        if page := self._by_key.get(unquote(url)):
            payload = page.payload()
            return Document(payload, content_type(payload), variant=variant_of(page))
        make = LISTINGS.get(parts.path)
        if make is None or parts.query:
            return Document(b"<h1>Not found</h1>\n", "text/html", HTTPStatus.NOT_FOUND)
        text, kind = make(f"{parts.scheme}://{parts.netloc}", pages)
        return Document(text.encode(), kind)

    def note(self, method: str, url: str, status: int, message: bytes) -> None:
        """Keep what was sent."""
        with self._lock:
            self.requests.append((method, url, status))
            if method == "GET":
                self.sent[url] = message


class CorpusHandler(BaseHTTPRequestHandler):
    """One connection to the proxy: requests as they come, or a tunnel with TLS in it."""

    server: CorpusProxy
    protocol_version = "HTTP/1.1"
    timeout = IDLE_S
    origin: str | None = None
    """Inside a tunnel, the origin it leads to."""

    def do_CONNECT(self) -> None:
        """Open a tunnel, and be the server at its other end."""
        host, _, port = self.path.rpartition(":")
        self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        try:
            tunnel = self.server.tls_context(host).wrap_socket(self.connection, server_side=True)
        except OSError:  # the client does not trust us, or went away
            self.close_connection = True
            return
        self.server.watch_connection(tunnel)
        self.origin = f"https://{host}" if port == "443" else f"https://{host}:{port}"
        self.connection = self.request = tunnel
        self.setup()
        self.close_connection = False

    def do_GET(self) -> None:
        """Answer with the document at the address asked for."""
        self._answer()

    def do_HEAD(self) -> None:
        """Answer with the head that GET would have."""
        self._answer()

    def _answer(self) -> None:
        url = self.path if self.origin is None else self.origin + self.path
        document = self.server.document_at(url)
        message = make_message(
            document,
            gzipped="gzip" in self.headers.get("Accept-Encoding", ""),
            chunked=self.request_version == "HTTP/1.1",
        )
        self.server.note(self.command, url, document.status, message)
        if self.command == "HEAD":
            message = message.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
        self.wfile.write(message)

    def finish(self) -> None:
        """Close the tunnel too, which the server does not know as its own."""
        super().finish()
        if self.origin:
            self.server.shutdown_request(self.connection)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Keep quiet: `server.requests` has it all."""


def variant_of(page: SavedPage) -> int:
    """How a page is sent: the same every time, and evenly spread over the ways there are."""
    return zlib.crc32(page.id.encode()) % 4


def make_message(document: Document, *, gzipped: bool, chunked: bool) -> bytes:
    """A whole response; `gzipped` and `chunked` say what the client understands."""
    phrase = HTTPStatus(document.status).phrase
    head = [f"HTTP/1.1 {document.status} {phrase}", f"Content-Type: {document.content_type}"]
    body = document.payload
    if gzipped and document.variant & 1:
        body = gzip.compress(body, mtime=0)
        head.append("Content-Encoding: gzip")
    if chunked and document.variant & 2:
        body = chunk(body)
        head.append("Transfer-Encoding: chunked")
    else:
        head.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*head, "", ""]).encode() + body


def chunk(body: bytes) -> bytes:
    """`body` in the chunked transfer coding (RFC 9112 clause 7.1)."""
    starts = range(0, len(body), CHUNK_BYTES)
    pieces = (body[start : start + CHUNK_BYTES] for start in starts)
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def content_type(payload: bytes) -> str:
    """Content-Type with the charset that the page declares, or with none.

    The corpora keep all pages in UTF-8, also the three that declare another charset: those are
    sent as what they are, so that readers can trust the header.
    """
    declared = re.search(rb"charset\s*=\s*[\"']?([\w-]+)", payload[:5000], re.IGNORECASE)
    if declared is None:
        return "text/html"
    charset = declared[1].decode().lower()
    return f"text/html; charset={charset if charset == 'utf8' else 'utf-8'}"


def _robots(origin: str, pages: list[SavedPage]) -> tuple[str, str]:
    return f"User-agent: *\nDisallow:\nSitemap: {origin}/sitemap.xml\n", "text/plain"


def _sitemap(origin: str, pages: list[SavedPage]) -> tuple[str, str]:
    entries = "".join(f"<url><loc>{escape(page.url)}</loc></url>\n" for page in pages)
    schema = "http://www.sitemaps.org/schemas/sitemap/0.9"
    return f'<urlset xmlns="{schema}">\n{entries}</urlset>\n', "application/xml"


def _feed(origin: str, pages: list[SavedPage]) -> tuple[str, str]:
    items = "".join(
        f"<item><title>{escape(_title(page))}</title><link>{escape(page.url)}</link></item>\n"
        for page in pages
    )
    head = f"<title>{urlsplit(origin).netloc}</title><link>{origin}/</link>"
    text = f'<rss version="2.0"><channel>{head}<description/>\n{items}</channel></rss>\n'
    return text, "application/rss+xml"


def _front(origin: str, pages: list[SavedPage]) -> tuple[str, str]:
    links = "".join(
        f"<li><a href={quoteattr(page.url)}>{escape(_title(page))}</a></li>\n" for page in pages
    )
    feed = f'<link rel="alternate" type="application/rss+xml" href="{origin}/feed.xml">'
    title = f"<title>{urlsplit(origin).netloc}</title>"
    text = f"<!DOCTYPE html><html><head>{title}{feed}</head><body><ul>\n{links}</ul></body></html>"
    return text, "text/html; charset=utf-8"


def _title(page: SavedPage) -> str:
    return page.truth.get("title") or urlsplit(page.url).path


LISTINGS = {
    "/": _front,
    "/robots.txt": _robots,
    "/sitemap.xml": _sitemap,
    "/feed.xml": _feed,
}
"""What every host has besides its pages."""
