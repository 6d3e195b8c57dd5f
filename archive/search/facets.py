"""What the hits of a query have in common, by counting them: sources, languages, sections, days.

At most `FACET_HITS` are counted, so that it takes no longer in a large archive.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Select, and_, select

from archive.counting import Count, count
from archive.db.schema import ArticleRow, SourceRow
from archive.search.base import TextIndex
from archive.search.conditions import condition, newest_first
from archive.search.covering import by_facts
from archive.search.finding import index_of
from archive.search.terms import By, Node, other_part, text_part

FACET_HITS = 5_000
"""Their rows are read one by one, wherever they lie."""
COUNTED = (By.SOURCE, By.LANGUAGE, By.SECTION, By.DAY)
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
    """Counts of the hits of a query; if there are very many, of some of them.

    With words these are among the `most` last to come in that have them, else the `most` last
    published.
    """
    rows = connection.execute(_hits(index_of(connection), query, most)).all()
    hits = [row for row in rows if row.id is not None]
    named = connection.execute(select(SourceRow.id, SourceRow.name))
    names = {row.id: row.name for row in named}
    values: dict[By, Iterable[str | None]] = {
        By.SOURCE: (names[row.source_id] for row in hits),
        By.LANGUAGE: (row.language for row in hits),
        By.SECTION: (row.section for row in hits),
        By.DAY: (row.published_on for row in hits),
    }
    by = {each: _most_frequent_first(Counter(values[each])) for each in COUNTED}
    return Facets(len(hits), len(rows) < most, by)


def all_facets(connection: Connection) -> Facets:
    """Counts of every article there is; in a large archive it takes a second or two."""
    by = {each: _by_value(count(connection, [each])) for each in COUNTED}
    return Facets(sum(by[By.SOURCE].values()), True, by)


def _by_value(counts: list[Count]) -> dict[str | None, int]:
    return _most_frequent_first({each.group[0]: each.articles for each in counts})


def _hits(index: TextIndex, query: Node, most: int) -> Select[Any]:
    """The facts of the hits, and an empty row for each that has the words alone."""
    columns: list[Any] = [ArticleRow.id, ArticleRow.source_id, ArticleRow.language]
    facts = select(*columns, ArticleRow.section, ArticleRow.published_on)
    if (text := text_part(query)) is None:
        found = by_facts(facts.where(condition(query, index)), query)
        return found.order_by(*newest_first()).limit(most)
    sought = index.latest(text).limit(most).subquery()
    is_hit = and_(ArticleRow.id == sought.c.id, condition(other_part(query), index))
    return facts.select_from(sought).outerjoin(ArticleRow, is_hit)


def _most_frequent_first(counts: dict[str | None, int]) -> dict[str | None, int]:
    return dict(sorted(counts.items(), key=lambda each: (-each[1], each[0] or "")))
