"""Counting articles: by source, time, language, section or author, and how many match a query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Subquery, case, func, literal, select, true

from archive.db.schema import ArticleRow, SourceRow
from archive.search.base import TextIndex
from archive.search.conditions import by_facts, condition
from archive.search.finding import index_of
from archive.search.terms import EVERYTHING, By, Node, is_text

_IN_ORDER = ({"day", "source"}, {"language"}, {"section"})
"""What smaller indexes than that of all facts hold, in order."""


@dataclass(frozen=True, slots=True)
class Count:
    """How many articles a group has, and how many of them match."""

    group: tuple[str | None, ...]
    """One value for each thing that is counted by; None where the articles have none."""
    articles: int
    matching: int

    @property
    def share(self) -> float:
        """Of the articles that match, from 0 to 1."""
        return self.matching / self.articles


def count(
    connection: Connection,
    by: Sequence[By],
    *,
    matching: Node = EVERYTHING,
    among: Node = EVERYTHING,
) -> list[Count]:
    """Counts of all articles `among` which to count, in the order of groups.

    A group of which nothing matches is there, with 0: so that a word's share can be followed.
    """
    index = index_of(connection)
    facts = _facts(by, index, matching, among)
    groups = [_group(each, facts, index).label(f"group_{n}") for n, each in enumerate(by)]
    query = select(*groups, func.sum(facts.c.articles), func.sum(facts.c.matching))
    if By.SOURCE in by:
        query = query.join_from(facts, SourceRow, SourceRow.id == facts.c.source)
    ordered = query.group_by(*groups).order_by(*(group.nulls_last() for group in groups))
    rows = [tuple(row) for row in connection.execute(ordered)]
    return [
        Count((*group,), int(articles), int(matched))
        for *group, articles, matched in rows
        if articles
    ]


def _facts(by: Sequence[By], index: TextIndex, matching: Node, among: Node) -> Subquery:
    """Counts by facts as they stand in rows, days for one: an index has these in order, and what
    is worked out of them (months, names) is then worked out once for each and not for each row."""
    authors = index.members(ArticleRow.authors)
    columns: dict[str, Any] = {
        "day": ArticleRow.published_on,
        "source": ArticleRow.source_id,
        "language": ArticleRow.language,
        "section": ArticleRow.section,
        "author": authors.c.value,
    }
    keys = [columns[name].label(name) for name in columns if name in map(_fact_of, by)]
    matches = func.sum(case((condition(matching, index), 1), else_=0))
    counts = (func.count().label("articles"), matches.label("matching"))
    query = select(*keys, *counts).select_from(ArticleRow)
    if By.AUTHOR in by:
        query = query.outerjoin(authors, true())
    is_of_words = all(node == EVERYTHING or is_text(node) for node in (matching, among))
    counted = set(map(_fact_of, by))
    if not is_of_words or not any(counted <= held for held in _IN_ORDER):
        query = by_facts(query)
    return query.where(condition(among, index)).group_by(*keys).subquery()


def _fact_of(by: By) -> str:
    return "day" if by in (By.DAY, By.WEEK, By.MONTH) else by


def _group(by: By, facts: Subquery, index: TextIndex) -> Any:
    match by:
        case By.SOURCE:
            return SourceRow.name
        case By.WEEK:
            return index.monday_of(facts.c.day)
        case By.MONTH:
            return func.substr(facts.c.day, 1, literal(7))
        case _:
            return facts.c[_fact_of(by)]
