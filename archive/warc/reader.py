"""Reading captures back from WARC files: one by its place, or a whole file in order.

Called by re-extraction, export, `show`, the web reader and import. A single record is read by
`archive.warc.walk`, which checks its frame and CRC, and its block digest is checked here; whole
files go through FastWARC, which is faster. Finding a capture by its URL is for the database and
`archive.warc.cdxj`.
"""

from __future__ import annotations

import os
from itertools import chain
from typing import TYPE_CHECKING

from fastwarc.warc import ArchiveIterator

from archive.core.digest import is_digest_of, same_digest
from archive.errors import DigestMismatchError, RecordNotFoundError, WarcFormatError
from archive.model import Exchange, RecordRef, RecordType
from archive.warc import walk
from archive.warc.http import (
    MAX_BODY_BYTES,
    decode_body,
    decode_field,
    read_head,
    split_interim,
)
from archive.warc.records import IDENTICAL_PAYLOAD, Record, bare_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import BinaryIO

    from fastwarc.warc import HeaderMap

    from archive.storage.base import WarcStore
    from archive.warc.records import Headers

    FindRecord = Callable[[str], RecordRef | None]
    """From a record id to where the record lies."""

_MAX_COMPANIONS = 8
"""Records read on after a capture, looking for its request; ours has two at most."""


def read_record(store: WarcStore, ref: RecordRef) -> Record:
    """Return the record that lies at `ref`, checked.

    Raises: RecordNotFoundError if the file is missing, ends before it, or holds another record
    there; WarcFormatError if its frame is broken; DigestMismatchError if its block changed.
    """
    with store.open(ref.file) as file:
        return _read_checked(file, ref)


def read_member(store: WarcStore, ref: RecordRef) -> bytes:
    """Return the bytes of the record that lies at `ref`, unpacked, as they were written.

    Raises: as `read_record` does.
    """
    with store.open(ref.file) as file:
        record = _read_checked(file, ref)
        member = walk.Member(file, ref.offset, ref.file)
        return member.read(2 * walk.MAX_BLOCK_BYTES if member.is_gzip else record.length)


def read_exchange(store: WarcStore, ref: RecordRef, *, find: FindRecord | None = None) -> Exchange:
    """Return the exchange whose capture lies at `ref`, byte for byte as the writer got it.

    The payload that a revisit left out is put back through `find`, which is asked for the
    record that it refers to; without `find` such a response is its head alone. `request` is
    empty where no request record follows the capture's (other writers may put it before).

    Raises: as `read_record` does, for any record involved.
    """
    with store.open(ref.file) as file:
        record = _read_checked(file, ref)
        interim, request = _read_companions(file, record)
    response = interim + _whole_response(store, record, find)
    return Exchange(
        url=record.target_uri or "",
        started_at=record.date,
        request=request,
        response=response,
        ip_address=record.get("WARC-IP-Address"),
        protocols=tuple(record.get_all("WARC-Protocol")),
        cipher=record.get("WARC-Cipher-Suite"),
        truncated=record.truncated,
    )


def read_payload(
    store: WarcStore,
    ref: RecordRef,
    *,
    find: FindRecord | None = None,
    limit: int = MAX_BODY_BYTES,
) -> bytes:
    """Return the body of the capture at `ref`, transfer and content codings undone.

    A revisit's body is that of the capture it refers to, found through `find`; without `find`,
    and for a 304 that brought none, it is empty.

    Raises: as `read_record` does; WarcFormatError if it unpacks to more than `limit` bytes.
    """
    record = read_record(store, ref)
    if not record.is_http:
        return record.block
    response = split_interim(_whole_response(store, record, find))[1]
    head = read_head(response)
    return decode_body(head, response[head.length :], limit=limit)


def read_answer(store: WarcStore, ref: RecordRef) -> tuple[tuple[tuple[str, str], ...], bytes]:
    """Return the headers and the body of the response record at `ref`, codings undone.

    Raises: as `read_payload` does.
    """
    response = split_interim(read_record(store, ref).block)[1]
    head = read_head(response)
    return head.headers, decode_body(head, response[head.length :])


def iter_records(path: Path, *, limit: int = walk.MAX_BLOCK_BYTES) -> Iterator[Record]:
    """Yield every record of a WARC file in order, with its place.

    FastWARC reads ahead for as long as all is well (it forgives header lines that are no
    fields); the last record, or whatever it stumbled over, is left to `archive.warc.walk`,
    which tells exactly what is wrong.

    Raises: WarcFormatError at the first thing that is no whole record of at most `limit` bytes.
    """
    held: tuple[Headers, bytes, int, str] | None = None
    for ahead in _read_ahead(path, limit):
        if held:
            headers, block, offset, version = held
            yield Record(headers, block, offset, ahead[2] - offset, version)
        held = ahead
    yield from walk.walk(path, start=held[2] if held else 0, limit=limit)


