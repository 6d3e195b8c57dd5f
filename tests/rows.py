"""A database that is filled by hand: rows as a crawl leaves them, with no WARC files behind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

from sqlalchemy import Engine

from archive.db.frontier import FrontierTable
from archive.db.reading import Reading
from archive.db.repository import Repository, UrlOutcome
from archive.db.revision_history import Saved
from archive.db.schema import ReadingColumns
from archive.model import (
    Candidate,
    Capture,
    Extraction,
    FoundBy,
    Outcome,
    RecordRef,
    RecordType,
    Source,
    UrlKind,
    UrlState,
)

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SITE = "https://suara.example"


def article(text: str = "Satu.\nDua.", **facts: Any) -> Extraction:
    """What the extraction might make of a page."""
    return Extraction(outcome=Outcome.ARTICLE, extractor="test/1", text=text, **facts)


def first_revision(
    article: Mapping[str, Any], text: str, markdown: str | None = None
) -> dict[str, Any]:
    """The row of the only revision of an article's row; it has the text."""
    facts = {name: article[name] for name in article if name in ReadingColumns.__annotations__}
    place = {"article_id": article["id"], "number": 1, "capture_id": article["capture_id"]}
    texts = {"text": text, "markdown": markdown}
    return {**facts, **place, **texts, "seen_at": article["first_seen_at"]}


def read(url: str, made: Extraction, at: datetime = NOW) -> Reading:
    """An article at an address that is its own."""
    return Reading(url, url, made, at)


def capture(url: str, number: int, at: datetime = NOW, status: int | None = 200) -> Capture:
    """The capture that is the nth record of a file."""
    ref = RecordRef("a.warc.gz", 100 * number, 90, f"urn:uuid:{number}")
    facts = {"payload_digest": "sha256:00", "payload_length": 5}
    return Capture(url, at, ref, RecordType.RESPONSE, status, **facts)


@dataclass
class Rows:
    """The rows of one run."""

    engine: Engine
    sources: tuple[Source, ...] = (Source("suara", SITE),)
    numbers: Iterator[int] = field(default_factory=count)
    """Of the next captures."""

    def __post_init__(self) -> None:
        self.repository = Repository(self.engine)
        self.table = FrontierTable(self.engine)
        self.repository.refresh_sources(self.sources, NOW)
        self.run_id = self.repository.start_run("crawl", "1", NOW)

    def know(self, url: str, source_id: int = 1) -> int:
        """Let a page be known; its id."""
        found = Candidate(url, UrlKind.PAGE, FoundBy.FEED, f"{SITE}/feed")
        return self.table.know(source_id, found, NOW).url_id

    def read(
        self, url: str, made: Extraction, at: datetime = NOW, *, source_id: int = 1
    ) -> int | None:
        """Save an article, as an edit where it is known; its number."""
        saved = self.save(url, read(url, made, at), source_id=source_id)
        return saved and saved.article_id

    def save(
        self,
        url: str,
        reading: Reading | None,
        *,
        at: datetime = NOW,
        outcome: UrlOutcome | None = None,
        source_id: int = 1,
        number: int | None = None,
    ) -> Saved | None:
        """Save a visit, with one capture of the page that it led to."""
        final = reading.url if reading else url
        seen_at = reading.seen_at if reading else at
        outcome = outcome or UrlOutcome(200, UrlState.ARTICLE)
        number = next(self.numbers) if number is None else number
        return self.repository.save_visit(
            [capture(final, number, seen_at, outcome.status)],
            outcome,
            run_id=self.run_id,
            source_id=source_id,
            url_id=self.know(url, source_id),
            reading=reading,
        )
