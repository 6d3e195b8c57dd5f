"""Archive pages: indexes by date, paged sections, and front pages as a backfill reads them.

`discover_archive` names, beside the articles that a page links to, what may lead further back, as
candidates of kind ARCHIVE: the page's own later pages, pages of other days, sections and indexes.
Which of them are followed is for the backfill to say (`crawler.backfill`); nothing here follows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from parsel import Selector

from archive.core.urls import normalise_url
from archive.errors import DiscoveryError, UrlError
from archive.model import FoundBy, Source, UrlKind
from crawler.discovery.autodiscovery import base_url
from crawler.discovery.base import Discovered, Gathering
from crawler.discovery.bodies import described, html_page, is_html, plain_text
from crawler.discovery.judge import Judgement, Verdict, judge, sites_of
from crawler.discovery.listing import HEADLINE_WORDS, UNTRUSTED
from crawler.discovery.times import instant

GUESSES = (
    "indeks?date={date:%Y-%m-%d}",
    "indeks/{date:%Y/%m/%d}",
    "archive/{date:%Y/%m/%d}",
    "{date:%Y/%m/%d}/",
)
"""Where indexes by date are, of sites whose pages name none."""

_FIELD = re.compile(r"\{date:([^{}]*)\}")
_DIGITS = {"Y": r"\d{4}", "m": r"\d{1,2}", "d": r"\d{1,2}", "y": r"\d{2}", "j": r"\d{1,3}"}
_WRITTEN = (
    (re.compile(r"(?<![\d/])((?:19|20)\d\d)-(\d\d)-(\d\d)(?!\d)"), "%Y-%m-%d"),
    (re.compile(r"(?<=/)((?:19|20)\d\d)/(\d\d)/(\d\d)(?=/|$|\?)"), "%Y/%m/%d"),
    (re.compile(r"(?<=[=/])((?:19|20)\d\d)(\d\d)(\d\d)(?!\d)"), "%Y%m%d"),
)
"""How addresses write a day; other ways are ambiguous, and for the source's file to say."""
_DAY_KEYS = frozenset({"date", "tanggal", "tgl", "day", "hari", "d"})
_IN_ARTICLE = re.compile(r"/((?:19|20)\d\d)[/-]?(0[1-9]|1[0-2])(?:[/-]?(0[1-9]|[12]\d|3[01]))?\b")

_PAGE = re.compile(
    r"""(?P<path> /(?:page|halaman|hal|seite|pagina)[/-]?(?P<in_path>\d{1,6})(?=/?(?:\?|$)) )
    | (?P<lead>[?&]) (?:page|paged|halaman|hal|pg|pageno|page_no) = (?P<in_query>\d{1,6})
      (?P<tail>&|$)""",
    re.VERBOSE | re.IGNORECASE,
)


@dataclass(frozen=True)
class DayTemplate:
    """Addresses of an index by date, e.g. `https://suara.example/indeks?date={date:%Y-%m-%d}`."""

    text: str

    def url(self, day: date) -> str:
        """The address of the page of one day."""
        return normalise_url(self.text.format(date=day))

    def day_of(self, url: str) -> date | None:
        """The day of any page of an address of this template, None for other addresses.

        >>> DayTemplate("https://suara.example/indeks/{date:%Y/%m/%d}").day_of(
        ...     "https://suara.example/indeks/2024/05/17?page=2"
        ... )
        datetime.date(2024, 5, 17)
        """
        found = self._pattern.fullmatch(first_page(url))
        if found is None:
            return None
        try:
            return datetime.strptime(" ".join(found.groups()), self._format).date()  # noqa: DTZ007
        except ValueError:
            return None

    @cached_property
    def _format(self) -> str:
        return " ".join(re.findall(r"%[a-zA-Z]", "".join(_FIELD.findall(self.text))))

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        marked = normalise_url(_FIELD.sub(_marker, self.text))
        literal = re.escape(_without_slash(marked))
        return re.compile(re.sub(r"kliping([a-zA-Z])gnipilk", _group, literal))


def _marker(field: re.Match[str]) -> str:
    return re.sub(r"%([a-zA-Z])", r"kliping\1gnipilk", field[1])


def _group(mark: re.Match[str]) -> str:
    return f"({_DIGITS.get(mark[1], '[^/?&]+')})"


def template_problem(text: str) -> str | None:
    """Why a text is no template of an index by date, None if it is one."""
    template = DayTemplate(text)
    day = date(2024, 11, 23)
    try:
        url = template.url(day)
    except (KeyError, IndexError, ValueError, UrlError) as error:
        return f"not an address with a day such as {{date:%Y-%m-%d}} ({error})"
    found = template.day_of(url)
    if found is None or (found.year, found.month) != (day.year, day.month):
        return "it does not name a day: write, for example, {date:%Y-%m-%d}"
    return None


