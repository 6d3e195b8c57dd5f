"""Gaps in coverage, by the rule that the module states."""

from __future__ import annotations

import math
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.analysis.coverage import (
    GAP_PROBABILITY,
    MIN_WEEKS,
    Gap,
    PublishingHabit,
    coverage_gaps,
    days_between,
    publishing_habit,
)

MONDAY = date(2026, 8, 31)
SUNDAY = MONDAY + timedelta(days=83)
"""Twelve weeks later."""


def published(workday: int, weekend: int) -> dict[date, int]:
    return {day: weekend if day.weekday() > 4 else workday for day in days_between(MONDAY, SUNDAY)}


def test_a_habit_is_that_of_the_median_week_with_weekends_apart() -> None:
    articles = published(10, 2)
    for day in days_between(MONDAY, MONDAY + timedelta(days=34)):
        articles[day] = 0  # five of twelve weeks are missing
    assert publishing_habit(articles, MONDAY, SUNDAY) == PublishingHabit(10, 2)


def test_weeks_that_are_not_whole_tell_nothing() -> None:
    articles = published(10, 2)
    last = MONDAY + timedelta(days=7 * MIN_WEEKS - 1)
    assert publishing_habit(articles, MONDAY, last) == PublishingHabit(10, 2)
    assert publishing_habit(articles, MONDAY + timedelta(days=1), last) is None
    assert publishing_habit(articles, MONDAY, last - timedelta(days=1)) is None


def test_a_day_without_an_article_is_a_gap_only_where_many_were_to_be_expected() -> None:
    day = MONDAY + timedelta(days=9)
    for workday, is_gap in ((6, False), (7, True)):  # e ** -6.9 is about 0.001
        articles = published(workday, 1)
        del articles[day]
        found = coverage_gaps(articles, PublishingHabit(workday, 1), MONDAY, SUNDAY)
        assert found == ([Gap(day, day, workday)] if is_gap else [])


def test_weekends_off_are_no_gaps() -> None:
    articles = published(40, 0)
    habit = publishing_habit(articles, MONDAY, SUNDAY)
    assert habit == PublishingHabit(40, 0)
    assert coverage_gaps(articles, habit, MONDAY, SUNDAY) == []


def test_a_gap_lasts_to_the_end_where_nothing_comes_any_more() -> None:
    articles = published(5, 5)
    stopped = SUNDAY - timedelta(days=2)
    for day in days_between(stopped, SUNDAY):
        del articles[day]
    [gap] = coverage_gaps(articles, PublishingHabit(5, 5), MONDAY, SUNDAY)
    assert (gap.first, gap.last, gap.days, gap.expected) == (stopped, SUNDAY, 3, 15)
    assert gap.probability == pytest.approx(math.exp(-15))


def test_who_publishes_seldom_may_be_silent_for_long() -> None:
    twice_a_week = PublishingHabit(0.4, 0)
    three_weeks = MONDAY + timedelta(days=20)
    assert coverage_gaps({}, twice_a_week, MONDAY, three_weeks) == []
    assert coverage_gaps({}, twice_a_week, MONDAY, three_weeks + timedelta(days=7)) != []


@given(
    st.dictionaries(st.integers(0, 83), st.integers(0, 50)),
    st.floats(0, 50),
    st.floats(0, 50),
)
def test_gaps_are_runs_that_cannot_be_made_longer(
    counts: dict[int, int], workday: float, weekend: float
) -> None:
    articles = {MONDAY + timedelta(days=number): n for number, n in counts.items()}
    found = coverage_gaps(articles, PublishingHabit(workday, weekend), MONDAY, SUNDAY)
    for gap in found:
        assert gap.probability < GAP_PROBABILITY
        assert not any(articles.get(day) for day in days_between(gap.first, gap.last))
        around = (gap.first - timedelta(days=1), gap.last + timedelta(days=1))
        assert all(articles.get(day) for day in around if MONDAY <= day <= SUNDAY)
    assert found == sorted(found, key=lambda gap: gap.first)
