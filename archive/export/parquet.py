"""Parquet: typed columns, lists as lists, times in UTC; compressed with zstd.

A row group holds as many rows as DuckDB reads at a time (122,880), or fewer where their texts
would take too much memory: engines read row groups in parallel, so that few large ones are as bad
as many small ones.

It needs pyarrow, which is large and therefore part of `kliping[export]` only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any, BinaryIO

from archive.errors import WrongUseError
from archive.export.base import AddRows, MemoryBudget
from archive.export.columns import LONG_TEXTS, PAGE_COLUMNS, Column, ColumnType, meanings
from archive.export.values import encodable
from archive.read.articles import Batch

if TYPE_CHECKING:
    import pyarrow

ROWS_A_GROUP = 122_880
BYTES_A_ROW = 1024
"""Approximate bytes of a row without its texts."""
ROWS_A_BATCH = 256
"""Rows that are converted to Arrow at a time, which takes far less memory than objects."""
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
"""Columns with recurring values, which are dictionary-encoded."""


@contextmanager
def open_table(file: BinaryIO, columns: Sequence[Column], room: MemoryBudget) -> Iterator[AddRows]:
    """Write row groups as they fill.

    Raises:
        WrongUseError: pyarrow is not installed.
    """
    arrow = import_arrow()
    schema = schema_of(columns)
    few = [column.name for column in columns if column.name in FEW_VALUES]
    with (
        arrow.parquet.ParquetWriter(
            file, schema, compression="zstd", use_dictionary=few or False
        ) as writer,
        ThreadPoolExecutor(1) as aside,
    ):
        rows = _Rows(partial(aside.submit, writer.write_table), schema, columns, room)
        yield rows.add
        rows.end()


class _Rows:
    """Buffers rows, and compresses a row group while the next one is read."""

    def __init__(
        self,
        write: Callable[[pyarrow.Table], Future[None]],
        schema: pyarrow.Schema,
        columns: Sequence[Column],
        room: MemoryBudget,
    ) -> None:
        self._write, self._schema, self._columns, self._room = write, schema, columns, room
        self._writing: Future[None] | None = None
        self._few: list[Batch] = []
        self._batches: list[pyarrow.RecordBatch] = []
        self._count = self._bytes = 0

    def add(self, batch: Batch) -> None:
        """Add rows, and write a row group when it is full."""
        self._few.append(batch)
        self._count += len(batch)
        self._bytes += BYTES_A_ROW * len(batch)
        for column in self._columns:
            if column.name in LONG_TEXTS:
                self._bytes += sum(map(len, filter(None, batch.columns[column.name])))
        if self._count >= ROWS_A_GROUP or self._bytes >= self._room.bytes_per_file:
            self._end_group()
        elif sum(map(len, self._few)) >= ROWS_A_BATCH:
            self._end_batch()

    def end(self) -> None:
        """Write the buffered rows."""
        self._end_group()
        self._await_writing()

    def _end_group(self) -> None:
        self._end_batch()
        if self._batches:
            self._await_writing()
            table = import_arrow().Table.from_batches(self._batches, self._schema)
            self._writing = self._write(table)
        self._batches, self._count, self._bytes = [], 0, 0

    def _await_writing(self) -> None:
        if self._writing is not None:
            self._writing.result()

    def _end_batch(self) -> None:
        if not self._few:
            return
        arrays = [
            _array(
                list(chain.from_iterable(batch.columns[field.name] for batch in self._few)), field
            )
            for field in self._schema
        ]
        batch = import_arrow().RecordBatch.from_arrays(arrays, schema=self._schema)
        self._batches.append(batch)
        self._few = []


def _array(values: Sequence[Any], field: pyarrow.Field) -> pyarrow.Array:
    arrow = import_arrow()
    if not arrow.types.is_list(field.type) or field.type.value_type == arrow.string():
        with suppress(UnicodeEncodeError):  # hardly ever is a value not encodable
            return arrow.array(values, field.type)
    return arrow.array([encodable(value) for value in values], field.type)


def schema_of(columns: Sequence[Column]) -> pyarrow.Schema:
    """The Arrow schema of columns, with their meanings.

    Raises:
        WrongUseError: pyarrow is not installed.
    """
    arrow = import_arrow()
    types: dict[ColumnType, Any] = {
        ColumnType.TEXT: arrow.string(),
        ColumnType.INTEGER: arrow.int64(),
        ColumnType.BOOLEAN: arrow.bool_(),
        ColumnType.TIME: arrow.timestamp("us", "UTC"),
        ColumnType.LIST: arrow.list_(arrow.string()),
    }
    page = [arrow.field(one.name, types[one.kind], one.is_nullable) for one in PAGE_COLUMNS]
    types[ColumnType.PAGES] = arrow.list_(arrow.struct(page))
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
