"""The tables of what was forgotten, and must not come back."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from archive.db.schema.base import Base


class TakedownRow(Base):
    """Something was forgotten at somebody's request: who, when and why, not what it said."""

    __tablename__ = "takedowns"

    id: Mapped[int] = mapped_column(primary_key=True)
    target: Mapped[str]
    """The URL, article id or source name that was given."""
    kind: Mapped[str]
    """url, article, source."""
    reason: Mapped[str]
    by: Mapped[str]
    forgotten_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    """When nothing was left of it in any file; empty: rows are gone, files wait."""
    articles: Mapped[int]
    urls: Mapped[int]
    records: Mapped[int]
    """How many captures' records."""


class ForgottenUrlRow(Base):
    """A page, or a whole site, that is never fetched or ingested again."""

    __tablename__ = "forgotten_urls"
    __table_args__ = (Index("ix_forgotten_urls_takedown_id", "takedown_id"),)

    key: Mapped[str] = mapped_column(primary_key=True)
    """`archive.db.forgotten.url_key` of a page, or a site's registrable domain."""
    takedown_id: Mapped[int] = mapped_column(ForeignKey("takedowns.id"))


class ForgottenRecordRow(Base):
    """A WARC record whose place a tombstone takes, with all that concerns it."""

    __tablename__ = "forgotten_records"
    __table_args__ = (
        Index("ix_forgotten_records_takedown_id", "takedown_id"),
        Index("ix_forgotten_records_warc_file", "warc_file"),
        Index(
            "ix_forgotten_records_waiting",
            "rewritten_at",
            sqlite_where=text("rewritten_at IS NULL"),
            postgresql_where=text("rewritten_at IS NULL"),
        ),
    )

    record_id: Mapped[str] = mapped_column(primary_key=True)
    takedown_id: Mapped[int] = mapped_column(ForeignKey("takedowns.id"))
    warc_file: Mapped[str]
    captured_at: Mapped[datetime]
    """No file that was closed before can say anything about it."""
    rewritten_at: Mapped[datetime | None]
    """Empty: the record is still there, and waits for its file to be closed."""
