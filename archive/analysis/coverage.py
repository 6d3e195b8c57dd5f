"""Gaps in coverage: days without an article that a source's habit does not explain. Pure.

The rule. A source's *habit* is how many articles a day it publishes in its median week, from Monday
to Friday and on weekends apart; the median stays what it is when up to half of the weeks are
missing. If articles come at that rate, independently of each other (a Poisson process), then a
run of empty days has a probability of e to the power of minus the articles that were to be
expected in it. Where that is below `GAP_PROBABILITY`, the run is a *gap*.

It is a sign, not a proof: newsrooms have holidays, and a habit may change. A source that
publishes twice a week has to be silent for more than three weeks to stand out.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median

GAP_PROBABILITY = 0.001
"""Probability of a run of empty days below which it is a gap."""
MIN_WEEKS = 3
"""Fewest whole weeks from which a habit is estimated."""

_DAY = timedelta(days=1)
_WEEK = 7
_WORKDAYS = 5


@dataclass(frozen=True, slots=True)
class PublishingHabit:
    """Articles per day that a source usually publishes."""

    workday: float
    """From Monday to Friday."""
    weekend: float

    def expected_on(self, day: date) -> float:
        """Expected articles on a day."""
        return self.weekend if day.weekday() >= _WORKDAYS else self.workday


@dataclass(frozen=True, slots=True)
class Gap:
    """Consecutive days without an article, too many for the source's habit."""

    first: date
    last: date
    expected: float
    """Articles expected in these days."""

    @property
    def days(self) -> int:
        """Number of days."""
        return (self.last - self.first).days + 1

    @property
    def probability(self) -> float:
        """Probability of no article on all these days."""
        return math.exp(-self.expected)


@dataclass(frozen=True, slots=True)
class Coverage:
    """Articles of a source by day, and the gaps between them."""

    articles: Mapping[date, int]
    """By day; days without articles are missing."""
    first: date
    """The first day that has an article."""
    last: date
    """The last day that was considered."""
    habit: PublishingHabit | None
    """None where there are too few weeks."""
    gaps: Sequence[Gap]
    """Oldest first."""

    @property
    def is_silent(self) -> bool:
        """Whether the last day is in a gap."""
        return bool(self.gaps) and self.gaps[-1].last == self.last

    def since(self, day: date) -> int:
        """Number of articles on a day and later."""
        return sum(number for each, number in self.articles.items() if each >= day)


def coverage_of(articles: Mapping[date, int], last: date) -> Coverage:
    """The coverage of a source up to a day, which should be over.

    The habit is estimated up to the newest article, so that a source that stopped keeps it.
    """
    counted = {day: number for day, number in articles.items() if day <= last and number}
    first, newest = min(counted, default=last), max(counted, default=last)
    habit = publishing_habit(counted, first, newest)
    found = coverage_gaps(counted, habit, first, last) if habit else []
    return Coverage(counted, first, last, habit, found)


def publishing_habit(
    articles: Mapping[date, int], first: date, last: date
) -> PublishingHabit | None:
    """The habit over the whole weeks from `first` to `last`; None where they are too few.

    `articles` are counts by day; days that are missing in it had none.
    """
    weeks = list(_whole_weeks(articles, first, last))
    if len(weeks) < MIN_WEEKS:
        return None
    return PublishingHabit(
        workday=median(sum(week[:_WORKDAYS]) for week in weeks) / _WORKDAYS,
        weekend=median(sum(week[_WORKDAYS:]) for week in weeks) / (_WEEK - _WORKDAYS),
    )


def coverage_gaps(
    articles: Mapping[date, int], habit: PublishingHabit, first: date, last: date
) -> list[Gap]:
    """The gaps from `first` to `last`, both included, oldest first."""
    found = []
    for begin, end in _empty_runs(articles, first, last):
        expected = sum(habit.expected_on(day) for day in days_between(begin, end))
        gap = Gap(begin, end, expected)
        if gap.probability < GAP_PROBABILITY:
            found.append(gap)
    return found


def days_between(first: date, last: date) -> Iterator[date]:
    """The days from `first` to `last`, both included."""
    for number in range((last - first).days + 1):
        yield first + number * _DAY


def _whole_weeks(articles: Mapping[date, int], first: date, last: date) -> Iterator[Sequence[int]]:
    """Counts by day of each complete week from Monday to Sunday."""
    monday = first + (-first.weekday() % _WEEK) * _DAY
    while monday + (_WEEK - 1) * _DAY <= last:
        yield [articles.get(day, 0) for day in days_between(monday, monday + (_WEEK - 1) * _DAY)]
        monday += _WEEK * _DAY


def _empty_runs(
    articles: Mapping[date, int], first: date, last: date
) -> Iterator[tuple[date, date]]:
    begin: date | None = None
    for day in days_between(first, last):
        if articles.get(day, 0) == 0:
            begin = begin or day
        elif begin is not None:
            yield begin, day - _DAY
            begin = None
    if begin is not None:
        yield begin, last
