"""Answering a query with ranked hits: which articles, in which order, and where it matched."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Select, func, select

from archive.db.schema import ArticleRow
from archive.search.base import FREQUENT, WIDE_HITS, Excerpt, TextIndex
from archive.search.conditions import by_facts, condition, newest_first
from archive.search.postgresql import PostgresqlIndex
from archive.search.sqlite import SqliteIndex
from archive.search.terms import (
    EVERYTHING,
    And,
    Node,
    Not,
    Order,
    Text,
    all_of,
    other_part,
    text_part,
    texts_of,
)

LAST_HITS = 2_000
"""Among so many of the last articles that have some words, those that match the rest are sought
first."""


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
    scores: dict[int, float | None]
    if text is None or order is Order.NEWEST:
        newest = _having(query, index).order_by(*newest_first()).limit(limit)
        scores = dict.fromkeys(connection.scalars(newest))
    elif by := _what_counts(connection, text, index):
        rest = other_part(query)
        among = None if rest == EVERYTHING else condition(rest, index)
        ranked = index.ranked(text, by, among)
        scores = {row.id: row.score for row in connection.execute(ranked.limit(limit))}
    else:
        scores = dict.fromkeys(_latest(connection, query, limit, index))
    shown = index.excerpts(connection, text, list(scores)) if text is not None else {}
    return [Match(id_, score, *shown.get(id_, ())) for id_, score in scores.items()]


def _what_counts(connection: Connection, text: Node, index: TextIndex) -> Node | None:
    """What to rank by; None if there are too many hits, or all words are in too many articles."""
    if _is_over(connection, text, index, WIDE_HITS):
        return None
    parts = text.nodes if isinstance(text, And) else (text,)
    counting = [
        part
        for part in parts
        if not isinstance(part, Not)
        and not any(_is_frequent(connection, one, index) for one in texts_of(part))
    ]
    return all_of(counting) if counting else None


def _is_frequent(connection: Connection, text: Text, index: TextIndex) -> bool:
    """Whether it takes long to find; a phrase takes as long as the rarest of its words."""
    words = [Text(word, text.in_title) for word in text.text.split()] or [text]
    sought = [replace(words[-1], is_prefix=text.is_prefix), *words[:-1]]
    return all(_is_over(connection, word, index, FREQUENT) for word in sought)


def _is_over(connection: Connection, text: Node, index: TextIndex, most: int) -> bool:
    some = index.latest(text).order_by(None).limit(most + 1).subquery()
    return (connection.scalar(select(func.count()).select_from(some)) or 0) > most


def _latest(connection: Connection, query: Node, limit: int, index: TextIndex) -> list[int]:
    """The last to come in.

    As a rule they are among the last that have the words, without regard to the rest of the query.
    """
    text, rest = text_part(query), other_part(query)
    assert text is not None
    last = index.latest(text)
    if rest == EVERYTHING:
        return list(connection.scalars(last.limit(limit)))
    some = last.limit(LAST_HITS).subquery()
    among_some = select(ArticleRow.id).join(some, some.c.id == ArticleRow.id)
    found = among_some.where(condition(rest, index)).order_by(ArticleRow.id.desc())
    ids = list(connection.scalars(found.limit(limit)))
    if len(ids) == limit:
        return ids
    everywhere = _having(query, index).order_by(ArticleRow.id.desc()).limit(limit)
    return list(connection.scalars(everywhere))


def _having(query: Node, index: TextIndex) -> Select[Any]:
    return by_facts(select(ArticleRow.id).where(condition(query, index)))
