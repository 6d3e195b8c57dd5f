"""The log of changed articles, which the search index follows: the table `changes`.

Triggers write it (migration 0007), whatever changes what a document of the index shows: articles,
which of a cluster was first, when a capture was made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Text,
    cast,
    delete,
    func,
    select,
    true,
    tuple_,
)

from archive.db.schema import ChangeRow

KEPT_CHANGES = 200_000
"""An index that is further behind is built anew, which takes as long."""


@dataclass(frozen=True, slots=True)
class Position:
    """A change up to which all were seen."""

    xid: int
    id: int
    changed_at: datetime
    """Tells it from the change of that id in a database that was put back from a copy."""


def last_position(connection: Connection) -> Position:
    """Return the newest change behind which no older one can still be committed."""
    newest = select(ChangeRow.xid, ChangeRow.id, ChangeRow.changed_at).where(_settled(connection))
    row = connection.execute(newest.order_by(*_order(connection, newest_first=True)).limit(1)).one()
    return Position(row.xid, row.id, row.changed_at)


def is_known(connection: Connection, position: Position) -> bool:
    """Whether the log still has that change, and so all behind it.

    Not where the database was put back from a dump, in which transactions are counted anew.
    """
    found = select(ChangeRow.changed_at, ChangeRow.xid).where(
        ChangeRow.id == position.id, _settled(connection)
    )
    row = connection.execute(found).one_or_none()
    return row is not None and (row.xid, row.changed_at) == (position.xid, position.changed_at)


def changes_after(
    connection: Connection, position: Position, limit: int
) -> tuple[Sequence[int], Position]:
    """Read the next changes: the ids of articles, each once, and the position behind them.

    Ids of changes are drawn before transactions commit. So on PostgreSQL changes are read in the
    order of transactions, and only those of transactions older than every one under way.
    Source: https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-PG-SNAPSHOT
    """
    changes = (
        select(ChangeRow.article_id, ChangeRow.xid, ChangeRow.id, ChangeRow.changed_at)
        .where(_is_after(connection, position), _settled(connection))
        .order_by(*_order(connection))
        .limit(limit)
    )
    rows = connection.execute(changes).all()
    if not rows:
        return [], position
    last = rows[-1]
    return sorted({row.article_id for row in rows}), Position(last.xid, last.id, last.changed_at)


def all_after(connection: Connection, position: Position) -> set[int]:
    """Read the ids of all articles that changed behind a position."""
    ids = select(ChangeRow.article_id).where(_is_after(connection, position)).distinct()
    return set(connection.scalars(ids))


def prune_changes(connection: Connection, kept: int = KEPT_CHANGES) -> None:
    """Delete all but the newest changes."""
    newest = select(func.max(ChangeRow.id)).scalar_subquery()
    connection.execute(delete(ChangeRow).where(ChangeRow.id <= newest - kept))


def _is_after(connection: Connection, position: Position) -> ColumnElement[bool]:
    if connection.dialect.name == "sqlite":
        return ChangeRow.id > position.id
    return tuple_(ChangeRow.xid, ChangeRow.id) > (position.xid, position.id)


def _settled(connection: Connection) -> ColumnElement[bool]:
    if connection.dialect.name == "sqlite":
        return true()
    oldest_under_way = func.pg_snapshot_xmin(func.pg_current_snapshot())
    return ChangeRow.xid < cast(cast(oldest_under_way, Text), BigInteger)


def _order(connection: Connection, *, newest_first: bool = False) -> tuple[ColumnElement[int], ...]:
    is_sqlite = connection.dialect.name == "sqlite"
    columns = (ChangeRow.id,) if is_sqlite else (ChangeRow.xid, ChangeRow.id)
    return tuple(each.desc() if newest_first else each.asc() for each in columns)
