"""Bars of time: few enough to be seen, none left out, whatever the dates are."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.web.histogram import MIN_DAYS, HistogramBar, histogram

TODAY = date(2026, 11, 24)
MOST_BARS = 330


@given(st.dictionaries(st.dates(), st.integers(1, 1000), min_size=1, max_size=30))
def test_every_article_is_in_the_bar_of_its_day_or_told_of(days: dict[date, int]) -> None:
    shown = histogram(days, TODAY)
    if shown is None:
        assert all(day.year < 1700 or day > TODAY for day in days)
        return
    assert 0 < len(shown.bars) <= MOST_BARS
    assert sum(bar.articles for bar in shown.bars) + shown.misdated == sum(days.values())
    for bar, following in zip(shown.bars, shown.bars[1:], strict=False):
        assert following.first == bar.last + timedelta(days=1)
    for bar in shown.bars:
        assert bar.articles == sum(n for day, n in days.items() if bar.first <= day <= bar.last)
    places = [middle for middle, _ in shown.labelled]
    assert 1 <= len(places) <= 5
    assert all(0 < middle < 1 for middle in places)


@pytest.mark.parametrize(
    ("span_days", "unit", "first_bar"),
    [
        (40, "day", HistogramBar(date(2020, 1, 1), date(2020, 1, 1), 1)),
        (300, "week", HistogramBar(date(2019, 12, 30), date(2020, 1, 5), 1)),
        (2000, "month", HistogramBar(date(2020, 1, 1), date(2020, 1, 31), 1)),
    ],
)
def test_bars_are_as_wide_as_the_range_needs(
    span_days: int, unit: str, first_bar: HistogramBar
) -> None:
    first = date(2020, 1, 1)
    shown = histogram({first: 1, first + timedelta(days=span_days): 2}, TODAY)
    assert shown is not None
    assert (shown.unit, shown.bars[0], shown.most) == (unit, first_bar, 2)


def test_a_day_alone_stands_among_empty_days() -> None:
    shown = histogram({TODAY: 3}, TODAY)
    assert shown is not None
    assert len(shown.bars) == MIN_DAYS
    assert shown.bars[MIN_DAYS // 2].first == TODAY


def test_years_are_shown_where_months_would_be_too_many() -> None:
    shown = histogram({date(1850, 5, 1): 1, TODAY: 1, date(9999, 12, 31): 4}, TODAY)
    assert shown is not None
    assert (shown.unit, len(shown.bars), shown.misdated) == ("year", 177, 4)
