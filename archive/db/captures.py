"""The rows of captures: how they are added, and how the record of one is found again.

Called by the repository within its transactions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from sqlalchemy import Connection, Row, select

from archive.db.schema import CaptureRow
from archive.db.upsert import inserted_id
from archive.model import Capture, RecordRef, RecordType


@dataclass(frozen=True, slots=True)
class RecordedCapture:
    """What a row says of the record that keeps its capture."""

    ref: RecordRef
    url: str
    record_type: str
    payload_digest: str | None


RECORDED = (
    CaptureRow.warc_file,
    CaptureRow.warc_offset,
    CaptureRow.warc_length,
    CaptureRow.record_id,
    CaptureRow.url,
    CaptureRow.record_type,
    CaptureRow.payload_digest,
)


def whole_response(connection: Connection, url: str, payload_digest: str) -> Row[Any] | None:
    """The newest response record with that payload, of `url` if it has one."""
    query = select(CaptureRow.__table__).where(
        CaptureRow.payload_digest == payload_digest,
        CaptureRow.record_type == RecordType.RESPONSE,
        CaptureRow.truncated.is_(None),
        CaptureRow.record_id.is_not(None),
    )
    newest_first = query.order_by(CaptureRow.id.desc()).limit(1)
    own = connection.execute(newest_first.where(CaptureRow.url == url)).one_or_none()
    return own or connection.execute(newest_first).one_or_none()


def newest_answer(connection: Connection, url: str) -> Row[Any] | None:
    """The newest capture of a page that was there, be it kept as a response or as a revisit."""
    query = select(CaptureRow.__table__).where(
        CaptureRow.url == url,
        CaptureRow.status == HTTPStatus.OK,
        CaptureRow.truncated.is_(None),
        CaptureRow.payload_digest.is_not(None),
    )
    return connection.execute(query.order_by(CaptureRow.id.desc()).limit(1)).one_or_none()


def id_with_payload(connection: Connection, capture: Capture, capture_id: int) -> int:
    """The capture whose record has what was read: of a 304 or a failure, the answer before it."""
    if capture.status == HTTPStatus.OK or capture.record_type is RecordType.CONVERSION:
        return capture_id
    answer = newest_answer(connection, capture.url)
    return capture_id if answer is None else int(answer.id)


def recorded_capture(row: Any) -> RecordedCapture:
    """What a row of RECORDED says."""
    ref = RecordRef(row.warc_file, row.warc_offset, row.warc_length, row.record_id)
    return RecordedCapture(ref, row.url, row.record_type, row.payload_digest)


def insert_captures(
    connection: Connection,
    captures: Sequence[Capture],
    *,
    run_id: int | None,
    source_id: int | None,
    url_id: int | None,
) -> list[int]:
    """Add a row for each capture; their ids."""
    owner = {"run_id": run_id, "source_id": source_id, "url_id": url_id}
    return [
        inserted_id(connection, CaptureRow, {**owner, **capture_columns(capture)})
        for capture in captures
    ]


def capture_columns(capture: Capture) -> dict[str, Any]:
    """What a capture's row says of it."""
    ref = capture.ref
    return {
        "url": capture.url,
        "captured_at": capture.captured_at,
        "status": capture.status,
        "content_type": capture.content_type,
        "location": capture.location,
        "payload_digest": capture.payload_digest,
        "payload_length": capture.payload_length,
        "ip_address": capture.ip_address,
        "truncated": capture.truncated,
        "etag": capture.etag,
        "last_modified": capture.last_modified,
        "error": capture.error,
        "record_type": capture.record_type,
        "made_of": capture.made_of,
        "warc_file": ref.file if ref else None,
        "warc_offset": ref.offset if ref else None,
        "warc_length": ref.length if ref else None,
        "record_id": ref.record_id if ref else None,
    }
