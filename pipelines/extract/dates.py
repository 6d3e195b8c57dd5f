"""When it was published and modified, with the time zone the page gives."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from htmldate import find_date

from pipelines.extract.blocks import Kind
from pipelines.extract.jsonld import PAGE_TYPES, text_of, types
from pipelines.extract.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.html import HtmlElement

    from pipelines.extract.page import Page

_ZONES = {
    "wib": 7, "wita": 8, "wit": 9, "utc": 0, "gmt": 0, "bst": 1, "cet": 1, "cest": 2, "eet": 2,
    "eest": 3, "msk": 3, "ist": 5.5, "jst": 9, "kst": 9, "sgt": 8, "hkt": 8, "aest": 10,
    "aedt": 11, "est": -5, "edt": -4, "et": -5, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6,
    "pst": -8, "pdt": -7, "mez": 1, "mesz": 2,
}  # fmt: skip
MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january januari jan januar janvier enero janeiro gennaio ene jänner",
            "february februari feb februar février febrero fevereiro febbraio fév fev peb pebruari",
            "march maret mar märz mars marzo março maart mrt mär",
            "april apr avril abril aprile abr avr",
            "may mei mai mayo maio maggio maj",
            "june juni jun juin junio junho giugno giu",
            "july juli jul juillet julio julho luglio lug juil",
            "august agustus aug août agosto agu agt augustus ago",
            "september sep sept septembre septiembre setembro settembre set",
            "october oktober oct okt octobre octubre outubro ottobre ott out",
            "november nov nopember novembre noviembre novembro nop",
            "december desember dec des dezember décembre diciembre dezembro dicembre dic dez déc",
        ),
        start=1,
    )
    for name in names.split()
}
_ISO = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T\s]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?)?"
    r"\s*(Z|[+-]\d{2}:?\d{2}|[+-]\d{2}\b)?\s*([A-Za-z]{2,4}\b)?"
)
_CLOCK = re.compile(
    r"(\d{1,2})[:.h](\d{2})(?:[:.](\d{2}))?\s*([ap]\.?m\.?)?\s*\(?([A-Za-z]{2,4})?\b", re.IGNORECASE
)
_NAMED = (
    re.compile(
        r"\b(?P<day>\d{1,2})(?:st|nd|rd|th|\.)?\s+(?:de\s+)?(?P<month>[^\W\d_]{3,10})\.?,?\s+(?:de\s+)?(?P<year>\d{4})\b"
    ),
    re.compile(
        r"\b(?P<month>[^\W\d_]{3,10})\.?\s+(?P<day>\d{1,2})(?:st|nd|rd|th)?,?\s+(?P<year>\d{4})\b"
    ),
)
_NUMERIC = re.compile(r"\b(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})\b")
_EAST = re.compile(r"(\d{4})\s*[年./]\s*(\d{1,2})\s*[月./]\s*(\d{1,2})")
_AGO = re.compile(
    r"\b(\d{1,3}|an?|se)\s*(detik|menit|jam|hari|minggu|seconds?|minutes?|mins?|hours?|hrs?|days?|weeks?)\s*"
    r"(?:yang\s+)?(?:lalu|ago)\b",
    re.IGNORECASE,
)
_UNITS = {"detik": 1, "second": 1, "menit": 60, "minute": 60, "min": 60,
          "jam": 3600, "hour": 3600, "hr": 3600, "hari": 86400, "day": 86400,
          "minggu": 604800, "week": 604800}  # fmt: skip
_OFFSETS = frozenset(hours * 4 for hours in range(-12, 15) if hours) | frozenset(
    {-14, -10, 14, 18, 22, 23, 26, 35, 38, 42, 51}
)
"""Offsets from UTC that are in use somewhere, in quarters of an hour."""
_DAY_AND_CLOCK = re.compile(
    r"^(?P<day>hari ini|today|kemarin|yesterday)\b,?\s*(?:pukul|at|jam|[|])?\s*"
    r"(?=\d{1,2}[:.]\d{2})",
    re.IGNORECASE,
)
_UPDATED = re.compile(
    r"\b(?:updat|modifi|revis|correct|diperbarui|pembaruan|diubah|aktualis|akt\.|actuali[sz]|aggiorn"
    r"|mise? à jour|atualiz|bijgewerkt|zaktualiz|u?oppdater|uppdater|opdater|päivite)",
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
    """Times by linked data, meta tags, the visible date, the address; then by search.

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


