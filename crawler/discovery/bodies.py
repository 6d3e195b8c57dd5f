"""Bodies before they are parsed: unpacked within a limit, decoded, and named when they are wrong.

Shared by the parsers of this package, which know what they expect; this knows what else comes:
HTML error pages, nothing at all, JSON, gzip under any name, one charset declared and another
used.
"""

from __future__ import annotations

import html
import json
import re
import zlib

from parsel import Selector
from w3lib.encoding import html_to_unicode
from w3lib.html import remove_tags

MAX_UNPACKED_BYTES = 64 * 2**20
"""Sitemaps may have 50 MB (sitemaps.org); more than this is a decompression bomb."""

_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""All that is no white space to libxml2, which keeps them in names of attributes, where lxml
cannot read them back."""

_GZIP_MAGIC = b"\x1f\x8b"
_BINARY = {
    b"%PDF": "a PDF",
    b"\x89PNG": "an image",
    b"\xff\xd8\xff": "an image",
    b"GIF8": "an image",
    b"PK\x03\x04": "a ZIP file",
}
_HTML = re.compile(
    rb"(?>\xef\xbb\xbf|\s|<\?xml[^>]*>|(?><!--.*?-->))*+<(?:!doctype\s+html|html|head|body)\b",
    re.IGNORECASE | re.DOTALL,
)
_FIRST_TAG = re.compile(r"<([a-z_][\w.:-]*)", re.IGNORECASE)


class UnpackedTooLargeError(Exception):
    """Unpacked, the body is larger than the limit; says so in a sentence without a URL."""


def unpacked(body: bytes, *, limit_bytes: int = MAX_UNPACKED_BYTES) -> tuple[bytes, bool]:
    """Return the body with gzip undone (known by its magic bytes), and whether it was whole.

    Damaged or cut-off gzip gives what could be read before the damage.

    Raises:
        UnpackedTooLargeError: there is more than `limit_bytes` in it.
    """
    whole = True
    for _ in range(2):  # a .gz file that the server compressed once more
        if not body.startswith(_GZIP_MAGIC):
            break
        body, member_whole = _gunzip(body, limit_bytes)
        whole = whole and member_whole
    if len(body) > limit_bytes:
        raise UnpackedTooLargeError(f"it has more than {_mebibytes(limit_bytes)}")
    return body, whole


def _gunzip(body: bytes, limit_bytes: int) -> tuple[bytes, bool]:
    pieces: list[bytes] = []
    size = 0
    while body.startswith(_GZIP_MAGIC):  # one gzip member after the other
        member = zlib.decompressobj(wbits=31)
        try:
            pieces.append(member.decompress(body, limit_bytes + 1 - size))
        except zlib.error:
            return b"".join(pieces), False
        size += len(pieces[-1])
        if size > limit_bytes:
            raise UnpackedTooLargeError(f"unpacked it has more than {_mebibytes(limit_bytes)}")
        if not member.eof:
            return b"".join(pieces), False
        body = member.unused_data
    return b"".join(pieces), True


def _mebibytes(size_bytes: int) -> str:
    return f"{size_bytes / 2**20:g} MiB"


def true_encoding(body: bytes) -> str | None:
    """Return `utf-8` where the bytes can be nothing else, else None.

    Text of another charset is practically never valid UTF-8 (RFC 3629, section 1).
    """
    if body.isascii():
        return None
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return "utf-8"


def html_text(body: bytes, content_type: str | None) -> str:
    """Decode an HTML page as browsers do: BOM, header, meta element, then a guess."""
    header = None if true_encoding(body) else content_type
    return html_to_unicode(header, body, default_encoding="utf-8", auto_detect_fun=_guess)[1]


def html_page(body: bytes, content_type: str | None) -> Selector:
    """Parse an HTML page. Any bytes give some tree."""
    text = _CONTROLS.sub(" ", html_text(body, content_type))
    return Selector(text=text, type="html")


def _guess(body: bytes) -> str:
    return true_encoding(body) or "windows-1252"


def is_html(body: bytes) -> bool:
    """Tell whether a document opens as an HTML page does."""
    return bool(_HTML.match(body[:4096]))


def plain_text(markup: str | None) -> str | None:
    """Return markup as one line of text, None if nothing is left."""
    return " ".join(html.unescape(remove_tags(markup or "")).split()) or None


def language_code(tag: str | None) -> str | None:
    """Return the ISO 639-1 code of a language tag: `id` for `id-ID`, `in` or `id_ID`.

    >>> language_code("en-GB"), language_code("in"), language_code("mis")
    ('en', 'id', None)
    """
    code = re.split(r"[-_]", (tag or "").strip().lower())[0]
    code = {"in": "id", "iw": "he", "ji": "yi"}.get(code, code)  # withdrawn in 1989, still used
    return code if re.fullmatch(r"[a-z]{2}", code) else None


def described(body: bytes, content_type: str | None) -> str:
    """Say in a few words what a body is, for a message: `an HTML page titled "Not found"`."""
    start = body[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    magic = next((magic for magic in _BINARY if start.startswith(magic)), None)
    if not start:
        return "an empty body"
    if magic:
        return _BINARY[magic]
    if is_html(body):
        return _described_html(body, content_type)
    if start[:1] in {b"{", b"["}:
        return _described_json(body)
    return _described_text(start.decode("utf-8", "replace"), content_type)


def _described_html(body: bytes, content_type: str | None) -> str:
    title = plain_text(html_page(body[:65536], content_type).xpath("//title/text()").get())
    return f'an HTML page titled "{_shortened(title)}"' if title else "an HTML page without a title"


def _described_json(body: bytes) -> str:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return "broken JSON"
    if isinstance(document, dict):
        for key in ("error", "message", "detail", "title"):
            if isinstance(document.get(key), str):
                return f'JSON whose {key} is "{_shortened(document[key])}"'
    return "JSON of another kind"


def _described_text(text: str, content_type: str | None) -> str:
    tag = _FIRST_TAG.search(text) if text.startswith("<") else None
    if tag:
        return f"a document that opens with <{tag[1][:40]}>"
    strange = sum(c == "\ufffd" or not (c.isprintable() or c.isspace()) for c in text)
    if strange > len(text) / 20:
        return f"binary data served as {content_type or 'nothing in particular'}"
    return f'text that begins "{_shortened(text)}"'


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 80 else f"{line[:77]}..."
