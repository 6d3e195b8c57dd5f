"""Lists of sites that people keep elsewhere: OPML of feed readers, CSV, an address a line.

Which of these a list is, is seen from what stands in it. One bad line is a problem with its
number, and costs that line alone. Nothing is fetched here.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from lxml import etree

from archive.core.urls import absolute_url, normalise_url, registrable_domain
from archive.errors import SourceError, UrlError
from archive.model import Seed, UrlKind
from crawler.discovery.autodiscovery import looks_like_feed
from crawler.discovery.bodies import language_code, plain_text

MAX_LIST_BYTES = 32 * 2**20
"""No list of sites that people keep is so large."""


@dataclass(frozen=True, slots=True)
class ListedSite:
    """A site that a list names."""

    line: int
    """Where the list first names it, from 1."""
    url: str
    """Front page; of a feed whose site is not named, the front page of the feed's host."""
    seeds: tuple[Seed, ...] = ()
    """Feeds and sitemaps that the list names."""
    name: str | None = None
    title: str | None = None
    language: str | None = None
    """ISO 639-1."""
    folder: str = ""
    """Where it lies in an OPML list, e.g. `News / Jawa`."""

    @property
    def key(self) -> str:
        """What distinguishes two sites: the address without scheme, `www.` and a last slash."""
        return front_page_key(self.url)


@dataclass(frozen=True, slots=True)
class Remark:
    """A message about one line."""

    line: int
    message: str


@dataclass(frozen=True, slots=True)
class SiteList:
    """What a list names, each site once."""

    wanted: tuple[ListedSite, ...]
    problems: tuple[Remark, ...]
    """Of lines, or parts of lines, that were left out."""
    repeated: tuple[Remark, ...]
    """Of lines that name again what another one does."""


def front_page_key(url: str) -> str:
    """Return what two addresses of one front page have in common.

    >>> site_key("http://www.suara.example/"), site_key("https://suara.example")
    ('suara.example', 'suara.example')
    """
    return url.partition("://")[2].removeprefix("www.").rstrip("/")


def read_list(data: bytes) -> SiteList:
    """Read a list of any of the three kinds.

    Raises:
        SourceError: it is empty, too large, or names no site at all where one was expected.
    """
    if len(data) > MAX_LIST_BYTES:
        raise SourceError(
            f"the list has more than {MAX_LIST_BYTES >> 20} MB; is it a list of sites?"
        )
    reading = _Reading()
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        _read_opml(data, reading)
    else:
        _read_text(_decoded(data), reading)
    return _each_once(reading)


@dataclass(slots=True)
class _Reading:
    """What was read so far."""

    wanted: list[ListedSite] = field(default_factory=list)
    problems: list[Remark] = field(default_factory=list)

    def add(self, line: int, site: str, named: Iterable[tuple[UrlKind, str]], **facts: str) -> None:
        """Add a site. An error in its address is kept as a problem."""
        try:
            seeds = tuple(dict.fromkeys(Seed(address(url), kind) for kind, url in named))
            if not site and not seeds:
                raise UrlError("there is no address in it")
            url = address(site) if site else _front_page_of(seeds[0].url)
        except UrlError as error:
            self.problems.append(Remark(line, str(error)))
            return
        language = language_code(spelled := facts.pop("language", ""))
        if spelled and not language:
            message = f"language {spelled!r} is no code such as id or en; the rest is taken"
            self.problems.append(Remark(line, message))
        known = {key: " ".join(value.split()) for key, value in facts.items() if value}
        self.wanted.append(ListedSite(line, url, seeds, language=language, **known))


def _front_page_of(feed: str) -> str:
    """Return where the site of a feed is, as far as the feed's address shows it."""
    return feed if registrable_domain(feed) in _FEED_SERVICES else absolute_url(feed, "/")


_FEED_SERVICES = frozenset(
    {"feedburner.com", "feedblitz.com", "feedspot.com", "google.com", "rss.app", "rsshub.app"}
)
"""Hosts of feeds of many publishers, where each feed is a site of its own."""


