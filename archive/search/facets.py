"""What the hits of a query have in common, by counting them: sources, languages, sections, days.

At most `FACET_HITS` are counted, so that it takes no longer in a large archive.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import (
    CTE,
    CompoundSelect,
    Connection,
    String,
    cast,
    func,
    literal,
    null,
    select,
    union_all,
)

from archive.db.schema import ArticleRow, SourceRow
from archive.search.conditions import condition
from archive.search.finding import index_of
from archive.search.terms import By, Node, other_part, text_part

FACET_HITS = 20_000
COUNTED = (By.SOURCE, By.LANGUAGE, By.SECTION, By.DAY)
_TOTAL = "total"


@dataclass(frozen=True, slots=True)
class Facets:
    """How many of a query's hits there are of each kind."""

    hits: int
    """How many were counted."""
    is_all: bool
    """Whether there are no more."""
    by: Mapping[By, Mapping[str | None, int]]
    """The most frequent values first; None: those that have none."""

    @property
    def days(self) -> dict[date, int]:
        """Hits by their day of publication, as far as they have one; in order."""
        counts = self.by[By.DAY]
        return {date.fromisoformat(day): counts[day] for day in sorted(filter(None, counts))}


def facets(connection: Connection, query: Node, *, most: int = FACET_HITS) -> Facets:
    """Counts of the hits of a query; if there are more than `most`, of some of them.

    Of a query with words these are the last that came into the archive, else the last published.
    """
    counted = _counts(_hits(connection, query, most))
    counts: dict[str, dict[str | None, int]] = {each: {} for each in (_TOTAL, *COUNTED)}
    for kind, value, number in connection.execute(counted):
        counts[kind][value] = number
    total = counts[_TOTAL][None]
    by = {each: _most_frequent_first(counts[each]) for each in COUNTED}
    return Facets(total, total < most, by)


def _hits(connection: Connection, query: Node, most: int) -> CTE:
    """The facts of the hits, one a row."""
    index = index_of(connection)
    if (text := text_part(query)) is not None:
        chosen = index.latest(text).where(condition(other_part(query), index))
    else:
        newest = ArticleRow.published_at.desc().nulls_last()
        chosen = select(ArticleRow.id).where(condition(query, index)).order_by(newest)
    ids = chosen.limit(most).subquery()
    columns = {
        By.SOURCE: SourceRow.name,
        By.LANGUAGE: ArticleRow.language,
        By.SECTION: ArticleRow.section,
        By.DAY: index.published_day(),
    }
    labelled: list[Any] = [column.label(each) for each, column in columns.items()]
    facts = select(*labelled)
    named = facts.join_from(ArticleRow, SourceRow, SourceRow.id == ArticleRow.source_id)
    return named.join(ids, ids.c.id == ArticleRow.id).cte("hits")


def _counts(hits: CTE) -> CompoundSelect[Any]:
    """All counts in one statement, which reads the hits once."""
    total = select(literal(_TOTAL), cast(null(), String), func.count()).select_from(hits)
    each = [
        select(literal(by.value), hits.c[by], func.count()).group_by(hits.c[by]) for by in COUNTED
    ]
    return union_all(total, *each)


def _most_frequent_first(counts: dict[str | None, int]) -> dict[str | None, int]:
    return dict(sorted(counts.items(), key=lambda each: (-each[1], each[0] or "")))
