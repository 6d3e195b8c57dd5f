"""What a backfill asks of the `urls` table, and what it tells of it at the end.

A backfill keeps no state of its own: which lists it has read, and which of them named something
that nothing else had named, stands in the rows, so that one that was killed goes on where it was.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Engine, func, select, update

from archive.db.batches import batches
from archive.db.engine import read_connection
from archive.db.schema import ArticleRow, RunRow, UrlRow
from archive.model import CATALOGUES, WALKED, FoundBy, UrlKind, UrlState


@dataclass(frozen=True, slots=True)
class Found:
    """A page that a backfill found, and what came of it."""

    url: str
    found_by: FoundBy
    published_at: datetime | None
    """Of the article that it leads to."""
    is_article: bool
    state: str
    reason: str | None


class BackfillTable:
    """Reads and writes the rows of one source; each method is one transaction."""

    def __init__(self, engine: Engine, source_id: int) -> None:
        self._engine = engine
        self._source_id = source_id

    def begun_at(self, command: str, run_id: int) -> datetime:
        """When the backfill began that the run `run_id` goes on with, if only with itself."""
        query = select(RunRow.started_at, RunRow.outcome, RunRow.id)
        begun_at = None
        with read_connection(self._engine) as connection:
            own = query.where(RunRow.command == command, RunRow.id <= run_id)
            for run in connection.execute(own.order_by(RunRow.id.desc())):
                if run.outcome in ("done", "failed"):
                    break
                begun_at = run.started_at
        assert isinstance(begun_at, datetime)  # the run itself has a row
        return begun_at

    def entries(self, kinds: Collection[UrlKind]) -> list[str]:
        """Lists that the source's file or robots.txt names."""
        query = select(UrlRow.url).where(
            UrlRow.source_id == self._source_id,
            UrlRow.kind.in_(kinds),
            UrlRow.found_by.in_((FoundBy.SEED, FoundBy.ROBOTS)),
        )
        with read_connection(self._engine) as connection:
            return list(connection.scalars(query))

    def ask_again(self, urls: Sequence[str], now: datetime, *, before: datetime) -> None:
        """Make lists due that were last fetched before some moment, and those never fetched."""
        with self._engine.begin() as connection:
            for some in batches(urls):
                connection.execute(
                    update(UrlRow)
                    .where(
                        UrlRow.url.in_(some),
                        UrlRow.source_id == self._source_id,
                        UrlRow.kind.in_([kind for kind in UrlKind if kind.names_urls]),
                        UrlRow.leased_by.is_(None),
                        UrlRow.failures == 0,  # else it waits for its time
                        (UrlRow.fetched_at < before) | UrlRow.fetched_at.is_(None),
                    )
                    .values(due_at=now)
                )

    def first_named(self, urls: Sequence[str], found_in: str) -> int:
        """How many of `urls` are pages that nothing had named before the list at `found_in` did."""
        count = 0
        with read_connection(self._engine) as connection:
            for some in batches(urls):
                query = select(func.count()).where(
                    UrlRow.url.in_(some),
                    UrlRow.kind == UrlKind.PAGE,
                    UrlRow.found_in == found_in,
                    _is_no_alias(),
                )
                count += connection.scalar(query) or 0
        return count

    def known(self, urls: Sequence[str]) -> set[str]:
        """Those of `urls` that have a row."""
        found: set[str] = set()
        with read_connection(self._engine) as connection:
            for some in batches(urls):
                found.update(connection.scalars(select(UrlRow.url).where(UrlRow.url.in_(some))))
        return found

    def read_lists(self, since: datetime) -> dict[str, bool]:
        """Archive pages and listings that were fetched since then, and whether they were there."""
        query = select(UrlRow.url, UrlRow.status).where(
            UrlRow.source_id == self._source_id,
            UrlRow.kind.in_(WALKED),
            UrlRow.fetched_at >= since,
        )
        with read_connection(self._engine) as connection:
            return {row.url: row.status in (200, 304) for row in connection.execute(query)}

    def naming_lists(self) -> set[str]:
        """Addresses of archive pages and listings that first named some page."""
        query = select(UrlRow.found_in).where(
            UrlRow.source_id == self._source_id,
            UrlRow.kind == UrlKind.PAGE,
            UrlRow.found_by.in_((FoundBy.LINK, FoundBy.ARCHIVE)),
            _is_no_alias(),
        )
        with read_connection(self._engine) as connection:
            return set(connection.scalars(query.distinct()))

    def count_pages(self) -> int:
        """How many pages of the source are known, whatever other addresses they have."""
        query = select(func.count()).where(
            UrlRow.source_id == self._source_id, UrlRow.kind == UrlKind.PAGE, _is_no_alias()
        )
        with read_connection(self._engine) as connection:
            return connection.scalar(query) or 0

    def found(self, since: datetime) -> Iterator[Found]:
        """Every page that was first seen since then."""
        query = (
            select(
                UrlRow.url,
                UrlRow.found_by,
                UrlRow.article_id,
                UrlRow.state,
                UrlRow.reason,
                ArticleRow.published_at,
            )
            .outerjoin(ArticleRow, ArticleRow.id == UrlRow.article_id)
            .where(
                UrlRow.source_id == self._source_id,
                UrlRow.kind == UrlKind.PAGE,
                UrlRow.first_seen_at >= since,
                _is_no_alias(),
            )
        )
        with read_connection(self._engine) as connection:
            for row in connection.execute(query):
                is_article = row.article_id is not None
                found_by = FoundBy(row.found_by)
                yield Found(row.url, found_by, row.published_at, is_article, row.state, row.reason)

    def failed_lists(self, since: datetime) -> Counter[tuple[str, str]]:
        """Count the lists that could not be read since then, by kind and reason."""
        query = select(UrlRow.kind, UrlRow.reason).where(
            UrlRow.source_id == self._source_id,
            UrlRow.kind.in_((*WALKED, *CATALOGUES)),
            UrlRow.last_seen_at >= since,
            UrlRow.state.not_in((UrlState.WAITING, UrlState.LIST)),
        )
        with read_connection(self._engine) as connection:
            return Counter((row.kind, row.reason or "") for row in connection.execute(query))


def _is_no_alias() -> ColumnElement[bool]:
    return UrlRow.state != UrlState.ALIAS
