"""Answering a query with ranked hits: which articles, in which order, and where it matched."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from archive.db.schema import ArticleRow
from archive.search.base import WIDE_HITS, Excerpt, TextIndex
from archive.search.conditions import condition
from archive.search.postgresql import PostgresqlIndex
from archive.search.sqlite import SqliteIndex
from archive.search.terms import Node, Order, other_part, text_part


@dataclass(frozen=True, slots=True)
class Match:
    """An article that matches."""

    article_id: int
    score: float | None
    """The higher the better, among the hits of one query; None where they are not ranked."""
    title: Excerpt | None = None
    text: Excerpt | None = None
    """None where no words were asked for that every hit has."""


def index_of(connection: Connection) -> TextIndex:
    """The full-text index of a database."""
    return PostgresqlIndex() if connection.dialect.name == "postgresql" else SqliteIndex()


def find(connection: Connection, query: Node, *, limit: int, order: Order) -> list[Match]:
    """The first `limit` hits."""
    index = index_of(connection)
    text = text_part(query)
    if text is not None and order is Order.BEST and not _is_wide(connection, text, index):
        ranked = index.ranked(text).where(condition(other_part(query), index)).limit(limit)
        scores = {row.id: row.score for row in connection.execute(ranked)}
    else:
        scores = dict.fromkeys(_newest(connection, query, limit, order))
    shown = index.excerpts(connection, text, list(scores)) if text is not None else {}
    return [Match(id_, score, *shown.get(id_, ())) for id_, score in scores.items()]


def _newest(connection: Connection, query: Node, limit: int, order: Order) -> list[int]:
    index = index_of(connection)
    text = text_part(query)
    if text is not None and order is Order.BEST:
        found = index.latest(text).where(condition(other_part(query), index))
    else:
        newest = ArticleRow.published_at.desc().nulls_last()
        found = select(ArticleRow.id).where(condition(query, index)).order_by(newest, ArticleRow.id)
    return list(connection.scalars(found.limit(limit)))


def _is_wide(connection: Connection, text: Node, index: TextIndex) -> bool:
    """Whether there are too many hits to rank."""
    some = index.latest(text).order_by(None).limit(WIDE_HITS + 1).subquery()
    return (connection.scalar(select(func.count()).select_from(some)) or 0) > WIDE_HITS
