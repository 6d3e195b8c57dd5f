"""A magazine whose stories run over several pages and have twins; its editor can change them.

    with Magazine() as magazine:
        crawl(magazine.front)
        magazine.pages["/x"] = "..."
    assert magazine.asked() == [("/", 200), ...]

Every page has an ETag of its bytes, so that an unchanged one is answered with 304. What is asked
for is remembered with the status that it got. It serves until the block ends.
"""

from __future__ import annotations

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

LONG = "/budaya/2026/11/20/jejak-perahu-pinisi-di-laut-flores"
"""On three pages, with `?page=2` and so on."""
WHOLE = "/budaya/2026/11/21/pasar-terapung-menjelang-fajar"
"""On two pages, with a view of both, `?page=all`."""
BROKEN = "/budaya/2026/11/22/penenun-terakhir-dari-lembah-sunyi"
"""On two pages with WordPress addresses, `/2/`."""
TWINNED = "/budaya/2026/11/23/kopi-pegunungan-yang-tak-pernah-habis"
"""With an AMP view and a print view, which its front page links to as well."""


def paragraphs(story: str, page: int) -> list[str]:
    """The text of one page of a story, each paragraph of it found nowhere else."""
    return [
        f"Bagian {page} kisah {story} paragraf {number} menceritakan bagaimana warga kampung itu"
        f" bertahan pada musim ke-{page * 10 + number} dengan cara mereka sendiri sampai hari ini."
        for number in range(1, 6)
    ]


class Magazine:
    """Serves on a free port inside a `with` block."""

    def __init__(self) -> None:
        self.pages: dict[str, str] = {}
        """HTML by path and query."""
        self.failing: set[str] = set()
        """What is answered with HTTP 500."""
        self._asked: list[tuple[str, int]] = []
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.front = f"http://127.0.0.1:{self._server.server_port}/"
        self._print()

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def url(self, path: str) -> str:
        return self.front.rstrip("/") + path

    def asked(self) -> list[tuple[str, int]]:
        """Path and status of every request so far, robots.txt apart."""
        with self._lock:
            return [each for each in self._asked if each[0] != "/robots.txt"]

    def forget_asked(self) -> None:
        with self._lock:
            self._asked.clear()

    def reset(self) -> None:
        """Be again as at the start."""
        self.failing.clear()
        self.pages.clear()
        self._print()
        self.forget_asked()

    def edit(self, path: str, old: str, new: str) -> None:
        """Change the text of one page."""
        assert old in self.pages[path]
        self.pages[path] = self.pages[path].replace(old, new)

    def _print(self) -> None:
        pager = "".join(f"<a href='?page={n}'>{n}</a>" for n in (2, 3))
        for number in (1, 2, 3):
            path = LONG if number == 1 else f"{LONG}?page={number}"
            self.pages[path] = _page(LONG, [number], f"<div class='paging'>{pager}</div>")
        pager = "<div class='paging'><a href='?page=2'>2</a><a href='?page=all'>Semua</a></div>"
        for query, numbers in (("", [1]), ("?page=2", [2]), ("?page=all", [1, 2])):
            self.pages[WHOLE + query] = _page(WHOLE, numbers, pager)
        links = f"<a href='{BROKEN}/'>1</a> <a href='{BROKEN}/2/'>2</a>"
        for number, path in ((1, f"{BROKEN}/"), (2, f"{BROKEN}/2/")):
            pager = f"<div class='page-links'>Halaman: {links}</div>"
            self.pages[path] = _page(BROKEN, [number], pager, canonical=None)
        amp = f"<link rel='amphtml' href='{TWINNED}/amp'>"
        self.pages[TWINNED] = _page(TWINNED, [1], head=amp)
        for twin in (f"{TWINNED}/amp", f"{TWINNED}?print=1"):
            self.pages[twin] = _page(TWINNED, [1])
        found = [
            LONG, f"{LONG}?page=2", WHOLE, f"{BROKEN}/", f"{BROKEN}/2/",
            f"{TWINNED}/amp", TWINNED, f"{TWINNED}?print=1",
        ]  # fmt: skip
        links = "".join(f"<li><a href='{path}'>Kisah dari kampung yang jauh</a>" for path in found)
        self.pages["/"] = f"<!DOCTYPE html><title>Majalah</title><ul>{links}</ul>"

    def _answer(self, path: str, tag: str | None) -> tuple[int, str, bytes]:
        body = self.pages.get(path, "").encode()
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        status = 500 if path in self.failing else 404 if not body else 304 if tag == etag else 200
        with self._lock:
            self._asked.append((path, status))
        return status, etag, body if status == 200 else b""

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        magazine = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                tag = self.headers.get("If-None-Match")
                status, etag, body = magazine._answer(self.path, tag)
                self.send_response(status)
                if status in (200, 304):
                    self.send_header("ETag", etag)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                if status != 304:
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        return Handler


def _page(
    story: str, numbers: list[int], pager: str = "", *, head: str = "", canonical: str | None = ""
) -> str:
    title = story.rpartition("/")[2].replace("-", " ").capitalize()
    text = "".join(f"<p>{line}</p>" for number in numbers for line in paragraphs(title, number))
    if canonical is not None:
        head += f"<link rel='canonical' href='{canonical or story}'>"
    return (
        f"<!DOCTYPE html><html lang='id'><head><title>{title}</title>{head}"
        "<meta property='og:type' content='article'></head>"
        f"<body><article><h1>{title}</h1>{text}{pager}</article>"
        "<footer>Majalah Kampung</footer></body></html>"
    )


def title_of(path: str) -> str:
    """The headline of a story."""
    return path.rpartition("/")[2].replace("-", " ").capitalize()