def address(text: str) -> str:
    """Return the address that a person wrote, who may have left its scheme out.

    Raises:
        UrlError: it is none.
    """
    text = text.strip()
    is_bare = "://" not in text and re.match(r"[\w-]+(\.[\w-]+)+(:\d+)?(/|$)", text)
    return normalise_url(f"https://{text}" if is_bare else text)


def _decoded(data: bytes) -> str:
    """Return the text of a list. What is not Unicode is read as the charset that spreadsheets
    write."""
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _read_text(text: str, reading: _Reading) -> None:
    lines = text.splitlines()
    head = next((number for number, line in enumerate(lines) if _is_told(line)), None)
    if head is None:
        raise SourceError("the list is empty")
    columns = _columns(lines[head])
    if columns is None:
        _read_plain(lines, reading)
    else:
        _read_csv(lines, head, *columns, reading)


def _is_told(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _read_plain(lines: Iterable[str], reading: _Reading) -> None:
    for number, line in enumerate(lines, 1):
        if not _is_told(line):
            continue
        url, *rest = re.split(r"\s+#", line.strip(), maxsplit=1)[0].split()
        if rest:
            problem = f"{line.strip()!r}: one address a line, and comments after #"
            reading.problems.append(Remark(number, problem))
        elif kind := _kind_of(url):
            reading.add(number, "", [(kind, url)])
        else:
            reading.add(number, url, ())


def _kind_of(url: str) -> UrlKind | None:
    """Tell by its form whether an address of a plain list is a feed or a sitemap."""
    if looks_like_feed(url):
        return UrlKind.FEED
    is_sitemap = re.search(r"sitemap[^/]*\.xml(\.gz)?$", url.partition("?")[0], re.IGNORECASE)
    return UrlKind.SITEMAP if is_sitemap else None


_MOST_LINES_A_ROW = 20
"""A quoted title may go on over a few lines."""
_COLUMNS = {
    "url": ("url", "site", "website", "homepage", "home", "link", "address", "htmlurl", "domain"),
    "feeds": ("feeds", "feed", "rss", "atom", "feedurl", "rssurl", "xmlurl"),
    "sitemaps": ("sitemaps", "sitemap", "sitemapurl"),
    "name": ("name", "id", "slug", "source"),
    "title": ("title", "publisher", "outlet", "media", "text"),
    "language": ("language", "lang", "locale"),
    "folder": ("folder", "category", "group", "country", "region"),
}
"""What a column may be called, without spaces, hyphens and underscores."""


def _columns(head: str) -> tuple[str, list[str | None]] | None:
    """Return the delimiter of a CSV and its columns, None if this is no head of a CSV."""
    for delimiter in sorted(",;\t|", key=head.count, reverse=True):
        cells = next(csv.reader([head], delimiter=delimiter), [])
        spelled = [re.sub(r"[\s_-]", "", cell.lower()) for cell in cells]
        meant = [
            next((key for key, names in _COLUMNS.items() if cell in names), None)
            for cell in spelled
        ]
        if "url" in meant or "feeds" in meant:
            return delimiter, meant
    return None


def _read_csv(
    lines: list[str], head: int, delimiter: str, columns: list[str | None], reading: _Reading
) -> None:
    number = head + 1
    while number < len(lines):
        ahead = (f"{line}\n" for line in lines[number : number + _MOST_LINES_A_ROW])
        rows = csv.reader(ahead, delimiter=delimiter, strict=True)
        try:
            cells = next(rows)
            height = rows.line_num
        except csv.Error as error:  # a quote that is never closed must not cost the lines below
            reading.problems.append(Remark(number + 1, f"not a row of CSV: {error}"))
            cells, height = [], 1
        if any(cells) and _is_told(cells[0] or "-"):
            _add_row(number + 1, cells, columns, reading)
        number += height


def _add_row(number: int, cells: list[str], columns: list[str | None], reading: _Reading) -> None:
    values = {
        key: cell.strip() for key, cell in zip(columns, cells, strict=False) if key and cell.strip()
    }
    site = values.pop("url", "")
    named = [
        (kind, url)
        for kind, key in ((UrlKind.FEED, "feeds"), (UrlKind.SITEMAP, "sitemaps"))
        for url in _addresses(values.pop(key, ""))
    ]
    if site or named:
        reading.add(number, site, named, **values)
    else:
        reading.problems.append(Remark(number, "there is no address in it"))


def _addresses(cell: str) -> list[str]:
    """Split a cell with several addresses. Commas may also be part of one."""
    return [url for url in re.split(r"[\s|]+|[,;]\s*(?=https?:)", cell) if url]


_BARE_AMPERSAND = re.compile(rb"&(?!(?:\w+|#\d+|#x[0-9a-fA-F]+);)")
"""As it stands in addresses of hand-made OPML; a parser that repairs would leave bytes out."""


def _read_opml(data: bytes, reading: _Reading) -> None:
    """Read OPML as feed readers export it, repaired where it is not quite XML.

    Source: http://opml.org/spec2.opml (outline elements of type rss, and folders).
    """
    if not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        data = _BARE_AMPERSAND.sub(b"&amp;", data)
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True)
    root = etree.fromstring(data, parser)
    # What the parser made of broken bytes may have no name that QName allows.
    if root is None or root.tag.rpartition("}")[2].lower() != "opml":
        raise SourceError("this is XML or HTML, but not OPML, which feed readers export")
    for error in parser.error_log:
        reading.problems.append(Remark(error.line, f"not quite XML ({error.message.strip()})"))
    for outline in root.iter("{*}outline", "{*}OUTLINE"):
        _add_outline(outline, reading)


