"""What else the archive keeps of pages that are about to be forgotten.

A payload that came twice is kept once: the second record, a revisit, only refers to the first.
So a record cannot go as long as a page that stays depends on it, and a page that goes may still
be there under another address. Asked by `archive.takedown.forget`, before it changes anything.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from sqlalchemy import Connection, Row, select

from archive.db.batches import batches
from archive.db.schema import CaptureRow, UrlRow
from archive.errors import RecordError
from archive.model import RecordRef, RecordType, UrlKind
from archive.storage.base import WarcStore
from archive.takedown.scope import Reach
from archive.warc.reader import read_record
from archive.warc.records import bare_id

_COLUMNS = (
    CaptureRow.id,
    CaptureRow.url,
    CaptureRow.status,
    CaptureRow.record_type,
    CaptureRow.record_id,
    CaptureRow.payload_digest,
    CaptureRow.warc_file,
    CaptureRow.warc_offset,
    CaptureRow.warc_length,
    UrlRow.kind,
)


@dataclass(slots=True)
class Copies:
    """The same payloads in captures that stay."""

    dependent: set[str] = field(default_factory=set)
    """URLs of captures whose payload would be lost."""
    twins: set[str] = field(default_factory=set)
    """URLs of captures that would keep the page's payload."""
    spared: set[int] = field(default_factory=set)
    """Captures of no page (an error message, a source's image) that others depend on."""


def copies_of(connection: Connection, store: WarcStore, reach: Reach) -> Copies:
    """Find what has the same payload as the captures in `reach`, and is not in it itself."""
    doomed = defaultdict(list)
    for row in _captures(connection, CaptureRow.id, reach.captures):
        if row.payload_digest and row.record_type != RecordType.REVISIT:
            doomed[row.payload_digest].append(row)
    copies = Copies()
    for other in _captures(connection, CaptureRow.payload_digest, doomed):
        if other.id not in reach.captures:
            _judge(copies, doomed[other.payload_digest], other, _refers_to(store, other), reach)
    for row in _captures(connection, CaptureRow.id, reach.captures):
        if row.record_type == RecordType.REVISIT and row.status == HTTPStatus.OK:
            same = _captures(connection, CaptureRow.payload_digest, [row.payload_digest])
            copies.twins |= {twin.url for twin in same if twin.id not in reach.captures}
    return copies


def _judge(
    copies: Copies, originals: list[Row[Any]], other: Row[Any], refers_to: str | None, reach: Reach
) -> None:
    """Say what `other`, which stays, means for the doomed captures of the same payload."""
    pages = [row for row in originals if row.status == HTTPStatus.OK]
    needed = [row for row in originals if refers_to in ("", row.record_id)]
    for row in needed:
        is_requisite = row.kind == UrlKind.REQUISITE and reach.source_id is not None
        if row.status != HTTPStatus.OK or is_requisite:
            copies.spared.add(row.id)
        else:
            copies.dependent.add(other.url)
    if pages and not needed:
        copies.twins.add(other.url)


def _refers_to(store: WarcStore, row: Row[Any]) -> str | None:
    """The id of the record that a revisit repeats; "" where it does not say, None for others."""
    if row.record_type != RecordType.REVISIT:
        return None
    ref = RecordRef(row.warc_file, row.warc_offset, row.warc_length, row.record_id)
    try:
        return bare_id(read_record(store, ref).get("WARC-Refers-To") or "")
    except RecordError:
        return ""


def _captures(connection: Connection, column: Any, values: Any) -> Iterator[Row[Any]]:
    """Captures with a payload and a record."""
    query = select(*_COLUMNS).outerjoin(UrlRow, UrlRow.id == CaptureRow.url_id)
    for some in batches(values):
        wanted = query.where(
            column.in_(some),
            CaptureRow.record_id.is_not(None),
            CaptureRow.payload_digest.is_not(None),
        )
        rows: Sequence[Any] = connection.execute(wanted).all()
        yield from rows
