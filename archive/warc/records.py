"""A WARC record as a value, and what every part of `archive.warc` says about one the same way.

The writer makes records, the reader, recovery, index and verifier read them; each of them
tells what a record means (which capture it keeps) through this module alone, so that a row
made while crawling equals the row made from the same record after a crash.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from archive.core.digest import digest_of
from archive.errors import WarcFormatError
from archive.model import Capture, RecordRef, RecordType, Truncation
from archive.warc.http import NO_HEAD, read_head, split_interim

if TYPE_CHECKING:
    from collections.abc import Iterable

VERSION = "WARC/1.1"
IDENTICAL_PAYLOAD = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
NOT_MODIFIED = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"
HTTP_RESPONSE = "application/http; msgtype=response"
HTTP_REQUEST = "application/http; msgtype=request"
WARC_FIELDS = "application/warc-fields"
INTERIM_PREFIX = "urn:kliping:interim:"
"""Target URI, before the page's, of the metadata record that keeps 1xx responses."""

_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?Z", re.ASCII)
_CAPTURE_TYPES = frozenset(RecordType)
_PAGE_TYPES = ("text/html", "application/xhtml+xml")

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class RevisitOf:
    """The earlier capture that a new one repeats."""

    record_id: str
    url: str
    captured_at: datetime
    payload_digest: str


@dataclass(frozen=True, slots=True)
class Record:
    """One WARC record; `offset` and `length` are of its bytes in the file as it lies on disk."""

    headers: Headers
    """WARC headers in their order and spelling."""
    block: bytes
    offset: int
    length: int
    version: str = VERSION

    def get(self, name: str) -> str | None:
        """Return the first value of a WARC header, whatever its case."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)

    def get_all(self, name: str) -> list[str]:
        """Return every value of a repeatable WARC header, in order."""
        wanted = name.lower()
        return [value for key, value in self.headers if key.lower() == wanted]

    @property
    def type(self) -> str:
        """WARC-Type in lower case, empty where it is missing."""
        return (self.get("WARC-Type") or "").strip().lower()

    @property
    def record_id(self) -> str:
        """WARC-Record-ID without angle brackets, empty where it is missing."""
        return bare_id(self.get("WARC-Record-ID") or "")

    @property
    def target_uri(self) -> str | None:
        """WARC-Target-URI; wget before 1.20 put it in angle brackets."""
        uri = self.get("WARC-Target-URI")
        return bare_id(uri) if uri is not None else None

    @property
    def concurrent_to(self) -> list[str]:
        """Ids of the records of the same exchange."""
        return [bare_id(value) for value in self.get_all("WARC-Concurrent-To")]

    @property
    def date(self) -> datetime:
        """WARC-Date. Raises: WarcFormatError where it is missing or impossible."""
        return read_date(self.get("WARC-Date") or "")

    @property
    def truncated(self) -> Truncation | None:
        """WARC-Truncated; a reason that the standard does not know is UNSPECIFIED."""
        reason = self.get("WARC-Truncated")
        if reason is None:
            return None
        known = {member.value: member for member in Truncation}
        return known.get(reason.strip().lower(), Truncation.UNSPECIFIED)

    @property
    def is_http(self) -> bool:
        """Whether the block is an HTTP message."""
        content_type = (self.get("Content-Type") or "").lower().replace(" ", "")
        return content_type.startswith("application/http") or (
            # Some old writers name no type: the record's own type then says it.
            not content_type and self.type in ("response", "request", "revisit")
        )

    def ref(self, file: str) -> RecordRef:
        """Return where this record lies, given its file's path in the WARC folder."""
        return RecordRef(file, self.offset, self.length, self.record_id)


def capture_of(record: Record, file: str) -> Capture | None:
    """Return the web capture that a record keeps; None for requests, DNS answers and the like.

    Raises: WarcFormatError where the record's date or target URI are missing or impossible.
    """
    url = record.target_uri
    if record.type not in _CAPTURE_TYPES:
        return None
    if not url:
        raise WarcFormatError("the record has no WARC-Target-URI", file=file, offset=record.offset)
    if not keeps_capture(record):
        return None
    message = split_interim(record.block)[1] if record.is_http else record.block
    head = read_head(message) if record.is_http else NO_HEAD
    payload = memoryview(message)[head.length :]
    location = head.get("Location")
    is_revisit = record.type == RecordType.REVISIT
    return Capture(
        url=url,
        captured_at=record.date,
        ref=record.ref(file),
        record_type=RecordType(record.type),
        status=head.status,
        content_type=head.get("Content-Type") if record.is_http else record.get("Content-Type"),
        location=_absolute(url, location) if location else None,
        payload_digest=record.get("WARC-Payload-Digest")
        or (None if is_revisit else digest_of(payload)),
        payload_length=0 if is_revisit else len(payload),
        ip_address=record.get("WARC-IP-Address"),
        truncated=record.truncated,
        etag=head.get("ETag"),
        last_modified=head.get("Last-Modified"),
        made_of=made_of(record),
    )


def keeps_capture(record: Record) -> bool:
    """Tell whether a record keeps a web capture, by its headers alone.

    Of conversions that is a page made of another record's; those of Common Crawl are plain text.
    """
    if record.type not in _CAPTURE_TYPES or not is_web(record.target_uri or ""):
        return False
    if record.type != RecordType.CONVERSION:
        return True
    media_type = (record.get("Content-Type") or "").partition(";")[0].strip().lower()
    return media_type in _PAGE_TYPES and made_of(record) is not None


def made_of(record: Record) -> str | None:
    """Return the id of the record that a conversion was made of; None of other records.

    Source: WARC 1.1 clause 6.8.
    """
    if record.type != RecordType.CONVERSION:
        return None
    return bare_id(record.get("WARC-Refers-To") or "") or None


def _absolute(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError:  # e.g. an unclosed "[": kept as the server sent it
        return location


def is_web(url: str) -> bool:
    """Tell whether a URL is of the web; Heritrix also keeps `dns:`, others `urn:`."""
    return url[:8].lower().startswith(("http://", "https://"))


def write_date(at: datetime) -> str:
    """Return an aware time as WARC-Date, in UTC with microseconds.

    Source: WARC 1.1 clause 5.4 (W3C date format, up to nine digits of a second).
    """
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def read_date(text: str) -> datetime:
    """Read a WARC-Date. Raises: WarcFormatError where it is impossible or of another form."""
    match = _DATE.fullmatch(text.strip())
    if not match:
        raise WarcFormatError(f"WARC-Date {text!r} is not of the form 2026-01-31T23:59:59Z")
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    micros = int((match[7] or "").ljust(6, "0")[:6])
    try:
        return datetime(year, month, day, hour, minute, second, micros, tzinfo=UTC)
    except ValueError as error:
        raise WarcFormatError(f"WARC-Date {text!r} is impossible: {error}") from error


def bare_id(text: str) -> str:
    """Return a URI without the angle brackets that WARC puts around ids."""
    text = text.strip()
    return text[1:-1] if text.startswith("<") and text.endswith(">") else text


def write_fields(fields: Iterable[tuple[str, str]]) -> bytes:
    """Return an `application/warc-fields` block; line breaks in values become spaces.

    Source: WARC 1.1 clause 4 (named fields) and annex on warcinfo fields.
    """
    return "".join(f"{name}: {' '.join(value.split())}\r\n" for name, value in fields).encode()
