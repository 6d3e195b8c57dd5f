"""Full-text search by PostgreSQL: the column `articles.search` and its GIN index.

Each article is stemmed by its own language, and a query by all of them. Functions and
configurations are made in `archive.db.full_text`.
Source: https://www.postgresql.org/docs/current/textsearch.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    JSON,
    ColumnElement,
    Connection,
    Date,
    Select,
    TableValuedAlias,
    cast,
    exists,
    func,
    literal,
    literal_column,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY, REAL

from archive.db.schema import ArticleRow
from archive.search.base import (
    BEGIN_MARK,
    END_MARK,
    SNIPPET_WORDS,
    TITLE_WEIGHT,
    Excerpt,
    TextIndex,
)
from archive.search.terms import And, Node, Not, Or, Text

_SEARCH: ColumnElement[Any] = literal_column("articles.search")
_MARKS = f"StartSel={BEGIN_MARK}, StopSel={END_MARK}"
_LENGTH = f"MaxWords={SNIPPET_WORDS}, MinWords={SNIPPET_WORDS // 2}, MaxFragments=1"
_DIVIDED_BY_LOG_LENGTH = 1


class PostgresqlIndex(TextIndex):
    """Answers from tsvectors."""

    def matching(self, text: Node) -> ColumnElement[bool]:
        return _SEARCH.op("@@", is_comparison=True)(_tsquery(text))

    def within(self, first_id: int, last_id: int) -> PostgresqlIndex:
        return self  # it looks up only what is asked of

    def ranked(self, text: Node, by: Node, among: ColumnElement[bool] | None = None) -> Select[Any]:
        weights = cast([1 / TITLE_WEIGHT] * 3 + [1.0], ARRAY(REAL))
        score = func.ts_rank_cd(weights, _SEARCH, _tsquery(by), _DIVIDED_BY_LOG_LENGTH)
        return (
            select(ArticleRow.id, score.label("score"))
            .where(self.matching(text), true() if among is None else among)
            .order_by(score.desc(), ArticleRow.id)
        )

    def ids(self, text: Node) -> Select[Any]:
        return select(ArticleRow.id).where(self.matching(text))

    def latest(self, text: Node) -> Select[Any]:
        return self.ids(text).order_by(ArticleRow.id.desc())

    def numbers(
        self, connection: Connection, text: Node, most: int | None = None
    ) -> NDArray[np.int64]:
        found = self.latest(text).limit(most) if most else self.ids(text)
        gathered = connection.scalar(select(func.array_agg(found.subquery().c.id)))
        return np.array(gathered or (), np.int64)

    def excerpts(
        self,
        connection: Connection,
        text: Node,
        articles: Sequence[tuple[int, str | None, str]],
    ) -> dict[int, tuple[Excerpt, Excerpt]]:
        config = func.kliping_config(ArticleRow.language)
        wanted = _tsquery(text)
        title = func.coalesce(ArticleRow.title, "")
        query = select(
            ArticleRow.id,
            func.ts_headline(config, title, wanted, f"{_MARKS}, HighlightAll=true"),
            func.ts_headline(config, ArticleRow.text, wanted, f"{_MARKS}, {_LENGTH}"),
        ).where(ArticleRow.id.in_(id_ for id_, *_ in articles))
        return {
            id_: (Excerpt.from_marked(title), Excerpt.from_marked(snippet))
            for id_, title, snippet in connection.execute(query)
        }

    def has_member(self, column: Any, value: str) -> ColumnElement[bool]:
        member = self.members(column).c.value
        return exists().where(func.lower(member) == func.lower(value))

    def members(self, column: Any) -> TableValuedAlias:
        return func.json_array_elements_text(column).table_valued("value")

    def gathered(self, column: Any) -> ColumnElement[Any]:
        return func.json_agg(column, type_=JSON)

    def monday_of(self, day: ColumnElement[str]) -> ColumnElement[str]:
        return func.to_char(func.date_trunc("week", cast(day, Date)), "YYYY-MM-DD")


def _tsquery(node: Node) -> ColumnElement[Any]:
    match node:
        case Text(text, in_title, is_prefix):
            labels = ("*" if is_prefix else "") + ("A" if in_title else "")
            return func.kliping_query(literal(text), f":{labels}" if labels else "")
        case Not(inner):
            return func.tsquery_not(_tsquery(inner))
        case And(nodes):
            return _joined("tsquery_and", nodes)
        case Or(nodes):
            return _joined("tsquery_or", nodes)
        case _:
            raise ValueError(f"not a text: {node!r}")


def _joined(function: str, nodes: Sequence[Node]) -> ColumnElement[Any]:
    joined, *others = map(_tsquery, nodes)
    for each in others:
        joined = getattr(func, function)(joined, each)
    return joined
