"""From an exchange to its WARC records: pure, so that every rule of the standard is testable.

Called by the writer, which puts the records into a file. One exchange becomes a response (or
revisit) record, then, where there were interim (1xx) answers, a metadata record with their
bytes, then the request record. They name each other in WARC-Concurrent-To.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from archive.core.digest import digest_of, same_digest
from archive.errors import WarcFormatError
from archive.model import RecordType
from archive.warc.http import is_payload_agreed, read_head, split_interim
from archive.warc.records import (
    HTTP_REQUEST,
    HTTP_RESPONSE,
    IDENTICAL_PAYLOAD,
    INTERIM_PREFIX,
    NOT_MODIFIED,
    WARC_FIELDS,
    Record,
    RevisitOf,
    is_web,
    write_date,
    write_fields,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from archive.model import Conversion, Exchange

Fields = list[tuple[str, str]]


def response_payload_digest(response: bytes) -> str | None:
    """Return the digest that an exchange's payload gets, to look for an earlier capture by it.

    The payload is every byte after the final head, still chunked and compressed
    (docs/decisions/0003-digests.md). None where it is empty, as a 304's is: that is no content
    that another capture could have had before.
    """
    final = split_interim(response)[1]
    payload = memoryview(final)[read_head(final).length :]
    return digest_of(payload) if payload else None


def compose(exchange: Exchange, revisit_of: RevisitOf | None, warcinfo_id: str) -> list[Record]:
    """Return the records of one exchange, the one that keeps the capture first.

    With `revisit_of` it is a revisit where the standard allows one: a 304, or a payload that is
    equal, whole and not empty. Otherwise all of it is kept.

    Raises: WarcFormatError if the exchange holds no response or is not of the web, or a field
    holds a line break.
    """
    if not is_web(exchange.url):
        raise WarcFormatError(f"{exchange.url!r} is no http or https address")
    interim, final = split_interim(exchange.response)
    if not final:
        raise WarcFormatError(f"no response to keep for {exchange.url}")
    capture_id, interim_id, request_id = (uuid.uuid4().urn for _ in range(3))
    with_capture = [*_concurrent([capture_id]), _within(warcinfo_id)]
    server = _server_fields(exchange)
    fields, block = _capture_fields(exchange, final, revisit_of)
    present = [(interim_id, interim), (request_id, exchange.request)]
    fields += [*server, *_concurrent(key for key, kept in present if kept), _within(warcinfo_id)]
    at = exchange.started_at
    records = [make_record(capture_id, at, fields, block)]
    if interim:
        fields = [*_interim_fields(exchange, capture_id), *with_capture]
        records.append(make_record(interim_id, at, fields, interim))
    if exchange.request:
        fields = [*_request_fields(exchange), *server, *with_capture]
        records.append(make_record(request_id, at, fields, exchange.request))
    return records


def compose_metadata(
    refers_to: str,
    url: str,
    at: datetime,
    fields: Iterable[tuple[str, str]],
    warcinfo_id: str,
) -> Record:
    """Return a metadata record that says `fields` about the record `refers_to`."""
    headers = [
        ("WARC-Type", "metadata"),
        ("WARC-Target-URI", url),
        ("WARC-Refers-To", f"<{refers_to}>"),
        ("Content-Type", WARC_FIELDS),
        _within(warcinfo_id),
    ]
    return make_record(uuid.uuid4().urn, at, headers, write_fields(fields))


def compose_conversion(conversion: Conversion, warcinfo_id: str) -> Record:
    """Return the record of what was made of a capture.

    Its payload is its block, which has a digest anyway (FastWARC's check takes a second one, of a
    payload without HTTP, for wrong).

    Source: WARC 1.1 clause 6.8: an alternative version of another record's content, made by the
    archive itself, which names that record.

    Raises: ValueError for a capture without a record.
    """
    if conversion.capture.ref is None:
        raise ValueError(f"the capture of {conversion.capture.url} has no record to refer to")
    headers = [
        ("WARC-Type", RecordType.CONVERSION.value),
        ("WARC-Target-URI", conversion.capture.url),
        ("WARC-Refers-To", f"<{conversion.capture.ref.record_id}>"),
        ("Content-Type", conversion.content_type),
        _within(warcinfo_id),
    ]
    return make_record(uuid.uuid4().urn, conversion.made_at, headers, conversion.payload)


def compose_warcinfo(filename: str, at: datetime, fields: Iterable[tuple[str, str]]) -> Record:
    """Return the warcinfo record that opens a file."""
    headers = [
        ("WARC-Type", "warcinfo"),
        ("WARC-Filename", filename),
        ("Content-Type", WARC_FIELDS),
    ]
    return make_record(uuid.uuid4().urn, at, headers, write_fields(fields))


def make_record(record_id: str, at: datetime, fields: Fields, block: bytes) -> Record:
    """Return a record that lies nowhere yet, with its id, date and block digest filled in.

    Raises: WarcFormatError if a field holds a line break or another control character.
    """
    kind, *rest = fields
    headers = [
        kind,
        ("WARC-Record-ID", f"<{record_id}>"),
        ("WARC-Date", write_date(at)),
        *rest,
        ("WARC-Block-Digest", digest_of(block)),
        ("Content-Length", str(len(block))),
    ]
    for name, value in headers:
        if any(ord(character) < 32 or ord(character) == 127 for character in value):
            raise WarcFormatError(f"{name} cannot hold {value!r}")
    return Record(tuple(headers), block, offset=-1, length=-1)


def _interim_fields(exchange: Exchange, capture_id: str) -> Fields:
    return [
        ("WARC-Type", "metadata"),
        ("WARC-Target-URI", INTERIM_PREFIX + exchange.url),
        ("WARC-Refers-To", f"<{capture_id}>"),
        ("Content-Type", HTTP_RESPONSE),
    ]


def _request_fields(exchange: Exchange) -> Fields:
    return [
        ("WARC-Type", "request"),
        ("WARC-Target-URI", exchange.url),
        ("Content-Type", HTTP_REQUEST),
    ]


def _capture_fields(
    exchange: Exchange, final: bytes, revisit_of: RevisitOf | None
) -> tuple[Fields, bytes]:
    """Return the fields and the block of the record that keeps the capture."""
    head = read_head(final)
    payload = memoryview(final)[head.length :]
    digest = digest_of(payload)
    fields = [("WARC-Target-URI", exchange.url), ("Content-Type", HTTP_RESPONSE)]
    if exchange.truncated:
        fields.append(("WARC-Truncated", exchange.truncated.value))
    elif revisit_of and head.status == 304 and not payload:
        kind = ("WARC-Type", RecordType.REVISIT.value)
        return [kind, *fields, *_revisit_fields(NOT_MODIFIED, revisit_of)], final
    elif revisit_of and payload and same_digest(digest, revisit_of.payload_digest):
        kind = ("WARC-Type", RecordType.REVISIT.value)
        return (
            [kind, *fields, *_revisit_fields(IDENTICAL_PAYLOAD, revisit_of)],
            final[: head.length],
        )
    if is_payload_agreed(final):
        fields.append(("WARC-Payload-Digest", digest))
    return [("WARC-Type", RecordType.RESPONSE.value), *fields], final


def _revisit_fields(profile: str, revisit_of: RevisitOf) -> Fields:
    """Source: WARC 1.1 clauses 6.7.2 and 6.7.3."""
    return [
        ("WARC-Profile", profile),
        ("WARC-Refers-To", f"<{revisit_of.record_id}>"),
        ("WARC-Refers-To-Target-URI", revisit_of.url),
        ("WARC-Refers-To-Date", write_date(revisit_of.captured_at)),
        ("WARC-Payload-Digest", revisit_of.payload_digest),
    ]


def _server_fields(exchange: Exchange) -> Fields:
    """Say how the server was reached; WARC-Protocol and WARC-Cipher-Suite extend WARC 1.1.

    Source: WARC 1.1 clause 5.7 (WARC-IP-Address); the IIPC's proposals for the other two.
    """
    fields = [("WARC-Protocol", protocol) for protocol in exchange.protocols]
    if exchange.ip_address:
        fields.append(("WARC-IP-Address", exchange.ip_address))
    if exchange.cipher:
        fields.append(("WARC-Cipher-Suite", exchange.cipher))
    return fields


def _concurrent(record_ids: Iterable[str]) -> Fields:
    return [("WARC-Concurrent-To", f"<{record_id}>") for record_id in record_ids]


def _within(warcinfo_id: str) -> tuple[str, str]:
    return ("WARC-Warcinfo-ID", f"<{warcinfo_id}>")
