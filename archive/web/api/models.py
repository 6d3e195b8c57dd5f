"""Models of the API's answers for its OpenAPI document, made from the columns of exports."""

from __future__ import annotations

from dataclasses import fields as dataclass_fields
from datetime import datetime
from typing import Any, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, create_model

from archive.core.diff import Piece
from archive.export.columns import COLUMNS, LONG_TEXTS, meanings
from archive.read.articles import ArchivedArticle
from archive.read.captures import ArchivedCapture
from archive.read.changes import ArticleChange
from archive.read.clusters import ClusterMember
from archive.read.source_list import FollowedSource
from archive.search.tree import By

EXAMPLE: dict[str, Any] = {
    "id": 12,
    "url": "https://suara.example/ekonomi/subsidi-dipangkas",
    "canonical_url": "https://suara.example/ekonomi/subsidi-dipangkas",
    "source": "suara",
    "domain": "suara.example",
    "title": "Subsidi bahan bakar dipangkas",
    "authors": ["Ani Lestari"],
    "published_at": "2025-06-01T09:00:00+07:00",
    "modified_at": None,
    "first_seen_at": "2025-06-01T02:11:08+00:00",
    "captured_at": "2025-06-02T02:14:31+00:00",
    "language": "id",
    "section": "Ekonomi",
    "tags": ["BBM"],
    "description": None,
    "text": "Pemerintah memangkas subsidi bahan bakar mulai bulan depan.",
    "markdown": "Pemerintah memangkas subsidi bahan bakar mulai bulan depan.",
    "word_count": 8,
    "image_url": None,
    "page_kind": "article",
    "paywalled": None,
    "tdm_reserved": None,
    "license": None,
    "revision": 2,
    "revision_count": 2,
    "cluster_id": None,
    "first_publisher": None,
    "text_sha256": "c58ab5f49d4b86f9a9ee0a6fb0d2dbb5d0b5bb2e7e3d5e4f2f1a0e6f8c7b9a10",
    "payload_digest": "sha256:3CNVBTUZ2MTKNLSYH6XEPEMJS2KR2DSM6CBKHN4CLLJS6B26ZB5Q",
    "warc_file": "2025/06/kliping-20250602021400-3-00001.warc.gz",
    "warc_offset": 48213,
    "warc_length": 20417,
    "warc_record_id": "urn:uuid:0b6c8a0e-4f0e-4c5c-9b39-5f1c0f5f7a10",
    "warc_record_type": "response",
    "extractor": "kliping-extract/3",
    "rules": [],
    "missing_pages": 0,
    "pages": [],
}
"""The example of an article."""


class ProblemDetails(BaseModel):
    """Problem details (RFC 9457)."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "example": {
                "type": "about:blank",
                "title": "Bad Request",
                "status": 400,
                "detail": "no field 'sorce'; did you mean source?",
                "position": 8,
            }
        },
    )

    type: str
    title: str
    status: int
    detail: str


def _of_dataclass(name: str, doc: str, described: type, **more: Any) -> type[BaseModel]:
    """Make a model of a dataclass, with further fields."""
    hints = get_type_hints(described)
    fields: dict[str, Any] = {
        field.name: (hints[field.name], ...) for field in dataclass_fields(described)
    }
    return create_model(name, __doc__=doc, **fields, **more)


def _of_columns(name: str, doc: str, *, is_whole: bool) -> type[BaseModel]:
    """Make a model of the columns; unless `is_whole`, all of them are optional."""
    hints = get_type_hints(ArchivedArticle)
    fields: dict[str, Any] = {}
    for column in COLUMNS:
        default = ... if is_whole else None
        kept = Field(default, description=meanings()[column.name])
        fields[column.name] = (hints[column.name], kept)
    config = ConfigDict(json_schema_extra={"example": EXAMPLE})
    return create_model(name, __doc__=doc, __config__=config, **fields)


ArticleColumns = _of_columns("ArticleColumns", "An article, or a revision of it.", is_whole=True)
SomeColumns = _of_columns(
    "SomeColumns",
    f"The requested columns; by default all except {' and '.join(LONG_TEXTS)}.",
    is_whole=False,
)


class Links(BaseModel):
    """Addresses of further data of an article."""

    self: str
    revisions: str
    cluster: str
    warc: str
    """Its WARC record."""
    cite: str
    """Its citation."""
    replay: str
    """The page as it was."""
    timemap: str
    """All captures of its address (RFC 7089)."""


class Article(ArticleColumns):  # type: ignore[valid-type,misc]
    """A whole article."""

    aliases: list[str] = Field(description="Other addresses that lead to it.")
    links: Links


class MarkedExcerpt(BaseModel):
    """A piece of a text, with the positions of matches."""

    text: str
    matches: list[tuple[int, int]] = Field(
        description="Begin and end of each, counted in characters (code points)."
    )


class Hit(SomeColumns):  # type: ignore[valid-type,misc]
    """An article that matches."""

    score: float | None = Field(
        description="The higher the better; null where hits are not ranked."
    )
    title_matches: MarkedExcerpt | None
    snippet: MarkedExcerpt | None


class PageOfItems(BaseModel):
    """A page of items."""

    next: str | None = Field(description="Address of the next part; null at the end.")


class FacetCount(BaseModel):
    """Number of hits with a value."""

    value: str | None
    articles: int


class Hits(PageOfItems):
    """Hits of a query."""

    query: str = Field(description="The query as it was understood.", examples=["subsidi lang:id"])
    items: list[Hit]
    facets: dict[str, list[FacetCount]] = Field(description="As requested, most articles first.")


class RevisionPage(PageOfItems):
    """Revisions of an article, oldest first."""

    items: list[SomeColumns]  # type: ignore[valid-type]


class ComparedRevision(BaseModel):
    """One of two revisions that are compared."""

    number: int
    seen_at: datetime
    modified_at: datetime | None


class RevisionDiff(BaseModel):
    """What changed between two revisions, word by word; the pieces contain both texts."""

    article: int
    url: str
    before: ComparedRevision
    after: ComparedRevision
    title: list[Piece]
    byline: list[Piece]
    text: list[Piece]


CaptureItem = _of_dataclass(
    "Capture",
    "One request for a URL and its response.",
    ArchivedCapture,
    replay=(str | None, Field(description="The page as it was; null where none was kept.")),
)


class Captures(PageOfItems):
    """Captures of a URL, oldest first."""

    items: list[CaptureItem]  # type: ignore[valid-type]


ChangeItem = _of_dataclass("ArticleChange", "A change of an article.", ArticleChange)


class Changes(PageOfItems):
    """Changes, oldest first."""

    items: list[ChangeItem]  # type: ignore[valid-type]


MemberItem = _of_dataclass("ClusterMember", "An article that tells the story.", ClusterMember)


class ClusterAnswer(BaseModel):
    """The articles of a cluster; none where the article has no cluster."""

    article: int
    cluster_id: int | None
    first_publisher: str | None
    members: list[MemberItem] = Field(description="Oldest first.")  # type: ignore[valid-type]


class Sources(BaseModel):
    """All sources, by name."""

    items: list[FollowedSource]


class CountedGroup(BaseModel):
    """Counts of a group; its values are named as in `by`."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "example": {"month": "2025-06", "matching": 31, "articles": 1240, "share": 0.025}
        },
    )

    articles: int
    matching: int | None = None
    share: float | None = None


class Groups(BaseModel):
    """Counts, in the order of groups."""

    by: list[By]
    items: list[CountedGroup]
