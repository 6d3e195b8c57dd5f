"""Days, weeks, months and years: their first days, their order, and gaps between them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from archive.search.tree import By

TIMES = (By.DAY, By.WEEK, By.MONTH)
_MOST_DAYS = {"day": 1, "week": 7, "month": 31, "year": 366}


def time_position(by: Sequence[By]) -> int | None:
    """The position of the time dimension in `by`, of the finest where there are several."""
    return next((by.index(time) for time in TIMES if time in by), None)


def first_day(period: str) -> date:
    """The first day of a period.

    >>> first_day("2025-06")
    datetime.date(2025, 6, 1)
    """
    return date.fromisoformat(period if len(period) > len("2025-06") else f"{period}-01")


def period_start(day: date, unit: str) -> date:
    """The first day of the period that a day is in.

    >>> period_start(date(2025, 6, 18), "week")
    datetime.date(2025, 6, 16)
    """
    match unit:
        case "week":
            return day - timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)
        case "year":
            return day.replace(month=1, day=1)
        case _:
            return day


def next_period(begin: date, unit: str) -> date:
    """The first day of the next period.

    >>> next_period(date(2024, 2, 1), "month"), next_period(date(2025, 1, 1), "year")
    (datetime.date(2024, 3, 1), datetime.date(2026, 1, 1))
    """
    # As many days on as it can have, it is in the next one, or at its first day.
    return period_start(begin + timedelta(_MOST_DAYS[unit]), unit)


def periods(by: By, first: str, last: str) -> Iterator[str]:
    """Every period from `first` to `last`, both included.

    >>> list(periods(By.MONTH, "2024-12", "2025-02"))
    ['2024-12', '2025-01', '2025-02']
    >>> list(periods(By.WEEK, "2024-12-30", "2025-01-08"))
    ['2024-12-30', '2025-01-06']
    """
    day, end = first_day(first), first_day(last)
    while day <= end:
        yield day.isoformat()[: len(first)]
        day = next_period(day, by)


def missing_between(by: By, before: str, after: str) -> int:
    """The number of periods between two.

    >>> missing_between(By.WEEK, "2024-12-30", "2025-01-20")
    2
    """
    first, last = first_day(before), first_day(after)
    if by is By.MONTH:
        months = (last.year - first.year) * 12 + last.month - first.month
        return max(months - 1, 0)
    return max((last - first).days // _MOST_DAYS[by] - 1, 0)
