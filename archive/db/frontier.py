"""The frontier as rows: which URLs are known, which are due, and which a run has taken.

A URL is *leased* to the run that is fetching it. A lease ends when the visit is saved; a run that
was killed leaves its leases behind, and the next run of that source (which holds the source's
lock, so no other can be alive) takes them back.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import inf
from urllib.parse import urlsplit

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Row,
    and_,
    bindparam,
    case,
    delete,
    func,
    literal_column,
    or_,
    select,
    update,
)

from archive.db.aliases import aliases_among, without_forgotten_pages
from archive.db.batches import batches
from archive.db.engine import read_connection
from archive.db.schema import TrapRow, UrlRow
from archive.db.upsert import insert_of
from archive.db.url_upsert import insert_new, rename_requisites, see_again
from archive.model import LISTS, Candidate, FoundBy, Seed, Trap, UrlKind, UrlState

NEVER = datetime(1970, 1, 1, tzinfo=UTC)


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
            insert_new(connection, source_id, found, now, due_at=now)
            rename_requisites(connection, found, now)
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
            new = insert_new(connection, source_id, own, now, due_at=now)
            insert_new(connection, source_id, twins, now, due_at=None, aliases=aliases)
            for start in range(0, len(candidates), 500):
                see_again(connection, candidates[start : start + 500], now)
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

    def close(self, source_id: int, trapped: Mapping[int, Trap]) -> None:
        """End leases of URLs that are not to be fetched, by their ids, since they are of a trap."""
        with self.engine.begin() as connection:
            for url_id, trap in trapped.items():
                connection.execute(
                    update(UrlRow)
                    .where(UrlRow.id == url_id)
                    .values(leased_by=None, due_at=None, state=UrlState.TRAP, reason=trap.reason)
                )
            for trap in set(trapped.values()):
                row = {"source_id": source_id, "pattern": trap.pattern, "links": trap.links}
                keep = insert_of(connection)(TrapRow).values(row)
                connection.execute(keep.on_conflict_do_nothing())

    def traps(self, source_id: int) -> list[Trap]:
        """Return the traps of a source that earlier runs closed."""
        query = select(TrapRow.pattern, TrapRow.links).where(TrapRow.source_id == source_id)
        with read_connection(self.engine) as connection:
            return [Trap(row.pattern, row.links) for row in connection.execute(query)]

    def reopen(
        self,
        source_id: int,
        patterns: Collection[str],
        pattern_of: Callable[[str], str],
        now: datetime,
    ) -> None:
        """Make due what traps with these patterns had closed."""
        trapped = UrlRow.source_id == source_id, UrlRow.state == literal_column("'trap'")
        with self.engine.begin() as connection:
            rows = connection.execute(select(UrlRow.id, UrlRow.url).where(*trapped)).all()
            ids = [row.id for row in rows if pattern_of(row.url) in patterns]
            for some in batches(ids):
                freed = update(UrlRow).where(UrlRow.id.in_(some))
                waiting = {"due_at": now, "state": UrlState.WAITING, "reason": None}
                connection.execute(freed.values(waiting))
            of_source = delete(TrapRow).where(TrapRow.source_id == source_id)
            connection.execute(of_source.where(TrapRow.pattern.in_(patterns)))

    def find(self, url: str) -> Lease | None:
        """What is known of a URL, as if it were leased."""
        with read_connection(self.engine) as connection:
            row = connection.execute(_LEASE_COLUMNS.where(UrlRow.url == url)).one_or_none()
        return None if row is None else _lease(row)

    def next_due_at(self, source_id: int, kinds: Iterable[UrlKind]) -> datetime | None:
        """When the next URL of a source that is still to be had, and nobody has taken, is due."""
        query = select(func.min(UrlRow.due_at)).where(
            UrlRow.source_id == source_id, UrlRow.kind.in_(list(kinds)), _free(), _still_to_be_had()
        )
        with read_connection(self.engine) as connection:
            return connection.scalar(query)

    def give_back(self, url_id: int, reason: str) -> None:
        """End a lease without a visit, saying why; the URL stays due."""
        is_waiting = UrlRow.state == UrlState.WAITING
        said = case((is_waiting, reason), else_=UrlRow.reason)
        with self.engine.begin() as connection:
            connection.execute(
                update(UrlRow).where(UrlRow.id == url_id).values(leased_by=None, reason=said)
            )

    def postpone(self, source_id: int, url: str, until: datetime) -> None:
        """Let nothing that a source has on the host of `url` be due before `until`."""
        parts = urlsplit(url)
        on_host = UrlRow.url.startswith(f"{parts.scheme}://{parts.netloc}/", autoescape=True)
        due = (
            UrlRow.source_id == source_id,
            UrlRow.kind.in_(list(UrlKind)),  # so that an index finds them
            UrlRow.due_at.is_not(None),
            UrlRow.due_at < until,
            on_host,
        )
        with self.engine.begin() as connection:
            for is_leased in (UrlRow.leased_by.is_(None), UrlRow.leased_by.is_not(None)):
                connection.execute(update(UrlRow).where(*due, is_leased).values(due_at=until))

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
        with read_connection(self.engine) as connection:
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
    insert_new(connection, source_id, [candidate], now, due_at=None)
    query = _LEASE_COLUMNS.where(UrlRow.url == candidate.url)
    return _lease(connection.execute(query).one())
