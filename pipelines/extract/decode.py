"""Bytes to a parsed page: charset, kind of content, HTML tree.

The first step of the extraction. It promises a tree of clean text (no NUL, no control
characters) or an `Undecodable` that says why there is none; it never raises on any bytes.
"""

from __future__ import annotations

import codecs
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from charset_normalizer import from_bytes
from lxml import etree, html
from w3lib.encoding import (
    html_body_declared_encoding,
    http_content_type_encoding,
    read_bom,
)

from archive.model import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

AnyHeaders: TypeAlias = (
    "Mapping[str, str] | Mapping[bytes, bytes]"
    " | Iterable[tuple[str, str]] | Iterable[tuple[bytes, bytes]] | None"
)

MAX_PAGE_BYTES = 20_000_000
"""Longer bodies are read up to here: no article is longer, and memory is finite."""
SAMPLE_BYTES = 20_000
"""As much as the charset detection looks at."""

_MARKUP = re.compile(
    rb"<\s*(?:!doctype\s+html|html|head|body|title|meta|article|main|div|p|h1)\b", re.IGNORECASE
)
# Atomic, as every "-->" of a page would else be tried as the end of its first comment.
_FEED = re.compile(
    rb"^\s*(?:<\?xml[^>]*>\s*)?(?><!--.*?-->\s*)*<(?:rss|feed|rdf|urlset|sitemapindex)\b",
    re.IGNORECASE | re.DOTALL,
)
_BINARY = (
    b"%PDF",
    b"\x89PNG",
    b"GIF8",
    b"\xff\xd8\xff",
    b"PK\x03\x04",
    b"\x1f\x8b",
    b"RIFF",
    b"\x00\x00\x00",
)
_FORM_FEED_TO_SPACE = bytes.maketrans(b"\x0c", b" ")
"""White space in HTML, but no character that lxml takes as text."""
_UNSEEN = bytes([*range(0x09), 0x0B, *range(0x0E, 0x20), 0x7F])
_UNSEEN_PAIRS = re.compile(b"\xc2[\x80-\x9f]")
_UNSEEN_TRIPLES = re.compile(b"\xef\xbf[\xbe\xbf]")
"""The same beyond ASCII in UTF-8, U+0080 to U+009F and the last two of the plane; two patterns,
since one that starts with a choice takes ten times as long."""
_ONE_CLASS = etree.ElementDefaultClassLookup(element=html.HtmlElement)
"""lxml.html asks Python for the class of every element; nothing here needs one for forms."""
_LEGACY = {"ascii", "latin_1", "iso8859-1", "latin-1", "cp1252", "iso-8859-1", "us-ascii"}
"""Charsets that pages declare out of habit, in any encoding."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text of a body with the charset that gave it."""

    text: str
    charset: str
    """As Python names it."""
    declared: str | None
    """What the server or the page said; differs from `charset` where that was wrong."""


@dataclass(frozen=True, slots=True)
class Undecodable:
    """Why there is no tree to read."""

    outcome: Outcome
    reason: str


def header(headers: AnyHeaders, name: str) -> str | None:
    """Value of the first header called `name` (any case) as text, None if there is none."""
    return next(iter(header_values(headers, name)), None)


def header_values(headers: AnyHeaders, name: str) -> list[str]:
    """Values of all headers called `name` (any case) as text."""
    if headers is None:
        return []
    pairs = headers.items() if hasattr(headers, "items") else headers
    found: list[str] = []
    for key, value in pairs:
        if _as_text(key).strip().lower() == name:
            # Scrapy keeps a list of values under each name.
            values = value if isinstance(value, list | tuple) else [value]
            found += [_as_text(one).strip() for one in values]
    return found


def _as_text(value: object) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def decode(body: bytes, content_type: str | None = None) -> Decoded:
    """Text of `body` by its BOM, the Content-Type header, its meta tags, or by detection.

    A declared charset is only believed as far as the bytes bear it out: valid multi-byte
    UTF-8 is UTF-8 despite any declaration, since no other text looks like it by chance.

    >>> decode("Jakarta – Gaza".encode(), "text/html; charset=iso-8859-1").charset
    'utf-8'
    """
    body = body[:MAX_PAGE_BYTES]
    declared = http_content_type_encoding(content_type) or html_body_declared_encoding(body[:8192])
    marked, mark = read_bom(body)
    if marked and mark:
        return Decoded(body[len(mark) :].decode(marked, "replace"), marked, declared)
    if not body.isascii() and _is_utf8(body):
        return Decoded(body.decode("utf-8", "replace"), "utf-8", declared)
    if declared:
        text = _decode_or_none(body, declared)
        if text is not None and _plausible(text, declared):
            return Decoded(text, declared, declared)
    charset = "utf-8" if body.isascii() else _detect(body)
    return Decoded(body.decode(charset, "replace"), charset, declared)


