"""From what a replay server or a WARC file elsewhere answered to a record of the old capture.

The exchange with that server is no capture of the page: what is kept is the capture that it once
made, at the time when it made it. A record that is read where it lies is kept as it is. Of a raw
replay a response record is made, with the headers and the body that the replay gives; it says where
it was fetched in WARC-Source-URI, and when in WARC-Creation-Date, as pywb's recorder does.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from archive.core.digest import digest_of
from archive.warc.compose import compose_warcinfo, make_record
from archive.warc.records import HTTP_RESPONSE, write_date
from archive.warc.writer import compress
from crawler.backfill.cdx import CdxLine

_ORIGINAL = "x-archive-orig-"
_OF_REPLAY = frozenset(
    {
        "connection",
        "content-encoding",
        "content-length",
        "content-location",
        "keep-alive",
        "link",
        "memento-datetime",
        "preference-applied",
        "transfer-encoding",
    }
)
"""Headers of the exchange with the replay server, or of a body that is already decoded."""

RecordHeaders = Iterable[tuple[str, str]]


def opening_record(name: str, server: str) -> bytes:
    """The warcinfo record that opens a file of old captures, packed."""
    facts = [
        ("software", "Kliping"),
        ("format", "WARC File Format 1.1"),
        ("description", f"old captures, taken from the CDX server {server}"),
    ]
    return compress(compose_warcinfo(name, datetime.now(UTC), facts))


def record_of_replay(line: CdxLine, address: str, headers: RecordHeaders, body: bytes) -> bytes:
    """The response record of a capture that was replayed raw at `address`, packed.

    The same capture has the same record id, however often it is taken.
    """
    lines = [f"{name}: {value}" for name, value in original_headers(headers)]
    head = "\r\n".join(["HTTP/1.1 200 OK", *lines, f"Content-Length: {len(body)}", "", ""])
    fields = [
        ("WARC-Type", "response"),
        ("WARC-Target-URI", line.url),
        ("WARC-Source-URI", address),
        ("WARC-Creation-Date", write_date(datetime.now(UTC))),
        ("Content-Type", HTTP_RESPONSE),
        ("WARC-Payload-Digest", digest_of(body)),
    ]
    record_id = uuid.uuid5(uuid.NAMESPACE_URL, f"{address} {line.captured_at}").urn
    block = head.encode("latin-1", "replace") + body
    return compress(make_record(record_id, line.captured_at, fields, block))


def original_headers(headers: RecordHeaders) -> list[tuple[str, str]]:
    """The headers of the old answer among those of its replay."""
    headers = list(headers)
    original = [
        (name[len(_ORIGINAL) :], value)
        for name, value in headers
        if name.lower().startswith(_ORIGINAL)
    ]
    return [each for each in original or headers if each[0].lower() not in _OF_REPLAY]


class CdxRecordFile:
    """A WARC file of old captures in the making; what is in it is on the disk."""

    def __init__(self, path: Path, server: str) -> None:
        self._file = path.open("xb")
        self.count = 0
        self._file.write(opening_record(path.name, server))

    def append(self, member: bytes) -> None:
        """Add one packed record."""
        self._file.write(member)
        self._file.flush()
        self.count += 1

    def close(self) -> None:
        """Nothing is added any more."""
        self._file.close()
