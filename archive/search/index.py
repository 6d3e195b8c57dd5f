"""The full-text index of a database, by its kind."""

from __future__ import annotations

from sqlalchemy import Connection

from archive.search.base import TextIndex
from archive.search.postgresql import PostgresqlIndex
from archive.search.sqlite import SqliteIndex


def index_of(connection: Connection) -> TextIndex:
    """The full-text index of a database."""
    return PostgresqlIndex() if connection.dialect.name == "postgresql" else SqliteIndex()
