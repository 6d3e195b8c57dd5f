"""Counting articles: by source, time, language, section or author, and how many match a query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Select, Subquery, func, literal, select, true

from archive.db.schema import ArticleRow, SourceRow
from archive.search.base import WIDE_HITS, TextIndex
from archive.search.conditions import condition
from archive.search.covering import by_days, by_facts, by_numbers, is_of_days, is_of_numbers
from archive.search.facts import facts_of
from archive.search.frequency import is_over
from archive.search.index import index_of
from archive.search.narrowing import parts
from archive.search.terms import (
    EVERYTHING,
    By,
    Node,
    Period,
    all_of,
    is_text,
    other_part,
    text_part,
)

MOST_ROWS = 100_000
"""So many are looked up one by one in less time than an index is read from end to end."""
_OF_DAYS = {"day", "source"}
_IN_ORDER = (_OF_DAYS, {"language"}, {"section"})
"""What indexes hold that are smaller than that of all facts."""


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
    every = _counted(connection, by, among)
    if matching == EVERYTHING:
        return every
    found = _counted(connection, by, all_of([among, matching]))
    matched = {one.group: one.articles for one in found}
    return [replace(one, matching=matched.get(one.group, 0)) for one in every]


def _counted(connection: Connection, by: Sequence[By], among: Node) -> list[Count]:
    """How many articles there are in each group, in the order of groups; all of them match."""
    if by and (in_memory := facts_of(connection, among)):
        return _in_order(in_memory.count(connection, by, among))
    index = _index_for(connection, among)
    facts = _facts(by, index, among, is_rare=_is_rare(connection, among, index))
    groups = [_group(each, facts, index).label(f"group_{n}") for n, each in enumerate(by)]
    query = select(*groups, func.sum(facts.c.articles))
    if By.SOURCE in by:
        query = query.join_from(facts, SourceRow, SourceRow.id == facts.c.source)
    ordered = query.group_by(*groups).order_by(*(group.nulls_last() for group in groups))
    rows = [tuple(row) for row in connection.execute(ordered)]
    return [Count((*group,), int(articles), int(articles)) for *group, articles in rows if articles]


def _in_order(tallied: Mapping[tuple[str | None, ...], int]) -> list[Count]:
    in_order = sorted(tallied.items(), key=lambda one: [(name is None, name) for name in one[0]])
    return [Count(group, articles, articles) for group, articles in in_order]


def _is_rare(connection: Connection, among: Node, index: TextIndex) -> bool:
    """Whether so few articles have the words that each is looked up."""
    text, rest = text_part(among), other_part(among)
    most = MOST_ROWS if rest == EVERYTHING else WIDE_HITS
    return text is not None and is_of_numbers(rest) and not is_over(connection, text, index, most)


def _index_for(connection: Connection, among: Node) -> TextIndex:
    """The index of texts; of a period and frequent words, that of the articles of the period."""
    index, text, rest = index_of(connection), text_part(among), other_part(among)
    has_period = is_of_days(rest) and any(isinstance(part, Period) for part in parts(rest))
    if text is None or not has_period or not is_over(connection, text, index, MOST_ROWS):
        return index
    columns: list[Any] = [func.min(ArticleRow.id), func.max(ArticleRow.id)]
    ends = by_days(select(*columns).where(condition(rest, index)))
    first, last = connection.execute(ends).one()
    return index.within(first or 0, last or 0)


def _facts(by: Sequence[By], index: TextIndex, among: Node, *, is_rare: bool) -> Subquery:
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
    counted = set(map(_fact_of, by))
    keys: list[Any] = [columns[name].label(name) for name in columns if name in counted]
    query = select(*[*keys, func.count().label("articles")]).select_from(ArticleRow)
    if By.AUTHOR in by:
        query = query.outerjoin(authors, true())
    text, rest = text_part(among), other_part(among)
    if is_rare and text is not None:
        found = index.ids(text).subquery()
        query = by_numbers(query.join(found, found.c.id == ArticleRow.id))
        query = query.where(condition(rest, index))
    else:
        query = _by_index(query, counted, among).where(condition(among, index))
    return query.group_by(*keys).subquery()


def _by_index(query: Select[Any], counted: set[str], among: Node) -> Select[Any]:
    """Let the smallest index answer that has all that is counted and asked for."""
    is_of_words = among == EVERYTHING or is_text(among)
    if is_of_words and any(counted <= held for held in _IN_ORDER):
        return query
    is_in_days = counted <= _OF_DAYS and is_of_days(among)
    return by_days(query) if is_in_days else by_facts(query, among)


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
