"""The memory of what was forgotten: so that it does not come back, and who, when and why.

The frontier and the repository ask here before they take a URL or a reading in. What is kept of
a forgotten page is its address and where its records were, nothing of what it said.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, and_, func, select, update

from archive.core.urls import normalise_url, registrable_domain
from archive.db.batches import batches
from archive.db.engine import read_connection
from archive.db.schema import ForgottenRecordRow, ForgottenUrlRow, TakedownRow, UrlRow
from archive.db.upsert import insert_of
from archive.errors import SourceError, UrlError
from archive.model import Capture, UrlState


@dataclass(frozen=True, slots=True)
class Takedown:
    """One entry of the log."""

    id: int
    target: str
    kind: str
    """url, article or source."""
    reason: str
    by: str
    forgotten_at: datetime
    done_at: datetime | None
    """None while files still wait to be rewritten."""
    articles: int
    urls: int
    records: int


@dataclass(frozen=True, slots=True)
class WaitingRecord:
    """A capture's record that has no row any more and still lies in its file."""

    record_id: str
    takedown_id: int
    file: str
    captured_at: datetime


def url_key(url: str) -> str:
    """What a page is forgotten by: its address whatever the scheme, `www.` and tracking.

    >>> url_key("http://www.suara.example/a?utm_source=x&id=1#top")
    'suara.example/a?id=1'

    Raises:
        UrlError: it is no http or https address.
    """
    return normalise_url(url).partition("://")[2].removeprefix("www.")


def site_key(url: str) -> str:
    """What a whole site is forgotten by; no page has such a key, for it has no slash.

    Raises:
        UrlError: it is no http or https address.
    """
    return _site_of_origin("/".join(url.split("/", 3)[:3]))


@lru_cache(maxsize=4096)
def _site_of_origin(origin: str) -> str:
    return registrable_domain(origin)


def takedowns_of(connection: Connection, urls: Iterable[str]) -> dict[str, int]:
    """Those of `urls` that were forgotten, each with the id of its takedown."""
    if connection.scalar(select(ForgottenUrlRow.key).limit(1)) is None:
        return {}  # as in most archives
    keys = {url: _keys(url) for url in dict.fromkeys(urls)}
    found: dict[str, int] = {}
    for some in batches({key for both in keys.values() for key in both}):
        query = select(ForgottenUrlRow.key, ForgottenUrlRow.takedown_id)
        for row in connection.execute(query.where(ForgottenUrlRow.key.in_(some))):
            found[row.key] = row.takedown_id
    matches = {url: next((k for k in both if k in found), None) for url, both in keys.items()}
    return {url: found[key] for url, key in matches.items() if key is not None}


def _keys(url: str) -> tuple[str, ...]:
    try:
        return url_key(url), site_key(url)
    except UrlError:
        return ()


def remember_urls(connection: Connection, keys: Iterable[str], takedown_id: int) -> None:
    """Let pages or sites never come back."""
    rows = [{"key": key, "takedown_id": takedown_id} for key in keys]
    _insert_new(connection, ForgottenUrlRow, rows)


def remember_records(connection: Connection, captures: Iterable[Capture], takedown_id: int) -> None:
    """Note the records of captures that have, or get, no rows, so that they are rewritten."""
    rows = [
        {
            "record_id": capture.ref.record_id,
            "takedown_id": takedown_id,
            "warc_file": capture.ref.file,
            "captured_at": capture.captured_at,
        }
        for capture in captures
        if capture.ref is not None
    ]
    _insert_new(connection, ForgottenRecordRow, rows)


def without_forgotten(connection: Connection, captures: Sequence[Capture]) -> list[Capture]:
    """Those of `captures` that may have rows; the records of the others are to be rewritten."""
    takedowns = takedowns_of(connection, [capture.url for capture in captures])
    for capture in captures:
        if capture.url in takedowns:
            remember_records(connection, [capture], takedowns[capture.url])
    return [capture for capture in captures if capture.url not in takedowns]


def mark_forgotten(connection: Connection, url_ids: Iterable[int]) -> None:
    """Leave of rows of `urls` no more than that the URLs are known, and never due."""
    nothing = dict.fromkeys(
        (
            *("due_at", "leased_by", "found_as", "status", "etag", "last_modified"),
            *("article_id", "reason"),
        )
    )
    zero = {"failures": 0, "changes": 0.0, "exposure": 0.0}
    for some in batches(url_ids):
        connection.execute(
            update(UrlRow)
            .where(UrlRow.id.in_(some))
            .values(**nothing, **zero, state=UrlState.FORGOTTEN)
        )


