"""HTTP/1.x messages as bytes: where the head ends, what it says, and what the body decodes to.

Called by the WARC writer and reader, and by the crawler for the body of a live response, so
that a page reads the same live and from the archive. Everything here is pure and lenient: it
is fed what servers really send. RFC 9112 is HTTP/1.1, RFC 9110 HTTP semantics.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

from fastwarc.stream_io import BrotliReader, ZstdReader

from archive.errors import WarcFormatError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastwarc.stream_io import WarcReader

MAX_BODY_BYTES = 256 * 1024 * 1024
"""Where decoding a body stops unless the caller says otherwise."""

_HEAD_END = re.compile(rb"\r?\n\r?\n")
_STATUS_LINE = re.compile(rb"HTTP/\d(?:\.\d)?[ \t]+(\d{3})(?:[ \t]|\r?\n|$)")
_CHUNK_SIZE = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,16})[^\n]*\n")
_MAX_AGREED_HEAD_BYTES = 32 * 1024
"""FastWARC's limit for a head; it reads none that is longer."""
_STEP_BYTES = 4096


@dataclass(frozen=True, slots=True)
class HttpHead:
    """Start line and headers of a message; `length` is their bytes, with the empty line."""

    start_line: str
    headers: tuple[tuple[str, str], ...]
    length: int
    status: int | None
    """None for a request, or an answer that is no HTTP."""

    def get(self, name: str) -> str | None:
        """Return the first value of a header, whatever its case."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)

    def get_all(self, name: str) -> list[str]:
        """Return the members of all headers of that name, split at commas, in lower case."""
        wanted = name.lower()
        values = ",".join(value for key, value in self.headers if key.lower() == wanted)
        return [member.strip().lower() for member in values.split(",") if member.strip()]


NO_HEAD = HttpHead("", (), 0, None)
"""Of what is no HTTP message."""


def read_head(message: bytes) -> HttpHead:
    """Read the head of a message; one that was cut before its empty line is all head.

    Lines may end in CRLF or LF alone, and folded lines are joined with a space.
    Source: RFC 9112 clauses 2.2 (bare LF), 4 (status line) and 5.2 (folding).
    """
    end = _HEAD_END.search(message)
    head = message[: end.start()] if end else message
    length = end.end() if end else len(message)
    lines = re.sub(rb"\r?\n[ \t]+", b" ", head).split(b"\n")
    headers = tuple(_header(line) for line in lines[1:] if b":" in line)
    status = _STATUS_LINE.match(head)
    return HttpHead(decode_field(lines[0]), headers, length, int(status[1]) if status else None)


def split_interim(response: bytes) -> tuple[bytes, bytes]:
    """Split off the interim (1xx) responses that precede the final one.

    The last one stays where nothing follows it, and 101 ends HTTP, so it is final.
    Source: RFC 9110 clause 15.2.
    """
    start = 0
    while (status := _STATUS_LINE.match(response, start)) and status[1][:1] == b"1":
        end = _HEAD_END.search(response, start)
        if status[1] == b"101" or end is None or end.end() == len(response):
            break
        start = end.end()
    return response[:start], response[start:]


def is_payload_agreed(message: bytes) -> bool:
    """Tell whether every WARC reader finds the payload of a response where this module does.

    warcio ends a head at a line of white space, FastWARC only at CRLF CRLF and within 32 KiB;
    where they part, a payload digest would be wrong for one of them.
    """
    end = _HEAD_END.search(message)
    if end is None or end.end() > _MAX_AGREED_HEAD_BYTES or not _STATUS_LINE.match(message):
        return False
    head = message[: end.end()]
    if head.count(b"\n") != head.count(b"\r\n") or head.count(b"\r") != head.count(b"\n"):
        return False
    return all(decode_field(line) for line in head[:-4].split(b"\r\n"))


def decode_body(head: HttpHead, payload: bytes, *, limit: int = MAX_BODY_BYTES) -> bytes:
    """Return the body with its transfer and content codings undone.

    What cannot be decoded is returned as it came, and a body that was cut gives what its
    beginning decodes to: a browser shows such pages too.

    Raises: WarcFormatError if the body unpacks to more than `limit` bytes.
    Source: RFC 9112 clause 7.1 (chunked), RFC 9110 clause 8.4 (content codings).
    """
    body = payload
    if "chunked" in head.get_all("Transfer-Encoding"):
        body = dechunk(payload)
    for coding in reversed(head.get_all("Content-Encoding")):
        body = _decode_coding(coding, body, limit)
    if len(body) > limit:
        raise WarcFormatError(f"the body is longer than {limit} bytes")
    return body


def dechunk(payload: bytes) -> bytes:
    """Undo the chunked transfer coding; extensions and trailers are dropped.

    A payload that does not begin with a chunk is returned as it is.
    """
    parts: list[bytes] = []
    position = 0
    while size := _CHUNK_SIZE.match(payload, position):
        start = size.end()
        position = start + int(size[1], 16)
        parts.append(payload[start:position])
        if position == start:
            break
        position += 2 if payload[position : position + 2] == b"\r\n" else 1
    return b"".join(parts) if parts else payload


def _decode_coding(coding: str, body: bytes, limit: int) -> bytes:
    if coding in ("gzip", "x-gzip"):
        return _join(_inflate(body, 31), limit) or body
    if coding == "deflate":
        # RFC 9110 clause 8.4.1.2: it should be zlib, and some servers send bare deflate.
        is_zlib = len(body) > 1 and body[0] & 0x0F == 8 and (body[0] << 8 | body[1]) % 31 == 0
        return _join(_inflate(body, 15 if is_zlib else -15), limit) or body
    if coding == "br":
        return _join(_drain(BrotliReader(BytesIO(body))), limit) or body
    if coding == "zstd":
        return _join(_drain(ZstdReader(BytesIO(body))), limit) or body
    return body


def _join(parts: Iterator[bytes], limit: int) -> bytes:
    body = bytearray()
    for part in parts:
        body += part
        if len(body) > limit:
            raise WarcFormatError(f"the body unpacks to more than {limit} bytes")
    return bytes(body)


def _inflate(body: bytes, wbits: int) -> Iterator[bytes]:
    """Yield what comes out, up to any damage; small steps, as a failing one yields nothing."""
    inflater = zlib.decompressobj(wbits)
    for start in range(0, len(body), _STEP_BYTES):
        step = body[start : start + _STEP_BYTES]
        while step:
            try:
                yield inflater.decompress(step)
            except zlib.error:
                return
            step = inflater.unused_data
            if inflater.eof:  # several gzip members make one body (RFC 1952 clause 2.2)
                inflater = zlib.decompressobj(wbits)


def _drain(reader: WarcReader) -> Iterator[bytes]:
    try:
        while part := reader.read(1 << 16):
            yield part
    except (OSError, ValueError):
        return


def decode_field(raw: bytes) -> str:
    """Decode a header line, without the white space around it.

    As UTF-8 where it is valid, else as ISO 8859-1 (RFC 9110 clause 5.5), like warcio.
    """
    try:
        return raw.decode("utf-8").strip()
    except UnicodeDecodeError:
        return raw.decode("iso-8859-1").strip()


def _header(line: bytes) -> tuple[str, str]:
    name, _, value = line.partition(b":")
    return decode_field(name), decode_field(value)
