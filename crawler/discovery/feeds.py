"""RSS 0.9x, 1.0 and 2.0, Atom and JSON Feed: the articles that a publisher announces.

feedparser reads the XML formats; its HTML cleaning is off, because only titles, addresses and
times are kept (a feed of 400 kB takes 30 ms instead of 750). What a feed names is trusted to be
an article of its publisher, unless a hard rule says no.

Source: https://www.rssboard.org/rss-specification, RFC 4287,
https://www.jsonfeed.org/version/1.1/
"""

from __future__ import annotations

import json
from calendar import timegm
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from time import struct_time
from typing import Any
from xml.sax import SAXException

import feedparser

from archive.core.urls import registrable_domain
from archive.errors import FeedError, UrlError
from archive.model import FoundBy, Source, UrlKind
from crawler.cache_headers import feed_fresh_s
from crawler.discovery.autodiscovery import read_site_head
from crawler.discovery.base import Discovered, Gathering
from crawler.discovery.bodies import (
    UnpackedTooLargeError,
    described,
    is_html,
    language_code,
    plain_text,
    true_encoding,
    unpacked,
)
from crawler.discovery.judge import Judgement, judge, sites_of
from crawler.discovery.times import instant

MAX_FEED_BYTES = 16 * 2**20
"""Unpacked. Feeds are read much slower than sitemaps, and none needs to be so large."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """One item of a feed of any format, with `link` as the feed writes it."""

    link: str
    title: str | None
    published_at: datetime | None
    modified_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Feed:
    title: str | None
    language: str | None
    home: str | None
    """Address of the site that the feed says it belongs to."""
    entries: tuple[_Entry, ...]
    warnings: tuple[str, ...] = ()
    fresh_s: float = 0.0


def discover_feed(body: bytes, url: str, *, content_type: str | None, source: Source) -> Discovered:
    """Return the articles that a feed names (see `Discoverer`).

    An article may lie on the source's sites or on the site that the feed itself calls its home
    (a publisher's feed host and its pages are often two domains).

    Raises:
        FeedError: it is no feed; where it is a page that names feeds, those are in the message.
    """
    feed = _read(body, url, content_type)
    gathering = Gathering(url, FoundBy.FEED)
    sites = sites_of(source) | _site(feed.home)
    for entry in feed.entries:
        page = gathering.absolute(entry.link)
        if page is None:
            continue
        verdict = judge(page, sites, trusted=True)
        if verdict.judgement is Judgement.ARTICLE:
            gathering.add(
                page,
                UrlKind.PAGE,
                title=entry.title,
                published_at=entry.published_at,
                modified_at=entry.modified_at,
            )
        else:
            gathering.refuse(page, verdict)
    return gathering.discovered(
        title=feed.title,
        language=feed.language,
        warnings=feed.warnings,
        fresh_s=feed.fresh_s,
    )


def _read(body: bytes, url: str, content_type: str | None) -> _Feed:
    try:
        plain, whole = unpacked(body, limit_bytes=MAX_FEED_BYTES)
    except UnpackedTooLargeError as error:
        raise FeedError(f"{url}: not read as a feed: {error}") from error
    feed = None
    if plain.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        feed = _read_json(plain)
    elif plain.strip() and not is_html(plain):
        feed = _read_xml(plain, content_type, whole=whole)
    if feed is None:
        raise FeedError(_what_came(plain, url, content_type))
    return feed


def _what_came(body: bytes, url: str, content_type: str | None) -> str:
    message = f"{url}: not a feed but {described(body, content_type)}"
    if not is_html(body):
        return message
    named = [feed.url for feed in read_site_head(body, url, content_type=content_type).feeds]
    return f"{message}; it names these feeds: {', '.join(named)}" if named else message


def _read_xml(body: bytes, content_type: str | None, *, whole: bool) -> _Feed | None:
    """Read what feedparser reads, None if it finds no feed."""
    encoding = true_encoding(body)
    if encoding:
        content_type = f"application/xml; charset={encoding}"
    # Without a content-location, relative links stay so, and a guid stays what it is.
    headers = {"content-type": content_type or "application/xml"}
    try:
        parsed: Any = feedparser.parse(
            BytesIO(body.lstrip()),
            response_headers=headers,
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except Exception:  # noqa: BLE001 - its loose parser fails in many ways on broken bytes
        return None
    if not parsed.version and not parsed.entries:
        return None
    entries = tuple(_xml_entries(parsed.entries))
    broken = not whole or isinstance(parsed.get("bozo_exception"), SAXException)
    return _Feed(
        title=plain_text(parsed.feed.get("title")),
        language=language_code(parsed.feed.get("language")),
        home=parsed.feed.get("link"),
        entries=entries,
        warnings=(f"cut off or malformed: {len(entries)} entries read",) if broken else (),
        fresh_s=feed_fresh_s(
            parsed.feed.get("ttl"),
            parsed.feed.get("sy_updateperiod"),
            parsed.feed.get("sy_updatefrequency"),
        ),
    )


def _xml_entries(items: Iterable[Any]) -> Iterator[_Entry]:
    for item in items:
        # FeedBurner rewrites links to count clicks and keeps the article's own address aside;
        # feedparser uses any guid as a link where there is none, even a bare number.
        link = item.get("link") if item.get("links") else None
        link = item.get("feedburner_origlink") or link or _web_address(item.get("id"))
        if link:
            yield _Entry(
                link,
                plain_text(item.get("title")),
                _moment(item, "published"),
                _moment(item, "updated"),
            )


def _moment(item: Any, name: str) -> datetime | None:
    """Return a time of an entry: as written if that can be read, else as feedparser reads it."""
    if name not in item:  # feedparser would answer "updated" with "published", and warn
        return None
    parsed: struct_time | None = item.get(f"{name}_parsed")
    return instant(item[name]) or (
        instant(datetime.fromtimestamp(timegm(parsed), UTC).isoformat()) if parsed else None
    )


def _read_json(body: bytes) -> _Feed | None:
    """Read JSON Feed, None if it is other JSON."""
    try:
        document = json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict) or not isinstance(document.get("items"), list):
        return None
    if "jsonfeed.org" not in str(document.get("version")):
        return None
    return _Feed(
        title=plain_text(_text(document, "title")),
        language=language_code(_text(document, "language")),
        home=_text(document, "home_page_url"),
        entries=tuple(_json_entries(document["items"])),
    )


def _json_entries(items: Iterable[object]) -> Iterator[_Entry]:
    for item in items:
        if not isinstance(item, dict):
            continue
        link = _text(item, "url") or _web_address(_text(item, "id"))
        if link:
            yield _Entry(
                link,
                plain_text(_text(item, "title")),
                instant(_text(item, "date_published")),
                instant(_text(item, "date_modified")),
            )


def _web_address(identifier: str | None) -> str | None:
    """Return an entry's identifier if it is an address. A bare number is none."""
    is_address = identifier and identifier.lower().startswith(("http://", "https://"))
    return identifier if is_address else None


def _text(document: dict[str, object], key: str) -> str | None:
    value = document.get(key)
    return value if isinstance(value, str) else None


def _site(home: str | None) -> frozenset[str]:
    try:
        return frozenset({registrable_domain(home)}) if home else frozenset()
    except UrlError:
        return frozenset()
