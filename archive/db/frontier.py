"""The frontier as rows: which URLs are known, which are due, and which a run has taken.

A URL is *leased* to the run that is fetching it. A lease ends when the visit is saved; a run that
was killed leaves its leases behind, and the next run of that source (which holds the source's
lock, so no other can be alive) takes them back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import inf
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Row,
    and_,
    bindparam,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from archive.db.aliases import Alias, aliases_among, without_forgotten_pages
from archive.db.schema import UrlRow
from archive.model import LISTS, Candidate, FoundBy, Seed, UrlKind
from archive.urls import page_key

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
REQUISITES_HOLD = timedelta(days=30)
"""A requisite that is named again is fetched again once its last fetch is so old."""


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
    found_by: FoundBy
    is_known: bool
    """Whether it was fetched before."""


_LEASE_COLUMNS = select(
    UrlRow.id,
    UrlRow.url,
    UrlRow.kind,
    UrlRow.source_id,
    UrlRow.failures,
    func.coalesce(UrlRow.found_as, UrlRow.url).label("address"),
    UrlRow.found_by,
    UrlRow.fetched_at.is_not(None).label("is_known"),
)


def seed_candidates(seeds: Sequence[Seed]) -> list[Candidate]:
    """The seeds of a source, as the frontier takes them."""
    return [Candidate(seed.url, seed.kind, FoundBy.SEED, seed.url) for seed in seeds]


class FrontierTable:
    """Reads and writes the `urls` table; each method is one transaction."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def begin(
        self, source_id: int, seeds: Sequence[Seed], now: datetime, *, ask_lists: bool = False
    ) -> None:
        """Make a source ready for a run: new seeds due, leases of dead runs taken back.

        `ask_lists` makes feeds, sitemaps and front pages due now, whatever their pace.
        """
        found = seed_candidates(seeds)
        with self.engine.begin() as connection:
            _insert_new(connection, source_id, found, now, due_at=now)
            _rename_requisites(connection, found, now)
            connection.execute(
                update(UrlRow)
                .where(UrlRow.source_id == source_id, UrlRow.leased_by.is_not(None))
                .values(leased_by=None)
            )
            # A seed that is put off (its host asked for a pause, it seldom changes) stays so.
            connection.execute(
                update(UrlRow)
                .where(UrlRow.url.in_([seed.url for seed in seeds]), UrlRow.due_at.is_(None))
                .values(due_at=now, last_seen_at=now)
            )
            if ask_lists:
                connection.execute(
                    update(UrlRow)
                    .where(
                        UrlRow.source_id == source_id,
                        UrlRow.kind.in_(LISTS),
                        UrlRow.due_at > now,
                        UrlRow.failures == 0,
                    )
                    .values(due_at=now)
                )

    def add(self, source_id: int, candidates: Sequence[Candidate], now: datetime) -> int:
        """Add what is new, make due what has changed since it was fetched; how many were new.

        What was forgotten is passed over; other addresses of pages that are known become aliases,
        which are not fetched and not counted (`archive.db.aliases`).
        """
        if not candidates:
            return 0
        with self.engine.begin() as connection:
            candidates = without_forgotten_pages(connection, candidates)
            aliases = aliases_among(connection, candidates)
            own = [each for each in candidates if each.url not in aliases]
            twins = [each for each in candidates if each.url in aliases]
            new = _insert_new(connection, source_id, own, now, due_at=now)
            _insert_new(connection, source_id, twins, now, due_at=None, aliases=aliases)
            for start in range(0, len(candidates), 500):
                _see_again(connection, candidates[start : start + 500], now)
        return new

    def know(self, source_id: int, candidate: Candidate, now: datetime) -> Lease:
        """What is known of a candidate's URL, which becomes known now if it was not; never due."""
        with self.engine.begin() as connection:
            return know(connection, source_id, candidate, now)

    def take(
        self,
        source_id: int,
        run_id: int,
        limit: int,
        now: datetime,
        kinds: Iterable[UrlKind],
        *,
        begun_at: datetime | None = None,
        max_pages: float = inf,
        only_new: bool = False,
    ) -> list[Lease]:
        """Lease up to `limit` due URLs of a source, of the first of `kinds` that has any first.

        No more than `max_pages` of them are pages. What was fetched since the run began, at
        `begun_at` (`now` where it is None), is not fetched again by it, save what failed. With
        `only_new`, no page is that anything is had of.
        """
        leases: list[Lease] = []
        with self.engine.begin() as connection:
            for kind in kinds:
                room = limit - len(leases)
                if kind is UrlKind.PAGE:
                    room = int(min(room, max_pages))
                if room > 0:
                    seen_before = begun_at or now
                    if only_new and kind is UrlKind.PAGE:
                        seen_before = NEVER
                    leases += _due(connection, source_id, kind, room, now, seen_before)
            if leases:
                taken = [lease.url_id for lease in leases]
                connection.execute(_LEASE, {"run": run_id, "taken": taken})
        return leases

    def close(self, verdicts: Mapping[int, str]) -> None:
        """End leases of URLs that are not to be fetched at all, by their ids, saying why."""
        with self.engine.begin() as connection:
            for url_id, verdict in verdicts.items():
                connection.execute(
                    update(UrlRow)
                    .where(UrlRow.id == url_id)
                    .values(leased_by=None, due_at=None, verdict=verdict)
                )

    def closed_by(self, source_id: int, reason: str) -> list[str]:
        """The different verdicts of a source's closed URLs that begin with `reason`."""
        query = select(UrlRow.verdict).where(
            UrlRow.source_id == source_id, UrlRow.verdict.startswith(reason, autoescape=True)
        )
        with self.engine.connect() as connection:
            return [verdict for verdict in connection.scalars(query.distinct()) if verdict]

    def reopen(self, source_id: int, verdicts: Sequence[str], now: datetime) -> None:
        """Make due what was closed with one of these verdicts."""
        with self.engine.begin() as connection:
            connection.execute(
                update(UrlRow)
                .where(UrlRow.source_id == source_id, UrlRow.verdict.in_(verdicts))
                .values(due_at=now, verdict=None)
            )

    def find(self, url: str) -> Lease | None:
        """What is known of a URL, as if it were leased."""
        with self.engine.connect() as connection:
            row = connection.execute(_LEASE_COLUMNS.where(UrlRow.url == url)).one_or_none()
        return None if row is None else _lease(row)

    def next_due_at(self, source_id: int, kinds: Iterable[UrlKind]) -> datetime | None:
        """When the next URL of a source that is still to be had, and nobody has taken, is due."""
        query = select(func.min(UrlRow.due_at)).where(
            UrlRow.source_id == source_id, UrlRow.kind.in_(list(kinds)), _free(), _still_to_be_had()
        )
        with self.engine.connect() as connection:
            return connection.scalar(query)

    def give_back(self, url_id: int, verdict: str) -> None:
        """End a lease without a visit, saying why; the URL stays due."""
        with self.engine.begin() as connection:
            connection.execute(
                update(UrlRow).where(UrlRow.id == url_id).values(leased_by=None, verdict=verdict)
            )

    def postpone(self, source_id: int, url: str, until: datetime) -> None:
        """Let nothing that a source has on the host of `url` be due before `until`."""
        parts = urlsplit(url)
        on_host = UrlRow.url.startswith(f"{parts.scheme}://{parts.netloc}/", autoescape=True)
        with self.engine.begin() as connection:
            connection.execute(
                update(UrlRow)
                .where(UrlRow.source_id == source_id, UrlRow.due_at < until, on_host)
                .values(due_at=until)
            )

    def count_waiting(
        self, source_id: int, now: datetime, *, begun_at: datetime | None = None
    ) -> int:
        """How many URLs of a source a run that began at `begun_at` has yet to fetch.

        Those of which nobody has anything yet count even where they are due later.
        """
        query = select(func.count()).where(
            UrlRow.source_id == source_id,
            _free(),
            or_(
                _still_to_be_had(),
                and_(UrlRow.due_at <= now, UrlRow.fetched_at < (begun_at or now)),
            ),
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


def _still_to_be_had() -> ColumnElement[bool]:
    return or_(UrlRow.fetched_at.is_(None), UrlRow.failures > 0)


# Made once: asking SQLAlchemy to put them together takes longer than the answer does.
_DUE = (
    _LEASE_COLUMNS.where(
        UrlRow.source_id == bindparam("source"),
        UrlRow.kind == bindparam("of_kind"),
        UrlRow.due_at <= bindparam("now"),
        _free(),
        or_(_still_to_be_had(), UrlRow.fetched_at < bindparam("begun")),
    )
    .order_by(UrlRow.due_at, UrlRow.id)
    .limit(bindparam("most"))
)
_LEASE = (
    update(UrlRow)
    .where(UrlRow.id.in_(bindparam("taken", expanding=True)))
    .values(leased_by=bindparam("run"))
)


def _due(
    connection: Connection,
    source_id: int,
    kind: UrlKind,
    limit: int,
    now: datetime,
    begun_at: datetime,
) -> list[Lease]:
    asked = {"source": source_id, "of_kind": kind, "now": now, "begun": begun_at, "most": limit}
    return [_lease(row) for row in connection.execute(_DUE, asked)]


def _lease(row: Row[int, str, str, int, int, str, str, bool]) -> Lease:
    return Lease(
        row.id,
        row.url,
        UrlKind(row.kind),
        row.source_id,
        row.failures,
        row.address,
        FoundBy(row.found_by),
        bool(row.is_known),
    )


def know(connection: Connection, source_id: int, candidate: Candidate, now: datetime) -> Lease:
    """See `FrontierTable.know`; within a transaction of the caller's."""
    _insert_new(connection, source_id, [candidate], now, due_at=None)
    query = _LEASE_COLUMNS.where(UrlRow.url == candidate.url)
    return _lease(connection.execute(query).one())


def _insert_new(
    connection: Connection,
    source_id: int,
    candidates: Sequence[Candidate],
    now: datetime,
    *,
    due_at: datetime | None,
    aliases: Mapping[str, Alias] | None = None,
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
            "due_at": due_at,
            "failures": 0,
            "changes": 0.0,
            "exposure": 0.0,
            "page_key": page_key(candidate.url) if candidate.kind is UrlKind.PAGE else None,
            **(aliases[candidate.url].columns if aliases else {}),
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
    """Note that URLs were named again, and make due those that had better be fetched again."""
    urls = [candidate.url for candidate in candidates]
    connection.execute(
        update(UrlRow)
        .where(UrlRow.url.in_(urls), UrlRow.last_seen_at < now)
        .values(last_seen_at=now)
    )
    requisites = [each.url for each in candidates if each.kind is UrlKind.REQUISITE]
    if requisites:
        connection.execute(
            update(UrlRow)
            .where(
                UrlRow.url.in_(requisites),
                UrlRow.kind == UrlKind.REQUISITE,
                UrlRow.due_at.is_(None),
                UrlRow.fetched_at < now - REQUISITES_HOLD,
            )
            .values(due_at=now)
        )
    _hasten_modified(connection, candidates, now)
    _rename_requisites(connection, candidates, now)


def _hasten_modified(
    connection: Connection, candidates: Sequence[Candidate], now: datetime
) -> None:
    """Look sooner at what is said to have changed since it was fetched.

    A list is asked at once. An article is, once half of its wait is over: there are sitemaps
    that call every page changed today, every day, and they may double our requests, no more.
    """
    said = {each.url: each.modified_at for each in candidates if each.modified_at is not None}
    query = select(UrlRow.id, UrlRow.url, UrlRow.kind, UrlRow.fetched_at, UrlRow.due_at).where(
        UrlRow.url.in_(said), UrlRow.fetched_at.is_not(None), UrlRow.leased_by.is_(None)
    )
    hastened = []
    for row in connection.execute(query):
        is_list = row.kind in LISTS
        waits = is_list or (row.due_at is not None and row.due_at > now)
        if said[row.url] > row.fetched_at and waits:
            half = row.fetched_at + (row.due_at - row.fetched_at) / 2 if row.due_at else now
            hastened.append({"row": row.id, "due": now if is_list else max(half, now)})
    if hastened:
        statement = update(UrlRow).where(UrlRow.id == bindparam("row"))
        connection.execute(statement.values(due_at=bindparam("due")), hastened)


def _rename_requisites(
    connection: Connection, candidates: Sequence[Candidate], now: datetime
) -> None:
    """Take a URL for what it is now said to be, where a page named it as an image before.

    Else one careless page could keep an article out of the archive for good.
    """
    for kind, found_by in {(candidate.kind, candidate.found_by) for candidate in candidates}:
        if kind is UrlKind.REQUISITE:
            continue
        urls = [candidate.url for candidate in candidates if candidate.kind is kind]
        connection.execute(
            update(UrlRow)
            .where(UrlRow.url.in_(urls), UrlRow.kind == UrlKind.REQUISITE)
            .values(kind=kind, found_by=found_by, due_at=now)
        )
