"""One case on either side of each limit of `archive.search`, in plain numbers."""

from __future__ import annotations

from datetime import date

import pytest

from archive.errors import QueryError
from archive.search.periods import missing_between, next_period
from archive.search.syntax import parse_query
from archive.search.tree import By, Text


def test_a_query_has_two_thousand_characters() -> None:
    assert parse_query("a" * 2_000) == Text("a" * 2_000)
    with pytest.raises(QueryError, match="longer than 2,000 characters"):
        parse_query("a" * 2_001)


def test_a_prefix_has_three_letters() -> None:
    assert parse_query("abc*") == Text("abc", is_prefix=True)
    with pytest.raises(QueryError, match="3 letters or more"):
        parse_query("ab*")


def nested(levels: int) -> str:
    """Return a query whose tree is so deep."""
    query = "a"
    for level in range(levels - 1):
        query = f"({query} OR b)" if level % 2 else f"({query} b)"
    return query


def test_groups_are_nested_twenty_levels_deep() -> None:
    parse_query(nested(20))
    with pytest.raises(QueryError, match="nested more than 20 levels deep"):
        parse_query(nested(21))


@pytest.mark.parametrize(
    ("by", "begin", "next_one"),
    [
        (By.DAY, "2024-02-28", "2024-02-29"),
        (By.DAY, "2024-12-31", "2025-01-01"),
        (By.WEEK, "2024-12-30", "2025-01-06"),
        (By.MONTH, "2024-01-01", "2024-02-01"),
        (By.MONTH, "2025-02-01", "2025-03-01"),
        (By.MONTH, "2024-12-01", "2025-01-01"),
        ("year", "2024-01-01", "2025-01-01"),
        ("year", "2025-01-01", "2026-01-01"),
    ],
)
def test_periods_follow_each_other(by: str, begin: str, next_one: str) -> None:
    assert next_period(date.fromisoformat(begin), by) == date.fromisoformat(next_one)


@pytest.mark.parametrize(
    ("by", "before", "after", "missing"),
    [
        (By.DAY, "2024-02-28", "2024-02-29", 0),
        (By.DAY, "2024-02-28", "2024-03-02", 2),
        (By.WEEK, "2024-12-30", "2025-01-06", 0),
        (By.WEEK, "2024-12-30", "2025-01-20", 2),
        (By.WEEK, "2024-01-01", "2024-12-30", 51),
        (By.MONTH, "2024-12", "2025-01", 0),
        (By.MONTH, "2023-11", "2025-02", 14),
    ],
)
def test_periods_that_are_missing(by: By, before: str, after: str, missing: int) -> None:
    assert missing_between(by, before, after) == missing
