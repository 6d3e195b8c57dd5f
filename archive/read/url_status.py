"""The status of each URL: how it was found, the outcome of its fetches, when it is due.

Read-only, for `kliping urls` and `kliping why`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, Row, Select, or_, select

from archive.core.urls import normalise_url
from archive.db.engine import open_engine
from archive.db.schema import SourceRow, UrlRow
from archive.errors import SourceError
from archive.home import Home
from archive.model import UrlKind, UrlState


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownUrl:
    """A row of the table `urls`, with its state."""

    url: str
    source: str
    state: UrlState
    kind: UrlKind
    reason: str | None
    """Why: an error, why it is no article, the page that it is another address of."""
    article_id: int | None
    found_by: str
    found_in: str
    first_seen_at: datetime
    last_seen_at: datetime
    """When a feed, sitemap or page last named it."""
    fetched_at: datetime | None
    status: int | None
    due_at: datetime | None
    failures: int
    etag: str | None
    last_modified: str | None
    leased_by: int | None
    """The run that is fetching it now."""


class Ledger:
    """Read access to the URLs of an archive."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def urls(
        self, source: str, *, state: UrlState | None = None, limit: int | None = None
    ) -> Iterator[KnownUrl]:
        """The URLs of a source, newest found first.

        Raises:
            SourceError: the archive has no such source.
        """
        with self._engine.connect() as connection:
            names = sorted(connection.scalars(select(SourceRow.name)))
            if source not in names:
                hint = f"there is {', '.join(names)}" if names else "nothing was crawled yet"
                raise SourceError(f"no source {source!r} in this archive; {hint}")
            query = _select().where(SourceRow.name == source)
            if state is not None:
                query = query.where(UrlRow.state == state)
            query = query.order_by(UrlRow.first_seen_at.desc(), UrlRow.id).limit(limit)
            for row in connection.execution_options(yield_per=500).execute(query):
                yield _known(row)

    def url(self, url: str) -> KnownUrl | None:
        """The status of a URL in any spelling, also with the tracking parameters it was found with.

        Raises:
            UrlError: it is no http or https address.
        """
        normal = normalise_url(url)
        tracked = normalise_url(url, keep_tracking=True)
        query = _select().where(or_(UrlRow.url == normal, UrlRow.found_as == tracked))
        with self._engine.connect() as connection:
            row = connection.execute(query.limit(1)).one_or_none()
        return _known(row) if row is not None else None


def open_ledger(home: Home) -> Ledger:
    """Open the URLs of the archive in `home`.

    Raises:
        StorageError: its database cannot be opened.
    """
    return Ledger(open_engine(home.database_url, read_only=True))


def _select() -> Select[Any]:
    elsewhere: dict[str, Any] = {"source": SourceRow.name}
    names = [field.name for field in fields(KnownUrl)]
    columns = [elsewhere[n] if n in elsewhere else getattr(UrlRow, n) for n in names]
    labelled = (column.label(name) for name, column in zip(names, columns, strict=True))
    return select(*labelled).join(SourceRow, SourceRow.id == UrlRow.source_id)


def _known(row: Row[Any]) -> KnownUrl:
    values = dict(row._mapping)
    values |= {"state": UrlState(row.state), "kind": UrlKind(row.kind)}
    return KnownUrl(**values)
