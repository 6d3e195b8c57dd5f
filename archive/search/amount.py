"""How much a query finds, counted no further than is worth the time."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from archive.db.schema import ArticleRow
from archive.search.conditions import condition
from archive.search.finding import index_of
from archive.search.terms import Node

MOST_COUNTED = 50_000


@dataclass(frozen=True, slots=True)
class Amount:
    """Articles, and the revisions that they have."""

    articles: int
    revisions: int
    is_all: bool
    """False where there are more articles: these are so many of them."""


def amount(connection: Connection, query: Node, *, most: int = MOST_COUNTED) -> Amount:
    """How much matches, as far as `most` articles."""
    matches = condition(query, index_of(connection))
    found = select(ArticleRow.id, ArticleRow.revision).where(matches)
    some = found.limit(most + 1).subquery()
    counts = select(func.count(), func.coalesce(func.sum(some.c.revision), 0)).select_from(some)
    articles, revisions = connection.execute(counts).one()
    return Amount(min(articles, most), int(revisions), is_all=articles <= most)
