"""Archives elsewhere, as they answer a CDX client: the Wayback Machine and Common Crawl.

They hold the articles of `tests.servers.daily` under http://harian.example, captured a day after
they were published. What they say, page by page, is what the real ones say; `crawler.backfill.cdx`
says where that is written.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from archive.model import Capture, Exchange
from archive.storage.local import LocalWarcStore
from archive.warc.writer import WarcWriter
from crawler.demo.server import LoopbackServer
from tests.servers.daily import Daily, Story

SITE = "http://harian.example"
HEADING = ["urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length"]
PAGE_LINES = 7
"""In one answer."""


def captured_at(story: Story) -> datetime:
    """When it was captured."""
    return (story.published_at + timedelta(days=1)).replace(microsecond=0)


def old_warc(daily: Daily, root: Path) -> list[Capture]:
    """Write a WARC file of all articles, with its index, and return its captures."""
    exchanges = []
    for story in daily.stories:
        body = daily.article(story).body.encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\n\r\n"
        url = SITE + story.path
        request = f"GET {story.path} HTTP/1.1\r\nHost: harian.example\r\n\r\n".encode()
        exchanges.append(Exchange(url, captured_at(story), request, head.encode() + body))
    with WarcWriter(LocalWarcStore(root), "1") as writer:
        return writer.append([(each, None) for each in exchanges])


class OldArchive(LoopbackServer):
    """Serves on a free port inside a `with` block."""

    def __init__(self, daily: Daily, root: Path) -> None:
        self.daily = daily
        self.root = root
        self.captures = old_warc(daily, root)
        self.requests: list[str] = []
        super().__init__(_Handler)

    def in_span(self, query: dict[str, list[str]]) -> list[tuple[str, Capture]]:
        """Timestamp and capture of those that are asked for, in the order of an index."""
        first, last = (query[name][0] for name in ("from", "to"))
        stamped = [(f"{each.captured_at:%Y%m%d%H%M%S}", each) for each in self.captures]
        found = [each for each in stamped if first <= each[0][: len(first)] <= last]
        return sorted(found, key=lambda each: each[1].url)


class _Handler(BaseHTTPRequestHandler):
    server: OldArchive
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.server.requests.append(self.path)
        parts = urlsplit(self.path)
        query = parse_qs(parts.query)
        if parts.path == "/cdx/search/cdx":
            self._send(json.dumps(self._wayback(query)).encode(), "application/json")
        elif parts.path == "/CC-MAIN-2023-50-index":
            self._send(self._common_crawl(query), "text/x-ndjson")
        elif replayed := re.fullmatch(r"/web/(\d{14})id_/(.*)", self.path):
            self._replay(*replayed.groups())
        elif parts.path.startswith("/data/"):
            self._range(self.server.root / parts.path.removeprefix("/data/"))
        else:
            self._send(b"", "text/plain", 404)

    def _wayback(self, query: dict[str, list[str]]) -> list[Any]:
        if "showNumPages" in query:
            return [["numpages"], ["1"]]
        start = int(query.get("resumeKey", ["0"])[0])
        captures = self.server.in_span(query)
        rows = [
            [each.url, at, each.url, "text/html", "200", "X", "1"]
            for at, each in captures[start : start + PAGE_LINES]
        ]
        more = [[], [str(start + PAGE_LINES)]] if start + PAGE_LINES < len(captures) else []
        return [HEADING, *rows, *more]

    def _common_crawl(self, query: dict[str, list[str]]) -> bytes:
        captures = self.server.in_span(query)
        if "showNumPages" in query:
            pages = -(-len(captures) // PAGE_LINES)
            return json.dumps({"pages": pages, "pageSize": 5, "blocks": 9}).encode()
        start = int(query["page"][0]) * PAGE_LINES
        return "".join(
            json.dumps(_described(at, each)) + "\n"
            for at, each in captures[start : start + PAGE_LINES]
        ).encode()

    def _replay(self, at: str, url: str) -> None:
        found = [each for each in self.server.captures if each.url == url]
        if not found or f"{found[0].captured_at:%Y%m%d%H%M%S}" != at:
            self._send(b"", "text/html", 404)
            return
        (story,) = [each for each in self.server.daily.stories if SITE + each.path == url]
        body = self.server.daily.article(story).body.encode()
        original = {"x-archive-orig-content-type": "text/html", "x-archive-orig-server": "lama"}
        self._send(body, "text/html", headers={**original, "memento-datetime": "then"})

    def _range(self, path: Path) -> None:
        first, last = map(int, self.headers["Range"].removeprefix("bytes=").split("-"))
        self._send(path.read_bytes()[first : last + 1], "application/octet-stream", 206)

    def _send(
        self, body: bytes, kind: str, status: int = 200, headers: dict[str, str] | None = None
    ) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Keep quiet: `server.requests` has it all."""


def _described(at: str, capture: Capture) -> dict[str, str]:
    ref = capture.ref
    assert ref is not None
    place = {"filename": ref.file, "offset": str(ref.offset), "length": str(ref.length)}
    about = {"mime": "text/html", "status": "200", "digest": "X"}
    return {"urlkey": capture.url, "timestamp": at, "url": capture.url, **about, **place}


def in_span(stories: Sequence[Story], first: datetime, last: datetime) -> set[str]:
    """Addresses of the articles that were captured between two moments."""
    return {SITE + each.path for each in stories if first <= captured_at(each) <= last}
