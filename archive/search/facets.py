"""What the hits of a query have in common, by counting them: sources, languages, sections, days.

At most `FACET_HITS` are counted, so that it takes no longer in a large archive.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Select, select

from archive.counting import Count, count
from archive.db.schema import ArticleRow, SourceRow
from archive.search.base import TextIndex
from archive.search.conditions import condition, newest_first
from archive.search.covering import by_facts, by_numbers, is_of_numbers
from archive.search.finding import index_of, is_over
from archive.search.terms import By, Node, other_part, text_part

FACET_HITS = 5_000
"""They are looked up one by one."""
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
    index, text = index_of(connection), text_part(query)
    hits = _hits(index, query, most).subquery()
    # One row, for between any two of them other threads may take their turn.
    columns = connection.execute(select(*(index.gathered(hits.c[by]) for by in COUNTED))).one()
    counts = {by: Counter(column or ()) for by, column in zip(COUNTED, columns, strict=True)}
    named = connection.execute(select(SourceRow.id, SourceRow.name))
    counts[By.SOURCE] = +Counter({row.name: counts[By.SOURCE][row.id] for row in named})
    number = counts[By.SOURCE].total()
    is_all = number < most if text is None else not is_over(connection, text, index, most - 1)
    return Facets(number, is_all, {by: _most_frequent_first(counts[by]) for by in COUNTED})


def all_facets(connection: Connection) -> Facets:
    """Counts of every article there is; in a large archive it takes a second or two."""
    by = {each: _by_value(count(connection, [each])) for each in COUNTED}
    return Facets(sum(by[By.SOURCE].values()), True, by)


def _by_value(counts: list[Count]) -> dict[str | None, int]:
    return _most_frequent_first({each.group[0]: each.articles for each in counts})


def _hits(index: TextIndex, query: Node, most: int) -> Select[Any]:
    """What is counted of each hit; with words, of those among the last `most` that have them."""
    columns: dict[By, Any] = {
        By.SOURCE: ArticleRow.source_id,
        By.LANGUAGE: ArticleRow.language,
        By.SECTION: ArticleRow.section,
        By.DAY: ArticleRow.published_on,
    }
    chosen = [columns[by].label(by) for by in COUNTED]
    facts: Select[Any] = select(*chosen)
    text, rest = text_part(query), other_part(query)
    if text is None:
        found = by_facts(facts.where(condition(query, index)), query)
        return found.order_by(*newest_first()).limit(most)
    sought = index.latest(text).limit(most).subquery()
    found = facts.join(sought, sought.c.id == ArticleRow.id).where(condition(rest, index))
    return by_numbers(found) if is_of_numbers(rest) else found


def _most_frequent_first(counts: Mapping[str | None, int]) -> dict[str | None, int]:
    by_name = sorted(counts.items(), key=lambda each: each[0] or "")
    return dict(sorted(by_name, key=itemgetter(1), reverse=True))
