"""Reading WARC files member by member and record by record, trusting nothing.

Called by the reader for single records, and by recovery and the verifier, which must notice
what WARC libraries forgive: a CRC that is wrong, a member that is cut, a Content-Length that
lies. Memory use is bounded whatever a record declares.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from archive.errors import WarcFormatError
from archive.warc.http import decode_field
from archive.warc.records import Headers, Record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

MAX_BLOCK_BYTES = 1024**3
"""Longest block that is read into memory unless the caller says otherwise."""
MAX_HEAD_BYTES = 1024 * 1024

GZIP_MAGIC = b"\x1f\x8b\x08"
_STEP_BYTES = 1 << 16
_SEARCH_BYTES = 1 << 16
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_VERSION = re.compile(r"WARC/\d+\.\d+")


class Fault(StrEnum):
    """What is wrong with the frame of a record, in a word that programs can tell apart."""

    NOT_WARC = "not-a-warc"
    BAD_HEADER = "bad-header"
    NO_LENGTH = "no-content-length"
    LENGTH_TOO_LONG = "content-length-too-long"
    LENGTH_TOO_SHORT = "content-length-too-short"
    OVER_LIMIT = "block-over-limit"
    CUT = "cut-off"
    DAMAGED = "gzip-damaged"
    ONE_MEMBER = "several-records-in-one-gzip-member"


class FrameError(WarcFormatError):
    """A record's frame breaks the standard in the way that `fault` names."""

    def __init__(
        self, fault: Fault, reason: str, *, file: str = "", offset: int | None = None
    ) -> None:
        self.fault = fault
        super().__init__(reason, file=file, offset=offset)


class Member:
    """The unpacked bytes of one gzip member, or of a plain file from an offset on, as a stream.

    `read` raises FrameError where the compressed bytes are damaged or cut off.
    """

    def __init__(self, file: BinaryIO, offset: int, name: str) -> None:
        self._file = file
        self._name = name
        self.offset = offset
        self.is_ended = False
        file.seek(offset)
        self._packed = file.read(_STEP_BYTES)
        start = self._packed[: len(GZIP_MAGIC)]
        self.is_gzip = bool(start) and GZIP_MAGIC.startswith(start)
        self._inflater = zlib.decompressobj(31)
        self._buffer = b""
        self._taken = 0

    @property
    def length(self) -> int:
        """Bytes of the file that are used up: all of a gzip member once `is_ended`."""
        return self._taken if self.is_gzip else self._taken - len(self._buffer)

    def read(self, size: int) -> bytes:
        """Return exactly `size` bytes, or fewer where the member ends."""
        parts = []
        while size > 0 and (part := self._some(size)):
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def unread(self, data: bytes) -> None:
        """Give bytes back, to be read again."""
        self._buffer = data + self._buffer

    def _some(self, size: int) -> bytes:
        if self._buffer:
            part, self._buffer = self._buffer[:size], self._buffer[size:]
            return part
        return self._inflate(size) if self.is_gzip else self._plain(size)

    def _plain(self, size: int) -> bytes:
        self._packed = self._packed or self._file.read(_STEP_BYTES)
        part, self._packed = self._packed[:size], self._packed[size:]
        self._taken += len(part)
        self.is_ended = not part
        return part

    def _inflate(self, size: int) -> bytes:
        while not self.is_ended:
            if not self._packed:
                self._packed = self._file.read(_STEP_BYTES)
                if not self._packed:
                    raise self._error(
                        Fault.CUT, "the gzip member is cut off by the end of the file"
                    )
            try:
                part = self._inflater.decompress(self._packed, size)
            except zlib.error as error:
                raise self._error(Fault.DAMAGED, f"the gzip member is damaged ({error})") from error
            self.is_ended = self._inflater.eof
            rest = self._inflater.unused_data if self.is_ended else self._inflater.unconsumed_tail
            self._taken += len(self._packed) - len(rest)
            self._packed = rest
            if part:
                return part
        return b""

    def _error(self, fault: Fault, reason: str) -> FrameError:
        return FrameError(fault, reason, file=self._name, offset=self.offset)


@dataclass(frozen=True, slots=True)
class RecordHead:
    """The version line and named fields of a record."""

    version: str
    headers: Headers

    @property
    def content_length(self) -> int:
        """Bytes of the block. Raises: WarcFormatError where it is missing or no number."""
        values = {value for key, value in self.headers if key.lower() == "content-length"}
        value = values.pop() if len(values) == 1 else ""
        if not re.fullmatch(r"\d{1,18}", value, re.ASCII):
            raise FrameError(Fault.NO_LENGTH, "the record has no readable Content-Length")
        return int(value)


