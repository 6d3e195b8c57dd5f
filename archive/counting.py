"""Counting articles: by source, time, language, section or author, and how many match a query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, TableValuedAlias, case, func, literal, select, true

from archive.db.schema import ArticleRow, SourceRow
from archive.search.base import TextIndex
from archive.search.conditions import condition
from archive.search.finding import index_of
from archive.search.terms import EVERYTHING, By, Node


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
    authors = index.members(ArticleRow.authors)
    groups = [_group(each, index, authors).label(f"group_{n}") for n, each in enumerate(by)]
    matches = func.sum(case((condition(matching, index), 1), else_=0))
    query = select(*groups, func.count(), matches).select_from(ArticleRow)
    if By.SOURCE in by:
        query = query.join(SourceRow, SourceRow.id == ArticleRow.source_id)
    if By.AUTHOR in by:
        query = query.outerjoin(authors, true())
    ordered = (
        query.where(condition(among, index))
        .group_by(*groups)
        .order_by(*(group.nulls_last() for group in groups))
    )
    rows = [tuple(row) for row in connection.execute(ordered)]
    return [Count((*group,), articles, matched) for *group, articles, matched in rows if articles]


def _group(by: By, index: TextIndex, authors: TableValuedAlias) -> Any:
    day = index.published_day()
    return {
        By.SOURCE: SourceRow.name,
        By.DAY: day,
        By.WEEK: index.monday_of(day),
        By.MONTH: func.substr(day, 1, literal(7)),
        By.LANGUAGE: ArticleRow.language,
        By.SECTION: ArticleRow.section,
        By.AUTHOR: authors.c.value,
    }[by]
