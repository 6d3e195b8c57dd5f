"""Days, weeks and months as they are counted by: in which order, and which of them are missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from archive.search.terms import By

TIMES = (By.DAY, By.WEEK, By.MONTH)
_DAYS = {By.DAY: 1, By.WEEK: 7}


def time_in(by: Sequence[By]) -> int | None:
    """At which place of what is counted by a time stands, the finest where there are several."""
    return next((by.index(time) for time in TIMES if time in by), None)


def first_day(period: str) -> date:
    """The day on which a period begins.

    >>> first_day("2025-06")
    datetime.date(2025, 6, 1)
    """
    return date.fromisoformat(period if len(period) > len("2025-06") else f"{period}-01")


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
        # The 31st day from the first of a month is in the next one, or is its first.
        day += timedelta(_DAYS.get(by, 31))
        if by is By.MONTH:
            day = day.replace(day=1)


def missing_between(by: By, before: str, after: str) -> int:
    """How many periods lie between two.

    >>> missing_between(By.WEEK, "2024-12-30", "2025-01-20")
    2
    """
    first, last = first_day(before), first_day(after)
    if by is By.MONTH:
        months = (last.year - first.year) * 12 + last.month - first.month
        return max(months - 1, 0)
    return max((last - first).days // _DAYS[by] - 1, 0)