def _add_outline(outline: etree._Element, reading: _Reading) -> None:
    said = {name.lower(): value.strip() for name, value in outline.attrib.items()}
    feed, site = said.get("xmlurl", ""), said.get("htmlurl", "")
    line = outline.sourceline or 0
    if said.get("type", "").lower() == "include":
        problem = f"{said.get('url')}: a list within the list; import it by itself"
        reading.problems.append(Remark(line, problem))
        return
    if said.get("type", "").lower() == "link":
        site = site or said.get("url", "")
    if not feed and not site:
        if not len(outline):
            reading.problems.append(Remark(line, f"{_title(said)!r}: there is no address in it"))
        return  # else a folder
    named = [(UrlKind.FEED, feed)] if feed else []
    facts = {
        "title": _title(said),
        "language": said.get("language", ""),
        "folder": _folder(outline),
    }
    reading.add(line, site, named, **facts)


def _title(said: dict[str, str]) -> str:
    return plain_text(said.get("title") or said.get("text")) or ""


def _folder(outline: etree._Element) -> str:
    above = [
        _title({name.lower(): value for name, value in each.attrib.items()})
        for each in outline.iterancestors("{*}outline", "{*}OUTLINE")
    ]
    return " / ".join(name for name in reversed(above) if name)


def _each_once(reading: _Reading) -> SiteList:
    """Put together what the list says of a site in several places."""
    kept: dict[str, ListedSite] = {}
    repeated = []
    for wanted in reading.wanted:
        first = kept.setdefault(wanted.key, wanted)
        if first is wanted:
            continue
        new = [seed for seed in wanted.seeds if seed not in first.seeds]
        kept[wanted.key] = replace(first, seeds=(*first.seeds, *new))
        outcome = "its feed is added to that of" if new else "left out, it names the same as"
        repeated.append(Remark(wanted.line, f"{wanted.url}: {outcome} line {first.line}"))
    return SiteList(tuple(kept.values()), tuple(_in_order(reading.problems)), tuple(repeated))


def _in_order(remarks: Iterable[Remark]) -> Iterator[Remark]:
    yield from sorted(dict.fromkeys(remarks), key=lambda each: each.line)