def read_record_head(member: Member) -> RecordHead | None:
    """Read the head at the start of a member; None where the member has no more bytes.

    Raises: FrameError where there is something else than a WARC record.
    Source: WARC 1.1 clause 4 (file and record model).
    """
    head = b""
    while not (end := _HEAD_END.search(head)):
        more = member.read(4096)
        head += more
        if not head:
            return None
        if not head.startswith(b"WARC/"[: len(head)]):
            raise FrameError(Fault.NOT_WARC, "this is no WARC record: it does not begin with WARC/")
        if not more:
            raise FrameError(Fault.CUT, "the record's header is cut off")
        if len(head) > MAX_HEAD_BYTES:
            raise FrameError(
                Fault.BAD_HEADER, f"the record's header is longer than {MAX_HEAD_BYTES} bytes"
            )
    member.unread(head[end.end() :])
    return _parse_head(head[: end.start()])


def read_record_at(
    file: BinaryIO, offset: int, name: str, *, limit: int = MAX_BLOCK_BYTES
) -> Record | None:
    """Read the one record at an offset, checking its frame; None at the end of the file.

    Raises: FrameError where the record breaks the standard, its gzip member does not end with
    it, or its block is longer than `limit` bytes.
    """
    try:
        member = Member(file, offset, name)
        head = read_record_head(member)
        if head is None:
            return None
        length = head.content_length
        if length > limit:
            raise FrameError(
                Fault.OVER_LIMIT, f"the block of {length} bytes is over the limit of {limit}"
            )
        block = member.read(length)
        read_record_end(member, missing=length - len(block))
    except FrameError as error:
        raise FrameError(error.fault, error.reason, file=name, offset=offset) from error
    return Record(head.headers, block, offset, member.length, head.version)


def read_record_end(member: Member, *, missing: int = 0) -> None:
    """Read the two line breaks after a block, and in gzip the end of the member.

    `missing` is how many bytes of the block were not there.

    Raises: FrameError where there is too little, or something else follows.
    """
    end = member.read(4)
    if missing or len(end) < 4:
        gone = missing + 4 - len(end)
        fault = Fault.LENGTH_TOO_LONG if member.is_gzip else Fault.CUT
        raise FrameError(fault, f"the record ends {gone} bytes before its Content-Length says")
    if end != b"\r\n\r\n":
        raise FrameError(
            Fault.LENGTH_TOO_SHORT, "no empty lines follow the block: its Content-Length is wrong"
        )
    if member.is_gzip and (more := member.read(5)):
        if more == b"WARC/":
            raise FrameError(
                Fault.ONE_MEMBER,
                "several records are in one gzip member, so none can be found by its offset;"
                " `warcio recompress` makes a file that can be read",
            )
        raise FrameError(
            Fault.LENGTH_TOO_SHORT, "the record goes on after its Content-Length in its gzip member"
        )


def walk(path: Path, *, start: int = 0, limit: int = MAX_BLOCK_BYTES) -> Iterator[Record]:
    """Yield the records of a file one after another, from the offset `start` on.

    Raises: FrameError, with the offset, at the first thing that is no whole record.
    """
    with path.open("rb") as file:
        offset = start
        while record := read_record_at(file, offset, str(path), limit=limit):
            yield record
            offset += record.length


def next_record(file: BinaryIO, offset: int) -> int | None:
    """Return where the next record begins after a damaged one at `offset`; None if none does.

    Only gzip members can be found again: in a plain file a page may quote a WARC record.
    """
    position = offset + 1
    while True:
        file.seek(position)
        window = file.read(_SEARCH_BYTES)
        found = window.find(GZIP_MAGIC)
        if found >= 0 and _begins_record(file, position + found):
            return position + found
        if found < 0 and len(window) < _SEARCH_BYTES:
            return None
        position += found + 1 if found >= 0 else _SEARCH_BYTES - len(GZIP_MAGIC) + 1


def _begins_record(file: BinaryIO, offset: int) -> bool:
    try:
        return Member(file, offset, "").read(5) == b"WARC/"
    except FrameError:
        return False


def _parse_head(head: bytes) -> RecordHead:
    lines = re.sub(rb"\r?\n[ \t]+", b" ", head).split(b"\n")
    version = decode_field(lines[0])
    if not _VERSION.fullmatch(version):
        raise FrameError(Fault.BAD_HEADER, f"the version line is {version[:40]!r}, not WARC/1.1")
    fields = [decode_field(line).partition(":") for line in lines[1:]]
    if bad := next((name for name, colon, _ in fields if not colon), None):
        raise FrameError(Fault.BAD_HEADER, f"the header line {bad[:40]!r} has no colon")
    return RecordHead(version, tuple((name.strip(), value.strip()) for name, _, value in fields))
