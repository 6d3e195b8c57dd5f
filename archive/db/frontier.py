"""The frontier as rows: which URLs are known, which are due, and which a run has taken.

A URL is *leased* to the run that is fetching it. A lease ends when the visit is saved; a run that
was killed leaves its leases behind, and the next run of that source (which holds the source's
lock, so no other can be alive) takes them back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, and_, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from archive.db.schema import UrlRow
from archive.model import Candidate, FoundBy, Seed, UrlKind

RELIST_AFTER = timedelta(hours=24)
"""A sitemap or section page whose finder gives no date for it is read again after this long."""


@dataclass(frozen=True, slots=True)
class Lease:
    """A URL that one run has taken to fetch."""

    url_id: int
    url: str
    """What the page is known by."""
    kind: UrlKind
    source_id: int
    failures: int
    """Failed attempts in a row so far."""
    address: str
    """What to fetch: `url`, with the tracking parameters it was found with."""


_LEASE_COLUMNS = select(
    UrlRow.id,
    UrlRow.url,
    UrlRow.kind,
    UrlRow.source_id,
    UrlRow.failures,
    func.coalesce(UrlRow.found_as, UrlRow.url).label("address"),
)


def seed_candidates(seeds: Sequence[Seed]) -> list[Candidate]:
    """The seeds of a source, as the frontier takes them."""
    return [Candidate(seed.url, seed.kind, FoundBy.SEED, seed.url) for seed in seeds]


class FrontierTable:
    """Reads and writes the `urls` table; each method is one transaction."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def begin(self, source_id: int, seeds: Sequence[Seed], now: datetime) -> None:
        """Make a source ready for a run: seeds due, leases of dead runs taken back."""
        with self.engine.begin() as connection:
            _insert_new(connection, source_id, seed_candidates(seeds), now)
            connection.execute(
                update(UrlRow)
                .where(UrlRow.source_id == source_id, UrlRow.leased_by.is_not(None))
                .values(leased_by=None)
            )
            # A seed that is put off (its host asked for a pause) stays put off.
            connection.execute(
                update(UrlRow)
                .where(UrlRow.url.in_([seed.url for seed in seeds]), UrlRow.due_at.is_(None))
                .values(due_at=now, last_seen_at=now)
            )

    def add(self, source_id: int, candidates: Sequence[Candidate], now: datetime) -> int:
        """Add what is new, make due what has changed since it was fetched; how many were new."""
        if not candidates:
            return 0
        with self.engine.begin() as connection:
            new = _insert_new(connection, source_id, candidates, now)
            _see_again(connection, candidates, now)
        return new

    def take(
        self, source_id: int, run_id: int, limit: int, now: datetime, kinds: Iterable[UrlKind]
    ) -> list[Lease]:
        """Lease up to `limit` due URLs of a source, of the first of `kinds` that has any first."""
        leases: list[Lease] = []
        with self.engine.begin() as connection:
            for kind in kinds:
                if len(leases) < limit:
                    leases += _due(connection, source_id, kind, limit - len(leases), now)
            connection.execute(
                update(UrlRow)
                .where(UrlRow.id.in_([lease.url_id for lease in leases]))
                .values(leased_by=run_id)
            )
        return leases

    def find(self, url: str) -> Lease | None:
        """What is known of a URL, as if it were leased."""
        with self.engine.connect() as connection:
            row = connection.execute(_LEASE_COLUMNS.where(UrlRow.url == url)).one_or_none()
        return None if row is None else _lease(row)

    def next_due_at(self, source_id: int, kinds: Iterable[UrlKind]) -> datetime | None:
        """When the next URL of a source that nobody has taken is due."""
        query = select(func.min(UrlRow.due_at)).where(
            UrlRow.source_id == source_id, UrlRow.kind.in_(list(kinds)), _free()
        )
        with self.engine.connect() as connection:
            return connection.scalar(query)

    def give_back(self, url_id: int, verdict: str) -> None:
        """End a lease without a visit, saying why; the URL stays due."""
        with self.engine.begin() as connection:
            connection.execute(
                update(UrlRow).where(UrlRow.id == url_id).values(leased_by=None, verdict=verdict)
            )

    def postpone(self, source_id: int, until: datetime) -> None:
        """Let nothing of a source be due before `until`."""
        with self.engine.begin() as connection:
            connection.execute(
                update(UrlRow)
                .where(UrlRow.source_id == source_id, UrlRow.due_at < until)
                .values(due_at=until)
            )

    def count_due(self, source_id: int, now: datetime) -> int:
        """How many URLs of a source are due and not taken."""
        query = select(func.count()).where(
            UrlRow.source_id == source_id, UrlRow.due_at <= now, _free()
        )
        with self.engine.connect() as connection:
            return connection.scalar(query) or 0

    def release(self, run_id: int) -> None:
        """Give back every lease of a run that ends in good order."""
        with self.engine.begin() as connection:
            connection.execute(
                update(UrlRow).where(UrlRow.leased_by == run_id).values(leased_by=None)
            )


def _free() -> ColumnElement[bool]:
    return and_(UrlRow.due_at.is_not(None), UrlRow.leased_by.is_(None))


def _due(
    connection: Connection, source_id: int, kind: UrlKind, limit: int, now: datetime
) -> list[Lease]:
    query = (
        _LEASE_COLUMNS.where(
            UrlRow.source_id == source_id, UrlRow.kind == kind, UrlRow.due_at <= now, _free()
        )
        .order_by(UrlRow.due_at, UrlRow.id)
        .limit(limit)
    )
    return [_lease(row) for row in connection.execute(query)]


def _lease(row: Row[int, str, str, int, int, str]) -> Lease:
    kind = UrlKind(row.kind)
    return Lease(row.id, row.url, kind, row.source_id, row.failures, row.address)


def _insert_new(
    connection: Connection, source_id: int, candidates: Sequence[Candidate], now: datetime
) -> int:
    make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    rows: list[dict[str, Any]] = [
        {
            "source_id": source_id,
            "url": candidate.url,
            "found_as": candidate.found_as,
            "kind": candidate.kind,
            "found_by": candidate.found_by,
            "found_in": candidate.found_in,
            "first_seen_at": now,
            "last_seen_at": now,
            "due_at": now,
            "failures": 0,
        }
        for candidate in candidates
    ]
    new = 0
    # A statement holds only so many values (SQLite: 32,766).
    for start in range(0, len(rows), 1000):
        statement = make(UrlRow).values(rows[start : start + 1000]).on_conflict_do_nothing()
        new += connection.execute(statement).rowcount
    return new


def _see_again(connection: Connection, candidates: Sequence[Candidate], now: datetime) -> None:
    """Note that URLs were named again, and read lists again that may have grown."""
    lists = (UrlKind.SITEMAP, UrlKind.LISTING, UrlKind.FEED)
    for start in range(0, len(candidates), 500):
        urls = [candidate.url for candidate in candidates[start : start + 500]]
        connection.execute(
            update(UrlRow)
            .where(UrlRow.url.in_(urls), UrlRow.last_seen_at < now)
            .values(last_seen_at=now)
        )
    for candidate in candidates:
        if candidate.kind not in lists:
            continue
        stale = UrlRow.fetched_at < now - RELIST_AFTER
        if candidate.modified_at is not None:
            stale = or_(stale, UrlRow.fetched_at < candidate.modified_at)
        connection.execute(
            update(UrlRow)
            .where(UrlRow.url == candidate.url, UrlRow.due_at.is_(None), stale)
            .values(due_at=now)
        )
