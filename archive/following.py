"""The sources that an archive follows, and how much there is of each. Read-only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, func, select

from archive.db.schema import ArticleRow, SourceRow


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowedSource:
    """A source, as it was when it was last crawled."""

    name: str
    url: str
    title: str | None
    language: str | None
    """ISO 639-1."""
    added_at: datetime
    articles: int
    """How many there are of it."""


def followed_sources(engine: Engine) -> list[FollowedSource]:
    """All sources, by name."""
    counts = (
        select(ArticleRow.source_id, func.count().label("articles"))
        .group_by(ArticleRow.source_id)
        .subquery()
    )
    query = (
        select(
            SourceRow.name,
            SourceRow.url,
            SourceRow.title,
            SourceRow.language,
            SourceRow.added_at,
            func.coalesce(counts.c.articles, 0).label("articles"),
        )
        .outerjoin(counts, counts.c.source_id == SourceRow.id)
        .order_by(SourceRow.name)
    )
    with engine.connect() as connection:
        return [FollowedSource(**row._mapping) for row in connection.execute(query)]
