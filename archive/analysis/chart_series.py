"""Chart data from counts: lines over time without gaps, or bars. Pure."""

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
    """The value of a count that is shown."""

    SHARE = "share"
    """Share of the articles that match, from 0 to 1."""
    MATCHING = "matching"
    ARTICLES = "articles"
    """All articles, whether they match or not."""

    def value_of(self, count: Count | None) -> float | None:
        """The value of a group; for None, a group without articles. The share of no articles is
        None."""
        if count is None:
            return None if self is Measure.SHARE else 0
        return {
            Measure.SHARE: count.share,
            Measure.MATCHING: count.matching,
            Measure.ARTICLES: count.articles,
        }[self]


@dataclass(frozen=True, slots=True)
class ChartLine:
    """The values of one group over time."""

    name: str
    values: tuple[float | None, ...]
    """One for each period; None where there are no articles."""


@dataclass(frozen=True, slots=True)
class ChartLines:
    """The lines of a chart over time."""

    by: By
    days: tuple[date, ...]
    """The first day of each period, from the first to the last that has articles."""
    lines: tuple[ChartLine, ...]
    """Largest groups first."""
    left_out: int
    """Number of groups without a line."""
    undated: int
    """Articles without a date."""

    @property
    def has_gaps(self) -> bool:
        return any(value is None for line in self.lines for value in line.values)


def chart_lines(
    by: Sequence[By], counts: Sequence[Count], measure: Measure, *, most: int
) -> ChartLines | None:
    """Lines of the `most` largest groups over time; None where counts are not by time.

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
    dates = sorted({str(count.group[place]) for count in dated})
    shown_periods = tuple(periods(times[0], dates[0], dates[-1])) if dates else ()
    largest = sorted(groups, key=lambda name: -_size(groups[name].values(), measure))[:most]
    return ChartLines(
        times[0],
        tuple(map(first_day, shown_periods)),
        tuple(ChartLine(name, _values(groups[name], shown_periods, measure)) for name in largest),
        len(groups) - len(largest),
        sum(count.articles for count in counts if count.group[place] is None),
    )


def group_name(group: Sequence[str | None]) -> str:
    """A group's name for people."""
    return " · ".join("(none)" if each is None else each for each in group)


def _values(
    counted: dict[str, Count], shown_periods: Iterable[str], measure: Measure
) -> tuple[float | None, ...]:
    return tuple(measure.value_of(counted.get(period)) for period in shown_periods)


def _size(counts: Iterable[Count], measure: Measure) -> int:
    """Number of articles, or of matches where matches are shown."""
    is_all = measure is Measure.ARTICLES
    return sum(count.articles if is_all else count.matching for count in counts)
