"""Queries over time: which periods there are, and what is counted in them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.analysis.trends import (
    MAX_POINTS,
    TrendRequest,
    leading_sources,
    trend_days,
    trend_unit,
    trends,
)
from archive.db.engine import open_engine
from archive.index.article_index import Snapshot
from archive.index.searching import newest_day
from archive.model import Source
from archive.search.syntax import parse_query
from archive.search.tree import By
from tests.indexes import FollowingQuery
from tests.postgres import new_database
from tests.rows import Rows, article

ARTICLES = [
    ("suara", "2026-01-05", "banjir"),
    ("suara", "2026-01-11", "kapal"),
    ("suara", "2026-02-01", "banjir kapal"),
    ("warta", "2026-01-06", "banjir"),
    ("warta", "2026-01-07", "banjir"),
    ("warta", "2027-06-01", "banjir"),
]
DAYS = st.dates(date(1990, 1, 1), date(2030, 1, 1))


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path_factory.mktemp('trends') / 'a.db'}"
    return new_database(request.getfixturevalue("server"))


@pytest.fixture(scope="module")
def snapshot(address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    engine = open_engine(address)
    names = ("suara", "warta")
    rows = Rows(engine, tuple(Source(name, f"https://{name}.example") for name in names))
    for number, (source, day, text) in enumerate(ARTICLES):
        published = datetime.fromisoformat(f"{day}T08:00:00").replace(tzinfo=UTC)
        url = f"https://{source}.example/{number}"
        made = article(text, published_at=published)
        rows.read(url, made, source_id=1 + names.index(source))
    yield FollowingQuery(engine, tmp_path_factory.mktemp("trends") / "index").snapshot()
    engine.dispose()


def asked(*queries: str, unit: By = By.MONTH, sources: tuple[str, ...] = ()) -> TrendRequest:
    nodes = [parse_query(query) for query in queries]
    return TrendRequest(nodes, date(2026, 1, 1), date(2026, 3, 31), unit, sources)


def test_lines_are_of_the_same_periods(snapshot: Snapshot) -> None:
    wanted = asked("banjir", "kapal")
    banjir, kapal = trends(snapshot, wanted)
    january, february, march = trend_days(wanted)
    assert (january, march) == (date(2026, 1, 1), date(2026, 3, 1))
    assert (banjir.matching, kapal.matching) == (
        {january: 3, february: 1},
        {january: 1, february: 1},
    )
    assert banjir.articles == {january: 4, february: 1}
    assert [banjir.share(each) for each in (january, february, march)] == [0.75, 1, None]


def test_weeks_begin_on_mondays_and_sources_have_lines_of_their_own(
    snapshot: Snapshot,
) -> None:
    wanted = asked("banjir", unit=By.WEEK, sources=("suara", "warta"))
    suara, warta = trends(snapshot, wanted)
    assert trend_days(wanted)[0] == date(2025, 12, 29)
    monday = date(2026, 1, 5)
    assert (suara.source, suara.matching[monday], suara.articles[monday]) == ("suara", 1, 2)
    assert (warta.source, warta.matching) == ("warta", {monday: 2})


def test_sources_with_most_matches_lead(snapshot: Snapshot) -> None:
    assert leading_sources(snapshot, asked("banjir"), 9) == ["suara", "warta"]
    assert leading_sources(snapshot, asked("kapal", "title:tidak"), 9) == ["suara"]


def test_articles_dated_ahead_are_not_the_newest(snapshot: Snapshot) -> None:
    assert newest_day(snapshot, date(2026, 5, 1)) == date(2026, 2, 1)
    assert newest_day(snapshot, date(2028, 5, 1)) == date(2027, 6, 1)


@pytest.mark.parametrize(
    ("days", "wanted", "unit"),
    [
        (92, None, By.DAY),
        (93, None, By.WEEK),
        (365, None, By.WEEK),
        (3_650, None, By.MONTH),
        (200, By.DAY, By.DAY),
        (201, By.DAY, By.WEEK),
        (40_000, By.DAY, By.MONTH),
        (30, By.MONTH, By.MONTH),
    ],
)
def test_periods_are_as_long_as_can_be_read(days: int, wanted: By | None, unit: By) -> None:
    first = date(1900, 1, 1)
    last = date.fromordinal(first.toordinal() + days - 1)
    assert trend_unit(first, last, wanted) is unit


@given(DAYS, DAYS, st.sampled_from([None, By.DAY, By.WEEK, By.MONTH]))
def test_periods_cover_the_last_days_and_are_not_too_many(
    one: date, other: date, wanted: By | None
) -> None:
    first, last = sorted((one, other))
    unit = trend_unit(first, last, wanted)
    days = trend_days(TrendRequest([], first, last, unit))
    assert days == sorted(set(days))
    assert len(days) <= MAX_POINTS + 1
    assert days[0] <= first or len(days) >= MAX_POINTS
    assert days[-1] <= last
    assert (last - days[-1]).days < {By.DAY: 1, By.WEEK: 7, By.MONTH: 31}[unit]
