"""Counts as what a chart shows of them: lines through time with nothing left out, or bars. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

from archive.errors import WrongUseError
from archive.search.periods import TIMES, first_day, periods
from archive.search.tree import By

if TYPE_CHECKING:
    from archive.index.counting import Count


class Measure(StrEnum):
    """What of a count is shown."""

    SHARE = "share"
    """Of the articles, how many match; from 0 to 1."""
    MATCHING = "matching"
    ARTICLES = "articles"
    """All of them, whether they match or not."""

    def value_of(self, count: Count | None) -> float | None:
        """The value for a group; of None, one that has no articles. A share of nothing is none."""
        if count is None:
            return None if self is Measure.SHARE else 0
        return {
            Measure.SHARE: count.share,
            Measure.MATCHING: count.matching,
            Measure.ARTICLES: count.articles,
        }[self]


@dataclass(frozen=True, slots=True)
class ChartLine:
    """What one group was through time."""

    name: str
    values: tuple[float | None, ...]
    """One for each period; None where there are no articles to take a share of."""


@dataclass(frozen=True, slots=True)
class ChartLines:
    """What a chart over time shows."""

    by: By
    days: tuple[date, ...]
    """The first of every period from the first that has articles to the last."""
    lines: tuple[ChartLine, ...]
    """Those with most articles, largest first."""
    left_out: int
    """Groups that have no line."""
    undated: int
    """Articles without a date."""

    @property
    def has_gaps(self) -> bool:
        return any(value is None for line in self.lines for value in line.values)


def chart_lines(
    by: Sequence[By], counts: Sequence[Count], measure: Measure, *, most: int
) -> ChartLines | None:
    """Lines through time, of the `most` largest groups; None where nothing is counted by time.

    Raises:
        WrongUseError: it is counted by two sorts of periods at once.
    """
    times = [each for each in by if each in TIMES]
    if not times:
        return None
    if len(times) > 1:
        raise WrongUseError(f"a chart has one axis of time: leave out one of {', '.join(times)}")
    place = by.index(times[0])
    dated = [count for count in counts if count.group[place] is not None]
    groups: dict[str, dict[str, Count]] = {}
    for count in dated:
        rest = (*count.group[:place], *count.group[place + 1 :])
        groups.setdefault(group_name(rest), {})[str(count.group[place])] = count
    known = sorted({str(count.group[place]) for count in dated})
    every = tuple(periods(times[0], known[0], known[-1])) if known else ()
    largest = sorted(groups, key=lambda name: -_size(groups[name].values(), measure))[:most]
    return ChartLines(
        times[0],
        tuple(map(first_day, every)),
        tuple(ChartLine(name, _values(groups[name], every, measure)) for name in largest),
        len(groups) - len(largest),
        sum(count.articles for count in counts if count.group[place] is None),
    )


def group_name(group: Sequence[str | None]) -> str:
    """A group's name for people."""
    return " · ".join("(none)" if each is None else each for each in group)


def _values(
    counted: dict[str, Count], every: Iterable[str], measure: Measure
) -> tuple[float | None, ...]:
    return tuple(measure.value_of(counted.get(period)) for period in every)


def _size(counts: Iterable[Count], measure: Measure) -> int:
    """Articles, or those that match where it is about them."""
    is_all = measure is Measure.ARTICLES
    return sum(count.articles if is_all else count.matching for count in counts)
