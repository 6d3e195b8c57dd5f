"""Runs: when they ran, how they ended, and what they did at each source. Read-only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from archive.db.schema import RunRow
from archive.errors import NotArchivedError
from archive.model import UrlKind

RUNS_LOOKED_AT = 100
"""How many of the newest runs are searched for the last one of a source."""
NOT_ERRORS = tuple(kind for kind in UrlKind if kind.may_be_missing)
MAX_RUN_ID = 2**31 - 1
"""Of runs, in PostgreSQL."""


@dataclass(slots=True, kw_only=True)
class SourceTally:
    """What a run did at one source, as stored in the run's summary."""

    found: int = 0
    """URLs that were new to the archive."""
    fetched: int = 0
    """Article pages fetched."""
    articles: int = 0
    errors: int = 0
    lists_read: int = 0
    """Feeds, sitemaps and listings that could be read."""
    lists_failed: int = 0
    requisites: int = 0
    """Images, styles, fonts and scripts of pages fetched."""
    missing: int = 0
    """Requisites that could not be fetched, or that robots.txt forbids."""
    waiting: int = 0
    """URLs that are known and wait to be fetched, now or later."""
    unreadable: bool = False
    """The source's own file could not be read, so it was not crawled."""

    @property
    def failed(self) -> bool:
        """Whether none of the source's feeds, sitemaps and front pages could be read."""
        return self.unreadable or (self.lists_failed > 0 and self.lists_read == 0)

    def __add__(self, other: SourceTally) -> SourceTally:
        return SourceTally(
            **{name: getattr(self, name) + getattr(other, name) for name in _NUMBERS},
            unreadable=self.unreadable or other.unreadable,
        )


_NAMES = tuple(each.name for each in fields(SourceTally))
_NUMBERS = tuple(name for name in _NAMES if name != "unreadable")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """One crawl, import or re-extraction."""

    id: int
    command: str
    version: str
    """Of Kliping."""
    started_at: datetime
    ended_at: datetime | None
    """None while it runs, or if it was killed."""
    outcome: str | None
    """done, failed (some sources did), interrupted."""
    sources: Mapping[str, SourceTally] = field(default_factory=dict)
    """What a crawl or a backfill did."""
    parts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Counts of other runs, by source or by imported file."""

    @property
    def lasted(self) -> timedelta | None:
        """Duration; None while it has not ended."""
        return self.ended_at - self.started_at if self.ended_at else None

    @property
    def total(self) -> SourceTally:
        """Sum over all sources."""
        return sum(self.sources.values(), SourceTally())


@dataclass(frozen=True, slots=True)
class SourceRun:
    """A run's counts at one source."""

    run: RunRecord
    tally: SourceTally


def latest_runs(
    connection: Connection, *, limit: int, before: int | None = None
) -> list[RunRecord]:
    """The newest runs first; with `before`, those with lower ids."""
    query = _select().order_by(RunRow.id.desc()).limit(limit)
    if before is not None:
        query = query.where(RunRow.id < min(before, MAX_RUN_ID))
    return [_run(row) for row in connection.execute(query)]


def read_run(connection: Connection, run_id: int) -> RunRecord:
    """A run by its number. Raises NotArchivedError if there is none."""
    row = connection.execute(_select().where(RunRow.id == min(run_id, MAX_RUN_ID))).one_or_none()
    if row is None:
        raise NotArchivedError(f"no run {run_id}")
    return _run(row)


def last_runs(connection: Connection) -> dict[str, SourceRun]:
    """The last run of each source, among the newest `RUNS_LOOKED_AT` runs."""
    found: dict[str, SourceRun] = {}
    for each in latest_runs(connection, limit=RUNS_LOOKED_AT):
        for name, tally in each.sources.items():
            found.setdefault(name, SourceRun(each, tally))
    return found


def _select() -> Select[Any]:
    return select(*RunRow.__table__.columns)


def _run(row: Row[Any]) -> RunRecord:
    facts = {name: value for name, value in row._mapping.items() if name != "summary"}
    summary = row.summary if isinstance(row.summary, dict) else {}
    entries = {name: each for name, each in summary.items() if isinstance(each, dict)}
    tallies = {name: _tally(each) for name, each in entries.items() if "fetched" in each}
    parts = {name: dict(_numbers(each)) for name, each in entries.items() if name not in tallies}
    return RunRecord(**facts, sources=tallies, parts=parts)


def _tally(entry: Mapping[str, Any]) -> SourceTally:
    """Read one source's entry of a summary; older versions wrote fewer fields."""
    return SourceTally(**{name: entry[name] for name in _NAMES if name in entry})


def _numbers(entry: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """The numbers in a summary, whichever command wrote it."""
    for name, value in entry.items():
        if isinstance(value, dict):
            yield from _numbers(value)
        elif isinstance(value, int) and not isinstance(value, bool):
            yield name, value
