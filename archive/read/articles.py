"""Archived articles, one by one or in batches of columns.

`archive.read.query` finds them; exports, citations and the web reader use them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from archive.model import RecordRef
from archive.read.article_pages import ArchivedPage


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedArticle:
    """An article as one of its revisions, by default the newest, and the location of its record.

    The fields are the columns of every export, in this order (`archive.export.columns`); what
    is said of each here is said of it in `docs/columns.md` and in the exports.
    """

    id: int
    """Number of the article in this archive."""
    url: str
    """Where the page was fetched from."""
    canonical_url: str
    """The address it is known by."""
    source: str
    """Name of the source."""
    domain: str
    """Registrable domain of the page."""
    title: str | None
    """Headline, without site name or kicker."""
    authors: list[str]
    """People in the byline, in the page's order."""
    published_at: datetime | None
    """When the page says it was published, on the page's own clock."""
    modified_at: datetime | None
    """When the page says it was changed last."""
    first_seen_at: datetime
    """When the archive first fetched it."""
    captured_at: datetime
    """When the bytes of this revision were fetched."""
    language: str | None
    """ISO 639-1."""
    section: str | None
    """The publisher's section."""
    tags: list[str]
    """The publisher's tags."""
    description: str | None
    """The publisher's summary."""
    text: str
    """Clean text: paragraphs, one a line."""
    markdown: str | None
    """The same text with headings, lists, quotes and tables marked up."""
    word_count: int
    """Words in the text."""
    image_url: str | None
    """Lead image."""
    page_kind: str
    """article, liveblog, video, gallery, opinion or other."""
    paywalled: bool | None
    """Whether the page says that it is not free; empty where it does not say."""
    tdm_reserved: bool | None
    """Whether the page, or its server, reserves text and data mining; empty where neither says."""
    license: str | None
    """The licence that the page names, mostly its address; empty where it names none."""
    revision: int
    """Number of this revision, from 1."""
    revision_count: int
    """How many revisions the archive has of the article."""
    cluster_id: int | None
    """Shared with the articles that tell the same story elsewhere; empty where there is none."""
    first_publisher: str | None
    """Name of the source that had the story first; empty where it is nowhere else."""
    text_sha256: str
    """Hex SHA-256 of the text in UTF-8."""
    payload_digest: str | None
    """Digest of the page's payload as in its WARC record."""
    warc_file: str
    """WARC file that holds the page as served, relative to the archive's WARC folder."""
    warc_offset: int
    """First byte of the record in that file."""
    warc_length: int
    """Bytes of the record in that file (one gzip member)."""
    warc_record_id: str
    """Record id, `urn:uuid:...`."""
    warc_record_type: str
    """response, revisit, resource, or conversion: read from the page after its scripts had run."""
    extractor: str
    """Name and version of what read the page."""
    rules: list[str]
    """Ids of the boilerplate rules that fired, in order."""
    missing_pages: int
    """Further pages that could not be fetched: the text has gaps."""
    pages: list[ArchivedPage]
    """Further pages that the text was read from, where the article stands on several."""

    @property
    def ref(self) -> RecordRef:
        """The location of the page's record."""
        return RecordRef(self.warc_file, self.warc_offset, self.warc_length, self.warc_record_id)


COLUMN_NAMES = tuple(field.name for field in fields(ArchivedArticle))


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch of articles, column by column, so that no object has to be made of each."""

    columns: Mapping[str, Sequence[Any]]
    """By the names in `COLUMN_NAMES`, all of one length, which is not 0."""

    @classmethod
    def from_articles(cls, articles: Sequence[ArchivedArticle]) -> Batch:
        """Make a batch of some articles."""
        return cls({name: [getattr(one, name) for one in articles] for name in COLUMN_NAMES})

    def __len__(self) -> int:
        return len(self.columns["id"])

    def articles(self) -> Iterator[ArchivedArticle]:
        """Yield the articles one by one."""
        names = tuple(self.columns)
        for values in zip(*self.columns.values(), strict=True):
            yield ArchivedArticle(**dict(zip(names, values, strict=True)))

    def select_rows(self, rows: Sequence[int]) -> Batch:
        """Return a batch of some of its rows, counted from 0."""
        return Batch({name: [column[n] for n in rows] for name, column in self.columns.items()})


class Articles(Iterator[ArchivedArticle]):
    """Articles from the archive: one by one, or the rest of them in batches."""

    def __init__(self, batches: Iterable[Batch]) -> None:
        self.batches = iter(batches)
        self._articles = (article for batch in self.batches for article in batch.articles())

    def __next__(self) -> ArchivedArticle:
        return next(self._articles)
