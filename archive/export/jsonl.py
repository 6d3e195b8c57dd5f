"""JSON Lines: one article an object, one object a line, UTF-8, times in ISO 8601."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import BinaryIO

from archive.export.base import AddRow, Room
from archive.export.columns import COLUMNS, Column
from archive.export.values import as_json, row_of
from archive.query import ArchivedArticle


@contextmanager
def open_table(file: BinaryIO, columns: Sequence[Column], room: Room) -> Iterator[AddRow]:
    """Write one line for each article; nothing waits."""

    def add(article: ArchivedArticle) -> None:
        file.write(to_json(article, columns).encode() + b"\n")

    yield add


def to_json(article: ArchivedArticle, columns: Sequence[Column] = COLUMNS) -> str:
    """One article as a JSON object on one line, keys in the order of the columns."""
    names = (column.name for column in columns)
    return as_json(dict(zip(names, row_of(article, columns), strict=True)))
