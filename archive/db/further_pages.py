"""The pages, after the first, that a revision of an article was read from.

Called by the repository within its transactions; reading for people is in `archive.read.query`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select

from archive.db.schema import RevisionPageRow


@dataclass(frozen=True, slots=True)
class FurtherPage:
    """One of them."""

    number: int
    """From 2."""
    url: str
    capture_id: int


def pages_of(connection: Connection, revision_id: int) -> list[FurtherPage]:
    """The further pages of a revision, in order."""
    columns = RevisionPageRow.__table__.c
    query = select(columns.number, columns.url, columns.capture_id).where(
        columns.revision_id == revision_id
    )
    return [FurtherPage(*row) for row in connection.execute(query.order_by(columns.number))]


def keep_pages(connection: Connection, revision_id: int, pages: Sequence[FurtherPage]) -> None:
    """Let a revision have these further pages, and no others."""
    connection.execute(delete(RevisionPageRow).where(RevisionPageRow.revision_id == revision_id))
    rows = [
        {
            "revision_id": revision_id,
            "number": page.number,
            "url": page.url,
            "capture_id": page.capture_id,
        }
        for page in pages
    ]
    if rows:
        connection.execute(insert(RevisionPageRow), rows)
