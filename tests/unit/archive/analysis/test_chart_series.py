"""What a chart shows of counts: every period, and what there is no share of."""

from __future__ import annotations

import pytest

from archive.analysis.chart_series import ChartLine, Measure, chart_lines
from archive.errors import WrongUseError
from archive.index.counting import Count
from archive.search.tree import By

COUNTS = [
    Count(("suara", "2024-12-30"), 10, 5),
    Count(("suara", "2025-01-20"), 4, 0),
    Count(("suara", None), 3, 1),
    Count(("warta", "2025-01-06"), 20, 1),
    Count((None, "2025-01-06"), 1, 0),
]
BY = [By.SOURCE, By.WEEK]


def test_a_line_has_every_week_and_no_share_of_nothing() -> None:
    lines = chart_lines(BY, COUNTS, Measure.SHARE, most=2)
    assert lines is not None
    assert [day.isoformat() for day in lines.days] == [
        "2024-12-30",
        "2025-01-06",
        "2025-01-13",
        "2025-01-20",
    ]
    assert lines.lines == (
        ChartLine("suara", (0.5, None, None, 0.0)),
        ChartLine("warta", (None, 0.05, None, None)),
    )
    assert (lines.left_out, lines.undated, lines.has_gaps) == (1, 3, True)


@pytest.mark.parametrize(
    ("measure", "largest", "values"),
    [
        (Measure.MATCHING, "suara", (5, 0, 0, 0)),
        (Measure.ARTICLES, "warta", (0, 20, 0, 0)),
    ],
)
def test_no_articles_are_none_where_they_are_counted(
    measure: Measure, largest: str, values: tuple[int, ...]
) -> None:
    lines = chart_lines(BY, COUNTS, measure, most=1)
    assert lines is not None
    assert lines.lines == (ChartLine(largest, values),)
    assert not lines.has_gaps


def test_a_month_follows_the_one_before_over_new_year() -> None:
    counts = [Count(("2024-11",), 1, 1), Count(("2025-02",), 1, 0)]
    lines = chart_lines([By.MONTH], counts, Measure.ARTICLES, most=1)
    assert lines is not None
    assert [day.isoformat() for day in lines.days] == [
        "2024-11-01",
        "2024-12-01",
        "2025-01-01",
        "2025-02-01",
    ]
    assert lines.lines[0].values == (1, 0, 0, 1)


def test_without_a_time_there_are_no_lines() -> None:
    assert chart_lines([By.SOURCE], [Count(("suara",), 1, 1)], Measure.SHARE, most=7) is None


def test_nothing_dated_is_an_empty_chart() -> None:
    lines = chart_lines([By.DAY], [Count((None,), 3, 1)], Measure.SHARE, most=7)
    assert lines is not None
    assert (lines.days, lines.lines, lines.undated) == ((), (), 3)


def test_two_sorts_of_periods_are_refused() -> None:
    counts = [Count(("2025-01", "2025-01-06"), 1, 1)]
    with pytest.raises(WrongUseError, match="one axis of time"):
        chart_lines([By.MONTH, By.WEEK], counts, Measure.SHARE, most=7)
