"""Sitemaps: the pages a site lists for search engines, and indexes of more sitemaps.

XML sitemaps and indexes, Google News sitemaps, plain text, RSS and Atom, each also gzipped.
lxml reads the XML as a stream, expands no entities and opens nothing else. (The ready-made
sitemap parsers fetch by themselves; here bytes come in and candidates go out.)

Source: https://www.sitemaps.org/protocol.html;
https://developers.google.com/search/docs/crawling-indexing/sitemaps/news-sitemap
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from lxml import etree

from archive.core.urls import normalise_url
from archive.errors import FeedError, SitemapError, UrlError
from archive.model import FoundBy, Source, UrlKind
from crawler.discovery.base import Discovered, Gathering
from crawler.discovery.bodies import (
    MAX_UNPACKED_BYTES,
    UnpackedTooLargeError,
    described,
    is_html,
    language_code,
    plain_text,
    true_encoding,
    unpacked,
)
from crawler.discovery.feeds import discover_feed
from crawler.discovery.judge import Judgement, judge, judge_sitemap, sites_of
from crawler.discovery.times import instant

_FEED_ROOTS = frozenset({"rss", "feed", "rdf"})
_CHUNK_BYTES = 1 << 16
_BARE_AMPERSAND = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#[xX][0-9a-fA-F]{1,6});)")
_NOT_XML_CHARACTERS = bytes(set(range(0x20)) - set(b"\t\n\r"))


@dataclass(frozen=True, slots=True)
class _Entry:
    """One `url` or `sitemap` element."""

    loc: str
    is_sitemap: bool = False
    is_news: bool = False
    title: str | None = None
    language: str | None = None
    published_at: datetime | None = None
    modified_at: datetime | None = None


@dataclass(slots=True)
class _Reading:
    """What an XML document gave: its root element's name, its entries, and what stopped it."""

    root: str | None = None
    entries: list[_Entry] = field(default_factory=list)
    fault: str | None = None


def discover_sitemap(
    body: bytes, url: str, *, content_type: str | None, source: Source
) -> Discovered:
    """Return the pages and further sitemaps that a sitemap lists (see `Discoverer`).

    A sitemap that is cut off gives the entries before the cut, and a warning.

    Raises:
        SitemapError: it is no sitemap, larger than 64 MiB unpacked, or broken before its first
            entry.
    """
    try:
        plain, whole = unpacked(body, limit_bytes=MAX_UNPACKED_BYTES)
    except UnpackedTooLargeError as error:
        raise SitemapError(f"{url}: not read as a sitemap: {error}") from error
    if not plain.strip() or is_html(plain):
        raise SitemapError(f"{url}: not a sitemap but {described(plain, content_type)}")
    if b"<" not in plain[:1024]:
        return _from_text(plain, url, content_type, source, whole=whole)
    reading = _read_xml(plain)
    if reading.root in _FEED_ROOTS:
        return _from_feed(plain, url, content_type, source)
    if reading.root not in {"urlset", "sitemapindex"}:
        raise SitemapError(f"{url}: not a sitemap but {described(plain, content_type)}")
    if reading.fault and not reading.entries:
        raise SitemapError(f"{url}: broken before its first entry ({reading.fault})")
    return _from_entries(reading, url, source, whole=whole)


def _from_entries(reading: _Reading, url: str, source: Source, *, whole: bool) -> Discovered:
    gathering = Gathering(url, FoundBy.SITEMAP)
    sites = sites_of(source)
    for entry in reading.entries:
        _sort(gathering, entry, sites)
    languages = Counter(entry.language for entry in reading.entries if entry.language)
    warnings: tuple[str, ...] = ()
    if reading.fault or not whole:
        cause = reading.fault or "its gzip data end too early"
        warnings = (f"cut off or malformed after {len(reading.entries)} entries: {cause}",)
    return gathering.discovered(
        language=languages.most_common(1)[0][0] if languages else None, warnings=warnings
    )


def _sort(gathering: Gathering, entry: _Entry, sites: frozenset[str]) -> None:
    """Put one entry where it belongs: a page, a sitemap, or nothing to fetch."""
    address = gathering.absolute(entry.loc)
    if address is None:
        return
    if entry.is_sitemap:
        verdict = judge_sitemap(address)
        wanted = verdict.judgement is not Judgement.NO and address != gathering.found_in
    else:
        verdict = judge(address, sites, trusted=entry.is_news)
        wanted = verdict.may_be_article
    if not wanted:
        gathering.refuse(address, verdict)
        return
    gathering.add(
        address,
        UrlKind.SITEMAP if entry.is_sitemap else UrlKind.PAGE,
        title=entry.title,
        published_at=entry.published_at,
        modified_at=entry.modified_at,
    )


