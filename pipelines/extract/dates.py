"""When it was published and modified, with the time zone the page gives."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

from htmldate import find_date

from pipelines.extract.blocks import Kind
from pipelines.extract.jsonld import PAGE_TYPES, text_of, types
from pipelines.extract.text import clean_line
from pipelines.extract.written_time import MONTHS, parse_time

__all__ = ["Times", "parse_time", "times"]

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.html import HtmlElement

    from pipelines.extract.page import Page

_OFFSETS = frozenset(hours * 4 for hours in range(-12, 15) if hours) | frozenset(
    {-14, -10, 14, 18, 22, 23, 26, 35, 38, 42, 51}
)
"""Offsets from UTC that are in use somewhere, in quarters of an hour."""
_UPDATED = re.compile(
    r"\b(?:updat|modifi|revis|correct|diperbarui|pembaruan|diubah|aktualis|akt\.|actuali[sz]|aggiorn"
    r"|mise? à jour|atualiz|bijgewerkt|zaktualiz|[ou]p?pdater|päivite)",
    re.IGNORECASE,
)
_PUBLISHED_WORD = re.compile(
    r"\b(?:publish|posted|(?:di)?terbit|tayang|dipublikasi|veröffentlich|publi[ée]|publicad|publicer"
    r"|pubblicat|gepubliceerd|julkaistu)",
    re.IGNORECASE,
)
_IN_URL = re.compile(
    r"/(20\d{2})[/-](\d{1,2}|[a-z]{3})[/-](\d{1,2})(?:[/-]|$)|[/-](20\d{2})(\d{2})(\d{2})(?:[/.-]|$)"
)
PUBLISHED = (
    "article:published_time", "og:article:published_time", "datepublished", "article:published",
    "og:published_time", "parsely-pub-date", "sailthru.date", "publishdate", "publish-date",
    "publish_date", "pubdate", "dc.date.issued", "dcterms.created", "dc.date", "dcterms.date",
    "date",
    "cxenseparse:recs:publishtime", "cxenseparse:publishtime", "published_time", "publication_date",
    "article.published", "shareaholic:article_published_time", "last-modified-by-date",
    "content_published_date", "article_date_original", "rnews:datepublished", "datecreated",
    "published-date", "release_date", "og:pubdate", "displaydate", "created", "bt:pubdate",
)  # fmt: skip
MODIFIED = (
    "article:modified_time", "og:updated_time", "datemodified", "article:modified", "last-modified",
    "lastmod", "dcterms.modified", "article:updated_time", "modified_time", "revised",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Times:
    """Aware times, and where the first stood."""

    published_at: datetime | None
    modified_at: datetime | None
    source: str


def times(page: Page, served_at: datetime | None = None) -> Times:
    """Times by linked data, meta tags, the visible date, the address, and at last by search.

    `served_at` is when the page was served; without it, dates such as "2 jam lalu" say nothing.
    """
    linked = _linked(page, "datePublished") or _linked(page, "dateCreated")
    tagged = _first(page, PUBLISHED)
    modified = _linked(page, "dateModified") or _first(page, MODIFIED)
    modified = modified or _shown_update(page, served_at)
    for source, found in (("JSON-LD", _zoned(linked, tagged)), ("meta tags", tagged)):
        if found:
            anew = _published_anew(page, found, modified)
            if anew:
                return Times(anew, modified, "day under the headline")
            return Times(_local(page, found), modified, source)
    for source, finder in (
        ("marked time element", _marked_time),
        ("visible date", _visible),
        ("time element", _any_time),
    ):
        found = finder(page, served_at)
        if found:
            return Times(found, modified, source)
    found = _in_url(page.url)
    if found:
        return Times(found, modified, "address")
    return Times(_searched(page) or modified, modified, "search")


def _zoned(linked: datetime | None, tagged: datetime | None) -> datetime | None:
    """The first, in the second's zone where both name one moment and the first says only UTC."""
    if linked and tagged and linked == tagged and not linked.utcoffset():
        return tagged
    return linked


def _local(page: Page, found: datetime) -> datetime:
    """A time in UTC, in the zone in which the page shows it to its readers.

    Where the page shows only a day, and it is the one before or after, the nearest zone in
    which the moment fell on that day is taken: the moment stays, the day is the readers'.
    Where it shows the same clock time with another zone's name, its data only lacked that zone.
    """
    if found.utcoffset():
        return found
    same_day = False
    for text in (*_date_lines(page), *_time_texts(page)):
        shown = parse_time(_of_publication(text))
        if shown is None:
            continue
        if shown.hour or shown.minute:
            there = _where(shown, found)
            if there:
                return there
            continue
        days = (shown.date() - found.date()).days
        same_day = same_day or not days
        if days in (-1, 1) and not same_day:
            return found.astimezone(_nearest_zone(found, days))
    return found


def _where(shown: datetime, found: datetime) -> datetime | None:
    """`found` in the zone whose clocks show what the page shows, if there is such a zone."""
    ahead = shown.replace(tzinfo=UTC) - found.astimezone(UTC)
    quarters = round(ahead / timedelta(minutes=15))
    if abs(ahead - quarters * timedelta(minutes=15)) >= timedelta(minutes=1):
        return None
    if not quarters:
        return found.replace(tzinfo=shown.tzinfo)
    if quarters in _OFFSETS:
        return found.astimezone(timezone(quarters * timedelta(minutes=15)))
    return None


