"""The tables. A researcher should be able to read them without a manual.

    sources ──< urls            what is followed, and every URL known of it (the frontier)
    runs ──< captures           when we looked, and every HTTP exchange that came of it
    urls ──< captures           a capture leads to its WARC file, offset, record id and digest
    sources ──< articles ──< revisions
      │            │               └──< revision_pages    further pages that it was read from
      │            └─ capture_id, of the page that the newest revision was read from
    clusters ──< articles       the same story in several places, and who had it first
    articles ──< cluster_links  two articles whose texts are alike, and how much
    articles ─── sketches ──< sketch_bands      what alike texts are looked up by
    articles ─── stories        what boilerplate is learnt from
    articles ──< changes        what the search index follows (`archive.db.change_log`)
    takedowns ──< forgotten_urls, forgotten_records     what was forgotten, and must not come back

Change a table here and in a new file under `migrations/versions`; a test holds the two together.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    BigInteger,
    Computed,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Text,
    and_,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from archive.db.types import UtcDateTime


class Base(DeclarativeBase):
    """Columns by their Python types; constraints by name, so that migrations can find them."""

    type_annotation_map: ClassVar = {
        datetime: UtcDateTime(),
        str: Text(),
        float: Double(),
        list[str]: JSON(),
        dict[str, Any]: JSON(),
        list[dict[str, Any]]: JSON(),
    }
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


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
        # What of a source fails is told from a handful of rows.
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
