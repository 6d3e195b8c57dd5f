"""Mending WARC files that a killed writer left open, without losing a whole record.

Called at the start of every run and by `kliping repair`. A file is left alone while its writer
lives (it holds the lock). Otherwise the bytes after the last whole record are moved into a file
of their own, `NAME.warc.gz.torn-<offset>`, and the captures of all whole records are handed to
the caller, who makes rows for those that have none. Only when the caller comes back for more
does the file get its final name: killed at any moment, the next recovery does the rest.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archive.errors import StorageError, WarcFormatError
from archive.warc import walk
from archive.warc.records import capture_of
from archive.warc.writer import finish

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archive.model import Capture
    from archive.storage.base import Segment, WarcStore
    from archive.warc.records import Record


@dataclass(frozen=True, slots=True)
class Recovered:
    """What was found in one file that had been left open."""

    file: str
    """Its final path in the WARC folder, as RecordRefs give it."""
    captures: tuple[Capture, ...]
    """Of every whole record, in order, whether it has a row or not."""
    torn: str | None = None
    """Name of the file that keeps the bytes after the last whole record, if there were any."""
    torn_bytes: int = 0
    reason: str = ""
    """What was wrong with them."""


def recover_open_files(store: WarcStore) -> Iterator[Recovered]:
    """Mend each file that a dead writer left open, and yield what is in it.

    Ingest what is yielded before asking for the next one.

    Raises: StorageError if the disk refuses; nothing is lost, and it can be tried again.
    """
    with closing(store.left_open()) as segments:
        for segment in segments:
            try:
                recovered = _mend(segment)
                is_empty = segment.size_bytes == 0
                if is_empty:
                    segment.discard()
                yield recovered
                if not is_empty:
                    finish(store, segment, recovered.captures)
            except OSError as error:
                raise StorageError(
                    f"{segment.address}: cannot mend the WARC file ({error.strerror or error});"
                    " make room or mend the disk, then run again"
                ) from error


def _mend(segment: Segment) -> Recovered:
    captures, end, reason = _whole_records(segment)
    size = segment.size_bytes
    if end == size:
        return Recovered(segment.name, captures)
    torn = segment.cut(end)
    return Recovered(segment.name, captures, torn, size - end, reason)


def _whole_records(segment: Segment) -> tuple[tuple[Capture, ...], int, str]:
    """Return the captures, where the last whole record ends, and why there are no more.

    Damage before the last whole record is no torn tail: it stays where it is, for the verifier
    to report, since rows may point behind it.
    """
    captures: list[Capture] = []
    end, reason = 0, ""
    offset: int | None = 0
    with segment.open() as file:
        while offset is not None:
            try:
                record = walk.read_record_at(file, offset, segment.name)
            except WarcFormatError as error:
                reason = reason or error.reason
                offset = walk.next_record(file, offset)
                continue
            if record is None:
                break
            captures.extend(_capture(record, segment.name))
            end = offset = record.offset + record.length
            reason = ""
    return tuple(captures), end, reason


def _capture(record: Record, name: str) -> list[Capture]:
    try:
        capture = capture_of(record, name)
    except WarcFormatError:  # whole, but not written by us: it has no date or no URL
        return []
    return [capture] if capture else []