def template_of(url: str) -> DayTemplate | None:
    """The template of an address that has a day in it.

    >>> template_of("https://suara.example/indeks?date=2024-05-17&page=2").text
    'https://suara.example/indeks?date={date:%Y-%m-%d}'
    """
    url = first_page(url)
    for pattern, written in _WRITTEN:
        found = list(pattern.finditer(url))
        if len(found) == 1 and "{" not in url:
            start, end = found[0].span()
            return DayTemplate(f"{url[:start]}{{date:{written}}}{url[end:]}")
    return None


def day_in(url: str) -> date | None:
    """The day (or the first of the month) that the address of an article has in its path."""
    found = _IN_ARTICLE.search(url)
    if found is None:
        return None
    try:
        return date(int(found[1]), int(found[2]), int(found[3] or 1))
    except ValueError:
        return None


def has_day(url: str) -> bool:
    """Whether the address of an article has a whole day in its path."""
    found = _IN_ARTICLE.search(url)
    return found is not None and found[3] is not None


def first_page(url: str) -> str:
    """The address of a listing without the number of its page, and without a last `/`."""
    return _without_slash(_PAGE.sub(_unpaged, url))


def _unpaged(page: re.Match[str]) -> str:
    if page["path"]:
        return ""
    return page["lead"] if page["tail"] else ""


def _without_slash(url: str) -> str:
    head, mark, query = url.partition("?")
    return f"{head.rstrip('/')}{mark}{query}"


def page_number(url: str) -> int:
    """Which page of a listing an address is, 1 if it does not say."""
    found = _PAGE.search(url)
    return int(found["in_path"] or found["in_query"]) if found else 1


def with_number(later_page: str, number: int) -> str:
    """The address of another page of the listing that `later_page` belongs to."""
    found = _PAGE.search(later_page)
    assert found is not None  # it is a later page
    start, end = found.span("in_path" if found["in_path"] else "in_query")
    return f"{later_page[:start]}{number}{later_page[end:]}"


def is_next_page(url: str, of: str) -> bool:
    """Whether `url` is the page of a listing that follows the one at `of`."""
    return page_number(url) == page_number(of) + 1 and first_page(url) == first_page(of)


def discover_archive(
    body: bytes, url: str, *, content_type: str | None, source: Source
) -> Discovered:
    """Return the articles that an archive page links to, and what may lead further back.

    Raises:
        DiscoveryError: it is no HTML page.
    """
    if not is_html(body) and b"<a" not in body.lower():
        raise DiscoveryError(f"{url}: not a page but {described(body, content_type)}")
    page = html_page(body, content_type)
    gathering = Gathering(url, FoundBy.LINK if template_of(url) is None else FoundBy.ARCHIVE)
    sites, base = sites_of(source), base_url(page, url)
    for reference, words, is_followed, at in _links(page):
        address = gathering.absolute(reference, base)
        if address is not None and address != url:
            verdict = judge(address, sites)
            _sort(gathering, address, verdict, words if is_followed else 0, at)
    return gathering.discovered(title=plain_text(page.xpath("//title/text()").get()))


def _links(page: Selector) -> Iterator[tuple[str, int, bool, datetime | None]]:
    """Address, number of words, whether to be followed and date of each link of a page."""
    for anchor in page.xpath("//a[@href] | //area[@href] | //link[@href][@rel='next']"):
        reference = anchor.attrib["href"].strip()
        if reference and not reference.startswith("#"):
            relations = set(anchor.attrib.get("rel", "").lower().split())
            words = len((anchor.xpath("string()").get() or "").split())
            is_followed = "nofollow" not in relations and not relations & UNTRUSTED
            yield reference, words, is_followed, _date_beside(anchor)


def _date_beside(anchor: Selector) -> datetime | None:
    """The date that the nearest element around a link holds, if it holds one only."""
    times = anchor.xpath("(ancestor::*[.//time/@datetime])[last()]//time/@datetime").getall()
    return instant(times[0]) if len(set(times)) == 1 else None


def _sort(
    gathering: Gathering, address: str, verdict: Verdict, words: int, at: datetime | None
) -> None:
    """Put one link where it belongs: an article, something that leads further, or nothing."""
    leads_on = verdict.judgement is Judgement.LISTING and verdict.rule != "taxonomy"
    if (
        (is_next_page(address, gathering.found_in) and verdict.rule not in {"off-site", "file"})
        or (template_of(address) is not None and (leads_on or _names_day(address, verdict)))
        or (leads_on and not (verdict.rule == "section" and words >= HEADLINE_WORDS))
    ):
        gathering.add(address, UrlKind.ARCHIVE)
    elif verdict.may_be_article:
        gathering.add(address, UrlKind.PAGE, published_at=at)
    else:
        gathering.refuse(address, verdict)


def _names_day(address: str, verdict: Verdict) -> bool:
    keys = {pair.partition("=")[0].lower() for pair in address.partition("?")[2].split("&")}
    return verdict.rule != "off-site" and not keys.isdisjoint(_DAY_KEYS)
