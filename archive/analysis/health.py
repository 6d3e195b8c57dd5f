"""Health of a source: its last run, its coverage, its errors, and when its lists are due.

Read-only. What needs no database is in `archive.analysis.coverage`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from http import HTTPStatus
from typing import Any

from sqlalchemy import Connection, Row, and_, func, or_, select, text

from archive.analysis.coverage import Coverage, coverage_of
from archive.core.schedule import Habit as ListHabit
from archive.core.schedule import list_change_s
from archive.db.schema import ArticleRow, CaptureRow, SourceRow, UrlRow
from archive.db.sources import source_ids
from archive.index.article_index import Snapshot
from archive.index.counting import Count, count_groups
from archive.model import LISTS, UrlKind
from archive.read.runs import NOT_ERRORS, SourceRun, last_runs
from archive.search.tree import And, By, Clock, Fact, Field, Node, Period

CHART_DAYS = 90
"""Days in the chart of a source."""
HABIT_DAYS = 182
"""Days from which a source's habit is estimated."""
DAYS_COUNTED = 28
"""Days in which articles are counted for the list of sources."""
ERROR_DAYS = 30
LISTS_SHOWN = 50
_ERRORS_LOOKED_AT = 5_000
_DETAIL = re.compile(r"\s*\([^()]*\)$")


class SourceState(StrEnum):
    """State of a source, worst first."""

    FAILING = "failing"
    """Its last run could not read any of its lists."""
    SILENT = "silent"
    """It has published nothing for longer than its habit explains."""
    UNSEEN = "unseen"
    """No recent run crawled it."""
    WELL = "well"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFacts:
    """A source and its recent activity."""

    id: int
    name: str
    url: str
    title: str | None
    language: str | None
    """ISO 639-1."""
    added_at: datetime
    last: SourceRun | None
    """None where none of the newest runs crawled it."""
    newest_at: datetime | None
    """When the newest of its articles was published."""


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A source in the list of sources."""

    facts: SourceFacts
    coverage: Coverage

    @property
    def articles(self) -> int:
        """Articles published in the last `DAYS_COUNTED` complete days."""
        return self.coverage.since(self.coverage.last - timedelta(days=DAYS_COUNTED - 1))

    @property
    def state(self) -> SourceState:
        """State of the source."""
        return _state(self.facts.last, self.coverage)


@dataclass(frozen=True, slots=True)
class ErrorKind:
    """A kind of failed fetch."""

    what: str
    """`HTTP 404 Not Found`, or why there was no answer, without host names."""
    times: int
    last_at: datetime
    url: str
    """An example."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowedList:
    """A feed, sitemap or front page, and how often it is fetched."""

    url: str
    kind: UrlKind
    fetched_at: datetime | None
    status: int | None
    """HTTP status of the newest answer."""
    due_at: datetime | None
    """When it is fetched next."""
    is_being_fetched: bool
    failures: int
    """Consecutive failures since the last success."""
    reason: str | None
    """The outcome of the newest fetch, as text."""
    changes_every: timedelta | None
    """Expected time between changes; None where no change was seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceHealth:
    """Health of a source."""

    facts: SourceFacts
    coverage: Coverage
    """Up to yesterday; days are those of the page's own clock."""
    errors: Sequence[ErrorKind]
    """Of the last `ERROR_DAYS` days, the most frequent first."""
    lists: Sequence[FollowedList]
    """The next to be fetched first; `LISTS_SHOWN` at most."""

    @property
    def state(self) -> SourceState:
        """State of the source."""
        return _state(self.facts.last, self.coverage)


def source_lines(connection: Connection, snapshot: Snapshot, now: datetime) -> list[SourceLine]:
    """All sources by name."""
    first, last = _days_counted(now)
    articles: dict[str | None, dict[date, int]] = defaultdict(dict)
    among = Period(Clock.PUBLISHED, first, last)
    for each in count_groups(snapshot, [By.SOURCE, By.DAY], among=among):
        articles[each.group[0]] |= _by_day([each], 1)
    return [
        SourceLine(facts, coverage_of(articles[facts.name], last))
        for facts in _facts(connection, now, sorted(source_ids(connection)))
    ]


def source_health(
    connection: Connection, snapshot: Snapshot, name: str, now: datetime
) -> SourceHealth:
    """The health of one source. Raises SourceError if the archive has no such source."""
    source_ids(connection, [name])
    [facts] = _facts(connection, now, [name])
    first, last = _days_counted(now)
    among: Node = And((Fact(Field.SOURCE, name), Period(Clock.PUBLISHED, first, last)))
    articles = _by_day(count_groups(snapshot, [By.DAY], among=among), 0)
    return SourceHealth(
        facts=facts,
        coverage=coverage_of(articles, last),
        errors=fetch_errors(connection, facts.id, now - timedelta(days=ERROR_DAYS)),
        lists=followed_lists(connection, facts.id),
    )