def sound_records(path: Path) -> Iterator[Record]:
    """Yield every whole record of a WARC file; what is damaged is passed over."""
    try:
        yield from iter_records(path)
        return
    except WarcFormatError as error:
        damaged_at = error.offset or 0
    with path.open("rb") as file:
        offset = walk.next_record(file, damaged_at)
        while offset is not None:
            try:
                record = walk.read_record_at(file, offset, str(path))
            except WarcFormatError:
                offset = walk.next_record(file, offset)
                continue
            if record is None:
                return
            yield record
            offset = record.offset + record.length


def _read_ahead(path: Path, limit: int) -> Iterator[tuple[Headers, bytes, int, str]]:
    """Yield headers, block, offset and version up to the first record that looks wrong."""
    try:
        with path.open("rb") as file:
            for found in ArchiveIterator(str(path), parse_http=False):
                offset = found.stream_pos
                if found.content_length > limit or not _begins_here(file, offset):
                    return
                block = found.reader.read(found.content_length)
                fields = found.headers
                headers = _headers(fields)
                if headers is None or len(block) < found.content_length:
                    return
                yield headers, block, offset, fields.status_line or ""
    except OSError:  # what it raises for all that it cannot read
        return


def _headers(fields: HeaderMap) -> Headers | None:
    """Return the fields as the walker reads them; None where FastWARC takes two for one."""
    headers = fields.to_tuples()
    text = "".join(chain.from_iterable(headers))
    if "\n" in text:  # it ends a line at CRLF alone
        return None
    if text.isascii():
        return headers
    # It loses bytes that are no UTF-8.
    raw = fields.items_bytes()
    return tuple((decode_field(name), decode_field(value)) for name, value in raw)


def _begins_here(file: BinaryIO, offset: int) -> bool:
    """Tell whether a record or gzip member begins at an offset, not within a member."""
    return os.pread(file.fileno(), 4, offset).startswith((walk.GZIP_MAGIC, b"WARC"))


def check_block(record: Record, file: str) -> None:
    """Compare the block with the digest that the record declares for it, if it does.

    Raises: DigestMismatchError if they differ; WarcFormatError if the digest is unreadable.
    """
    declared = record.get("WARC-Block-Digest")
    if declared is None:
        return
    try:
        is_equal = is_digest_of(declared, record.block)
    except ValueError as error:
        raise WarcFormatError(str(error), file=file, offset=record.offset) from error
    if not is_equal:
        raise DigestMismatchError(
            f"the block does not have the digest {declared}", file=file, offset=record.offset
        )


def _read_checked(file: BinaryIO, ref: RecordRef) -> Record:
    record = walk.read_record_at(file, ref.offset, ref.file)
    if record is None:
        raise RecordNotFoundError("the file ends before it", file=ref.file, offset=ref.offset)
    if record.record_id != ref.record_id:
        raise RecordNotFoundError(
            f"another record ({record.record_id or 'without id'}) lies there, not {ref.record_id}",
            file=ref.file,
            offset=ref.offset,
        )
    check_block(record, ref.file)
    return record


def _read_companions(file: BinaryIO, capture: Record) -> tuple[bytes, bytes]:
    """Return the interim responses and the request that were written behind a capture."""
    interim = request = b""
    offset = capture.offset + capture.length
    for _ in range(_MAX_COMPANIONS):
        record = _try_record(file, offset)
        if record is None or capture.record_id not in record.concurrent_to:
            break
        if record.type == "request":
            request = record.block
        elif record.type == "metadata" and record.is_http:
            interim = record.block
        offset += record.length
    return interim, request


def _try_record(file: BinaryIO, offset: int) -> Record | None:
    """Return what follows a capture, if it can be read: its damage is not the capture's."""
    try:
        return walk.read_record_at(file, offset, "")
    except WarcFormatError:
        return None


def _whole_response(store: WarcStore, record: Record, find: FindRecord | None) -> bytes:
    """Return the final response, with the payload that an identical revisit left out."""
    is_identical = (
        record.type == RecordType.REVISIT and record.get("WARC-Profile") in _IDENTICAL_PROFILES
    )
    original = find(bare_id(record.get("WARC-Refers-To") or "")) if find and is_identical else None
    if original is None:
        return record.block
    earlier = read_record(store, original)
    message = split_interim(earlier.block)[1]
    payload = message[read_head(message).length :]
    declared = record.get("WARC-Payload-Digest") or ""
    if not _has_digest(earlier, payload, declared):
        raise DigestMismatchError(
            f"the payload of the revisited record does not have the digest {declared}",
            file=original.file,
            offset=original.offset,
        )
    return record.block + payload


_IDENTICAL_PROFILES = (
    IDENTICAL_PAYLOAD,
    "http://netpreserve.org/warc/1.0/revisit/identical-payload-digest",
)


def _has_digest(earlier: Record, payload: bytes, declared: str) -> bool:
    try:
        return is_digest_of(declared, payload)
    except ValueError:
        return same_digest(declared, earlier.get("WARC-Payload-Digest") or "")