def parse_time(text: str, served_at: datetime | None = None) -> datetime | None:
    """The time that `text` names, aware; midnight where it names a day alone.

    >>> parse_time("Kamis (30/11/2023) 19:05 WIB").isoformat()
    '2023-11-30T19:05:00+07:00'
    """
    text = clean_line(text)[:200]
    if not text:
        return None
    try:
        return _iso(text) or _written(text) or _ago(text, served_at) or _stamp(text)
    except (ValueError, OverflowError, TypeError):
        return None


def _iso(text: str) -> datetime | None:
    match = _ISO.search(text)
    if not match:
        return None
    year, month, day, hour, minute, second, offset, zone = match.groups()
    return datetime(
        int(year), int(month), int(day), int(hour or 0) % 24, int(minute or 0), int(second or 0),
        tzinfo=_offset(offset) if offset else _zone(zone),
    )  # fmt: skip


def _offset(text: str) -> timezone:
    if text == "Z":
        return UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    span = timedelta(hours=int(digits[:2]), minutes=int(digits[2:4]))
    return timezone(-span if text[0] == "-" else span)


def _zone(name: str | None) -> timezone:
    hours = _ZONES.get((name or "").lower())
    return UTC if not hours else timezone(timedelta(hours=hours))


def _written(text: str) -> datetime | None:
    day = _day(text)
    if day is None:
        return None
    year, month, date, end = day
    clock = _CLOCK.search(text, end) or _CLOCK.search(text[: max(0, end - 10)])
    if not clock or int(clock[1]) > 23 or int(clock[2]) > 59:
        zone = re.search(r"\b(WIB|WITA|WIT)\b", text)
        return datetime(year, month, date, tzinfo=_zone(zone[1] if zone else None))
    hour = int(clock[1])
    half = (clock[4] or "").lower()
    if half:
        hour = hour % 12 + (12 if half.startswith("p") else 0)
    return datetime(year, month, date, hour, int(clock[2]), tzinfo=_zone(clock[5]))


def _day(text: str) -> tuple[int, int, int, int] | None:
    for pattern in _NAMED:
        for match in pattern.finditer(text):
            month = MONTHS.get(match["month"].lower())
            if month:
                return int(match["year"]), month, int(match["day"]), match.end()
    if east := _EAST.search(text):
        return int(east[1]), int(east[2]), int(east[3]), east.end()
    numeric = _NUMERIC.search(text)
    if not numeric:
        return None
    first, second = int(numeric[1]), int(numeric[2])
    if second > 12:  # the American order, plain where the second number can be no month
        first, second = second, first
    return int(numeric[3]), second, first, numeric.end()


def _ago(text: str, served_at: datetime | None) -> datetime | None:
    if served_at is None:
        return None
    named = _DAY_AND_CLOCK.match(text)
    if named:
        clock = _CLOCK.match(text, named.end())
        return _at_clock(clock, named["day"].lower(), served_at) if clock else None
    match = _AGO.search(text)
    if not match:
        return None
    count = int(match[1]) if match[1].isdigit() else 1
    unit = match[2].lower()
    seconds = _UNITS.get(unit) or _UNITS.get(unit.rstrip("s"))
    return served_at - timedelta(seconds=count * seconds) if isinstance(seconds, int) else None


def _at_clock(clock: re.Match[str], day: str, served_at: datetime) -> datetime:
    """The clock time on the day of serving or, "kemarin", the one before it."""
    there = served_at.astimezone(_zone(clock[5]))
    half = (clock[4] or "").lower()
    hour = int(clock[1]) % 12 + (12 if half.startswith("p") else 0) if half else int(clock[1])
    back = timedelta(days=1 if day in ("kemarin", "yesterday") else 0)
    return there.replace(hour=hour, minute=int(clock[2]), second=0, microsecond=0) - back


def _stamp(text: str) -> datetime | None:
    if text.isdigit() and len(text) in (10, 13):
        return datetime.fromtimestamp(int(text[:10]), tz=UTC)
    if text.isdigit() and len(text) == 14:
        return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    if re.match(r"[A-Za-z]{3},? \d{1,2} [A-Za-z]{3}", text):
        found = parsedate_to_datetime(text)
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    return None


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
    """A date in a short line around the headline; that of an update where there is no other."""
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
    """By htmldate, which looks everywhere; slow, so only where all else fails."""
    try:
        found = find_date(page.root, url=page.url, original_date=True, extensive_search=False)
    except Exception:  # noqa: BLE001 - a library on hostile input: no date is an answer
        return None
    return parse_time(found) if found else None