def _is_utf8(body: bytes) -> bool:
    """True for UTF-8, also where a cut or a pasted word broke a few sequences."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(body)
    except UnicodeDecodeError:
        text = body.decode("utf-8", "replace")
        return text.count("�") * 20 < sum(char > "\x7f" for char in text)
    return True


def _decode_or_none(body: bytes, charset: str) -> str | None:
    try:
        return body.decode(charset, "replace")
    except (LookupError, UnicodeError, ValueError):
        return None


def _plausible(text: str, charset: str) -> bool:
    """False where a declared charset gives text that occurs in no language."""
    seen = text[:200_000]
    high = sum(char > "\x7f" for char in seen)
    if seen.count("�") > max(3, high * 0.02) or seen.count("\x00") > len(seen) * 0.01:
        return False
    if charset.lower() in _LEGACY:
        letters = sum(char.isalpha() for char in seen) or 1
        return high < letters * 0.25
    return True


def _detect(body: bytes) -> str:
    start = next((at for at, byte in enumerate(body) if byte > 0x7F), 0)
    sample = body[max(0, start - 1000) :][:SAMPLE_BYTES]
    best = from_bytes(sample).best()
    return best.encoding if best else "cp1252"


def parse(body: bytes, content_type: str | None = None) -> html.HtmlElement | Undecodable:
    """Tree of the page in `body`, comments and processing instructions left out."""
    if not body.strip():
        return Undecodable(Outcome.EMPTY, "The body is empty.")
    refusal = _refuse(body, content_type)
    if refusal:
        return refusal
    utf8 = decode(body, content_type).text.encode("utf-8", "replace")
    utf8 = utf8.translate(_FORM_FEED_TO_SPACE, _UNSEEN)
    utf8 = _UNSEEN_TRIPLES.sub(b"", _UNSEEN_PAIRS.sub(b"", utf8))
    if not utf8.strip():
        return Undecodable(Outcome.EMPTY, "The body holds nothing that can be seen.")
    return _parse_utf8(utf8)


def _parse_utf8(utf8: bytes) -> html.HtmlElement | Undecodable:
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    parser.set_element_class_lookup(_ONE_CLASS)
    try:
        return html.document_fromstring(utf8, parser=parser)
    except etree.ParserError:  # lxml's word for a document without any element
        return Undecodable(
            Outcome.EMPTY, "The body holds no element, only comments or broken tags."
        )
    except (etree.LxmlError, ValueError, AssertionError) as err:
        return Undecodable(Outcome.UNREADABLE, f"The HTML cannot be parsed: {err}.")


def _refuse(body: bytes, content_type: str | None) -> Undecodable | None:
    """Refuse what is plainly no HTML, by its bytes first: servers mislabel pages."""
    head = body[:65_536].lstrip(b"\xef\xbb\xbf \t\r\n")
    if head.startswith(_BINARY) and not head.startswith(b"\x00\x00\xfe\xff"):
        return Undecodable(Outcome.NOT_HTML, "The bytes are a file of another format.")
    if _FEED.match(head):
        return Undecodable(Outcome.NOT_HTML, "The page is a feed or a sitemap.")
    if _MARKUP.search(head) or _MARKUP.search(head.replace(b"\x00", b"")):
        return _refuse_json(head)
    kind = (content_type or "").split(";")[0].strip().lower()
    if kind and "html" not in kind:
        return Undecodable(Outcome.NOT_HTML, f"The server says it is {kind}, and it looks like it.")
    if b"<" not in head.replace(b"\x00", b""):
        return Undecodable(Outcome.NOT_HTML, "The bytes hold no HTML tag.")
    return None


def _refuse_json(head: bytes) -> Undecodable | None:
    if head[:1] not in b"{[":
        return None
    try:
        json.loads(head)
    except ValueError as err:
        if "Unterminated" not in str(err) and "delimiter" not in str(err):
            return None
    return Undecodable(Outcome.NOT_HTML, "The body is JSON.")
