"""The several addresses of one page: which of them is fetched, and which only lead to its article.

A page is known by its main address. Its AMP, mobile and print views, its further pages and other
spellings have the same `page_key`, and are *aliases*: rows that are never due. Where looks deceive,
nothing is lost: if no article is found at the main address, an alias is fetched after all.

Called by the frontier and the repository within their transactions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, or_, select, update

from archive.core.urls import main_address, normalise_url, page_key, same_site
from archive.db.batches import batches
from archive.db.forgotten import takedowns_of
from archive.db.schema import UrlRow
from archive.db.upsert import insert_of
from archive.errors import UrlError
from archive.model import Candidate, FoundBy, UrlKind, UrlState

_FACTS = (UrlRow.id, UrlRow.url, UrlRow.page_key, UrlRow.article_id)


@dataclass(frozen=True, slots=True)
class Alias:
    """What an address is to be known as."""

    main_url: str
    article_id: int | None
    """The article that the main address leads to, if it was read."""

    @property
    def columns(self) -> dict[str, Any]:
        """What the row of the address says of that."""
        return {"article_id": self.article_id, "state": UrlState.ALIAS, "reason": self.main_url}


def aliases_among(connection: Connection, candidates: Sequence[Candidate]) -> dict[str, Alias]:
    """Those of `candidates` that are new, and twins of a page that is known or among them.

    A twin that waits to be fetched becomes an alias where its main address turns up.
    """
    pages = [each.url for each in candidates if each.kind is UrlKind.PAGE]
    keys = {url: page_key(url) for url in dict.fromkeys(pages)}
    seen = _known_of(connection, keys)
    new = defaultdict(list)
    for url, key in keys.items():
        if url not in seen:
            new[key].append(url)
    known = _live_rows(connection, new)
    found: dict[str, Alias] = {}
    for key, urls in new.items():
        main = _main_of([row.url for row in known[key]], urls)
        leading = next((row for row in known[key] if row.url == main), None)
        alias = Alias(main, leading.article_id if leading else None)
        found |= {url: alias for url in urls if url != main}
        if leading is None and known[key]:
            _demote(connection, [row.id for row in known[key]], alias)
    return found


def without_forgotten_pages(
    connection: Connection, candidates: Sequence[Candidate]
) -> list[Candidate]:
    """Those of `candidates` that may be fetched: neither they nor their pages were forgotten."""
    urls = {each.url: {each.url, _page_of(each)} for each in candidates}
    forgotten = takedowns_of(connection, chain.from_iterable(urls.values())).keys()
    return [each for each in candidates if urls[each.url].isdisjoint(forgotten)]


def settle_aliases(connection: Connection, url_id: int, now: datetime) -> None:
    """Let the aliases of a page that was visited lead where it leads.

    Where it leads to no article and is not asked for again, one of them is fetched instead.
    """
    columns = (UrlRow.page_key, UrlRow.article_id, UrlRow.due_at)
    row = connection.execute(select(*columns).where(UrlRow.id == url_id)).one()
    if row.page_key is None:
        return
    lost = and_(
        UrlRow.page_key == row.page_key,
        UrlRow.article_id.is_(None),
        UrlRow.fetched_at.is_(None),
        UrlRow.state != UrlState.FORGOTTEN,
        _is_idle(),
    )
    if row.article_id is not None:
        connection.execute(update(UrlRow).where(lost).values(article_id=row.article_id))
    elif row.due_at is None and not _live_rows(connection, [row.page_key])[row.page_key]:
        # One that was tried in vain is not tried again, or the two would take turns for ever.
        untried = and_(lost, UrlRow.id != url_id, UrlRow.failures == 0)
        first = select(func.min(UrlRow.id)).where(untried)
        connection.execute(
            update(UrlRow)
            .where(UrlRow.id == first.scalar_subquery())
            .values(due_at=now, state=UrlState.WAITING, reason=None)
        )


def note_aliases(
    connection: Connection,
    urls: Iterable[str],
    *,
    source_id: int,
    article_id: int,
    main_url: str,
    now: datetime,
) -> None:
    """Let addresses that a page itself names as its own lead to its article, and not be fetched.

    Those of other sites, and those that were fetched as pages of their own, stay as they are.
    """
    own = {
        url for url in map(_normal, urls) if url and url != main_url and same_site(url, main_url)
    }
    own -= set(takedowns_of(connection, own))
    if not own:
        return
    make = insert_of(connection)
    facts = {"due_at": None, **Alias(main_url, article_id).columns}
    rows = [
        {
            **facts,
            "source_id": source_id,
            "url": url,
            "page_key": page_key(url),
            "kind": UrlKind.PAGE,
            "found_by": FoundBy.PAGE,
            "found_in": main_url,
            "first_seen_at": now,
            "last_seen_at": now,
            "failures": 0,
            "changes": 0.0,
            "exposure": 0.0,
        }
        for url in sorted(own)
    ]
    connection.execute(make(UrlRow).values(rows).on_conflict_do_nothing())
    is_free = and_(UrlRow.kind == UrlKind.PAGE, UrlRow.article_id.is_(None))
    connection.execute(
        update(UrlRow).where(UrlRow.url.in_(own), is_free, UrlRow.leased_by.is_(None)).values(facts)
    )


def articles_at(connection: Connection, url: str) -> list[int]:
    """The articles that other addresses of the same page lead to, oldest first."""
    query = select(UrlRow.article_id).where(
        UrlRow.page_key == page_key(url), UrlRow.article_id.is_not(None)
    )
    return sorted({int(found) for found in connection.scalars(query) if found is not None})


def _page_of(candidate: Candidate) -> str:
    is_page = candidate.kind is UrlKind.PAGE
    return (main_address(candidate.url) if is_page else None) or candidate.url


def _known_of(connection: Connection, urls: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for some in batches(urls):
        found.update(connection.scalars(select(UrlRow.url).where(UrlRow.url.in_(some))))
    return found


def _live_rows(connection: Connection, keys: Iterable[str]) -> dict[str, list[Row[Any]]]:
    """By key, rows of pages that have led to an article, or may do so yet; oldest first."""
    found: dict[str, list[Row[Any]]] = defaultdict(list)
    is_live = or_(UrlRow.article_id.is_not(None), UrlRow.due_at.is_not(None), ~_is_idle())
    for some in batches(dict.fromkeys(keys)):
        query = select(*_FACTS).where(
            UrlRow.page_key.in_(some), UrlRow.kind == UrlKind.PAGE, is_live
        )
        rows: Sequence[Any] = connection.execute(query.order_by(UrlRow.id)).all()
        for row in rows:
            found[row.page_key].append(row)
    return found


def _is_idle() -> ColumnElement[bool]:
    return and_(UrlRow.due_at.is_(None), UrlRow.leased_by.is_(None))


def _main_of(known: Sequence[str], new: Sequence[str]) -> str:
    """The main one of the addresses of one page: the first that is no twin, else the first."""
    every = [*known, *new]
    return next((url for url in every if main_address(url) is None), every[0])


def _demote(connection: Connection, url_ids: Sequence[int], alias: Alias) -> None:
    """Let twins that were not fetched yet be aliases."""
    waits = and_(UrlRow.fetched_at.is_(None), UrlRow.leased_by.is_(None))
    connection.execute(
        update(UrlRow).where(UrlRow.id.in_(url_ids), waits).values(due_at=None, **alias.columns)
    )


def _normal(url: str) -> str | None:
    try:
        return normalise_url(url)
    except UrlError:
        return None
