"""Comparing a record with the digests that it declares, while its block streams by.

Called by `archive.warc.verify`. Block and payload are hashed in one pass and are never in memory
as a whole, except where a payload has to be looked for in a second way.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from archive.core.digest import Digest, is_digest_of
from archive.warc import walk
from archive.warc.http import dechunk, read_head, split_interim
from archive.warc.walk import FrameError, Member

if TYPE_CHECKING:
    from hashlib import _Hash
    from typing import BinaryIO

    from archive.warc.records import Record

_STEP_BYTES = 1 << 18
_MAX_HTTP_HEAD_BYTES = 1 << 20
_MAX_RECHECK_BYTES = 1 << 28
"""Longest block whose payload is looked for in a second way, which needs it in memory."""
_HTTP_HEAD_END = re.compile(rb"\r?\n\r?\n")


class BlockDigests:
    """Hashes a block as it streams by, and its payload, which begins behind the HTTP head."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self.unreadable: list[str] = []
        """What is wrong with each digest that cannot be read."""
        self._block = self._declared("WARC-Block-Digest")
        # A revisit leaves its payload out, and a segment has but a part of it.
        has_payload = record.type != "revisit" and record.get("WARC-Segment-Number") is None
        self._payload = self._declared("WARC-Payload-Digest") if has_payload else None
        self._block_hash = self._block.hasher() if self._block else None
        self._payload_hash = self._payload.hasher() if self._payload else None

    def read(self, member: Member, length: int) -> int:
        """Read the block; how many bytes of it are missing."""
        left = length - self._read_head(member, length)
        while left and (part := member.read(min(left, _STEP_BYTES))):
            _update(self._block_hash, part)
            _update(self._payload_hash, part)
            left -= len(part)
        return left

    @property
    def is_block_wrong(self) -> bool:
        """Whether the block that was read has another digest than declared."""
        return self._block is not None and not _is_equal(self._block, self._block_hash)

    def is_payload_wrong(self, file: BinaryIO) -> bool:
        """Tell whether the payload that was read has another digest than declared."""
        declared = self._payload
        if declared is None or _is_equal(declared, self._payload_hash):
            return False
        return not self._has_other_payload(file, declared.spelling)

    def _declared(self, name: str) -> Digest | None:
        spelling = self._record.get(name)
        try:
            return Digest.parse(spelling) if spelling else None
        except ValueError as error:
            self.unreadable.append(f"{name}: {error}.")
            return None

    def _read_head(self, member: Member, length: int) -> int:
        """Read up to the end of the HTTP head, where there is one; how many bytes."""
        if not (self._record.is_http and self._payload_hash):
            return 0
        head = b""
        while not (end := _HTTP_HEAD_END.search(head)) and len(head) < _MAX_HTTP_HEAD_BYTES:
            part = member.read(min(4096, length - len(head)))
            if not part:
                break
            head += part
        used = end.end() if end else len(head)
        member.unread(head[used:])
        _update(self._block_hash, head[:used])
        return used

    def _has_other_payload(self, file: BinaryIO, spelling: str) -> bool:
        """Tell whether the digest is of the payload in another sense.

        The standard's own is without the transfer coding (RFC 2616's entity body, as WARC 1.1
        clause 5.9 has it), though most writers hash it chunked; and interim responses may
        precede the final one in the block.
        """
        try:
            record = walk.read_record_at(file, self._record.offset, "", limit=_MAX_RECHECK_BYTES)
        except FrameError:  # too long for it
            return False
        if record is None or not record.is_http:
            return False
        final = split_interim(record.block)[1]
        head = read_head(final)
        payload = final[head.length :]
        candidates = [payload]
        if "chunked" in head.get_all("Transfer-Encoding"):
            candidates.append(dechunk(payload))
        return any(is_digest_of(spelling, candidate) for candidate in candidates)


def _update(hasher: _Hash | None, data: bytes) -> None:
    if hasher:
        hasher.update(data)


def _is_equal(declared: Digest, hasher: _Hash | None) -> bool:
    return hasher is not None and hasher.digest() == declared.value
