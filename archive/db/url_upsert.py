"""What is found: rows for what is new, and what becomes of those that are named again.

Called by the frontier within its transactions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from archive.core.urls import page_key
from archive.db.aliases import Alias
from archive.db.schema import UrlRow
from archive.db.upsert import insert_of
from archive.model import LISTS, Candidate, UrlKind

REQUISITES_HOLD = timedelta(days=30)
"""A requisite that is named again is fetched again once its last fetch is so old."""


def insert_new(
    connection: Connection,
    source_id: int,
    candidates: Sequence[Candidate],
    now: datetime,
    *,
    due_at: datetime | None,
    aliases: Mapping[str, Alias] | None = None,
) -> int:
    """Add the rows of candidates that have none, due then; how many that were."""
    make = insert_of(connection)
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


def see_again(connection: Connection, candidates: Sequence[Candidate], now: datetime) -> None:
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
    rename_requisites(connection, candidates, now)


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


def rename_requisites(
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
