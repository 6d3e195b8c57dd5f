"""When to look again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from archive.core.schedule import (
    ARTICLE_WEIGHT,
    Bounds,
    Habit,
    Pace,
    article_due_at,
    article_habit,
    list_due_at,
    list_habit,
)

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LISTS = Bounds(0, 86_400)
PACE = Pace(LISTS, LISTS, Bounds(3600, 180 * 86_400), give_up_s=365 * 86_400)


def watched(gaps: list[tuple[float, bool]]) -> Habit:
    habit = Habit()
    for seconds, changed in gaps:
        habit = list_habit(habit, seconds, changed=changed)
    return habit


def test_a_new_list_is_asked_at_every_crawl() -> None:
    assert list_due_at(Habit(), NOW, LISTS, 0.0) == NOW


def test_a_list_that_was_watched_for_minutes_only_is_asked_again() -> None:
    assert list_due_at(watched([(60, False), (300, False), (60, True)]), NOW, LISTS, 0) == NOW


def test_a_list_that_never_changes_is_asked_more_and_more_seldom() -> None:
    waits = [list_due_at(watched([(3600, False)] * n), NOW, LISTS, 0) - NOW for n in (1, 5, 9)]
    assert waits == sorted(waits)
    assert waits[0] == timedelta(minutes=30)
    assert list_due_at(watched([(86_400, False)] * 9), NOW, LISTS, 0) == NOW + DAY


def test_a_list_is_asked_about_twice_as_often_as_it_changes() -> None:
    daily = watched([(6 * 3600, n % 4 == 0) for n in range(80)])
    assert list_due_at(daily, NOW, LISTS, 0) - NOW == pytest.approx(9 * HOUR, rel=0.4)


def test_a_list_that_wakes_up_is_asked_sooner() -> None:
    asleep = watched([(6 * 3600, False)] * 20)
    awake = list_habit(asleep, 3600, changed=True)
    assert list_due_at(awake, NOW, LISTS, 0) < list_due_at(asleep, NOW, LISTS, 0)


@pytest.mark.parametrize(
    ("fresh_s", "wait_s"), [(0, 0), (600, 600), (1e9, 86_400)], ids=["silent", "ttl", "for ever"]
)
def test_what_a_list_says_of_itself_holds_within_bounds(fresh_s: float, wait_s: float) -> None:
    assert list_due_at(Habit(), NOW, LISTS, fresh_s) == NOW + timedelta(seconds=wait_s)


def looks(changes: float, *, count: int = 5) -> list[datetime]:
    """When an article is looked at whose source edits at `changes` a unit of the log clock."""
    source = Habit(changes * 1000, 1000)
    moments, habit = [NOW], Habit()
    while len(moments) <= count:
        due = article_due_at(habit, source, NOW, moments[-1], PACE)
        assert due is not None
        habit += article_habit(NOW, moments[-1], due, edited=False)
        moments.append(due)
    return moments


def test_looks_at_an_article_thin_out() -> None:
    moments = looks(0.1)
    waits = [later - earlier for earlier, later in pairwise(moments)]
    assert waits == sorted(waits)
    assert waits[0] < 3 * HOUR
    assert waits[-1] > 5 * DAY


def test_a_source_that_edits_more_is_looked_at_more_often() -> None:
    often, seldom = (looks(rate, count=3)[-1] for rate in (0.5, 0.05))
    assert often < seldom


def test_an_article_that_was_edited_is_looked_at_sooner() -> None:
    before, after = NOW + 5 * HOUR, NOW + 10 * HOUR
    habits = [article_habit(NOW, before, after, edited=edited) for edited in (True, False)]
    dues = [article_due_at(habit, Habit(), NOW, after, PACE) for habit in habits]
    assert dues[0] is not None
    assert dues[1] is not None
    assert dues[0] < dues[1]


def test_an_old_article_is_left_alone() -> None:
    assert article_due_at(Habit(), Habit(), NOW - 366 * DAY, NOW, PACE) is None


def test_a_date_in_the_future_is_no_age() -> None:
    due = article_due_at(Habit(), Habit(), NOW + 9 * DAY, NOW, PACE)
    assert due == article_due_at(Habit(), Habit(), NOW, NOW, PACE)


def test_no_habit_takes_the_wait_beyond_its_bounds() -> None:
    never = Habit(0, 1e12)
    assert article_due_at(never, never, NOW, NOW, PACE) == NOW + 180 * DAY
    always = Habit(1e9 * ARTICLE_WEIGHT, 1)
    assert article_due_at(always, always, NOW, NOW, PACE) == NOW + HOUR
