"""Find articles by a query: best or newest first, a page at a time, or all ids."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, cast

from tantivy import DocAddress, Order, Query

from archive.index.article_index import Snapshot
from archive.index.documents import recency, recency_span
from archive.index.queries import all_match, in_range, to_query
from archive.index.schema import DAY
from archive.search.tree import Clock, Node, Period, texts_of
from archive.search.tree import Order as HitOrder

IDS_AT_A_TIME = 20_000
_SOUGHT_DAYS = (7, 400)
"""Recent days in which the newest hits are sought first: sorting all articles takes longer."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """A position in the hits of a query, after which the next page begins."""

    order: HitOrder
    value: int
    """For ranked hits, the number of hits before it, since scores change when articles are added;
    otherwise the recency of the hit before it (`archive.index.documents.recency`)."""


@dataclass(frozen=True, slots=True)
class Match:
    """A hit of a query."""

    article_id: int
    score: float | None
    """Comparable among the hits of one query, higher is better; None where hits are not ranked."""
    cursor: Cursor


def find_hits(
    snapshot: Snapshot, node: Node, *, limit: int, order: HitOrder, after: Cursor | None = None
) -> list[Match]:
    """Return the first `limit` hits, or those after a cursor of the same query.

    They are the newest ones, unless they are to be the best and the query has words to rank by.
    """
    if limit < 1:  # tantivy would panic
        return []
    is_ranked = order is HitOrder.BEST and any(texts_of(node))
    if after is not None:
        is_ranked = after.order is HitOrder.BEST
    if is_ranked:
        return _best(snapshot, node, limit, after.value if after else 0)
    return _newest(snapshot, node, limit, after)


def count_hits(snapshot: Snapshot, node: Node) -> int:
    """Count the articles that match."""
    return count_matches(snapshot, to_query(node, snapshot.languages).query)


def count_matches(snapshot: Snapshot, query: Query) -> int:
    """Count the articles that a query of tantivy finds."""
    found: int = snapshot.searcher.search(query, 1).count  # type: ignore[attr-defined] # it has
    return found


def matching_ids(snapshot: Snapshot, node: Node) -> Iterator[list[int]]:
    """Yield the ids of all matching articles in order, some thousands at a time."""
    wanted, last = to_query(node, snapshot.languages), 0
    while True:
        behind = all_match([wanted, in_range("id", last + 1, None)]).query
        batch = [id_ for id_, _ in _ordered(snapshot, behind, IDS_AT_A_TIME, "id", Order.Asc)]
        if not batch:
            return
        yield batch
        last = batch[-1]


def even_sample(snapshot: Snapshot, query: Query, size: int) -> list[int]:
    """Return the ids of `size` matching articles, spread evenly and always the same ones."""
    if size < 1:
        return []
    hits = _ordered(snapshot, query, size, "spread", Order.Desc)
    return _ids_of(snapshot, [address for _, address in hits])


def _best(snapshot: Snapshot, node: Node, limit: int, passed: int) -> list[Match]:
    query = to_query(node, snapshot.languages).query
    hits = snapshot.searcher.search(query, limit, False, offset=passed).hits
    article_ids = _ids_of(snapshot, [address for _, address in hits])
    return [
        Match(article_id, score, Cursor(HitOrder.BEST, number))
        for number, ((score, _), article_id) in enumerate(
            zip(hits, article_ids, strict=True), passed + 1
        )
    ]


def newest_day(snapshot: Snapshot, today: date) -> date | None:
    """Return the newest day of publication that is not after today."""
    until_today = Period(Clock.PUBLISHED, None, today)
    hits = _newest_hits(snapshot, until_today, 1, None)
    [day] = snapshot.searcher.fast_field_values(DAY, [hits[0][1]]) if hits else [None]
    return date.fromordinal(int(day)) if day else None


def _newest(snapshot: Snapshot, node: Node, limit: int, after: Cursor | None) -> list[Match]:
    hits = _newest_hits(snapshot, node, limit, after)
    article_ids = _ids_of(snapshot, [address for _, address in hits])
    return [
        Match(article_id, None, Cursor(HitOrder.NEWEST, recency))
        for (recency, _), article_id in zip(hits, article_ids, strict=True)
    ]


def _newest_hits(
    snapshot: Snapshot, node: Node, limit: int, after: Cursor | None
) -> Sequence[tuple[int, DocAddress]]:
    """Return the first hits by recency; usually the last days have enough."""
    wanted = to_query(node, snapshot.languages)
    high = None if after is None else after.value - 1
    newest = recency(0, datetime.now(UTC)) if high is None else high
    for days in _SOUGHT_DAYS:
        low = newest - recency_span(days)
        within = all_match([wanted, in_range("recency", low, high)])
        hits = _ordered(snapshot, within.query, limit, "recency", Order.Desc)
        if len(hits) == limit:
            return hits
    behind = wanted if high is None else all_match([wanted, in_range("recency", None, high)])
    return _ordered(snapshot, behind.query, limit, "recency", Order.Desc)


def _ordered(
    snapshot: Snapshot, query: Query, limit: int, field: str, order: Order
) -> Sequence[tuple[Any, DocAddress]]:
    hits: Sequence[tuple[Any, DocAddress]]
    hits = snapshot.searcher.search(query, limit, False, order_by_field=field, order=order).hits
    return hits


def _ids_of(snapshot: Snapshot, addresses: list[DocAddress]) -> list[int]:
    found = snapshot.searcher.fast_field_values("id", addresses)
    return cast(list[int], found)
