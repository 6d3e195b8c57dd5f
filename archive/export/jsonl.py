"""JSON Lines: one article per line, UTF-8, times in ISO 8601."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import BinaryIO

from archive.export.base import AddRows, MemoryBudget
from archive.export.columns import COLUMNS, Column
from archive.export.values import row_of, rows_of, to_json_text
from archive.read.articles import ArchivedArticle, Batch


@contextmanager
def open_table(file: BinaryIO, columns: Sequence[Column], room: MemoryBudget) -> Iterator[AddRows]:
    """Write a line for each article at once."""

    names = [column.name for column in columns]

    def add(batch: Batch) -> None:
        rows = (dict(zip(names, row, strict=True)) for row in rows_of(batch, columns))
        file.writelines(to_json_text(row).encode() + b"\n" for row in rows)

    yield add


def to_json(article: ArchivedArticle, columns: Sequence[Column] = COLUMNS) -> str:
    """One article as a JSON object on one line, keys in the order of the columns."""
    names = (column.name for column in columns)
    return to_json_text(dict(zip(names, row_of(article, columns), strict=True)))
