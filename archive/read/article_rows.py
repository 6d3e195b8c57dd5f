"""Rows of articles in batches, column by column.

For `archive.read.query`. What SQLite stores as text (times, lists) is decoded here a whole column
at a time: row by row it would take longer than the rest of an export.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Connection,
    Row,
    Select,
    exists,
    func,
    select,
    type_coerce,
)
from sqlalchemy.orm import aliased
from sqlalchemy.types import NullType

from archive.db.schema import (
    IS_NEWEST,
    ArticleRow,
    CaptureRow,
    ClusterRow,
    ReadingColumns,
    RevisionPageRow,
    RevisionRow,
    SourceRow,
)
from archive.db.types import UtcDateTime
from archive.read.article_pages import pages_of_articles
from archive.read.clusters import on_page_clock

ROWS_AT_A_TIME = 500
BYTES_AT_A_TIME = 4 << 20
"""Bytes of texts in a batch, which limit batches of long ones."""
_ROWS_A_FETCH = 50
_FIRST, _PUBLISHER = aliased(ArticleRow), aliased(SourceRow)
"""The first article of a cluster and its source."""
_ELSEWHERE: dict[str, Any] = {
    "source": SourceRow.name,
    "first_publisher": _PUBLISHER.name,
    "captured_at": CaptureRow.captured_at,
    "payload_digest": CaptureRow.payload_digest,
    "warc_file": CaptureRow.warc_file,
    "warc_offset": CaptureRow.warc_offset,
    "warc_length": CaptureRow.warc_length,
    "warc_record_id": CaptureRow.record_id,
    "warc_record_type": CaptureRow.record_type,
    "revision_count": ArticleRow.revision,
    "text": RevisionRow.text,
    "markdown": RevisionRow.markdown,
}
_LAST_REVISION = select(func.max(RevisionRow.id))
_HAS_PAGES = select(exists(select(RevisionPageRow.number)))


@dataclass(slots=True)
class ReadPosition:
    """The newest revision that an archive had when it was read."""

    last_revision: int | None = None
    """The greatest `revisions.id`; None until reading has begun."""

    def set(self, connection: Connection) -> None:
        """Set it from what the connection sees from now on, whatever is written meanwhile."""
        if connection.dialect.name == "postgresql":  # SQLite's transactions always are
            connection.execution_options(isolation_level="REPEATABLE READ")
        self.last_revision = last_revision(connection)


def last_revision(connection: Connection) -> int:
    """The greatest `revisions.id` that a connection sees; 0 where there are no revisions."""
    return connection.scalar(_LAST_REVISION) or 0


@cache  # building it takes as long as reading an article
def select_articles(
    names: tuple[str, ...], reading: type[ArticleRow] | type[RevisionRow] = ArticleRow
) -> Select[Any]:
    """Select articles in their newest revision, or once for each revision.

    Rows are as the database's driver has them; `read_columns` reads them.
    """
    columns: list[Any] = [
        type_coerce(_column(reading, name), NullType()).label(name) for name in names
    ]
    every = RevisionRow.article_id == ArticleRow.id
    return (
        select(*columns, reading.published_offset_min)
        .select_from(ArticleRow)
        .join(RevisionRow, every if reading is RevisionRow else IS_NEWEST)
        .join(SourceRow, SourceRow.id == ArticleRow.source_id)
        .join(CaptureRow, CaptureRow.id == reading.capture_id)
        .outerjoin(ClusterRow, ClusterRow.id == ArticleRow.cluster_id)
        .outerjoin(_FIRST, _FIRST.id == ClusterRow.first_article_id)
        .outerjoin(_PUBLISHER, _PUBLISHER.id == _FIRST.source_id)
    )


def read_columns(
    connection: Connection, query: Select[Any], parameters: Mapping[str, Any] | None = None
) -> Iterator[dict[str, Sequence[Any]]]:
    """Read what `select_articles` selects in batches, with the further `pages` of each article."""
    has_pages = connection.scalar(_HAS_PAGES)
    for names, rows in _batches(connection, query, parameters):
        raw = zip(names, zip(*rows, strict=True), strict=True)
        values = {name: _decoder(name)(column) for name, column in raw}
        offsets = values.pop("published_offset_min")
        values["published_at"] = list(map(on_page_clock, values["published_at"], offsets))
        pages = pages_of_articles(connection, set(values["id"])) if has_pages else {}
        keys = zip(values["id"], values["revision"], strict=True)
        yield {**values, "pages": [pages.get(key, []) for key in keys]}


def _batches(
    connection: Connection, query: Select[Any], parameters: Mapping[str, Any] | None
) -> Iterator[tuple[Sequence[str], list[Row[Any]]]]:
    """Yield column names and rows."""
    result = connection.execute(query, parameters, execution_options={"yield_per": _ROWS_A_FETCH})
    names = list(result.keys())
    batch: list[Row[Any]] = []
    size = 0
    for rows in result.partitions():
        batch += rows
        size += sum(len(row.text) for row in rows)
        if len(batch) >= ROWS_AT_A_TIME or size >= BYTES_AT_A_TIME:
            yield names, batch
            batch, size = [], 0
    if batch:
        yield names, batch


def _column(reading: type[ArticleRow] | type[RevisionRow], name: str) -> Any:
    if name == "revision":
        return ArticleRow.revision if reading is ArticleRow else RevisionRow.number
    if name in _ELSEWHERE:
        return _ELSEWHERE[name]
    return getattr(reading if name in ReadingColumns.__annotations__ else ArticleRow, name)


@cache
def _decoder(name: str) -> Callable[[Sequence[Any]], Sequence[Any]]:
    match _column(ArticleRow, name).type:
        case UtcDateTime():
            return _moments
        case JSON():
            return _lists
        case Boolean():
            return _truths
        case _:
            return lambda column: column


def _moments(column: Sequence[Any]) -> list[datetime | None]:
    return [_moment(value) for value in column]


def _moment(value: Any) -> datetime | None:
    if isinstance(value, str):
        return datetime.fromisoformat(value)
    return None if value is None else value.astimezone(UTC)


def _lists(column: Sequence[Any]) -> Sequence[Any]:
    is_read = not all(isinstance(value, str) for value in column)  # PostgreSQL's driver does
    return column if is_read else list(json.loads(f"[{','.join(column)}]"))


def _truths(column: Sequence[Any]) -> list[bool | None]:
    return [None if value is None else bool(value) for value in column]
