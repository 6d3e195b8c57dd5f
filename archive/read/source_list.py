"""The followed sources with their numbers of articles. Read-only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from archive.db.schema import SourceRow
from archive.read.query import Query
from archive.search.tree import By


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowedSource:
    """A source, as of its last crawl."""

    name: str
    url: str
    title: str | None
    language: str | None
    """ISO 639-1."""
    added_at: datetime
    articles: int
    """Number of its articles."""


def followed_sources(query: Query) -> list[FollowedSource]:
    """All sources, by name."""
    articles = {count.group[0]: count.articles for count in query.count([By.SOURCE])}
    facts = select(
        SourceRow.name, SourceRow.url, SourceRow.title, SourceRow.language, SourceRow.added_at
    )
    with query.engine.connect() as connection:
        return [
            FollowedSource(**row._mapping, articles=articles.get(row.name, 0))
            for row in connection.execute(facts.order_by(SourceRow.name))
        ]
