"""The tables of a crawl: sources, runs, the frontier and what was captured."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from archive.db.schema.base import Base


class ArchiveRow(Base):
    """The one row that names this archive."""

    __tablename__ = "archive"

    id: Mapped[int] = mapped_column(primary_key=True)
    archive_id: Mapped[str]
    """A UUID, made with the archive; exports carry it."""
    created_at: Mapped[datetime]


class SourceRow(Base):
    """A publisher that is followed; refreshed from its TOML file when a crawl starts."""

    __tablename__ = "sources"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    url: Mapped[str]
    title: Mapped[str | None]
    language: Mapped[str | None]
    """ISO 639-1."""
    rules: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    """The `[[rules]]` of its file, by which its pages are read; days in ISO 8601."""
    added_at: Mapped[datetime]
    edits: Mapped[float] = mapped_column(default=0.0)
    """Of its articles, seen at revisits."""
    edit_exposure: Mapped[float] = mapped_column(default=0.0)
    """How long they were watched, on the log clock of `archive.core.schedule`."""


class RunRow(Base):
    """One crawl, import or re-extraction."""

    __tablename__ = "runs"

    id: Mapped[int] = mapped_column(primary_key=True)
    command: Mapped[str]
    """crawl, import, backfill suara --from 2023-01-01, ..."""
    version: Mapped[str]
    """Of Kliping."""
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    """Empty while it runs, or if it was killed."""
    outcome: Mapped[str | None]
    """done, failed (some sources did), interrupted."""
    summary: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """By source name: found, fetched, articles, errors, requisites."""


class UrlRow(Base):
    """A URL that is known, and what became of it: the frontier and its ledger."""

    __tablename__ = "urls"
    __table_args__ = (
        # What to fetch next is one range scan of this index.
        Index(
            "ix_urls_due",
            "source_id",
            "kind",
            "due_at",
            sqlite_where=text("due_at IS NOT NULL AND leased_by IS NULL"),
            postgresql_where=text("due_at IS NOT NULL AND leased_by IS NULL"),
        ),
        Index(
            "ix_urls_leased_by",
            "leased_by",
            sqlite_where=text("leased_by IS NOT NULL"),
            postgresql_where=text("leased_by IS NOT NULL"),
        ),
        Index("ix_urls_article_id", "article_id"),
        # For lists of the URLs of a source, newest first.
        Index("ix_urls_source_id_first_seen_at", "source_id", "first_seen_at"),
        Index(
            "ix_urls_found_as",
            "found_as",
            sqlite_where=text("found_as IS NOT NULL"),
            postgresql_where=text("found_as IS NOT NULL"),
        ),
        Index(
            "ix_urls_trapped",
            "source_id",
            sqlite_where=text("state = 'trap'"),
            postgresql_where=text("state = 'trap'"),
        ),
        Index(
            "ix_urls_page_key",
            "page_key",
            sqlite_where=text("page_key IS NOT NULL"),
            postgresql_where=text("page_key IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id"))
    url: Mapped[str] = mapped_column(unique=True)
    """In its one spelling, without tracking parameters."""
    found_as: Mapped[str | None]
    """The address that is fetched, where it was named with tracking parameters."""
    kind: Mapped[str]
    """feed, sitemap, listing, archive, api, page, requisite."""
    found_by: Mapped[str]
    """seed, feed, sitemap, robots, link, archive, api, backfill, import, page, style."""
    found_in: Mapped[str]
    """URL of what named it."""
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    """When a feed, sitemap or page last named it."""
    due_at: Mapped[datetime | None]
    """When to fetch it next; empty: not again."""
    leased_by: Mapped[int | None] = mapped_column(ForeignKey("runs.id"))
    """The run that is fetching it now."""
    fetched_at: Mapped[datetime | None]
    status: Mapped[int | None]
    """HTTP status of the newest answer."""
    etag: Mapped[str | None]
    last_modified: Mapped[str | None]
    failures: Mapped[int] = mapped_column(default=0)
    """In a row, since the last good answer."""
    changes: Mapped[float] = mapped_column(default=0.0)
    exposure: Mapped[float] = mapped_column(default=0.0)
    """How often it was seen to change, and how long it was watched (`archive.core.schedule`)."""
    state: Mapped[str] = mapped_column(default="waiting", server_default="waiting")
    """What came of the newest fetch (`archive.model.UrlState`)."""
    reason: Mapped[str | None]
    """Why, for people: an error, why it is no article, the main address of an alias."""
    article_id: Mapped[int | None]
    """The article that this URL leads to. No foreign key: it would close a circle of tables."""
    page_key: Mapped[str | None]
    """What all addresses of a page have in common (`archive.core.urls.page_key`)."""


class TrapRow(Base):
    """A pattern of a source's links that are not followed any more (`crawler.traps`)."""

    __tablename__ = "traps"

    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id"), primary_key=True)
    pattern: Mapped[str] = mapped_column(primary_key=True)
    links: Mapped[int]
    """How many in a row had led to nothing new: the limit at that time."""


class CaptureRow(Base):
    """One HTTP exchange at one time, an attempt that failed before there was one, or what was
    made of an exchange's page."""

    __tablename__ = "captures"
    __table_args__ = (
        Index("ix_captures_url", "url"),
        Index("ix_captures_url_id", "url_id"),
        Index("ix_captures_captured_at", "captured_at"),
        Index("ix_captures_payload_digest", "payload_digest"),
        Index(
            "ix_captures_made_of",
            "made_of",
            sqlite_where=text("made_of IS NOT NULL"),
            postgresql_where=text("made_of IS NOT NULL"),
        ),
        # The failures of a source are read from a handful of rows.
        Index(
            "ix_captures_failed",
            "source_id",
            "captured_at",
            sqlite_where=text("error IS NOT NULL OR status >= 400"),
            postgresql_where=text("error IS NOT NULL OR status >= 400"),
        ),
        Index("ix_captures_warc_file_warc_offset", "warc_file", "warc_offset", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int | None] = mapped_column(ForeignKey("runs.id"))
    source_id: Mapped[int | None] = mapped_column(ForeignKey("sources.id"))
    url_id: Mapped[int | None] = mapped_column(ForeignKey("urls.id"))
    """The frontier's URL that was being fetched; redirects lead from it to `url`."""
    url: Mapped[str]
    captured_at: Mapped[datetime]
    status: Mapped[int | None]
    content_type: Mapped[str | None]
    location: Mapped[str | None]
    """Where a redirect led."""
    payload_digest: Mapped[str | None]
    payload_length: Mapped[int | None] = mapped_column(BigInteger)
    ip_address: Mapped[str | None]
    truncated: Mapped[str | None]
    etag: Mapped[str | None]
    last_modified: Mapped[str | None]
    error: Mapped[str | None]
    """Why there was no answer."""
    record_type: Mapped[str | None]
    """response, revisit, resource, or conversion: a page as it was after its scripts had run;
    empty where there is no record."""
    made_of: Mapped[str | None]
    """Of a conversion: `record_id` of the capture that it was made of."""
    warc_file: Mapped[str | None]
    warc_offset: Mapped[int | None] = mapped_column(BigInteger)
    warc_length: Mapped[int | None] = mapped_column(BigInteger)
    record_id: Mapped[str | None] = mapped_column(unique=True)
