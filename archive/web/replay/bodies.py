"""Bodies of captures from the WARC files, rewritten to addresses of the replay."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tinycss2.bytes import decode_stylesheet_bytes
from w3lib.encoding import html_to_unicode, http_content_type_encoding

from archive.core.styles import replace_in_style
from archive.core.urls import normalise_url
from archive.db.repository import Repository
from archive.errors import NotArchivedError, UrlError
from archive.model import RecordType
from archive.read.captures import captures_near, rendering_of
from archive.storage.base import WarcStore
from archive.warc.reader import read_payload
from archive.web.replay.markup import replayed_page

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from archive.read.captures import ArchivedCapture
    from archive.web.replay.addresses import ReplayAddress

MAX_REPLAYED_BYTES = 64 * 2**20
_HTML = ("text/html", "application/xhtml+xml")
_MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class ReplayedBody:
    """The body to show at an address."""

    capture: ArchivedCapture
    """The closest capture."""
    content_type: str | None
    body: bytes


def capture_at(engine: Engine, place: ReplayAddress) -> ArchivedCapture:
    """The capture that is closest to the time of an address.

    Raises: NotArchivedError if there is none.
    """
    near = captures_near(engine, place.url, place.moment)
    here = [capture for capture in near if not _leads_to(capture, place.url)]
    if not here:
        raise NotArchivedError(f"{place.url}: not in this archive")
    if not place.is_part:
        return here[0]
    # Prefer images to error pages; among captures of one time, the last.
    good = [capture for capture in here if (capture.status or 200) < 400]
    return (good or here)[0]


def rendering_or_served(engine: Engine, capture: ArchivedCapture) -> ArchivedCapture:
    """The rendered page of a capture where there is one, otherwise the capture."""
    made = rendering_of(engine, capture.record_id) if capture.record_id else None
    return made or capture


def replayed_body(
    engine: Engine, store: WarcStore, capture: ArchivedCapture, place: ReplayAddress, key: str
) -> ReplayedBody:
    """The body of a capture at an address; `store` has the WARC files.

    Raises: NotArchivedError if it has no record; RecordNotFoundError, WarcFormatError or
        DigestMismatchError if that cannot be read.
    """
    shown = capture if place.is_as_served else rendering_or_served(engine, capture)
    if shown.ref is None:
        raise NotArchivedError(f"{place.url}: no record was kept")
    find = Repository(engine).find_record
    body = read_payload(store, shown.ref, find=find, limit=MAX_REPLAYED_BYTES)
    kind, charset = _type_of(shown, body)
    there = place.for_capture(capture)  # relative addresses refer to the page as served
    if kind in _HTML:
        declared = f"text/html; charset={charset}" if charset else None
        _, text = html_to_unicode(declared, body, "utf-8", _guess)
        return ReplayedBody(
            capture, "text/html; charset=utf-8", _encoded(replayed_page(text, there, key))
        )
    if kind == "text/css":
        text, _ = decode_stylesheet_bytes(body, charset)
        css = replace_in_style(text, lambda reference: there.part(reference, key))
        return ReplayedBody(capture, "text/css; charset=utf-8", _encoded(css))
    if "xml" in kind and not place.is_part:
        kind = "text/plain"  # XML can contain HTML elements, which are not rewritten here
    return ReplayedBody(capture, f"{kind}; charset={charset}" if charset else kind, body)


def _type_of(capture: ArchivedCapture, body: bytes) -> tuple[str, str | None]:
    """Media type and charset of a body, explicit so that browsers do not sniff it."""
    if capture.record_type == RecordType.CONVERSION:
        return "text/html", "utf-8"  # whatever the page declared in a meta element
    kind = (capture.content_type or "").partition(";")[0].strip().lower()
    if not _MEDIA_TYPE.fullmatch(kind):
        kind = "text/html" if body.lstrip()[:1] == b"<" else "application/octet-stream"
    return kind, http_content_type_encoding(capture.content_type)


def _leads_to(capture: ArchivedCapture, url: str) -> bool:
    """Whether a capture redirects to the requested address itself."""
    if not is_redirect(capture) or capture.location is None:
        return False
    try:
        return normalise_url(capture.location) == normalise_url(url)
    except UrlError:
        return False


def is_redirect(capture: ArchivedCapture) -> bool:
    """Whether a capture is a redirect."""
    return capture.status in {301, 302, 303, 307, 308} and bool(capture.location)


def _guess(body: bytes) -> str:
    """The charset of a page that declares none, guessed as browsers do."""
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return "windows-1252"
    return "utf-8"


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "replace")