def _published_anew(page: Page, found: datetime, modified: datetime | None) -> datetime | None:
    """The day under the headline, where the page was published again under that day.

    Its data then still has the first publication, and a modification on that day or later. A
    day that the page calls an update is none of publication.
    """
    if modified is None or (modified.date() - found.date()).days < 2:
        return None
    for text in _lines_behind(page, 9):
        shown = parse_time(_of_publication(text))
        if shown:
            day = shown.date()
            if not found.date() + timedelta(days=1) < day <= modified.date():
                return None
            return modified if day == modified.date() else shown
    return None


def _shown_update(page: Page, served_at: datetime | None) -> datetime | None:
    """The date of a line such as "Diperbarui 30 Nov 2023, 14:05 WIB"."""
    for text in _date_lines(page):
        said = _UPDATED.search(text)
        found = parse_time(text[said.start() :], served_at) if said else None
        if found:
            return found
    return None


def _of_publication(line: str) -> str:
    """The part of a line of dates that is not about an update."""
    said = _PUBLISHED_WORD.search(line)
    if said:
        return line[said.start() :]
    return "" if _UPDATED.search(line) else line


def _nearest_zone(moment: datetime, days: int) -> timezone:
    hours = -(moment.hour + 1) if days < 0 else 24 - moment.hour
    return timezone(timedelta(hours=hours)) if -12 <= hours <= 14 else UTC


def _time_texts(page: Page) -> Iterator[str]:
    for element in list(page.root.iter("time"))[:4]:
        yield clean_line(" ".join(element.itertext()))


def _linked(page: Page, key: str) -> datetime | None:
    nodes = [page.article, *(node for node in page.nodes if types(node) & PAGE_TYPES)]
    if not page.article:
        nodes.extend(node for node in page.nodes if node.get("datePublished"))
    for node in nodes:
        found = parse_time(text_of(node.get(key)))
        if found:
            return found
    return None


def _first(page: Page, names: tuple[str, ...]) -> datetime | None:
    for name in names:
        for content in page.meta.get(name, ()):
            found = parse_time(content)
            if found:
                return found
    return None


def _marked_time(page: Page, served_at: datetime | None) -> datetime | None:
    """The time element that says it is the publication."""
    return _time_element(page, served_at, [e for e in _time_elements(page) if _says_published(e)])


def _any_time(page: Page, served_at: datetime | None) -> datetime | None:
    """The time element next to the headline."""
    return _time_element(page, served_at, _time_elements(page))


def _time_elements(page: Page) -> list[HtmlElement]:
    found = page.root.iter("time", "abbr", "span", "meta")
    return [e for e in found if e.tag == "time" or e.get("itemprop") == "datePublished"][:12]


def _time_element(
    page: Page, served_at: datetime | None, found: list[HtmlElement]
) -> datetime | None:
    order = {element: at for at, element in enumerate(page.root.iter())} if found else {}
    headings = page.headings(1)
    start = order.get(headings[0].element, 0) if headings else 0
    found.sort(key=lambda element: (order[element] < start, abs(order[element] - start)))
    for element in found:
        stamp = element.get("datetime") or element.get("content") or " ".join(element.itertext())
        time = parse_time(stamp, served_at)
        if time:
            return time
    return None


def _says_published(element: HtmlElement) -> bool:
    label = " ".join(element.get(name) or "" for name in ("itemprop", "class", "pubdate"))
    return bool(re.search(r"publi|entry-date|posted|created", label, re.IGNORECASE))


def _visible(page: Page, served_at: datetime | None) -> datetime | None:
    """A date in a short line around the headline, or that of an update if there is no other."""
    lines = list(_short_lines(page))
    for text in (*map(_of_publication, lines), *lines):
        found = parse_time(text, served_at)
        if found:
            return found
    return None


def _short_lines(page: Page) -> Iterator[str]:
    headings = page.headings(1)
    at = headings[0].index if headings else 0
    for block in page.blocks[at + 1 : at + 12]:
        if block.words <= 25:
            yield block.text
    for block in page.blocks[max(0, at - 5) : at]:
        if block.words <= 12:
            yield block.text


def _date_lines(page: Page) -> Iterator[str]:
    """Lines around the headline that may be made for a date: no captions, no sentences."""
    headings = page.headings(1)
    at = headings[0].index if headings else 0
    yield from _lines_behind(page, 16)
    for block in page.blocks[max(0, at - 5) : at]:
        if block.words <= 12:
            yield block.text


def _lines_behind(page: Page, most_words: int) -> Iterator[str]:
    headings = page.headings(1)
    at = headings[0].index if headings else -1
    for block in page.blocks[at + 1 : at + 12]:
        if block.words <= most_words and block.kind not in (Kind.CAPTION, Kind.QUOTE):
            yield block.text


def _in_url(url: str) -> datetime | None:
    match = _IN_URL.search(url)
    if not match:
        return None
    year, month, day = match.groups()[:3] if match[1] else match.groups()[3:]
    number = int(month) if month.isdigit() else MONTHS.get(month, 0)
    try:
        return datetime(int(year), number, int(day), tzinfo=UTC)
    except ValueError:
        return None


def _searched(page: Page) -> datetime | None:
    """By htmldate, which searches everything and is slow, so only where all else fails."""
    try:
        found = find_date(page.root, url=page.url, original_date=True, extensive_search=False)
    except Exception:  # noqa: BLE001 - a library on hostile input: no date is an answer
        return None
    return parse_time(found) if found else None
