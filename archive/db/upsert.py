"""Adding rows, where SQLite and PostgreSQL have more to say than SQLAlchemy's own `insert`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, insert
from sqlalchemy.dialects import postgresql, sqlite


def insert_of(connection: Connection) -> Callable[..., Any]:
    """The `insert` that knows what to do where there is such a row already."""
    return postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert


def inserted_id(connection: Connection, table: type[Any], row: dict[str, Any]) -> int:
    """Add a row; its id."""
    key = connection.execute(insert(table).values(row)).inserted_primary_key
    assert key is not None  # every table has an integer key of its own
    return int(key[0])
