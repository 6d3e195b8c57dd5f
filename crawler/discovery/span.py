"""The days that a backfill is about, and what is known to lie outside them. Pure."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

from archive.model import Candidate, UrlKind
from crawler.discovery.archives import day_in, has_day

_PERIOD = re.compile(
    r"""(?<!\d)((?:19|20)\d\d)
    (?:[-_./]?(0[1-9]|1[0-2])(?:[-_./]?(0[1-9]|[12]\d|3[01]))?)?(?!\d)""",
    re.VERBOSE,
)
_PERIOD_KEYS = re.compile(r"\b(?:yyyy|year)=((?:19|20)\d\d)(?:.*\b(?:mm|month)=(\d\d?)\b)?")
_ZONES = timedelta(days=1)
"""Between the day of a site's own clock and the one in UTC."""


@dataclass(frozen=True, slots=True)
class Span:
    """From one day to another, both included."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError(f"{self.last} is before {self.first}")

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    def day(self, number: int) -> date:
        """Its day of that number, from 0."""
        return self.first + timedelta(days=number)

    def overlaps(self, first: date, last: date) -> bool:
        """Whether any day between two is in it, however clocks are set."""
        return first - _ZONES <= self.last and last + _ZONES >= self.first

    def may_hold(self, candidate: Candidate) -> bool:
        """False only where what named a candidate, or its address, says that it lies outside."""
        modified_at = candidate.modified_at
        if modified_at is not None and modified_at.date() + _ZONES < self.first:
            return False  # published before
        if candidate.kind is UrlKind.SITEMAP:
            period = period_in(candidate.url)
        else:
            period = period_of(candidate)
        return period is None or self.overlaps(*period)


def period_of(candidate: Candidate) -> tuple[date, date] | None:
    """When an article was published, as far as is known before it is fetched."""
    if candidate.published_at is not None:
        day = candidate.published_at.date()
        return day, day
    day_or_month = day_in(candidate.url)
    if day_or_month is None:
        return None
    return (day_or_month, day_or_month) if has_day(candidate.url) else _month(day_or_month)


def period_in(sitemap: str) -> tuple[date, date] | None:
    """The days that a dated sitemap is about, by its address.

    >>> period_in("https://suara.example/sitemap-posts-2024-02.xml")
    (datetime.date(2024, 2, 1), datetime.date(2024, 2, 29))
    """
    tail = sitemap.partition("://")[2].partition("/")[2]
    found = _PERIOD_KEYS.search(tail)
    if found is None:
        all_found = list(_PERIOD.finditer(tail))
        found = max(all_found, key=lambda each: len(each[0])) if all_found else None
    if found is None:
        return None
    year, month, *rest = found.groups()
    try:
        if month is None:
            return date(int(year), 1, 1), date(int(year), 12, 31)
        if not rest or rest[0] is None:
            return _month(date(int(year), int(month), 1))
        day = date(int(year), int(month), int(rest[0]))
    except ValueError:
        return None
    return day, day


def _month(day: date) -> tuple[date, date]:
    return day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1])
