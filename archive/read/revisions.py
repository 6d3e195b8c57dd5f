"""Revisions of an article, for comparison. Called through `archive.read.query`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select

from archive.core.diff import Wording
from archive.db.schema import RevisionRow
from archive.errors import NotArchivedError


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedRevision:
    """One revision of an article."""

    number: int
    """From 1."""
    seen_at: datetime
    """When the archive first saw it."""
    modified_at: datetime | None
    """Modification time as stated by the page."""
    title: str | None
    authors: list[str]
    text: str

    @property
    def wording(self) -> Wording:
        """The parts that are compared."""
        return Wording(self.title or "", ", ".join(self.authors), self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEntry:
    """A revision, with its changes from the previous one."""

    number: int
    """From 1."""
    seen_at: datetime
    modified_at: datetime | None
    """Modification time as stated by the page."""
    title: str | None
    word_count: int
    what: frozenset[str]
    """Those of `title`, `byline` and `text` that changed; empty for the first revision."""
    words_more: int
    """Difference in words from the previous revision."""
    is_silent: bool
    """The text changed, but the modification time given by the page did not."""


def revision_timeline(
    connection: Connection, article_id: int, *, limit: int, before: int | None = None
) -> list[TimelineEntry]:
    """The revisions of an article with what each changed, newest first; texts are not read.

    With `before`, those of lower numbers.
    """
    parameters = {
        "article_id": article_id,
        "before": before or MAX_REVISION_NUMBER,
        "most": limit + 1,
    }
    rows: list[Row[Any]] = list(connection.execute(_STEPS, parameters))
    return [_step(row, earlier) for row, earlier in zip_longest(rows, rows[1:])][:limit]


MAX_REVISION_NUMBER = 2**31 - 1
"""Of a revision."""
_STEPS = (
    select(
        RevisionRow.number,
        RevisionRow.seen_at,
        RevisionRow.modified_at,
        RevisionRow.title,
        RevisionRow.authors,
        RevisionRow.word_count,
        RevisionRow.text_sha256,
    )
    .where(
        RevisionRow.article_id == bindparam("article_id"),
        RevisionRow.number < bindparam("before"),
    )
    .order_by(RevisionRow.number.desc())
    .limit(bindparam("most"))
)


def _step(row: Row[Any], earlier: Row[Any] | None) -> TimelineEntry:
    def differs(name: str) -> bool:
        return earlier is not None and getattr(row, name) != getattr(earlier, name)

    columns = {"title": "title", "byline": "authors", "text": "text_sha256"}
    is_same_time = earlier is not None and row.modified_at == earlier.modified_at
    return TimelineEntry(
        number=row.number,
        seen_at=row.seen_at,
        modified_at=row.modified_at,
        title=row.title,
        word_count=row.word_count,
        what=frozenset(name for name, column in columns.items() if differs(column)),
        words_more=row.word_count - earlier.word_count if earlier else 0,
        is_silent=differs("text_sha256") and is_same_time and row.modified_at is not None,
    )


def two_revisions(
    connection: Connection, article_id: int, newest: int, numbers: Sequence[int]
) -> tuple[ArchivedRevision, ArchivedRevision]:
    """Two revisions by number; see `archive.read.query.Query.two_revisions`.

    Raises:
        NotArchivedError: there are none of these numbers, or not two.
    """
    require_revisions(article_id, newest, numbers)
    if newest == 1:
        raise NotArchivedError(
            f"article {article_id} has one revision: the archive saw no change of its title,"
            " byline or text"
        )
    before, after = _both(newest, numbers)
    if before == after:
        why = "the newest" if len(numbers) == 1 else "the same revision"
        raise NotArchivedError(
            f"revision {before} of article {article_id} is {why}: nothing to compare"
        )
    return _revision(connection, article_id, before), _revision(connection, article_id, after)


def require_revisions(article_id: int, newest: int, numbers: Sequence[int]) -> None:
    """Check that an article, whose newest revision is `newest`, has revisions with these numbers.

    Raises:
        NotArchivedError: it has not.
    """
    for number in numbers:
        if not 1 <= number <= newest:
            there = "only revision 1" if newest == 1 else f"revisions 1 to {newest}"
            raise NotArchivedError(f"article {article_id} has no revision {number}; it has {there}")


def _both(newest: int, numbers: Sequence[int]) -> tuple[int, int]:
    match numbers:
        case []:
            return newest - 1, newest
        case [one]:
            return one, newest
        case _:
            return numbers[0], numbers[1]


def _revision(connection: Connection, article_id: int, number: int) -> ArchivedRevision:
    names = ArchivedRevision.__slots__
    query = select(*(getattr(RevisionRow, name) for name in names)).where(
        RevisionRow.article_id == article_id, RevisionRow.number == number
    )
    row = connection.execute(query).one()
    return ArchivedRevision(**row._mapping)


def all_revisions(connection: Connection, article_id: int) -> list[ArchivedRevision]:
    """Every revision of an article, oldest first."""
    columns = [getattr(RevisionRow, name) for name in ArchivedRevision.__slots__]
    query = select(*columns).where(RevisionRow.article_id == article_id)
    rows = connection.execute(query.order_by(RevisionRow.number))
    return [ArchivedRevision(**row._mapping) for row in rows]
