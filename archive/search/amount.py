"""How much a query finds, counted no further than is worth the time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, func, null, select

from archive.db.schema import ArticleRow
from archive.search.finding import having
from archive.search.index import index_of
from archive.search.terms import Node, is_text

MOST_COUNTED = 50_000


@dataclass(frozen=True, slots=True)
class Amount:
    """Articles, and the revisions that they have."""

    articles: int
    revisions: int | None
    """None where they were not asked for: they take much longer to count."""
    is_all: bool
    """False where there are more articles: these are so many of them."""


def amount(
    connection: Connection, query: Node, *, every_revision: bool = False, most: int = MOST_COUNTED
) -> Amount:
    """How much matches, as far as `most` articles."""
    some = _matching(connection, query, every_revision).limit(most + 1).subquery()
    revisions = func.coalesce(func.sum(some.c.revision), 0) if every_revision else null()
    articles, of_all = connection.execute(select(func.count(), revisions).select_from(some)).one()
    return Amount(min(articles, most), of_all and int(of_all), is_all=articles <= most)


def _matching(connection: Connection, query: Node, every_revision: bool) -> Select[Any]:
    """What matches; of words alone, no article is looked at unless its revisions are counted."""
    if every_revision:
        return having(connection, query).add_columns(ArticleRow.revision)
    if is_text(query):
        return index_of(connection).ids(query)
    return having(connection, query)
