"""A news site that its editors change while a test runs: texts, furniture, and pages that go.

    with EditedSite() as site:
        crawl(site.url("/"))
        site.articles["/berita/1.html"].paragraphs[0] = "Lain."
        site.tick()

Answers have a strong ETag and a Last-Modified, and are 304 where the client has them already.
"""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from typing import Any, Self

from tests.servers.paper import WORDS

ARTICLES = 12


@dataclass
class Story:
    """One article as its server has it."""

    path: str
    title: str
    paragraphs: list[str]
    published_at: datetime
    modified_at: datetime
    """What the page itself says."""
    status: int = 200
    location: str | None = None
    notice: str | None = None
    """Served with 200 in the place of the article: a soft 404."""

    def edit(self, number: int, *, silently: bool = False) -> None:
        """Change a fact in the text; `silently` leaves the page's own time as it was."""
        self.paragraphs[1] = f"Jumlah korban menjadi {number} orang, kata petugas di lokasi."
        if not silently:
            self.modified_at = datetime.now(UTC)


@dataclass(frozen=True)
class Asked:
    """One request and its answer."""

    path: str
    status: int
    sent_bytes: int


class EditedSite:
    """Serves on a free port of this machine inside a `with` block."""

    def __init__(self) -> None:
        rng = Random(11)
        now = datetime.now(UTC)
        self.articles = {story.path: story for story in _stories(rng, now)}
        self.ticks = 0
        """What counters, clocks and lists of other stories on every page go by."""
        self.asked: list[Asked] = []
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                site._answer(self)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self._server.server_port}{path}"

    def tick(self) -> None:
        """Let all that is not the article change on every page."""
        self.ticks += 1

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        path = handler.path
        story = self.articles.get(path)
        status, body, kind, location = HTTPStatus.OK, b"", "text/html", None
        if path == "/robots.txt":
            body, kind = b"User-agent: *\nAllow: /\n", "text/plain"
        elif path == "/feed.xml":
            body, kind = self._feed().encode(), "application/rss+xml"
        elif path == "/":
            body = self._front().encode()
        elif story is None:
            status = HTTPStatus.NOT_FOUND
        else:
            status, location = HTTPStatus(story.status), story.location
            body = self._page(story).encode() if status == HTTPStatus.OK else b""
        tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        if status == HTTPStatus.OK and handler.headers.get("If-None-Match") == tag:
            status, body = HTTPStatus.NOT_MODIFIED, b""
        with self._lock:
            self.asked.append(Asked(path, int(status), len(body)))
        handler.send_response(status)
        if status in (HTTPStatus.OK, HTTPStatus.NOT_MODIFIED):
            handler.send_header("ETag", tag)
        if location:
            handler.send_header("Location", location)
        if status != HTTPStatus.NOT_MODIFIED:
            handler.send_header("Content-Type", f"{kind}; charset=utf-8")
            handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def _feed(self) -> str:
        items = "".join(
            f"<item><title>{story.title}</title><link>{self.url(path)}</link></item>"
            for path, story in self.articles.items()
        )
        return f'<rss version="2.0"><channel><title>Warta</title>{items}</channel></rss>'

    def _front(self) -> str:
        links = "".join(
            f'<li><a href="{path}">{story.title}</a></li>' for path, story in self.articles.items()
        )
        return f"<!DOCTYPE html><html><head><title>Warta</title></head><body>{links}</body></html>"

    def _page(self, story: Story) -> str:
        if story.notice is not None:
            return (
                f"<!DOCTYPE html><html lang='id'><head><title>{story.notice}</title></head><body>"
                f"<h1>{story.notice}</h1><p>Silakan cari berita lain di halaman depan.</p>"
                f"<p>Atau pilih salah satu berita yang paling banyak dibaca hari ini.</p>"
                "</body></html>"
            )
        others = [s for s in self.articles.values() if s is not story]
        related = "".join(
            f'<li><a href="{s.path}">{s.title}</a></li>'
            for s in Random(f"{self.ticks} {story.path}").sample(others, 3)
        )
        text = "".join(f"<p>{paragraph}</p>" for paragraph in story.paragraphs)
        return (
            f"<!DOCTYPE html><html lang='id'><head><title>{story.title} - Warta</title>"
            f'<meta property="og:title" content="{story.title}">'
            f'<meta property="article:published_time" content="{story.published_at.isoformat()}">'
            f'<meta property="article:modified_time" content="{story.modified_at.isoformat()}">'
            f'<meta name="author" content="Ani Lestari"></head><body>'
            f"<header><a href='/'>Beranda</a><span>{self.ticks} menit lalu</span></header>"
            f"<article><h1>{story.title}</h1><div class='meta'>Dibaca {1000 + 37 * self.ticks} kali"
            f"</div>{text}</article><aside class='related'><h3>Berita terkait</h3><ul>{related}"
            f"</ul></aside><footer>&copy; Warta, {self.ticks}</footer></body></html>"
        )


def _stories(rng: Random, now: datetime) -> list[Story]:
    def sentence(words: int) -> str:
        return " ".join(rng.choices(WORDS.split(), k=words)).capitalize() + "."

    return [
        Story(
            path=f"/berita/{number}-kabar-dari-kampung-nelayan.html",
            title=f"Kabar {number}: {sentence(6)[:-1]}",
            paragraphs=[sentence(35) for _ in range(5)],
            published_at=now,
            modified_at=now,
        )
        for number in range(ARTICLES)
    ]
