"""What the hits of a query have in common, by counting them: sources, languages, sections, days.

At most `FACET_HITS` are counted, so that it takes no longer in a large archive.
"""

from __future__ import annotations

import re
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

from archive.counting import Count, count
from archive.db.schema import ArticleRow, SourceRow
from archive.search.conditions import by_facts, condition, newest_first
from archive.search.finding import index_of
from archive.search.terms import By, Node, is_text

FACET_HITS = 5_000
"""Their rows are read one by one, wherever they lie."""
COUNTED = (By.SOURCE, By.LANGUAGE, By.SECTION, By.DAY)
_TOTAL = "total"
_DAY = re.compile(r"(?!0000)\d{4}-\d\d-\d\d", re.ASCII)


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
        # The clock of a page can put a moment beyond the ends of the calendar.
        written = sorted(day for day in counts if day and _DAY.fullmatch(day))
        return {date.fromisoformat(day): counts[day] for day in written}


def facets(connection: Connection, query: Node, *, most: int = FACET_HITS) -> Facets:
    """Counts of the hits of a query; if there are more than `most`, of some of them.

    Of words alone these are the last that came into the archive, else the last published.
    """
    counted = _counts(_hits(connection, query, most))
    counts: dict[str, dict[str | None, int]] = {each: {} for each in (_TOTAL, *COUNTED)}
    for kind, value, number in connection.execute(counted):
        counts[kind][value] = number
    total = counts[_TOTAL][None]
    by = {each: _most_frequent_first(counts[each]) for each in COUNTED}
    return Facets(total, total < most, by)


def all_facets(connection: Connection) -> Facets:
    """Counts of every article there is; in a large archive it takes a second or two."""
    by = {each: _by_value(count(connection, [each])) for each in COUNTED}
    return Facets(sum(by[By.SOURCE].values()), True, by)


def _by_value(counts: list[Count]) -> dict[str | None, int]:
    return _most_frequent_first({each.group[0]: each.articles for each in counts})


def _hits(connection: Connection, query: Node, most: int) -> CTE:
    """The facts of the hits, one a row."""
    index = index_of(connection)
    columns = {
        By.SOURCE: ArticleRow.source_id,
        By.LANGUAGE: ArticleRow.language,
        By.SECTION: ArticleRow.section,
        By.DAY: ArticleRow.published_on,
    }
    labelled: list[Any] = [column.label(each) for each, column in columns.items()]
    facts = select(*labelled)
    if is_text(query):
        ids = index.latest(query).limit(most).subquery()
        return facts.join(ids, ids.c.id == ArticleRow.id).cte("hits")
    found = by_facts(facts.where(condition(query, index)))
    return found.order_by(*newest_first()).limit(most).cte("hits")


def _counts(hits: CTE) -> CompoundSelect[Any]:
    """All counts in one statement, which reads the hits once."""
    total = select(literal(_TOTAL), cast(null(), String), func.count()).select_from(hits)
    sources = (
        select(literal(By.SOURCE.value), SourceRow.name, func.count())
        .join_from(hits, SourceRow, SourceRow.id == hits.c[By.SOURCE])
        .group_by(SourceRow.name)
    )
    others = [
        select(literal(by.value), hits.c[by], func.count()).group_by(hits.c[by])
        for by in (By.LANGUAGE, By.SECTION, By.DAY)
    ]
    return union_all(total, sources, *others)


def _most_frequent_first(counts: dict[str | None, int]) -> dict[str | None, int]:
    return dict(sorted(counts.items(), key=lambda each: (-each[1], each[0] or "")))