def _read_xml(body: bytes) -> _Reading:
    """Read a document strictly. If that stops early, repair its usual faults and read it again."""
    reading = _read_strictly(body)
    if reading.fault is None:
        return reading
    mended = _mended(body)
    if mended == body:
        return reading
    again = _read_strictly(mended)
    return again if len(again.entries) > len(reading.entries) else reading


def _mended(body: bytes) -> bytes:
    """Undo what sitemap generators get wrong: space before the start, `&` and control bytes."""
    body = body.lstrip(b"\xef\xbb\xbf \t\r\n")
    if b"\x00" not in body[:64]:  # UTF-16 is full of them
        body = body.translate(None, _NOT_XML_CHARACTERS)
    return _BARE_AMPERSAND.sub(b"&amp;", body)


def _read_strictly(body: bytes) -> _Reading:
    parser = etree.XMLPullParser(
        events=("start", "end"),
        encoding=true_encoding(body),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
    )
    reading = _Reading()
    try:
        for start in range(0, len(body), _CHUNK_BYTES):
            parser.feed(body[start : start + _CHUNK_BYTES])
            _read_events(parser, reading)
        parser.close()
    except etree.XMLSyntaxError as error:
        reading.fault = str(error)
    _read_events(parser, reading)
    return reading


def _read_events(parser: etree.XMLPullParser, reading: _Reading) -> None:
    """Move the entries that are complete from the parser to the reading, and free their memory."""
    for event, element in parser.read_events():
        name = _local_name(element)
        if reading.root is None:
            reading.root = name
        if event == "end" and name in {"url", "sitemap"}:
            entry = _entry(element, is_sitemap=name == "sitemap")
            if entry:
                reading.entries.append(entry)
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]


def _entry(element: etree._Element, *, is_sitemap: bool) -> _Entry | None:
    fields = {name: text for name, text in _texts(element) if text}
    loc = fields.get("loc")
    if not loc:
        return None
    return _Entry(
        loc=loc.replace("&amp;", "&"),  # escaped twice, or escaped in CDATA
        is_sitemap=is_sitemap,
        is_news="news" in fields or "news.publication_date" in fields or "news.title" in fields,
        title=plain_text(fields.get("news.title")),
        language=language_code(fields.get("news.language")),
        published_at=instant(fields.get("news.publication_date")),
        modified_at=instant(fields.get("lastmod")),
    )


def _texts(element: etree._Element) -> Iterator[tuple[str, str]]:
    """Yield name and text of an entry's fields, those in its `news` element as `news.name`."""
    for child in element:
        name = _local_name(child)
        if name == "news":
            for part in child.iter():
                yield f"news.{_local_name(part)}", (part.text or "").strip()
        else:
            yield name, (child.text or "").strip()


def _local_name(element: etree._Element) -> str:
    """Return an element's name without its namespace, which many sitemaps get wrong."""
    tag = element.tag
    return tag.rpartition("}")[2].rpartition(":")[2].lower() if isinstance(tag, str) else ""


def _from_feed(body: bytes, url: str, content_type: str | None, source: Source) -> Discovered:
    try:
        return discover_feed(body, url, content_type=content_type, source=source)
    except FeedError as error:
        raise SitemapError(str(error)) from error


def _from_text(
    body: bytes, url: str, content_type: str | None, source: Source, *, whole: bool
) -> Discovered:
    """Read a plain text sitemap: one URL a line."""
    lines = [line.strip() for line in body.decode("utf-8-sig", "replace").splitlines()]
    lines = [line for line in lines if line]
    entries = [_Entry(line) for line in lines if _is_url(line)]
    if not entries:
        raise SitemapError(f"{url}: not a sitemap but {described(body, content_type)}")
    fault = None
    if len(entries) < len(lines):
        fault = f"{len(lines) - len(entries)} lines are no URLs"
    return _from_entries(_Reading("text", entries, fault), url, source, whole=whole)


def _is_url(line: str) -> bool:
    try:
        normalise_url(line)
    except UrlError:
        return False
    return True
