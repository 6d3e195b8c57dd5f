"""A small archive for tests: articles whose rows, records and metadata a crawl might have made."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine, text

from archive.db.frontier import FrontierTable
from archive.db.repository import Reading, Repository, UrlOutcome
from archive.home import Home
from archive.model import (
    Candidate,
    Capture,
    Exchange,
    Extraction,
    FoundBy,
    Outcome,
    Source,
    UrlKind,
    UrlState,
)
from archive.verify_rows import audit
from archive.warc.compose import response_payload_digest
from archive.warc.reader import read_exchange
from archive.warc.writer import WarcWriter

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SITE = "https://suara.example"


def secret(name: str) -> str:
    """A sentence that is nowhere but in one article."""
    return f"Saksi bernama {name} melihat sendiri kapal itu karam di Teluk Nipah."


def answer(body: str, status: str = "200 OK", headers: str = "") -> bytes:
    """A response as a server sends it, packed."""
    packed = gzip.compress(body.encode(), mtime=0)
    head = f"HTTP/1.1 {status}\r\n{headers}Content-Encoding: gzip\r\n"
    return f"{head}Content-Length: {len(packed)}\r\n\r\n".encode() + packed


@dataclass
class Shelf:
    """An archive that is filled by hand."""

    home: Home
    engine: Engine
    run_id: int = 0
    sent: dict[str, Exchange] = field(default_factory=dict)
    """What was archived last of each URL."""

    def __post_init__(self) -> None:
        self.repository = Repository(self.engine)
        self.table = FrontierTable(self.engine)
        self.source("suara", SITE)
        self.run_id = self.repository.start_run("crawl", "1", NOW)
        self.repository.finish_run(self.run_id, "done", {}, NOW)

    def source(self, name: str, url: str) -> int:
        """Follow a source; its id."""
        sources = self.repository.refresh_sources([Source(name, url)], NOW)
        self.home.sources.mkdir(exist_ok=True)
        (self.home.sources / f"{name}.toml").write_text(f'name = "{name}"\nurl = "{url}"\n')
        return sources[name]

    def writer(self) -> WarcWriter:
        """A writer of this archive's run."""
        return WarcWriter(self.home.warc, str(self.run_id))

    def keep(self, writer: WarcWriter, url: str, response: bytes) -> Capture:
        """Archive an exchange without any row."""
        self.sent[url] = Exchange(url, NOW, f"GET {url} HTTP/1.1\r\n\r\n".encode(), response)
        of = self.repository.earlier_capture(url, response_payload_digest(response))
        [capture] = writer.append([(self.sent[url], of)])
        return capture

    def know(self, url: str, kind: UrlKind = UrlKind.PAGE, source_id: int = 1) -> int:
        """Put a URL into the frontier; its id."""
        self.table.add(source_id, [Candidate(url, kind, FoundBy.FEED, f"{SITE}/feed")], NOW)
        lease = self.table.find(url)
        assert lease is not None
        return lease.url_id

    def article(
        self,
        writer: WarcWriter,
        name: str,
        *,
        url: str = "",
        asked: str = "",
        canonical: str = "",
        body: str = "",
        source_id: int = 1,
        text: str = "",
        image: str | None = None,
        published_at: datetime | None = None,
    ) -> int | None:
        """Archive an article's page, with metadata and rows; its id, if it was taken in."""
        url = url or f"{SITE}/{name}"
        asked = asked or url
        url_id = self.know(asked, source_id=source_id)
        captures = []
        if asked != url:
            moved = answer("", "301 Moved", f"Location: {url}\r\n")
            captures.append(self.keep(writer, asked, moved))
        captures.append(self.keep(writer, url, answer(body or f"<p>{secret(name)}</p>")))
        writer.append_metadata([(captures[-1], [("title", f"Judul {name}")])])
        extraction = Extraction(
            outcome=Outcome.ARTICLE,
            extractor="test/1",
            title=f"Judul {name}",
            text=text or f"{secret(name)}\n" + "Kalimat lain. " * 400,
            image_url=image,
            published_at=published_at,
        )
        reading = Reading(url, canonical or url, extraction, NOW)
        saved = self.repository.save_visit(
            captures,
            UrlOutcome(200, UrlState.ARTICLE),
            run_id=self.run_id,
            source_id=source_id,
            url_id=url_id,
            reading=reading,
        )
        return saved and saved.article_id

    def page(self, writer: WarcWriter, url: str, response: bytes, kind: UrlKind) -> None:
        """Archive something that is no article."""
        url_id = self.know(url, kind)
        capture = self.keep(writer, url, response)
        self.repository.save_visit(
            [capture],
            UrlOutcome(capture.status, UrlState.LIST, "0 links"),
            run_id=self.run_id,
            source_id=1,
            url_id=url_id,
        )

    def count(self, table: str, where: str = "1") -> int:
        """How many rows a table has."""
        with self.engine.connect() as connection:
            query = text(f"SELECT count(*) FROM {table} WHERE {where}")
            return int(connection.scalar(query) or 0)

    def problems(self) -> list[str]:
        """What `verify` finds wrong."""
        return [str(problem) for problem in audit(self.home, self.engine)]

    def reads_back(self, url: str) -> bool:
        """Whether the newest capture of a URL is there, byte for byte."""
        with self.engine.connect() as connection:
            query = "SELECT record_id FROM captures WHERE url = :url ORDER BY id DESC LIMIT 1"
            record_id = connection.scalar(text(query), {"url": url})
        ref = self.repository.find_record(record_id) if record_id else None
        if ref is None:
            return False
        find = self.repository.find_record
        return read_exchange(self.home.warc, ref, find=find) == self.sent[url]

    def where(self, words: str) -> list[str]:
        """Files of the archive that hold these words, unpacked where they are packed."""
        return files_with(self.home.path, words)


def files_with(folder: Path, words: str) -> list[str]:
    """Files under `folder` that hold these words, unpacked where they are packed."""
    forms = {words.encode(), json.dumps(words)[1:-1].encode()}
    return [
        path.relative_to(folder).as_posix()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and any(form in data for form in forms for data in _layers(path))
    ]


def _layers(path: Path) -> Iterator[bytes]:
    """A file's bytes, and what is packed in it, down to the pages in WARC records."""
    data = path.read_bytes()
    yield data
    for member in _members(data):
        yield member
        yield from _members(member)


def _members(data: bytes) -> Iterator[bytes]:
    """Every gzip member that begins anywhere in `data`, as far as it can be unpacked."""
    position = data.find(b"\x1f\x8b\x08")
    while position >= 0:
        with suppress(zlib.error):
            yield zlib.decompressobj(31).decompress(data[position:])
        position = data.find(b"\x1f\x8b\x08", position + 1)
