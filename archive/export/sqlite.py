"""SQLite: a database of its own with full-text search, to open in Datasette or attach in DuckDB.

articles       the columns, in one table; times as text in UTC, lists as JSON
articles_fts   FTS5 over title and text, diacritics folded
columns        what each column means
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import Any, BinaryIO

from archive.errors import StorageError
from archive.export.base import AddRows, MemoryBudget
from archive.export.columns import Column, ColumnType, meanings
from archive.export.values import rows_of, to_json_text
from archive.read.articles import Batch

SEARCHED = ("title", "text")
INDEXED = ("id", "source", "published_at", "cluster_id")
SQLITE_TYPES = {ColumnType.INTEGER: "INTEGER", ColumnType.BOOLEAN: "INTEGER"}
"""Column types; text where none is given."""


@contextmanager
def open_table(file: BinaryIO, columns: Sequence[Column], room: MemoryBudget) -> Iterator[AddRows]:
    """Write a database over the empty `file`, which must have a name.

    Raises:
        StorageError: the database cannot be written.
    """
    row = f"INSERT INTO articles VALUES (NULL{', ?' * len(columns)})"
    try:
        with closing(sqlite3.connect(file.name, isolation_level=None)) as database:
            # The file counts only when it is complete: there is nothing to roll back.
            database.execute("PRAGMA journal_mode = OFF")
            database.execute("PRAGMA synchronous = OFF")
            database.execute("BEGIN")
            _make_tables(database, columns)

            def add(batch: Batch) -> None:
                rows = (tuple(map(_plain, values)) for values in rows_of(batch, columns))
                database.executemany(row, rows)

            yield add
            _make_searchable(database, [column.name for column in columns])
            database.execute("COMMIT")
    except sqlite3.Error as error:
        raise StorageError(f"{file.name}: cannot write the database: {error}") from error


def _make_tables(database: sqlite3.Connection, columns: Sequence[Column]) -> None:
    # An id comes once for each revision, and VACUUM renumbers rows without a number of their own.
    lines = ["row INTEGER PRIMARY KEY"]
    for column in columns:
        kind = SQLITE_TYPES.get(column.kind, "TEXT")
        lines.append(f"{column.name} {kind}{'' if column.is_nullable else ' NOT NULL'}")
    database.execute(f"CREATE TABLE articles ({', '.join(lines)})")
    database.execute("CREATE TABLE columns (name TEXT PRIMARY KEY, meaning TEXT NOT NULL)")
    descriptions = [("row", "Number of the row in this file."), *meanings().items()]
    there = {"row", *(column.name for column in columns)}
    database.executemany(
        "INSERT INTO columns VALUES (?, ?)", [pair for pair in descriptions if pair[0] in there]
    )


def _make_searchable(database: sqlite3.Connection, names: Sequence[str]) -> None:
    for name in INDEXED:
        if name in names:
            database.execute(f"CREATE INDEX articles_{name} ON articles ({name})")
    searched = [name for name in SEARCHED if name in names]
    if searched:
        database.execute(
            f"CREATE VIRTUAL TABLE articles_fts USING fts5({', '.join(searched)},"
            ' content="articles", content_rowid="row", tokenize="unicode61 remove_diacritics 2")'
        )
        database.execute("INSERT INTO articles_fts (articles_fts) VALUES ('rebuild')")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return to_json_text(value) if isinstance(value, list) else value
