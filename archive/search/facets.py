"""What the hits of a query have in common, by counting them: sources, languages, sections, days.

So that it takes no longer in a large archive, at most `FACET_HITS` are counted by the database, and
of hits with words at most `FACET_HITS_IN_MEMORY` where facts are in memory.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, select

from archive.counting import count
from archive.db.schema import ArticleRow
from archive.db.sources import source_ids
from archive.search.base import TextIndex
from archive.search.conditions import condition, newest_first
from archive.search.covering import by_facts, by_numbers, is_of_numbers
from archive.search.days import Days, ordinal_of
from archive.search.facts import COLUMNS, facts_of
from archive.search.frequency import count_to
from archive.search.index import index_of
from archive.search.terms import By, Node, other_part, text_part

FACET_HITS = 5_000
"""They are looked up one by one."""
FACET_HITS_IN_MEMORY = 50_000
"""Where facts are in memory (`archive.search.facts`)."""
COUNTED = (By.SOURCE, By.LANGUAGE, By.SECTION)


@dataclass(frozen=True, slots=True)
class Facets:
    """How many of a query's hits there are of each kind."""

    hits: int
    """How many were counted."""
    is_all: bool
    """Whether there are no more."""
    by: Mapping[By, Mapping[str | None, int]]
    """What is `COUNTED`, the most frequent values first; None: those that have none."""
    days: Days
    """Those of publication."""
    undated: int
    """Articles that have no such day."""


def facets(connection: Connection, query: Node, *, most: int | None = None) -> Facets:
    """Counts of the hits of a query; if there are very many, of some of them.

    With words these are among the `most` last to come in that have them, else the `most` last
    published. Where facts are in memory, they are of all hits without words, and `most` are ten
    times as many.
    """
    if in_memory := facts_of(connection, query):
        ids, is_all = in_memory.found(connection, query, most or FACET_HITS_IN_MEMORY)
        tallies = {by: in_memory.tally(connection, [by], ids).items() for by in COUNTED}
        by = {by: {name: n for (name,), n in tallies[by]} for by in COUNTED}
        return _facets(len(ids), is_all, by, *in_memory.days(ids))
    index, text, most = index_of(connection), text_part(query), most or FACET_HITS
    hits = _hits(index, query, most).subquery()
    # One row, for between any two of them other threads may take their turn.
    gathered = connection.execute(select(*(index.gathered(each) for each in hits.c))).one()
    days, *columns = (Counter(column or ()) for column in gathered)
    counts = dict(zip(COUNTED, columns, strict=True))
    of_id = counts[By.SOURCE]
    counts[By.SOURCE] = +Counter({name: of_id[id_] for name, id_ in source_ids(connection).items()})
    number = counts[By.SOURCE].total()
    has_words = number if text is None or text == query else count_to(connection, text, index, most)
    return _facets(number, has_words < most, counts, _days(days), days[None])


def all_facets(connection: Connection) -> Facets:
    """Counts of every article there is; in a large archive it takes a second or two."""
    counts = {
        by: {one.group[0]: one.articles for one in count(connection, [by])}
        for by in (*COUNTED, By.DAY)
    }
    days = counts.pop(By.DAY)
    return _facets(sum(days.values()), True, counts, _days(days), days.get(None, 0))


def _days(counts: Mapping[str | None, int]) -> Days:
    return Days.of({ordinal_of(day): articles for day, articles in counts.items()})


def _hits(index: TextIndex, query: Node, most: int) -> Select[Any]:
    """The day of each hit, and what is `COUNTED`.

    With words, of the hits among the last `most` articles that have them.
    """
    facts: Select[Any] = select(*(COLUMNS[by] for by in (By.DAY, *COUNTED)))
    text, rest = text_part(query), other_part(query)
    if text is None:
        found = by_facts(facts.where(condition(query, index)), query)
        return found.order_by(*newest_first()).limit(most)
    sought = index.latest(text).limit(most).subquery()
    found = facts.join(sought, sought.c.id == ArticleRow.id).where(condition(rest, index))
    return by_numbers(found) if is_of_numbers(rest) else found


def _facets(
    hits: int,
    is_all: bool,
    by: Mapping[By, Mapping[str | None, int]],
    days: Days,
    undated: int,
) -> Facets:
    in_order = {
        each: dict(sorted(counts.items(), key=lambda one: (-one[1], one[0] or "")))
        for each, counts in by.items()
    }
    return Facets(hits, is_all, in_order, days, undated)
