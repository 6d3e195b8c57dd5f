"""Archived pages are read again with the headers that they were served with."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive.db.engine import open_engine
from archive.db.frontier import FrontierTable
from archive.db.reextraction import KeptPage
from archive.db.repository import Repository, UrlOutcome
from archive.model import (
    Candidate,
    Capture,
    Conversion,
    Exchange,
    FoundBy,
    RecordType,
    Source,
    UrlKind,
    UrlState,
)
from archive.storage.local import LocalWarcStore
from archive.warc.compose import response_payload_digest
from archive.warc.writer import WarcWriter
from pipelines.page_reader import PageReader

URL = "https://suara.example/1"
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class Shelf:
    """An archive with one writer."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "warc"
        self.repository = Repository(open_engine(f"sqlite:///{folder / 'kliping.db'}"))
        self.repository.refresh_sources([Source("suara", "https://suara.example")], NOW)
        self.run_id = self.repository.start_run("crawl", "1", NOW)
        self.writer = WarcWriter(LocalWarcStore(self.root), "1")

    def serve(self, status: str, *headers: str, body: str = "<p>Isi</p>") -> Capture:
        lines = [f"HTTP/1.1 {status}", "Content-Type: text/html", *headers, "", body]
        exchange = Exchange(URL, NOW, f"GET {URL} HTTP/1.1\r\n\r\n".encode(), b"")
        exchange = replace(exchange, response="\r\n".join(lines).encode())
        digest = response_payload_digest(exchange.response)
        (capture,) = self.writer.append([(exchange, self.repository.earlier_capture(URL, digest))])
        return self.keep(capture)

    def keep(self, capture: Capture) -> Capture:
        self.repository.save_visit(
            [capture],
            UrlOutcome(200, UrlState.NO_ARTICLE),
            run_id=self.run_id,
            source_id=1,
            url_id=1,
        )
        return capture

    def read(self, capture: Capture) -> tuple[bytes, list[tuple[str, str]]]:
        assert capture.ref is not None
        page = KeptPage(
            capture_id=1,
            source_id=1,
            url_id=1,
            url=URL,
            captured_at=NOW,
            content_type=capture.content_type,
            payload_digest=capture.payload_digest,
            is_revisit=capture.record_type is RecordType.REVISIT,
            is_revision=True,
            ref=capture.ref,
        )
        body, _, headers = PageReader(LocalWarcStore(self.root), self.repository.engine).read(page)
        return body, [(name, value) for name, value in headers if name.startswith("TDM")]


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    shelf = Shelf(tmp_path)
    candidate = Candidate(URL, UrlKind.PAGE, FoundBy.FEED, URL)
    FrontierTable(shelf.repository.engine).add(1, [candidate], NOW)
    return shelf


def test_a_page_has_its_headers_and_a_revisit_its_own(shelf: Shelf) -> None:
    first = shelf.serve("200 OK", "TDM-Reservation: 0")
    again = shelf.serve("200 OK", "TDM-Reservation: 1")
    unchanged = shelf.serve("304 Not Modified", body="")
    assert again.record_type is unchanged.record_type is RecordType.REVISIT
    assert shelf.read(first) == (b"<p>Isi</p>", [("TDM-Reservation", "0")])
    assert shelf.read(again) == (b"<p>Isi</p>", [("TDM-Reservation", "1")])
    assert shelf.read(unchanged) == (b"<p>Isi</p>", [("TDM-Reservation", "0")])


def test_what_a_browser_made_of_a_page_has_the_headers_of_that(shelf: Shelf) -> None:
    served = shelf.serve("200 OK", "TDM-Reservation: 1")
    made = Conversion(served, NOW + timedelta(seconds=2), "text/html; charset=utf-8", b"<p>DOM</p>")
    (capture,) = shelf.writer.append_conversions([made])
    assert shelf.read(shelf.keep(capture)) == (b"<p>DOM</p>", [("TDM-Reservation", "1")])
