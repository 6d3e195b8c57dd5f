"""Which index SQLite reads in the place of rows, which hold texts, and so a hundred times as much.

Let alone, it may take the index of one fact, which leads to rows: faster for a handful of hits, and
many seconds where there are many. PostgreSQL finds its way by itself.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Select, func, select

from archive.db.schema import ArticleRow, SourceRow
from archive.search.narrowing import parts
from archive.search.terms import And, Clock, Fact, Field, Node, Not, Or, Period, Text

_MOSTLY_ASKED = frozenset({Field.SOURCE, Field.LANG, Field.SECTION})
_OF_DAYS = frozenset({Field.SOURCE})


def by_facts(query: Select[Any], node: Node) -> Select[Any]:
    """Answer a query for what matches from an index of facts, the last published first: from all
    of it, from a period, or from what one source has."""
    source = _only_source(node)
    if source is None:
        return _from_index(query, "ix_articles_facts")
    # The names of sources have no capital letters.
    own = select(SourceRow.id).where(SourceRow.name == func.lower(source)).scalar_subquery()
    return _from_index(query.where(ArticleRow.source_id == own), "ix_articles_source_facts")


def by_days(query: Select[Any]) -> Select[Any]:
    """The same, of what `is_of_days`, in the order of days."""
    return _from_index(query, "ix_articles_day_facts")


def by_numbers(query: Select[Any]) -> Select[Any]:
    """The same, of articles whose numbers are known, where the rest `is_of_numbers`."""
    return _from_index(query, "ix_articles_id_facts")


def is_of_numbers(node: Node) -> bool:
    """Whether words, days, sources, languages and sections are all that is asked for."""
    return asks_only(node, _MOSTLY_ASKED)


def is_of_days(node: Node) -> bool:
    """Whether words, days and sources are all that is asked for."""
    return asks_only(node, _OF_DAYS)


def asks_only(node: Node, fields: Collection[Field]) -> bool:
    """Whether nothing is asked for but these facts, days of publication, and words."""
    match node:
        case Text():
            return True
        case Not(inner):
            return asks_only(inner, fields)
        case And(nodes) | Or(nodes):
            return all(asks_only(each, fields) for each in nodes)
        case Fact():
            return node.field in fields
        case Period():
            return node.clock is Clock.PUBLISHED
        case _:
            return False


def _from_index(query: Select[Any], name: str) -> Select[Any]:
    return query.with_hint(ArticleRow, f"INDEXED BY {name}", "sqlite")


def _only_source(node: Node) -> str | None:
    """The name of the one source of which every hit is, if no more is asked than its index has."""
    if not asks_only(node, _MOSTLY_ASKED):
        return None
    named = [part for part in parts(node) if isinstance(part, Fact) and part.field is Field.SOURCE]
    return named[0].value if named else None
