"""Full-text search by SQLite FTS5: the table `articles_fts`, which triggers keep in step.

It holds no text of its own but that of `articles` (external content), folded by `unicode61` with
`remove_diacritics 2`. Source: https://sqlite.org/fts5.html
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    JSON,
    ColumnElement,
    Connection,
    Select,
    String,
    TableValuedAlias,
    and_,
    bindparam,
    column,
    exists,
    func,
    literal_column,
    select,
    table,
    type_coerce,
)

from archive.db.full_text import TOKENIZE
from archive.db.schema import ArticleRow
from archive.db.types import MAX_ID
from archive.search.base import (
    BEGIN_MARK,
    END_MARK,
    SNIPPET_WORDS,
    TITLE_WEIGHT,
    Excerpt,
    TextIndex,
)
from archive.search.terms import And, Node, Not, Or, Text

_FTS = table("articles_fts", column("rowid"), column("articles_fts"))
_ITSELF: ColumnElement[Any] = literal_column("articles_fts")
_MATCH = _FTS.c.articles_fts.op("MATCH", is_comparison=True)
_FOUND = select(_FTS.c.rowid.label("id")).where(
    _MATCH(bindparam("expression", type_=String)),
    _FTS.c.rowid.between(bindparam("first"), bindparam("last")),
)
_LAST_FOUND = _FOUND.order_by(_FTS.c.rowid.desc()).limit(bindparam("most"))
# As one text: as rows they would take four times as long.
_NUMBERS = select(func.group_concat(_FOUND.subquery().c.id))
_LAST_NUMBERS = select(func.group_concat(_LAST_FOUND.subquery().c.id))


class SqliteIndex(TextIndex):
    """Answers from FTS5."""

    def __init__(self, ids: tuple[int, int] | None = None) -> None:
        self._ids = ids
        """The first and the last that are asked of; None: any."""

    def matching(self, text: Node) -> ColumnElement[bool]:
        return _is_among(ArticleRow.id, text, self._ids)

    def within(self, first_id: int, last_id: int) -> SqliteIndex:
        return SqliteIndex((first_id, last_id))

    def ranked(self, text: Node, by: Node, among: ColumnElement[bool] | None = None) -> Select[Any]:
        score = -func.bm25(_ITSELF, TITLE_WEIGHT, 1.0)
        columns = (_FTS.c.rowid.label("id"), score.label("score"))
        found = select(*columns).select_from(_FTS).where(_match(by)).order_by(score.desc())
        if self._ids:
            found = found.where(_FTS.c.rowid.between(*self._ids))
        if by != text:
            found = found.where(_is_among(_FTS.c.rowid, text, self._ids))
        if among is None:
            return found
        return found.join(ArticleRow, ArticleRow.id == _FTS.c.rowid).where(among)

    def ids(self, text: Node) -> Select[Any]:
        id_ = _FTS.c.rowid.label("id")
        found = select(id_).where(_match(text))
        return found.where(id_.between(*self._ids)) if self._ids else found

    def latest(self, text: Node) -> Select[Any]:
        return self.ids(text).order_by(_FTS.c.rowid.desc())

    def numbers(
        self, connection: Connection, text: Node, most: int | None = None
    ) -> NDArray[np.int64]:
        first, last = self._ids or (0, MAX_ID)
        asked = {"expression": _expression(text), "first": first, "last": last}
        if most:
            written = connection.scalar(_LAST_NUMBERS, {**asked, "most": most})
        else:
            written = connection.scalar(_NUMBERS, asked)
        return np.fromstring(written, np.int64, sep=",") if written else np.zeros(0, np.int64)

    def excerpts(
        self,
        connection: Connection,
        text: Node,
        articles: Sequence[tuple[int, str | None, str]],
    ) -> dict[int, tuple[Excerpt, Excerpt]]:
        return {
            id_: (Excerpt.from_marked(title), Excerpt.from_marked(snippet))
            for id_, title, snippet in _excerpts(articles, _expression(text))
        }

    def has_member(self, column: Any, value: str) -> ColumnElement[bool]:
        member = self.members(column).c.value
        # A list is read only where the value as JSON is somewhere in it, which LIKE tells sooner;
        # it takes A to Z for a to z.
        written = json.dumps(value, ensure_ascii=False)
        may_have = type_coerce(column, String).contains(written, autoescape=True)
        return and_(may_have, exists().where(func.lower(member) == func.lower(value)))

    def members(self, column: Any) -> TableValuedAlias:
        return func.json_each(column).table_valued("value")

    def gathered(self, column: Any) -> ColumnElement[Any]:
        return func.json_group_array(column, type_=JSON)

    def monday_of(self, day: ColumnElement[str]) -> ColumnElement[str]:
        return func.strftime("%Y-%m-%d", day, "-6 days", "weekday 1")


def _excerpts(
    articles: Sequence[tuple[int, str | None, str]], expression: str
) -> list[tuple[int, str, str]]:
    """The id, marked title and marked snippet of each article.

    By an index of these articles alone, for the large one would be searched anew for each of them,
    which takes long where the query is of frequent words or of beginnings of words.
    """
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(f"CREATE VIRTUAL TABLE some USING fts5(title, text, {TOKENIZE})")
        connection.executemany("INSERT INTO some (rowid, title, text) VALUES (?, ?, ?)", articles)
        marks = {"begin": BEGIN_MARK, "end": END_MARK, "words": SNIPPET_WORDS}
        return connection.execute(
            """SELECT rowid, highlight(some, 0, :begin, :end),
                snippet(some, 1, :begin, :end, '…', :words)
            FROM some WHERE some MATCH :expression""",
            {**marks, "expression": expression},
        ).fetchall()


def _is_among(id_: Any, text: Node, ids: tuple[int, int] | None = None) -> ColumnElement[bool]:
    """Whether an id is of an article that matches: a test that never leads the way.

    Let alone, SQLite would go through all rows that match, and a row with its text is large.
    """
    found = select(_FTS.c.rowid).where(_match(text)).correlate(None)
    if ids:
        found = found.where(_FTS.c.rowid.between(*ids))
    among: ColumnElement[bool] = (id_ + 0).in_(found)
    return among


def _match(text: Node) -> ColumnElement[bool]:
    return _MATCH(_expression(text))


def _expression(node: Node) -> str:
    """A text node in the syntax of FTS5."""
    match node:
        case Text(text, in_title, is_prefix):
            quoted = text.replace('"', '""')
            return f'{"title : " if in_title else ""}"{quoted}"{" *" if is_prefix else ""}'
        case Or(nodes):
            return f"({' OR '.join(map(_expression, nodes))})"
        case And(nodes):
            wanted = " AND ".join(_expression(each) for each in nodes if not isinstance(each, Not))
            excluded = [_expression(each.node) for each in nodes if isinstance(each, Not)]
            return f"(({wanted}) NOT ({' OR '.join(excluded)}))" if excluded else f"({wanted})"
        case _:
            raise ValueError(f"not a text: {node!r}")
