"""Runs, the health of sources, changes and steps, as they are told of an archive that was kept."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from archive.analysis.coverage import PublishingHabit
from archive.analysis.health import SourceState, error_kind, source_health, source_lines
from archive.db.engine import open_engine
from archive.errors import NotArchivedError, SourceError
from archive.index.article_index import Snapshot
from archive.model import UrlKind
from archive.read.changes import (
    ArticleChange,
    ChangeFilter,
    ChangeKind,
    change_cursor,
    changes_since,
    latest_changes,
)
from archive.read.revisions import revision_timeline
from archive.read.runs import SourceTally, last_runs, latest_runs, read_run
from tests.indexes import FollowingQuery
from tests.postgres import new_database
from tests.web.watched import FEED, OLD_FEED, WatchedHome, engine_of, make_watched_home

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
"""A Monday: four days of silence were from Tuesday to Friday."""


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def watched(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> WatchedHome:
    path = tmp_path_factory.mktemp("watched") / "home"
    if request.param == "sqlite":
        return make_watched_home(path, NOW)
    return make_watched_home(path, NOW, new_database(request.getfixturevalue("server")))


@pytest.fixture
def connection(watched: WatchedHome) -> Iterator[Connection]:
    engine = engine_of(watched)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.fixture
def snapshot(watched: WatchedHome, tmp_path: Path) -> Iterator[Snapshot]:
    engine = engine_of(watched)
    yield FollowingQuery(engine, tmp_path / "index").snapshot()
    engine.dispose()


def test_a_source_has_its_habit_and_the_gap_that_stands_out(
    connection: Connection, snapshot: Snapshot
) -> None:
    health = source_health(connection, snapshot, "suara", NOW)
    assert health.coverage.habit == PublishingHabit(4, 2)
    [gap] = health.coverage.gaps
    days_ago = [(NOW.date() - day).days for day in (gap.first, gap.last)]
    assert days_ago == [20, 17]
    assert gap.expected == 16
    assert health.coverage.articles[NOW.date() - timedelta(days=7)] == 4
    assert (health.state, health.facts.title) == (SourceState.WELL, "Suara Kita")


def test_a_source_that_stopped_is_silent(connection: Connection, snapshot: Snapshot) -> None:
    health = source_health(connection, snapshot, "suara", NOW + timedelta(days=3))
    assert health.coverage.gaps[-1].last == NOW.date() + timedelta(days=2)
    assert health.state is SourceState.SILENT


def test_errors_are_told_by_kind_without_hosts(connection: Connection, snapshot: Snapshot) -> None:
    kinds = {each.what: each for each in source_health(connection, snapshot, "suara", NOW).errors}
    assert {what: each.times for what, each in kinds.items()} == {"HTTP 404 Not Found": 3}
    assert kinds["HTTP 404 Not Found"].last_at == NOW - timedelta(days=1)
    [late] = source_health(connection, snapshot, "warta", NOW).errors
    assert (late.what, late.times, late.url) == ("did not answer in time", 1, OLD_FEED)


@pytest.mark.parametrize(
    ("error", "what"),
    [
        ("The name suara.example has no address (DNS)", "The name has no address"),
        ("127.0.0.1 refused the connection", "refused the connection"),
        (
            "The certificate of a.example cannot be trusted: expired",
            "The certificate of cannot be trusted",
        ),
        ("", "?"),
    ],
)
def test_kinds_of_errors(error: str, what: str) -> None:
    assert error_kind(None, error) == what
    assert error_kind(599, None) == "HTTP 599"


# The plan is in the words of SQLite.
@pytest.mark.parametrize("watched", ["sqlite"], indirect=True, scope="module")
def test_errors_and_lists_are_found_by_indexes(connection: Connection, snapshot: Snapshot) -> None:
    asked: list[str] = []
    raw = connection.connection.driver_connection
    assert raw is not None
    raw.set_trace_callback(asked.append)
    source_health(connection, snapshot, "suara", NOW)
    raw.set_trace_callback(None)
    plans = {
        query: " ".join(row[3] for row in connection.execute(text(f"EXPLAIN QUERY PLAN {query}")))
        for query in (each.replace(":", r"\:") for each in asked)
        if "FROM captures" in query or "FROM urls" in query
    }
    assert len(plans) == 3
    assert all("SEARCH" in plan and "SCAN captures" not in plan for plan in plans.values()), plans
    assert any("ix_captures_failed" in plan for plan in plans.values()), plans


def test_a_list_has_its_pace(connection: Connection, snapshot: Snapshot) -> None:
    [feed] = source_health(connection, snapshot, "suara", NOW).lists
    assert (feed.url, feed.kind, feed.failures) == (FEED, UrlKind.FEED, 0)
    assert feed.fetched_at == NOW - timedelta(hours=3)
    assert feed.changes_every is not None
    assert timedelta(hours=2) < feed.changes_every < timedelta(hours=4)
    assert feed.due_at is not None
    assert feed.due_at > feed.fetched_at
    [dead] = source_health(connection, snapshot, "warta", NOW).lists
    assert (dead.failures, dead.changes_every, dead.due_at) == (1, None, NOW + timedelta(hours=1))


def test_all_sources_are_listed_with_how_they_stand(
    connection: Connection, snapshot: Snapshot
) -> None:
    lines = {line.facts.name: line for line in source_lines(connection, snapshot, NOW)}
    states = {name: line.state for name, line in lines.items()}
    assert states == {
        "suara": SourceState.WELL,
        "sunyi": SourceState.UNSEEN,
        "warta": SourceState.FAILING,
    }
    counted = source_health(connection, snapshot, "suara", NOW).coverage.articles
    since = NOW.date() - timedelta(days=28)
    assert lines["suara"].articles == sum(n for day, n in counted.items() if day >= since)
    assert [gap.days for gap in lines["suara"].coverage.gaps] == [4]
    later = {
        line.facts.name: line
        for line in source_lines(connection, snapshot, NOW + timedelta(days=3))
    }
    assert later["suara"].state is SourceState.SILENT
    assert lines["suara"].facts.newest_at == NOW


def test_an_unknown_source_is_refused(connection: Connection, snapshot: Snapshot) -> None:
    with pytest.raises(SourceError, match="no source 'lain'"):
        source_health(connection, snapshot, "lain", NOW)


def test_runs_say_what_they_did_where(connection: Connection) -> None:
    running, imported, crawl = latest_runs(connection, limit=10)
    assert (running.ended_at, running.outcome, running.lasted) == (None, None, None)
    assert imported.parts == {"old.warc.gz": {"known": 2, "articles": 5}}
    assert imported.lasted == timedelta(minutes=5)
    assert crawl.sources["warta"] == SourceTally(errors=1, lists_failed=1)
    assert crawl.sources["warta"].failed
    assert (crawl.total.articles, crawl.total.errors, crawl.outcome) == (7, 3, "failed")
    assert latest_runs(connection, limit=10, before=imported.id) == [crawl]
    assert read_run(connection, crawl.id) == crawl
    assert last_runs(connection)["suara"].run == crawl
    with pytest.raises(NotArchivedError):
        read_run(connection, 10**30)


def test_steps_say_what_each_revision_changed(connection: Connection, watched: WatchedHome) -> None:
    third, second, first = revision_timeline(connection, watched.edited, limit=10)
    assert (first.what, first.is_silent, first.words_more) == (frozenset(), False, 0)
    assert (second.what, second.is_silent, second.words_more) == ({"text"}, True, 4)
    assert (third.what, third.is_silent) == ({"title", "byline"}, False)
    assert revision_timeline(connection, watched.edited, limit=1) == [third]
    assert revision_timeline(connection, watched.edited, limit=1, before=3) == [second]


def test_changes_come_newest_first_a_page_at_a_time(
    connection: Connection, watched: WatchedHome
) -> None:
    since = NOW - timedelta(days=30)
    every = latest_changes(connection, ChangeFilter(since), limit=100)
    engine = engine_of(watched)
    assert every == list(changes_since(engine, since))[::-1]
    engine.dispose()
    kinds = [change.kind for change in every]
    assert sorted(kinds) == sorted(ChangeKind)
    paged: list[ArticleChange] = []
    while some := latest_changes(
        connection, ChangeFilter(since), limit=1, before=change_cursor(paged[-1]) if paged else None
    ):
        paged += some
    assert paged == every


def test_changes_can_be_narrowed(connection: Connection) -> None:
    since = NOW - timedelta(days=30)
    for kind in ChangeKind:
        [one] = latest_changes(connection, ChangeFilter(since, kinds=frozenset({kind})), limit=9)
        assert one.kind is kind
    [gone] = latest_changes(
        connection, ChangeFilter(since, kinds=frozenset({ChangeKind.VANISHED})), limit=9
    )
    before = ChangeFilter(since, until=gone.seen_at)
    assert gone not in latest_changes(connection, before, limit=9)
    assert latest_changes(connection, ChangeFilter(since, source="warta"), limit=9) == []


def test_an_empty_archive_has_nothing_to_tell(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'empty.db'}")
    nothing = FollowingQuery(engine, tmp_path / "index").snapshot()
    with engine.connect() as connection:
        assert source_lines(connection, nothing, NOW) == []
        assert latest_runs(connection, limit=5) == []
        assert latest_changes(connection, ChangeFilter(NOW), limit=5) == []
        assert revision_timeline(connection, 1, limit=5) == []
    engine.dispose()
