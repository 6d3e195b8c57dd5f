"""What was exchanged with a server, and where it is kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Truncation(StrEnum):
    """Why a response was cut off, in the words of WARC 1.1 clause 5.13."""

    LENGTH = "length"
    TIME = "time"
    DISCONNECT = "disconnect"
    UNSPECIFIED = "unspecified"


@dataclass(frozen=True, slots=True)
class Exchange:
    """One HTTP exchange at one time, byte for byte as it went over the wire.

    `request` and `response` are whole messages: start line, headers in their order, spelling
    and number, and the body as transferred (still chunked and compressed). Interim (1xx)
    responses precede the final one in `response`.
    """

    url: str
    """Target URI, absolute, without fragment."""
    started_at: datetime
    """UTC, when the request was sent."""
    request: bytes
    response: bytes
    ip_address: str | None = None
    """Of the server; None behind a proxy, which hides it."""
    protocols: tuple[str, ...] = ()
    """For WARC-Protocol, e.g. ("http/1.1", "tls/1.3")."""
    cipher: str | None = None
    """TLS cipher suite by its IANA name, for WARC-Cipher-Suite."""
    truncated: Truncation | None = None


@dataclass(frozen=True, slots=True)
class RecordRef:
    """Where a record lies: enough to read it back and to know that it is the right one."""

    file: str
    """Path of the WARC file relative to the archive's WARC folder, with `/`."""
    offset: int
    """First byte of the record's gzip member in the file."""
    length: int
    """Bytes of that member on disk."""
    record_id: str
    """`urn:uuid:...`, without angle brackets."""


class RecordType(StrEnum):
    """WARC record types that a capture may be kept as (WARC 1.1 clause 6)."""

    RESPONSE = "response"
    REVISIT = "revisit"
    RESOURCE = "resource"
    CONVERSION = "conversion"
    """What was made of another capture's page: its DOM after its scripts had run."""


@dataclass(frozen=True, slots=True)
class Capture:
    """An exchange that was kept, or one that failed before there was anything to keep.

    A failure (no DNS answer, refused connection) has `error` and neither `ref` nor `status`.
    """

    url: str
    captured_at: datetime
    ref: RecordRef | None = None
    record_type: RecordType | None = None
    status: int | None = None
    content_type: str | None = None
    """Value of the Content-Type header as served."""
    location: str | None = None
    """Absolute target of a redirect."""
    payload_digest: str | None = None
    """As in WARC-Payload-Digest, e.g. `sha256:...`."""
    payload_length: int | None = None
    """Bytes of the payload as stored."""
    ip_address: str | None = None
    truncated: Truncation | None = None
    etag: str | None = None
    last_modified: str | None = None
    error: str | None = None
    made_of: str | None = None
    """Of a conversion: id of the record that it was made of."""


@dataclass(frozen=True, slots=True)
class Conversion:
    """What was made of a capture's page, to be kept beside it."""

    capture: Capture
    """What it was made of; it has a record."""
    made_at: datetime
    """UTC."""
    content_type: str
    payload: bytes = field(repr=False)
