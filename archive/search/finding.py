"""Answering a query with ranked hits: which articles, in which order, and where it matched.

Hits are found a page at a time. Where they are in the order of something that stays, the next page
begins right behind it, so that none is shown twice or passed over when others come in meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select

from archive.db.schema import ArticleRow
from archive.search.base import FREQUENT, WIDE_HITS, Excerpt, TextIndex
from archive.search.conditions import condition, newest_first
from archive.search.covering import by_facts, by_numbers, is_of_numbers
from archive.search.facts import facts_of
from archive.search.frequency import is_over
from archive.search.index import index_of
from archive.search.ranking import Scored, scored
from archive.search.terms import (
    EVERYTHING,
    And,
    Node,
    Not,
    Order,
    Text,
    all_of,
    is_text,
    other_part,
    text_part,
    texts_of,
)

_ID: tuple[Any, ...] = (ArticleRow.id,)
LAST_HITS = 2_000
"""Among so many of the last articles, those that have some words, or of those that have, those
that match the rest, are sought first."""


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
    """Once they are `marked`; None where no words were asked for that every hit has."""


def find(
    connection: Connection,
    query: Node,
    *,
    limit: int,
    order: Order,
    after: Place | None = None,
) -> list[Match]:
    """The first `limit` hits, of all or of those `after` a place of the same query and order."""
    index = index_of(connection)
    text = text_part(query)
    way = after.way if after else _way(connection, text, order, index)
    match way:
        case Way.RANK if text is not None and (by := _what_counts(connection, text, index)):
            found = _ranked(connection, query, by, limit, after.number if after else 0)
        case Way.RANK | Way.ARRIVAL if text is not None:
            found = _latest(connection, query, limit, after)
        case _:
            found = _newest(connection, query, limit, after)
    return [Match(place.article_id, score, place) for place, score in found]


def marked(
    connection: Connection,
    query: Node,
    matches: Sequence[Match],
    articles: Sequence[tuple[int, str | None, str]],
) -> list[Match]:
    """The matches with excerpts of their `articles`: the number, title and text of each."""
    text = text_part(query)
    if text is None:
        return list(matches)
    shown = index_of(connection).excerpts(connection, text, articles)
    return [
        replace(match, title=title, text=snippet)
        for match in matches
        for title, snippet in [shown.get(match.article_id, (None, None))]
    ]


_Found = list[tuple[Place, float | None]]


def _way(connection: Connection, text: Node | None, order: Order, index: TextIndex) -> Way:
    if text is None or order is Order.NEWEST:
        return Way.PUBLICATION
    return Way.ARRIVAL if is_over(connection, text, index, WIDE_HITS) else Way.RANK


def _what_counts(connection: Connection, text: Node, index: TextIndex) -> Node | None:
    """What to rank by; None if all words are in too many articles."""
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
    return all(is_over(connection, word, index, FREQUENT) for word in sought)


def _ranked(connection: Connection, query: Node, by: Node, limit: int, passed: int) -> _Found:
    index, text, rest = index_of(connection), text_part(query), other_part(query)
    assert text is not None
    hits: Sequence[Scored]
    if rest == EVERYTHING and (in_memory := facts_of(connection, query)):
        hits = in_memory.ranked(connection, text, by, limit=limit, passed=passed)
    else:
        among = None if rest == EVERYTHING else condition(rest, index)
        every = index.ranked(text, by, among)
        hits = scored(connection, every.limit(limit).offset(passed))
    return [
        (Place(Way.RANK, id_, number=number), score)
        for number, (id_, score) in enumerate(hits, start=passed + 1)
    ]


def _latest(connection: Connection, query: Node, limit: int, after: Place | None) -> _Found:
    """The last to come in.

    As a rule they are among the last that have the words, without regard to the rest of the query.
    """
    index, text, rest = index_of(connection), text_part(query), other_part(query)
    assert text is not None
    last = index.latest(text)
    if after:
        last = last.where(last.selected_columns["id"] < after.article_id)
    if rest == EVERYTHING:
        return _arrived(connection, last.limit(limit))
    some = last.limit(LAST_HITS).subquery()
    among_some = select(ArticleRow.id).join(some, some.c.id == ArticleRow.id)
    found = among_some.where(condition(rest, index)).order_by(ArticleRow.id.desc())
    places = _arrived(connection, found.limit(limit))
    if len(places) == limit:
        return places
    if in_memory := facts_of(connection, query):
        hits, _ = in_memory.found(connection, query)
        ids = sorted((hits[hits < after.article_id] if after else hits).tolist(), reverse=True)
        return [(Place(Way.ARRIVAL, id_), None) for id_ in ids[:limit]]
    everywhere = having(connection, query).order_by(ArticleRow.id.desc())
    if after:
        everywhere = everywhere.where(ArticleRow.id < after.article_id)
    return _arrived(connection, everywhere.limit(limit))


def _arrived(connection: Connection, ids: Select[Any]) -> _Found:
    return [(Place(Way.ARRIVAL, id_), None) for id_ in connection.scalars(ids)]


def _newest(connection: Connection, query: Node, limit: int, after: Place | None) -> _Found:
    """The last published.

    Those that have frequent words are as a rule among the last published of all.
    """
    if after is None:
        some, is_all = _among_newest(connection, query, limit)
        found = [] if some is None else _published(connection, some, limit)
        if is_all or len(found) == limit:
            return found
    every, found = having(connection, query), []
    for part in _behind(after):
        found += _published(connection, every.where(*part), limit - len(found))
        if len(found) == limit:
            break
    return found


def _published(connection: Connection, ids: Select[Any], limit: int) -> _Found:
    newest = ids.add_columns(ArticleRow.published_at).order_by(*newest_first()).limit(limit)
    rows = connection.execute(newest)
    return [(Place(Way.PUBLICATION, row.id, row.published_at), None) for row in rows]


def _among_newest(
    connection: Connection, query: Node, limit: int
) -> tuple[Select[Any] | None, bool]:
    """Hits that can be the last published, and whether these are all that there are.

    None if it is not known where to look for them.
    """
    index = index_of(connection)
    in_memory = facts_of(connection, query)
    is_scattered = text_part(query) or not is_of_numbers(query)  # no index has them in order
    if (
        in_memory
        and is_scattered
        and not (is_text(query) and is_over(connection, query, index, FREQUENT))
    ):
        hits, _ = in_memory.found(connection, query)
        ids = hits if len(hits) <= limit else in_memory.newest(hits, limit)
        if len(ids) <= LAST_HITS:
            return select(*_ID).where(ArticleRow.id.in_(ids.tolist())), ids is hits
    if not is_text(query) or not is_over(connection, query, index, WIDE_HITS):
        return None, False
    last = by_facts(select(*_ID), EVERYTHING).order_by(*newest_first()).limit(LAST_HITS).subquery()
    ends = connection.execute(select(func.min(last.c.id), func.max(last.c.id))).one()
    among_last = select(*_ID).join(last, last.c.id == ArticleRow.id)
    return among_last.where(condition(query, index.within(*ends))), False


def _behind(after: Place | None) -> list[list[ColumnElement[bool]]]:
    """What comes after a place, each part a range of the index by time of publication."""
    if after is None:
        return [[]]
    behind = ArticleRow.id > after.article_id
    undated = ArticleRow.published_at.is_(None)
    if after.published_at is None:
        return [[undated, behind]]
    before = ArticleRow.published_at < after.published_at
    same_time = and_(ArticleRow.published_at == after.published_at, behind)
    # The first condition is what the index is searched by.
    dated = [ArticleRow.published_at <= after.published_at, or_(before, same_time)]
    return [dated, [undated]]


def having(connection: Connection, query: Node) -> Select[Any]:
    """The ids of what matches: found by its words where few have them, else by its facts."""
    index, text, rest = index_of(connection), text_part(query), other_part(query)
    if text is None or not is_of_numbers(rest) or is_over(connection, text, index, WIDE_HITS):
        return by_facts(select(*_ID).where(condition(query, index)), query)
    sought = index.ids(text).subquery()
    found = select(*_ID).join(sought, sought.c.id == ArticleRow.id)
    return by_numbers(found.where(condition(rest, index)))