def forgotten_record_ids(connection: Connection, record_ids: Collection[str]) -> set[str]:
    """Those of `record_ids` that were forgotten, rewritten or not."""
    found: set[str] = set()
    for some in batches(record_ids):
        query = select(ForgottenRecordRow.record_id)
        found.update(connection.scalars(query.where(ForgottenRecordRow.record_id.in_(some))))
    return found


class TakedownLog:
    """The takedowns of an archive, and what is left to do of them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def all(self) -> list[Takedown]:
        """Every takedown, oldest first."""
        with read_connection(self._engine) as connection:
            rows = connection.execute(_select_takedowns().order_by(TakedownRow.id))
            return [_takedown(row) for row in rows]

    def of_url(self, url: str) -> Takedown | None:
        """The takedown of a page, or of its whole site."""
        with read_connection(self._engine) as connection:
            takedown_id = takedowns_of(connection, [url]).get(url)
            query = _select_takedowns().where(TakedownRow.id == takedown_id)
            row = connection.execute(query).one_or_none()
        return None if row is None else _takedown(row)

    def of_target(self, target: str) -> Takedown | None:
        """The newest takedown that was asked for in these words."""
        query = _select_takedowns().where(TakedownRow.target == target)
        with read_connection(self._engine) as connection:
            row = connection.execute(query.order_by(TakedownRow.id.desc()).limit(1)).one_or_none()
        return None if row is None else _takedown(row)

    def require_not_forgotten(self, url: str) -> None:
        """Let a site be followed.

        Raises:
            SourceError: it was forgotten, as a source.
        """
        takedown = self.of_url(url)
        if takedown is not None and takedown.kind == "source":
            raise SourceError(
                f"{url} was forgotten on {takedown.forgotten_at:%Y-%m-%d} by {takedown.by} "
                f"({takedown.reason}), and is not followed again"
            )

    def is_anything_left(self) -> bool:
        """Whether any takedown or record waits."""
        open_ = select(TakedownRow.id).where(TakedownRow.done_at.is_(None))
        waiting = select(ForgottenRecordRow.record_id).where(self._is_waiting())
        with read_connection(self._engine) as connection:
            found = [connection.scalar(query.limit(1)) for query in (open_, waiting)]
        return found != [None, None]

    def waiting_records(self) -> list[WaitingRecord]:
        """Records that still lie in their files, those of files outside the archive apart."""
        columns = (
            ForgottenRecordRow.record_id,
            ForgottenRecordRow.takedown_id,
            ForgottenRecordRow.warc_file,
            ForgottenRecordRow.captured_at,
        )
        query = select(*columns).where(self._is_waiting())
        with read_connection(self._engine) as connection:
            return [WaitingRecord(*row) for row in connection.execute(query)]

    @staticmethod
    def _is_waiting() -> ColumnElement[bool]:
        return and_(
            ForgottenRecordRow.rewritten_at.is_(None), ~ForgottenRecordRow.warc_file.like("/%")
        )

    def count_elsewhere(self, takedown_id: int) -> int:
        """How many records of a takedown lie in files outside the archive, as they were."""
        query = select(func.count()).where(
            ForgottenRecordRow.takedown_id == takedown_id, ForgottenRecordRow.warc_file.like("/%")
        )
        with read_connection(self._engine) as connection:
            return connection.scalar(query) or 0

    def note_rewritten(self, record_ids: Collection[str], now: datetime) -> None:
        """Say that nothing is left of these records."""
        with self._engine.begin() as connection:
            for some in batches(record_ids):
                connection.execute(
                    update(ForgottenRecordRow)
                    .where(ForgottenRecordRow.record_id.in_(some))
                    .values(rewritten_at=now)
                )

    def note_done(self, takedown_id: int, now: datetime) -> None:
        """Close a takedown."""
        with self._engine.begin() as connection:
            connection.execute(
                update(TakedownRow).where(TakedownRow.id == takedown_id).values(done_at=now)
            )


def _insert_new(connection: Connection, table: type[Any], rows: list[dict[str, Any]]) -> None:
    make = insert_of(connection)
    for some in batches(rows):
        connection.execute(make(table).values(some).on_conflict_do_nothing())


def _select_takedowns() -> Any:
    return select(*(getattr(TakedownRow, name) for name in Takedown.__slots__))


def _takedown(row: Row[Any]) -> Takedown:
    return Takedown(**row._mapping)
