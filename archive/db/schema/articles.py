"""The tables of what was read: articles, revisions, clusters, and what follows from them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Computed, ForeignKey, Index, Integer, and_, text
from sqlalchemy.orm import Mapped, mapped_column

from archive.db.schema.base import Base


class ReadingColumns:
    """What was read from a page: shared by an article and its revisions."""

    title: Mapped[str | None]
    authors: Mapped[list[str]] = mapped_column(default=list)
    organisations: Mapped[list[str]] = mapped_column(default=list)
    published_at: Mapped[datetime | None]
    published_offset_min: Mapped[int | None]
    """Minutes east of UTC of the page's own clock, so that its local day is not lost."""
    modified_at: Mapped[datetime | None]
    language: Mapped[str | None]
    section: Mapped[str | None]
    tags: Mapped[list[str]] = mapped_column(default=list)
    description: Mapped[str | None]
    word_count: Mapped[int]
    text_sha256: Mapped[str]
    """Hex, of the text in UTF-8; the text itself stands in `revisions` alone."""
    image_url: Mapped[str | None]
    image_caption: Mapped[str | None]
    image_credit: Mapped[str | None]
    dateline: Mapped[str | None]
    page_kind: Mapped[str]
    paywalled: Mapped[bool | None]
    tdm_reserved: Mapped[bool | None]
    """Whether the page reserves text and data mining; empty where it does not say."""
    license: Mapped[str | None]
    """As the page names it: an address, or words."""
    extractor: Mapped[str]
    rules: Mapped[list[str]] = mapped_column(default=list)
    """Ids of the boilerplate rules that fired."""
    missing_pages: Mapped[int] = mapped_column(default=0)
    """Further pages of the article that could not be had, so that the text has gaps."""


class ArticleRow(ReadingColumns, Base):
    """An article, as its newest revision reads."""

    __tablename__ = "articles"
    __table_args__ = (
        Index("ix_articles_source_id_published_at", "source_id", "published_at"),
        Index("ix_articles_url", "url"),
        Index("ix_articles_capture_id", "capture_id"),
        Index("ix_articles_cluster_id", "cluster_id"),
        Index(
            "ix_articles_vanished_at",
            "vanished_at",
            sqlite_where=text("vanished_at IS NOT NULL"),
            postgresql_where=text("vanished_at IS NOT NULL"),
        ),
        # The number of an article that was forgotten must never come to mean another one.
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id"))
    url: Mapped[str]
    """Where it was fetched from; every alias is in `urls` with this article's id."""
    canonical_url: Mapped[str] = mapped_column(unique=True)
    domain: Mapped[str]
    """Registrable domain of `url`."""
    first_seen_at: Mapped[datetime]
    capture_id: Mapped[int] = mapped_column(ForeignKey("captures.id"))
    revision: Mapped[int]
    """Number of the newest revision, from 1."""
    cluster_id: Mapped[int | None] = mapped_column(ForeignKey("clusters.id"))
    """Shared with the articles that tell the same story; empty where there is none."""
    published_on: Mapped[str | None] = mapped_column(
        Computed(
            "strftime('%Y-%m-%d', published_at, coalesce(published_offset_min, 0) || ' minutes')"
        )
    )
    """Day of publication by the page's own clock, in ISO 8601; the database sees to it."""
    vanished_at: Mapped[datetime | None]
    """When its page was first seen to be gone; empty: it was there when last looked at."""
    vanished_as: Mapped[str | None]
    """What stood in its place, in words."""


class RevisionRow(ReadingColumns, Base):
    """One state of an article; a change of boilerplate alone makes none."""

    __tablename__ = "revisions"
    __table_args__ = (
        Index("ix_revisions_article_id_number", "article_id", "number", unique=True),
        Index("ix_revisions_capture_id", "capture_id"),
        # Few revisions are edits; the others are how articles were first seen.
        Index(
            "ix_revisions_edits",
            "seen_at",
            sqlite_where=text("number > 1"),
            postgresql_where=text("number > 1"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id"))
    number: Mapped[int]
    """From 1."""
    seen_at: Mapped[datetime]
    capture_id: Mapped[int] = mapped_column(ForeignKey("captures.id"))
    text: Mapped[str]
    """Paragraphs, one a line."""
    markdown: Mapped[str | None]


IS_NEWEST = and_(RevisionRow.article_id == ArticleRow.id, RevisionRow.number == ArticleRow.revision)
"""Joins an article to its newest revision, which has its text."""


class RevisionPageRow(Base):
    """A further page of an article that stands on several, as one revision read it."""

    __tablename__ = "revision_pages"
    __table_args__ = (Index("ix_revision_pages_capture_id", "capture_id"),)

    revision_id: Mapped[int] = mapped_column(ForeignKey("revisions.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    """From 2: the first page is the revision's own capture."""
    url: Mapped[str]
    capture_id: Mapped[int] = mapped_column(ForeignKey("captures.id"))


class ClusterRow(Base):
    """A story that several articles tell in nearly the same words."""

    __tablename__ = "clusters"
    # The number of a cluster that fell apart must never come to mean another one.
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True)
    first_article_id: Mapped[int | None]
    """Published before the others. No foreign key: it would close a circle of tables."""


class ClusterLinkRow(Base):
    """Two articles that are alike; each pair has two rows, so that either leads to the other."""

    __tablename__ = "cluster_links"

    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id"), primary_key=True)
    other_id: Mapped[int] = mapped_column(primary_key=True)
    resemblance: Mapped[float]
    """Of the shingles of either text, the share that is in both; from 0 to 1."""
    containment: Mapped[float]
    """Of the shingles of the shorter text, the share that is in the longer one."""


class SketchRow(Base):
    """What an article's newest text is looked up by (`archive.text.minhash`)."""

    __tablename__ = "sketches"

    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id"), primary_key=True)
    text_sha256: Mapped[str]
    bands: Mapped[bytes]
    """Numbers of 8 bytes, little-endian, signed; empty where the text is too short."""


class SketchBandRow(Base):
    """A band of a sketch: articles that have one in common may be alike.

    It has no foreign key, for which the database would search it whenever an article is deleted.
    """

    __tablename__ = "sketch_bands"
    __table_args__ = ({"sqlite_with_rowid": False},)

    band: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    article_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)


class StoryRow(Base):
    """Fingerprints of an article's lines: those that recur across a source are boilerplate."""

    __tablename__ = "stories"
    __table_args__ = (Index("ix_stories_source_id_month", "source_id", "month"),)

    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id"), primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id"))
    month: Mapped[int]
    """When the article was first seen: the year times 12, plus the month from 0."""
    lines: Mapped[list[str]]
    """As extracted, before learnt boilerplate was taken off."""


class ChangeRow(Base):
    """An article that was added, changed or deleted; triggers of the database write it."""

    __tablename__ = "changes"
    __table_args__ = (
        Index("ix_changes_xid_id", "xid", "id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    article_id: Mapped[int]
    """Without a foreign key: the article may be gone. 0 in the first row, which is of none."""
    xid: Mapped[int] = mapped_column(BigInteger)
    """Number of the transaction on PostgreSQL; 0 on SQLite, where ids follow the commits."""
    changed_at: Mapped[datetime]
