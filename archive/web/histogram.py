"""Days and how much there is on each, as few enough bars to be seen and dragged over."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from itertools import pairwise

from archive.search.periods import begin_of, following

MOST_DAYS = 62
MOST_WEEKS = 100
MOST_MONTHS = 150
"""More of them are shown by the next larger unit."""
FEWEST = 24
"""Fewer bars would be so wide that they look like much; there are empty ones around them."""
FIRST_YEAR = 1700
"""No news are older: such a date is an error of the page."""
LABELS = 5


@dataclass(frozen=True, slots=True)
class Bar:
    """The articles of a day, week, month or year."""

    first: date
    last: date
    articles: int


@dataclass(frozen=True)
class Histogram:
    """Bars of the same unit without gaps, in order."""

    unit: str
    """day, week, month or year."""
    bars: list[Bar]
    misdated: int
    """Articles with dates that cannot be, which are not shown."""

    @cached_property
    def most(self) -> int:
        """Articles of the highest bar."""
        return max(bar.articles for bar in self.bars)

    @property
    def labelled(self) -> list[tuple[float, Bar]]:
        """Some bars, far enough apart to be labelled, and where the middle of each is: 0 to 1."""
        step = -(-len(self.bars) // LABELS)
        chosen = range(0, len(self.bars), step)
        return [((number + 0.5) / len(self.bars), self.bars[number]) for number in chosen]


def histogram(days: Mapping[date, int], today: date) -> Histogram | None:
    """The bars of some days with their articles, in order; None where no day can be shown."""
    latest = today + timedelta(days=366)
    shown = {day: n for day, n in days.items() if date(FIRST_YEAR, 1, 1) <= day <= latest}
    if not shown:
        return None
    first, last = _range(min(shown), max(shown))
    unit = _unit((last - first).days + 1)
    begins = [begin_of(first, unit)]
    while begins[-1] <= last:
        begins.append(following(begins[-1], unit))
    counts = [0] * len(begins)
    for day, articles in shown.items():
        counts[bisect_right(begins, day) - 1] += articles
    bars = [
        Bar(begin, after - timedelta(days=1), counts[number])
        for number, (begin, after) in enumerate(pairwise(begins))
    ]
    return Histogram(unit, bars, sum(days.values()) - sum(shown.values()))


def _range(first: date, last: date) -> tuple[date, date]:
    """The first and the last day that are shown."""
    missing = max(0, FEWEST - (last - first).days - 1)
    return first - timedelta(days=missing - missing // 2), last + timedelta(days=missing // 2)


def _unit(days: int) -> str:
    if days <= MOST_DAYS:
        return "day"
    if days <= 7 * MOST_WEEKS:
        return "week"
    return "month" if days <= 30 * MOST_MONTHS else "year"
