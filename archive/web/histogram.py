"""Histograms of articles over time, with few enough bars to be seen and selected."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from itertools import pairwise

from archive.search.periods import next_period, period_start

MAX_DAYS = 62
MAX_WEEKS = 100
MAX_MONTHS = 150
"""Longer ranges are shown in the next larger unit."""
MIN_DAYS = 24
"""Fewer bars would be misleadingly wide; empty ones are added around them."""
FIRST_YEAR = 1700
"""No news is older: such a date is an error of the page."""
MAX_LABELS = 5


@dataclass(frozen=True, slots=True)
class HistogramBar:
    """The articles of a day, week, month or year."""

    first: date
    last: date
    articles: int


@dataclass(frozen=True)
class Histogram:
    """Bars of the same unit without gaps, in order."""

    unit: str
    """day, week, month or year."""
    bars: list[HistogramBar]
    misdated: int
    """Number of articles with implausible dates, which are not shown."""

    @cached_property
    def most(self) -> int:
        """Articles of the highest bar."""
        return max(bar.articles for bar in self.bars)

    @property
    def labelled(self) -> list[tuple[float, HistogramBar]]:
        """Bars to be labelled, far enough apart, with the position of their middles from 0 to 1."""
        step = -(-len(self.bars) // MAX_LABELS)
        chosen = range(0, len(self.bars), step)
        return [((number + 0.5) / len(self.bars), self.bars[number]) for number in chosen]


def histogram(days: Mapping[date, int], today: date) -> Histogram | None:
    """The bars of articles by day, in order; None where no day is plausible."""
    latest = today + timedelta(days=366)
    shown = {day: n for day, n in days.items() if date(FIRST_YEAR, 1, 1) <= day <= latest}
    if not shown:
        return None
    first, last = _range(min(shown), max(shown))
    unit = _unit((last - first).days + 1)
    begins = [period_start(first, unit)]
    while begins[-1] <= last:
        begins.append(next_period(begins[-1], unit))
    counts = [0] * len(begins)
    for day, articles in shown.items():
        counts[bisect_right(begins, day) - 1] += articles
    bars = [
        HistogramBar(begin, after - timedelta(days=1), counts[number])
        for number, (begin, after) in enumerate(pairwise(begins))
    ]
    return Histogram(unit, bars, sum(days.values()) - sum(shown.values()))


def _range(first: date, last: date) -> tuple[date, date]:
    """The first and last day shown."""
    missing = max(0, MIN_DAYS - (last - first).days - 1)
    return first - timedelta(days=missing - missing // 2), last + timedelta(days=missing // 2)


def _unit(days: int) -> str:
    if days <= MAX_DAYS:
        return "day"
    if days <= 7 * MAX_WEEKS:
        return "week"
    return "month" if days <= 30 * MAX_MONTHS else "year"
