"""Forgetting: records overwritten by tombstones of exactly their length, so that offsets hold.

Called by `kliping forget`, which removes the rows and the text, logs who asked and why, and keeps
the page from coming back. Here only bytes are dealt with. A tombstone is a metadata record with
the id of the record that was there, so that what refers to it still finds something, and says
when it was removed and why. Other records of the file do not change by a bit.
"""

from __future__ import annotations

import shutil
import struct
import zlib
from typing import TYPE_CHECKING

from archive.core.digest import digest_of
from archive.errors import LockedError, RecordNotFoundError, StorageError, WarcFormatError
from archive.warc import cdxj, walk
from archive.warc.reader import sound_records
from archive.warc.records import VERSION, WARC_FIELDS, bare_id, write_date, write_fields

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import datetime
    from pathlib import Path

    from archive.model import RecordRef
    from archive.storage.base import WarcStore
    from archive.warc.records import Record

ABOUT = ("metadata", "conversion")
"""Records that say, in WARC-Refers-To, of which other one they tell or are made."""
_EMPTY_BLOCK = b"\x00\x00\x00\xff\xff"
_LAST_BLOCK = b"\x01\x00\x00\xff\xff"
"""Stored deflate blocks of no bytes (RFC 1951 clause 3.2.4), which pad a member to any length."""
_HAS_COMMENT = 0x10
_MEMBER_FRAME_BYTES = 18
"""Header and trailer of a gzip member without optional fields (RFC 1952 clause 2.3)."""


def forget_records(
    store: WarcStore, file: str, record_ids: Collection[str], *, reason: str, at: datetime
) -> list[RecordRef]:
    """Overwrite records of one file, and return where all that is gone was.

    With a capture go the records of its exchange and the metadata about it in the same file, and
    its lines in the index. The file is replaced as a whole: killed at any moment, it is as it
    was or as it should be, and forgetting again finishes the work.

    Damage elsewhere in the file stays as it is.

    Raises: LockedError while the file is being written; RecordNotFoundError if an id is not in
    it, or its record is damaged; StorageError if the disk refuses; WarcFormatError if a record
    is too short for a tombstone. Then nothing has changed.
    """
    address = store.address(file)
    if store.is_open(file):
        raise LockedError(f"{address}: the file is still being written; forget after the crawl")
    path = store.local_path(file)
    doomed = list(_doomed(path, record_ids))
    if missing := set(record_ids) - {record.record_id for record in doomed}:
        raise RecordNotFoundError(f"no record {', '.join(sorted(missing))}", file=path)
    refs = [record.ref(file) for record in doomed]
    try:
        with store.replace(file) as (source, target):
            is_gzip = source.read(len(walk.GZIP_MAGIC)) == walk.GZIP_MAGIC
            source.seek(0)
            patches = [
                (record.offset, _tombstone(record, reason, at, is_gzip=is_gzip))
                for record in doomed
            ]
            shutil.copyfileobj(source, target, 1 << 20)
            for offset, data in patches:
                target.seek(offset)
                target.write(data)
        cdxj.forget_lines(store, refs)
    except OSError as error:
        raise StorageError(
            f"{address}: cannot rewrite the file ({error.strerror or error}); nothing was removed"
            " yet"
        ) from error
    return refs


def _doomed(path: Path, record_ids: Collection[str]) -> Iterator[Record]:
    """Yield the records named, and those that say something about them (no revisits)."""
    for record in sound_records(path):
        about = set(record.concurrent_to)
        if record.type in ABOUT and (refers_to := record.get("WARC-Refers-To")):
            about.add(bare_id(refers_to))
        if record.record_id in record_ids or (
            record.type in ("request", *ABOUT) and not about.isdisjoint(record_ids)
        ):
            yield record


def _tombstone(record: Record, reason: str, at: datetime, *, is_gzip: bool) -> bytes:
    """Return the bytes to put in the place of a record: the most telling that fit.

    Raises: WarcFormatError if even the shortest are longer than the record.
    """
    when = ("removedAt", write_date(at))
    fit = _fit_member if is_gzip else _fit_plain
    for fields in ([("tombstone", "removed"), when, ("reason", reason)], [when], []):
        for has_digest in (True, False):
            if made := fit(record, write_date(at), write_fields(fields), has_digest):
                return made
    raise WarcFormatError("the record is too short for a tombstone", offset=record.offset)


def _fit_member(record: Record, date: str, block: bytes, has_digest: bool) -> bytes | None:
    """Return a gzip member, padded to the record's length with empty blocks and a comment."""
    data = _write(record.record_id, date, block, has_digest)
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(data) + packer.flush(zlib.Z_SYNC_FLUSH)
    spare = record.length - _MEMBER_FRAME_BYTES - len(packed) - len(_LAST_BLOCK)
    if spare < 0:
        return None
    blocks, rest = divmod(spare, len(_EMPTY_BLOCK))
    comment = b" " * (rest - 1) + b"\0" if rest else b""
    head = struct.pack("<3sBLBB", walk.GZIP_MAGIC, _HAS_COMMENT if rest else 0, 0, 0, 255)
    tail = struct.pack("<LL", zlib.crc32(data), len(data))
    return b"".join([head, comment, packed, _EMPTY_BLOCK * blocks, _LAST_BLOCK, tail])


def _fit_plain(record: Record, date: str, block: bytes, has_digest: bool) -> bytes | None:
    """Return a record with spaces at the end of its block, as long as the one that was there."""
    spare = record.length - len(_write(record.record_id, date, block, has_digest))
    # The length is written out in the header, which takes room from the padding.
    for spaces in range(spare, max(spare - 12, -1), -1):
        made = _write(record.record_id, date, block + b" " * spaces, has_digest)
        if len(made) == record.length:
            return made
    return None


def _write(record_id: str, date: str, block: bytes, has_digest: bool) -> bytes:
    """Return a metadata record without a target, which no index lists."""
    fields = [
        ("WARC-Type", "metadata"),
        ("WARC-Record-ID", f"<{record_id}>"),
        ("WARC-Date", date),
        ("Content-Type", WARC_FIELDS),
        *([("WARC-Block-Digest", digest_of(block))] if has_digest else []),
        ("Content-Length", str(len(block))),
    ]
    head = "".join(f"{name}: {value}\r\n" for name, value in fields)
    return f"{VERSION}\r\n{head}\r\n".encode() + block + b"\r\n\r\n"
