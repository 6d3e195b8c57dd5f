"""When to look at a URL again. Pure; the repository asks when a visit is saved.

Both questions, how often a feed names something new and how often an article is edited, are
answered by one estimator. Looks that found a change and looks that did not are observations of a
Poisson process; with a Gamma prior, the expected rate is

    (changes + prior weight x prior rate) / (exposure + prior weight)

which is the unbiased-for-few-looks form that Cho and Garcia-Molina arrive at for such pages
("Estimating frequency of change", ACM TOIT 3(3), 2003). What differs is the clock that exposure
is measured on:

- Lists (feeds, sitemaps, front pages) change at any age: their clock is time, and old looks are
  discounted, so that a change of habit shows.
- Articles are edited soon after they are published or hardly at all. Their clock runs with the
  logarithm of their age, so that a constant rate on it is a hazard that falls as 1 / age, as is
  seen in collected edit histories (Spangher et al., "NewsEdits", NAACL 2022). The prior of an
  article is its source's own habit, and the prior of a source is that of the press in general.

An article is looked at each time that a given number of edits is to be expected since the last
look (EDITS_A_LOOK): looks are dense at first and thin out as a geometric series, faster or slower
as the source edits less or more. docs/revisits.md shows what that catches beside fixed intervals.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

LOOKS_A_CHANGE = 2.0
"""Fetches of a list for each change that is expected of it."""
AT_ONCE_S = 900.0
"""What may wait for less is due at once: who starts a crawl by hand wants to know now."""
REMEMBERED = 0.9
"""Weight of a list's earlier fetches relative to the newest one."""

NEWBORN_S = 3600.0
"""The log clock of an article starts here: below this age, it runs as time does."""
EDITS_A_LOOK = 0.1
"""Expected edits that make another look at an article worth a request."""
EDITS_OF_THE_PRESS = 0.1
"""A unit of the log clock, which is e times the age: one article in three in its first day."""
SOURCE_WEIGHT, ARTICLE_WEIGHT = 20.0, 3.0
"""Units of the log clock after which what was seen of a source, or of an article, counts as much
as what was believed before."""


@dataclass(frozen=True, slots=True)
class Habit:
    """What was seen of how often something changes."""

    changes: float = 0.0
    exposure: float = 0.0
    """How long it was watched, on the clock of its kind."""

    def __add__(self, other: Habit) -> Habit:
        return Habit(self.changes + other.changes, self.exposure + other.exposure)

    def rate(self, prior: float, weight: float) -> float:
        """Expected changes a unit of exposure."""
        return (self.changes + weight * prior) / (self.exposure + weight)


@dataclass(frozen=True, slots=True)
class Bounds:
    """How soon and how late something may be looked at again, in seconds."""

    min_s: float
    max_s: float

    def clamp(self, wait_s: float) -> float:
        """The wait within the bounds nearest to `wait_s`. The shortest bound takes precedence."""
        return max(min(wait_s, self.max_s), self.min_s)


@dataclass(frozen=True, slots=True)
class Pace:
    """How an archive looks again: its settings."""

    lists: Bounds
    sublists: Bounds
    """Of lists that other lists name, such as the sitemaps of past months."""
    articles: Bounds
    give_up_s: float
    """Age of an article from which it is not looked at any more."""


def list_habit(before: Habit, watched_s: float, *, changed: bool) -> Habit:
    """The habit of a list after another look, `watched_s` after the one before."""
    old = Habit(before.changes * REMEMBERED, before.exposure * REMEMBERED)
    return old + Habit(float(changed), max(watched_s, 0.0))


def list_change_s(habit: Habit) -> float:
    """Seconds in which a list is expected to change once. For one that never changed, as long as it
    has been watched."""
    return habit.exposure / (habit.changes + 1.0)


def list_due_at(habit: Habit, looked_at: datetime, bounds: Bounds, fresh_s: float) -> datetime:
    """When to ask a list again, which says of itself that it is fresh for `fresh_s` seconds.

    One that was never seen to change is fetched after half as long as it has been watched, so that
    a new source is fetched at every crawl and a dead one less and less often.
    """
    wait_s = list_change_s(habit) / LOOKS_A_CHANGE
    if wait_s < AT_ONCE_S:
        wait_s = 0.0
    # What it says of itself holds up to the longest wait: some say "for a year".
    return looked_at + timedelta(seconds=max(bounds.clamp(wait_s), min(fresh_s, bounds.max_s)))


def article_habit(
    published_at: datetime, before: datetime, after: datetime, *, edited: bool
) -> Habit:
    """What two consecutive fetches of an article show of how it is edited."""
    ages = [_age_s(published_at, moment) for moment in (before, max(before, after))]
    return Habit(float(edited), _log_clock(ages[1]) - _log_clock(ages[0]))


def article_due_at(
    article: Habit, source: Habit, published_at: datetime, looked_at: datetime, pace: Pace
) -> datetime | None:
    """When to fetch an article again, None once it is too old."""
    age_s = _age_s(published_at, looked_at)
    if age_s >= pace.give_up_s:
        return None
    of_source = source.rate(EDITS_OF_THE_PRESS, SOURCE_WEIGHT)
    step = EDITS_A_LOOK / article.rate(of_source, ARTICLE_WEIGHT)
    # e ** step is beyond any bound long before it is beyond a float.
    wait_s = (NEWBORN_S + age_s) * math.expm1(min(step, 50.0))
    return looked_at + timedelta(seconds=pace.articles.clamp(wait_s))


def _age_s(published_at: datetime, moment: datetime) -> float:
    """Age in seconds, 0 where a page is dated into the future."""
    return max((moment - published_at).total_seconds(), 0.0)


def _log_clock(age_s: float) -> float:
    return math.log1p(age_s / NEWBORN_S)
