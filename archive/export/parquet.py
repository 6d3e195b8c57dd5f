"""Parquet: typed columns, lists as lists, times in UTC; compressed with zstd.

A row group holds as many rows as DuckDB reads at a time (122,880), or fewer where their texts
would take too much memory: engines read row groups side by side, so that few large ones are as
bad as many small ones.

It needs pyarrow, which is large, and so comes with `kliping[export]` only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO

from archive.errors import WrongUseError
from archive.export.base import AddRow, Room
from archive.export.columns import LONG_TEXTS, PAGE_COLUMNS, Column, Kind, meanings
from archive.export.values import row_of
from archive.query import ArchivedArticle

if TYPE_CHECKING:
    import pyarrow

ROWS_A_GROUP = 122_880
BYTES_A_ROW = 1024
"""What a row takes beside its texts, about."""
ROWS_A_BATCH = 256
"""Rows that become Arrow's at a time; they take far less memory so than as objects."""
FEW_VALUES = (
    "source",
    "domain",
    "language",
    "section",
    "page_kind",
    "paywalled",
    "tdm_reserved",
    "license",
    "first_publisher",
    "extractor",
    "warc_file",
)
"""Columns whose values recur, and are written as numbers in a dictionary."""


@contextmanager
def open_table(file: BinaryIO, columns: Sequence[Column], room: Room) -> Iterator[AddRow]:
    """Write row groups as they fill.

    Raises:
        WrongUseError: pyarrow is not installed.
    """
    arrow = import_arrow()
    schema = schema_of(columns)
    few = [column.name for column in columns if column.name in FEW_VALUES]
    with arrow.parquet.ParquetWriter(
        file, schema, compression="zstd", use_dictionary=few or False
    ) as writer:
        rows = _Rows(writer, schema, columns, room)
        yield rows.add
        rows.end_group()


class _Rows:
    """Rows on their way into a file."""

    def __init__(
        self, writer: Any, schema: pyarrow.Schema, columns: Sequence[Column], room: Room
    ) -> None:
        self._writer, self._schema, self._columns, self._room = writer, schema, columns, room
        self._rows: list[list[Any]] = []
        self._batches: list[pyarrow.RecordBatch] = []
        self._count = self._bytes = 0

    def add(self, article: ArchivedArticle) -> None:
        """Add a row; write a row group if it is full."""
        row = row_of(article, self._columns)
        self._rows.append(row)
        self._count += 1
        self._bytes += BYTES_A_ROW
        self._bytes += sum(
            len(value or "")
            for column, value in zip(self._columns, row, strict=True)
            if column.name in LONG_TEXTS
        )
        if self._count >= ROWS_A_GROUP or self._bytes >= self._room.of_each:
            self.end_group()
        elif len(self._rows) >= ROWS_A_BATCH:
            self._end_batch()

    def end_group(self) -> None:
        """Write what waits as a row group."""
        self._end_batch()
        if self._batches:
            arrow = import_arrow()
            table = arrow.Table.from_batches(self._batches, self._schema)
            self._writer.write_table(table, row_group_size=len(table))
        self._batches, self._count, self._bytes = [], 0, 0

    def _end_batch(self) -> None:
        if self._rows:
            arrow = import_arrow()
            values = zip(zip(*self._rows, strict=True), self._schema, strict=True)
            arrays = [arrow.array(column, field.type) for column, field in values]
            self._batches.append(arrow.RecordBatch.from_arrays(arrays, schema=self._schema))
            self._rows = []


def schema_of(columns: Sequence[Column]) -> pyarrow.Schema:
    """The columns as Arrow has them, each with what it means.

    Raises:
        WrongUseError: pyarrow is not installed.
    """
    arrow = import_arrow()
    types: dict[Kind, Any] = {
        Kind.TEXT: arrow.string(),
        Kind.INTEGER: arrow.int64(),
        Kind.BOOLEAN: arrow.bool_(),
        Kind.TIME: arrow.timestamp("us", "UTC"),
        Kind.LIST: arrow.list_(arrow.string()),
    }
    page = [arrow.field(one.name, types[one.kind], one.is_nullable) for one in PAGE_COLUMNS]
    types[Kind.PAGES] = arrow.list_(arrow.struct(page))
    return arrow.schema(
        arrow.field(
            column.name,
            types[column.kind],
            column.is_nullable,
            {"description": meanings()[column.name]},
        )
        for column in columns
    )


def import_arrow() -> Any:
    """Return pyarrow.

    Raises:
        WrongUseError: it is not installed.
    """
    try:
        import pyarrow  # noqa: PLC0415 - large, and seldom there
        import pyarrow.parquet  # noqa: PLC0415
    except ImportError as error:
        raise WrongUseError(
            "parquet and hf need pyarrow, which is not installed: pip install 'kliping[export]'"
        ) from error
    return pyarrow
