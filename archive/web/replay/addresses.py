"""Addresses of archived pages and their parts on the replay's origin.

A page is at `/replay/TIME/URL`, an address that other sites can guess. Its parts (images, styles,
fonts) are requested by a document without an origin, so they must be open to all origins. So that
no other site can read them, their paths begin with a key that only archived pages contain.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote_to_bytes, urlsplit

from archive.core.urls import join_url
from archive.errors import UrlError

if TYPE_CHECKING:
    from archive.read.captures import ArchivedCapture

AS_SERVED = "sv_"
"""Follows the time: the page as served, where a rendered one exists too."""

_PATH = re.compile(r"/(?P<key>[\w-]+)/(?P<time>\d{4,14})(?P<as_served>sv_)?/(?P<url>.+)", re.DOTALL)
_SLASHES = re.compile(r"^(https?:)/+", re.IGNORECASE)
_FIRST = "00010101000000"
_SAFE = "/:?#[]@!$&'()*+,;=%~"
_PAGES = "replay"


@dataclass(frozen=True, slots=True)
class ReplayAddress:
    """An address of the replay."""

    root: str
    """Scheme, host, port and prefix."""
    key: str
    """`replay`, or the key for parts of pages."""
    moment: datetime
    url: str
    is_as_served: bool = False

    @property
    def is_part(self) -> bool:
        """Whether it addresses a part of a page."""
        return self.key != _PAGES

    def __str__(self) -> str:
        moment = self.moment.astimezone(UTC).strftime("%Y%m%d%H%M%S")
        mode = AS_SERVED if self.is_as_served else ""
        return f"{self.root}/{self.key}/{moment}{mode}/{quote(self.url, safe=_SAFE)}"

    def for_capture(self, capture: ArchivedCapture) -> ReplayAddress:
        """The address of a capture, with its own time and spelling, so that links stay near it."""
        return replace(self, moment=capture.captured_at, url=capture.url)

    def based_on(self, reference: str) -> ReplayAddress:
        """The address with the base that a page declares (`<base href>`)."""
        try:
            return replace(self, url=join_url(self.url, reference))
        except UrlError:
            return self

    def link(self, reference: str) -> str:
        """The address of a page that this page links to, at the same time."""
        return self._of(self.key, reference)

    def part(self, reference: str, key: str) -> str:
        """The address of a part of this page."""
        return self._of(key, reference)

    def _of(self, key: str, reference: str) -> str:
        reference = reference.strip()
        if not reference or reference.startswith("#"):
            return reference
        try:
            url = join_url(self.url, reference)
            is_web = urlsplit(url).scheme in {"http", "https"}
        except (UrlError, ValueError):
            return reference
        return str(replace(self, key=key, url=url)) if is_web else reference


def parse_replay_path(root: str, path: str, query: str, key: str) -> ReplayAddress | None:
    """Parse an address of the replay; None if it is none. `path` is not decoded."""
    match = _PATH.fullmatch(path)
    if match is None or match["key"] not in {_PAGES, key}:
        return None
    moment = parse_timestamp(match["time"])
    if moment is None:
        return None
    # Some proxies collapse double slashes.
    url = _SLASHES.sub(r"\1//", match["url"])
    if "://" not in url:  # the whole URL is escaped
        url = unquote_to_bytes(url).decode("utf-8", "replace")
    return ReplayAddress(
        root, match["key"], moment, f"{url}?{query}" if query else url, bool(match["as_served"])
    )


def parse_timestamp(digits: str) -> datetime | None:
    """Return the time of `YYYY[MM[DD[hh[mm[ss]]]]]` in UTC, None if there is no such time."""
    try:
        filled = digits + _FIRST[len(digits) :]
        return datetime.strptime(filled, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
