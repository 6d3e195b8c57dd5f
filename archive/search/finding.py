"""Answering a query with ranked hits: which articles, in which order, and where it matched.

Hits are found a page at a time. Where they are in the order of something that stays, the next page
begins right behind it, so that none is shown twice or passed over when others come in meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Select, and_, func, or_, select

from archive.db.schema import ArticleRow
from archive.search.base import WIDE_HITS, Excerpt, TextIndex
from archive.search.conditions import condition
from archive.search.postgresql import PostgresqlIndex
from archive.search.sqlite import SqliteIndex
from archive.search.terms import Node, Order, other_part, text_part


class Way(StrEnum):
    """What hits are in the order of."""

    RANK = "rank"
    ARRIVAL = "arrival"
    """The last to come in is the first."""
    PUBLICATION = "publication"
    """The last published is the first."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a hit is among all hits of its query."""

    way: Way
    article_id: int
    published_at: datetime | None = None
    number: int = 0
    """Of the hit, from 1; of ranked hits, whose scores change when articles come in."""


@dataclass(frozen=True, slots=True)
class Match:
    """An article that matches."""

    article_id: int
    score: float | None
    """The higher the better, among the hits of one query; None where they are not ranked."""
    place: Place
    title: Excerpt | None = None
    text: Excerpt | None = None
    """None where no words were asked for that every hit has."""


def index_of(connection: Connection) -> TextIndex:
    """The full-text index of a database."""
    return PostgresqlIndex() if connection.dialect.name == "postgresql" else SqliteIndex()


def find(
    connection: Connection, query: Node, *, limit: int, order: Order, after: Place | None = None
) -> list[Match]:
    """The first `limit` hits, of all or of those `after` a place of the same query and order."""
    index = index_of(connection)
    text = text_part(query)
    match after.way if after else _way(connection, text, order, index):
        case Way.RANK if text is not None:
            found = _ranked(connection, query, text, limit, after.number if after else 0)
        case Way.ARRIVAL if text is not None:
            found = _latest(connection, query, text, limit, after)
        case _:
            found = _newest(connection, query, limit, after)
    ids = [place.article_id for place, _ in found]
    shown = index.excerpts(connection, text, ids) if text is not None else {}
    return [
        Match(place.article_id, score, place, *shown.get(place.article_id, ()))
        for place, score in found
    ]


_Found = list[tuple[Place, float | None]]


def _way(connection: Connection, text: Node | None, order: Order, index: TextIndex) -> Way:
    if text is None or order is Order.NEWEST:
        return Way.PUBLICATION
    return Way.ARRIVAL if _is_wide(connection, text, index) else Way.RANK


def _ranked(connection: Connection, query: Node, text: Node, limit: int, passed: int) -> _Found:
    index = index_of(connection)
    ranked = index.ranked(text).where(condition(other_part(query), index))
    rows = connection.execute(ranked.limit(limit).offset(passed))
    return [
        (Place(Way.RANK, row.id, number=number), row.score)
        for number, row in enumerate(rows, start=passed + 1)
    ]


def _latest(
    connection: Connection, query: Node, text: Node, limit: int, after: Place | None
) -> _Found:
    index = index_of(connection)
    latest = index.latest(text).where(condition(other_part(query), index))
    if after:
        latest = latest.where(ArticleRow.id < after.article_id)
    return [(Place(Way.ARRIVAL, id_), None) for id_ in connection.scalars(latest.limit(limit))]


def _newest(connection: Connection, query: Node, limit: int, after: Place | None) -> _Found:
    newest = ArticleRow.published_at.desc().nulls_last()
    every: Select[Any, Any] = (
        select(ArticleRow.id, ArticleRow.published_at)
        .where(condition(query, index_of(connection)))
        .order_by(newest, ArticleRow.id)
    )
    found: _Found = []
    for some in _behind(every, after):
        rows = connection.execute(some.limit(limit - len(found)))
        found += [(Place(Way.PUBLICATION, row.id, row.published_at), None) for row in rows]
        if len(found) == limit:
            break
    return found


def _behind(every: Select[Any, Any], after: Place | None) -> list[Select[Any, Any]]:
    """What comes after a place, each part a range of the index by time of publication."""
    if after is None:
        return [every]
    behind = ArticleRow.id > after.article_id
    undated = every.where(ArticleRow.published_at.is_(None))
    if after.published_at is None:
        return [undated.where(behind)]
    before = ArticleRow.published_at < after.published_at
    same_time = and_(ArticleRow.published_at == after.published_at, behind)
    # The first condition is what the index is searched by.
    dated = every.where(ArticleRow.published_at <= after.published_at, or_(before, same_time))
    return [dated, undated]


def _is_wide(connection: Connection, text: Node, index: TextIndex) -> bool:
    """Whether there are too many hits to rank."""
    some = index.latest(text).order_by(None).limit(WIDE_HITS + 1).subquery()
    return (connection.scalar(select(func.count()).select_from(some)) or 0) > WIDE_HITS
