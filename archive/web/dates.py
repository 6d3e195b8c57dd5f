"""Dates from forms."""

from __future__ import annotations

from datetime import date

from archive.web.problems import ProblemError

YEARS = range(1000, 9000)
"""Years within which sums of days stay on the calendar."""


def parse_day(text: str) -> date | None:
    """Parse a day in ISO 8601; None where the field is empty.

    Raises:
        ProblemError: 400, it is no day.
    """
    if not text.strip():
        return None
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        day = None
    if day is None or day.year not in YEARS:
        raise ProblemError(400, "Invalid date. Write it as 2026-03-01.")
    return day
