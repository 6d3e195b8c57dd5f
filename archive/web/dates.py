"""Days as forms send them."""

from __future__ import annotations

from datetime import date

from archive.web.problems import ProblemError

YEARS = range(1000, 9000)
"""Far enough from the ends of the calendar for sums of days."""


def parse_day(text: str) -> date | None:
    """A day in ISO 8601; None where nothing was filled in.

    Raises:
        ProblemError: 400, it is none.
    """
    if not text.strip():
        return None
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        day = None
    if day is None or day.year not in YEARS:
        raise ProblemError(400, "A day is written as 2026-03-01.")
    return day
