"""Addresses of archived pages, and of what they show, on the replay's origin.

A page is at `/replay/TIME/URL`, where its address can be known from elsewhere. What a page is made
of (images, styles, fonts) is asked for by a document without an origin, so it must be open to all
origins. That no other site can read it that way, its paths begin with a key that only archived
pages are told.
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
"""Behind the time: the page as served, where there is one as its scripts had made it too."""

_PATH = re.compile(r"/(?P<key>[\w-]+)/(?P<time>\d{4,14})(?P<as_served>sv_)?/(?P<url>.+)", re.DOTALL)
_SLASHES = re.compile(r"^(https?:)/+", re.IGNORECASE)
_FIRST = "00010101000000"
_SAFE = "/:?#[]@!$&'()*+,;=%~"
_PAGES = "replay"


@dataclass(frozen=True, slots=True)
class ReplayAddress:
    """An address of the replay."""

    root: str
    """What is before the path: scheme, host, port and what lets readers in."""
    key: str
    """`replay`, or the key of what pages are made of."""
    moment: datetime
    url: str
    is_as_served: bool = False

    @property
    def is_part(self) -> bool:
        """Whether it is of what a page is made of."""
        return self.key != _PAGES

    def __str__(self) -> str:
        moment = self.moment.astimezone(UTC).strftime("%Y%m%d%H%M%S")
        mode = AS_SERVED if self.is_as_served else ""
        return f"{self.root}/{self.key}/{moment}{mode}/{quote(self.url, safe=_SAFE)}"

    def for_capture(self, capture: ArchivedCapture) -> ReplayAddress:
        """The same of a capture: its own time and spelling, so that what it names is near it."""
        return replace(self, moment=capture.captured_at, url=capture.url)

    def based_on(self, reference: str) -> ReplayAddress:
        """The same, where a page says what its references are relative to (`<base href>`)."""
        try:
            return replace(self, url=join_url(self.url, reference))
        except UrlError:
            return self

    def link(self, reference: str) -> str:
        """Where what a page names is found: a page of the same time."""
        return self._of(self.key, reference)

    def part(self, reference: str, key: str) -> str:
        """Where what a page is made of is found."""
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
    """Return what an address of the replay means, None if it is none; `path` as it was sent."""
    match = _PATH.fullmatch(path)
    if match is None or match["key"] not in {_PAGES, key}:
        return None
    moment = parse_timestamp(match["time"])
    if moment is None:
        return None
    # Some proxies make one slash of two.
    url = _SLASHES.sub(r"\1//", match["url"])
    if "://" not in url:  # all of it is escaped
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
