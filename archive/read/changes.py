"""Changes of articles after publication: edited, silently edited, vanished. Read-only."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    Row,
    Select,
    and_,
    bindparam,
    false,
    func,
    literal,
    not_,
    select,
    text,
    tuple_,
)
from sqlalchemy.orm import aliased

from archive.db.schema import ArticleRow, RevisionRow, SourceRow
from archive.errors import WrongUseError

_SPAN = re.compile(r"(\d{1,6})\s*([hdw])", re.IGNORECASE)
_HOURS = {"h": 1, "d": 24, "w": 168}
ChangeCursor = tuple[datetime, int, int]
"""Sort key of a change: when it was seen, the article, and the revision that it made."""


class ChangeKind(StrEnum):
    """Kind of a change."""

    EDITED = "edited"
    SILENT = "silently edited"
    """The text changed, but the modification time given by the page did not."""
    VANISHED = "vanished"


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleChange:
    """One change of one article."""

    kind: ChangeKind
    seen_at: datetime
    article_id: int
    source: str
    url: str
    title: str | None
    """The title since then."""
    revision: int
    """The revision that the edit made, or the last one before the page vanished."""
    what: list[str]
    """For an edit, those of `title`, `byline` and `text` that changed; otherwise what replaced the
    page."""
    modified_at: datetime | None
    """As given by the page."""


@dataclass(frozen=True, slots=True)
class ChangeFilter:
    """Conditions on a list of changes."""

    since: datetime
    until: datetime | None = None
    """Exclusive; None means up to now."""
    source: str | None = None
    kinds: frozenset[ChangeKind] = frozenset(ChangeKind)


def parse_since(text: str, now: datetime) -> datetime:
    """Parse `1d`, `12h`, `2w`, or a date or time in ISO 8601 (UTC where it is naive).

    >>> parse_since("2d", datetime(2026, 3, 3, tzinfo=UTC)).isoformat()
    '2026-03-01T00:00:00+00:00'

    Raises:
        WrongUseError: it is neither.
    """
    try:
        if span := _SPAN.fullmatch(text.strip()):
            return now - timedelta(hours=int(span[1]) * _HOURS[span[2].lower()])
        moment = datetime.fromisoformat(text.strip())
    except (ValueError, OverflowError) as error:
        raise WrongUseError(
            f"{text!r} is no span such as 12h, 1d or 2w, and no date such as 2026-03-01"
        ) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def changes_since(
    engine: Engine, since: datetime, *, source: str | None = None, limit: int | None = None
) -> Iterator[ArticleChange]:
    """Changes since a time, oldest first, of all sources or of one; `limit` bounds their number."""
    edits = _edits(since).order_by(RevisionRow.seen_at, RevisionRow.article_id, RevisionRow.number)
    vanishings = _VANISHINGS.where(ArticleRow.vanished_at >= since)
    vanishings = vanishings.order_by(ArticleRow.vanished_at, ArticleRow.id)
    with engine.connect() as connection:
        rows = connection.execute(_of(source, edits).limit(limit))
        found = [_edit(row) for row in rows]
        rows = connection.execute(_of(source, vanishings).limit(limit))
        found += [_vanished(row) for row in rows]
    found.sort(key=lambda change: (change.seen_at, change.article_id, change.revision))
    yield from found[:limit]


def latest_changes(
    connection: Connection, wanted: ChangeFilter, *, limit: int, before: ChangeCursor | None = None
) -> list[ArticleChange]:
    """Changes, newest first; with `before`, those that follow that change in the list."""
    found: list[ArticleChange] = []
    if wanted.kinds - {ChangeKind.VANISHED}:
        edits = _of(wanted.source, _only(wanted.kinds, _edits(wanted.since)))
        rows = connection.execute(
            _newest_first(edits, _OF_EDITS, wanted.until, before).limit(limit)
        )
        found += [_edit(row) for row in rows]
    if ChangeKind.VANISHED in wanted.kinds:
        gone = _of(wanted.source, _VANISHINGS.where(ArticleRow.vanished_at >= wanted.since))
        rows = connection.execute(
            _newest_first(gone, _OF_VANISHINGS, wanted.until, before).limit(limit)
        )
        found += [_vanished(row) for row in rows]
    return sorted(found, key=change_cursor, reverse=True)[:limit]


def change_cursor(change: ArticleChange) -> ChangeCursor:
    """The position of a change in the order of time."""
    number = 0 if change.kind is ChangeKind.VANISHED else change.revision
    return change.seen_at, change.article_id, number


_OF_EDITS = (RevisionRow.seen_at, RevisionRow.article_id, RevisionRow.number)
_OF_VANISHINGS = (ArticleRow.vanished_at, ArticleRow.id, literal(0))


def _newest_first(
    query: Select[Any], order: Sequence[Any], until: datetime | None, before: ChangeCursor | None
) -> Select[Any]:
    if until is not None:
        query = query.where(order[0] < until)
    if before is not None:
        # The first condition is for the index.
        place = [literal(value, each.type) for value, each in zip(before, order, strict=True)]
        query = query.where(order[0] <= place[0], tuple_(*order) < tuple_(*place))
    return query.order_by(*(each.desc() for each in order))


def _only(kinds: Set[ChangeKind], edits: Select[Any]) -> Select[Any]:
    if kinds >= {ChangeKind.EDITED, ChangeKind.SILENT}:
        return edits
    # A page that gives no modification time is not silent.
    is_silent = func.coalesce(_IS_SILENT, false())
    return edits.where(is_silent if ChangeKind.SILENT in kinds else not_(is_silent))


def _of(source: str | None, query: Select[Any]) -> Select[Any]:
    return query if source is None else query.where(SourceRow.name == source)


_before = aliased(RevisionRow)
_SAME_TIME = RevisionRow.modified_at == _before.modified_at
_TEXT_CHANGED = RevisionRow.text_sha256 != _before.text_sha256
_IS_SILENT = and_(_TEXT_CHANGED, _SAME_TIME)


def _edits(since: datetime) -> Any:
    return (
        select(
            RevisionRow.seen_at,
            RevisionRow.article_id,
            RevisionRow.number,
            RevisionRow.title,
            RevisionRow.modified_at,
            _SAME_TIME.label("same_time"),
            _TEXT_CHANGED.label("text_changed"),
            RevisionRow.authors,
            _before.title.label("title_before"),
            _before.authors.label("authors_before"),
            ArticleRow.url,
            SourceRow.name.label("source"),
        )
        .join(
            _before,
            and_(
                _before.article_id == RevisionRow.article_id,
                _before.number == RevisionRow.number - 1,
            ),
        )
        .join(ArticleRow, ArticleRow.id == RevisionRow.article_id)
        .join(SourceRow, SourceRow.id == ArticleRow.source_id)
        .where(RevisionRow.seen_at >= since, text("revisions.number > 1"))  # as in the index
    )


def _edit(row: Row[Any]) -> ArticleChange:
    what = {
        "title": row.title != row.title_before,
        "byline": row.authors != row.authors_before,
        "text": bool(row.text_changed),
    }
    is_silent = row.text_changed and row.same_time
    return ArticleChange(
        kind=ChangeKind.SILENT if is_silent else ChangeKind.EDITED,
        seen_at=row.seen_at,
        article_id=row.article_id,
        source=row.source,
        url=row.url,
        title=row.title,
        revision=row.number,
        what=[name for name, changed in what.items() if changed],
        modified_at=row.modified_at,
    )


_VANISHED = (
    ArticleRow.id,
    ArticleRow.url,
    ArticleRow.title,
    ArticleRow.revision,
    ArticleRow.modified_at,
    ArticleRow.vanished_at,
    ArticleRow.vanished_as,
)


_VANISHINGS: Any = select(*_VANISHED, SourceRow.name.label("source")).join(
    SourceRow, SourceRow.id == ArticleRow.source_id
)
_VANISHING = _VANISHINGS.where(
    ArticleRow.id == bindparam("article_id"), ArticleRow.vanished_at.is_not(None)
)


def vanishing_of(engine: Engine, article_id: int) -> ArticleChange | None:
    """When an article's page was first seen to be gone; None if it was there at the last check."""
    with engine.connect() as connection:
        row = connection.execute(_VANISHING, {"article_id": article_id}).one_or_none()
    return _vanished(row) if row else None


def _vanished(row: Row[Any]) -> ArticleChange:
    return ArticleChange(
        kind=ChangeKind.VANISHED,
        seen_at=row.vanished_at,
        article_id=row.id,
        source=row.source,
        url=row.url,
        title=row.title,
        revision=row.revision,
        what=[row.vanished_as],
        modified_at=row.modified_at,
    )