def fetch_errors(connection: Connection, source_id: int, since: datetime) -> list[ErrorKind]:
    """Failures at a source, the most frequent first; only the newest where there are very many."""
    failed = (
        select(CaptureRow.status, CaptureRow.error, CaptureRow.captured_at, CaptureRow.url)
        .outerjoin(UrlRow, UrlRow.id == CaptureRow.url_id)
        .where(
            CaptureRow.source_id == source_id,
            CaptureRow.captured_at >= since,
            # As in the index.
            text("(captures.error IS NOT NULL OR captures.status >= 400)"),
            or_(UrlRow.kind.is_(None), UrlRow.kind.not_in(NOT_ERRORS)),
        )
        .order_by(CaptureRow.captured_at.desc())
        .limit(_ERRORS_LOOKED_AT)
        .subquery()
    )
    groups = (failed.c.status, failed.c.error)
    facts = (func.count(), func.max(failed.c.captured_at), func.max(failed.c.url))
    kinds: dict[str, ErrorKind] = {}
    for status, error, times, last_at, url in connection.execute(
        select(*groups, *facts).group_by(*groups)
    ):
        kind = ErrorKind(error_kind(status, error), times, last_at, url)
        kinds[kind.what] = _both(kinds.get(kind.what), kind)
    return sorted(kinds.values(), key=lambda kind: (-kind.times, kind.what))


def error_kind(status: int | None, error: str | None) -> str:
    """A description of a failure that does not depend on the URL.

    >>> error_kind(404, None)
    'HTTP 404 Not Found'
    >>> error_kind(None, "suara.example did not answer in time (took longer than 30 s)")
    'did not answer in time'
    """
    if error is None and status is not None:
        try:
            return f"HTTP {status} {HTTPStatus(status).phrase}"
        except ValueError:
            return f"HTTP {status}"
    words = _DETAIL.sub("", (error or "").partition(": ")[0]).split()
    named = [word for word in words if "." not in word.strip(".") and not word.isnumeric()]
    return " ".join(named) or "?"


def followed_lists(connection: Connection, source_id: int) -> list[FollowedList]:
    """The followed lists of a source, the next to be fetched first."""
    own = and_(UrlRow.source_id == source_id, UrlRow.kind.in_(LISTS))
    # Two queries, each with an index.
    waiting = and_(UrlRow.due_at.is_not(None), UrlRow.leased_by.is_(None))
    query = select(UrlRow.__table__).where(own).order_by(UrlRow.due_at, UrlRow.id)
    rows = [
        *connection.execute(query.where(UrlRow.leased_by.is_not(None)).limit(LISTS_SHOWN)),
        *connection.execute(query.where(waiting).limit(LISTS_SHOWN)),
    ]
    return [_list_pace(row) for row in rows[:LISTS_SHOWN]]


def _facts(connection: Connection, now: datetime, names: Sequence[str]) -> list[SourceFacts]:
    """Facts of sources; articles dated in the future do not count as newest."""
    newest = (
        select(func.max(ArticleRow.published_at))
        .where(ArticleRow.source_id == SourceRow.id, ArticleRow.published_at <= now)
        .scalar_subquery()
    )
    described = (SourceRow.id, SourceRow.name, SourceRow.url, SourceRow.title, SourceRow.language)
    query = (
        select(*described, SourceRow.added_at, newest.label("newest_at"))
        .where(SourceRow.name.in_(names))
        .order_by(SourceRow.name)
    )
    last = last_runs(connection)
    rows = connection.execute(query)
    return [SourceFacts(**row._mapping, last=last.get(row.name)) for row in rows]


def _list_pace(row: Row[Any]) -> FollowedList:
    habit = ListHabit(row.changes, row.exposure)
    changes_every = timedelta(seconds=list_change_s(habit)) if habit.changes else None
    return FollowedList(
        url=row.url,
        kind=UrlKind(row.kind),
        fetched_at=row.fetched_at,
        status=row.status,
        due_at=row.due_at,
        is_being_fetched=row.leased_by is not None,
        failures=row.failures,
        reason=row.reason,
        changes_every=changes_every,
    )


def _state(last: SourceRun | None, covered: Coverage) -> SourceState:
    if last is not None and last.tally.failed:
        return SourceState.FAILING
    if covered.is_silent:
        return SourceState.SILENT
    return SourceState.UNSEEN if last is None else SourceState.WELL


def _both(one: ErrorKind | None, other: ErrorKind) -> ErrorKind:
    if one is None:
        return other
    newer = max(one, other, key=lambda kind: kind.last_at)
    return ErrorKind(one.what, one.times + other.times, newer.last_at, newer.url)


def _by_day(counts: Sequence[Count], at: int) -> dict[date, int]:
    """Articles by the day at position `at` of their groups."""
    days = ((each.group[at], each.articles) for each in counts)
    return {date.fromisoformat(day): articles for day, articles in days if day}


def _days_counted(now: datetime) -> tuple[date, date]:
    last = now.astimezone(UTC).date() - timedelta(days=1)
    return last - timedelta(days=HABIT_DAYS - 1), last
