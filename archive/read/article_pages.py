"""Further pages and other addresses of articles."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, select

from archive.db.batches import batches
from archive.db.schema import ArticleRow, CaptureRow, RevisionPageRow, RevisionRow, UrlRow
from archive.model import RecordRef

_ARTICLE: ColumnElement[int] = bindparam("article_id")
_SHOWN = select(ArticleRow.url, ArticleRow.canonical_url).where(ArticleRow.id == _ARTICLE)
_LEADING = select(UrlRow.url).where(UrlRow.article_id == _ARTICLE)


@dataclass(frozen=True, slots=True)
class ArchivedPage:
    """A page, after the first, that an article's text was read from, and the location of its
    record."""

    number: int
    """Counted from 2."""
    url: str
    captured_at: datetime
    payload_digest: str | None
    warc_file: str
    warc_offset: int
    warc_length: int
    warc_record_id: str

    @property
    def ref(self) -> RecordRef:
        """The location of the page's record."""
        return RecordRef(self.warc_file, self.warc_offset, self.warc_length, self.warc_record_id)


def pages_of_articles(
    connection: Connection, article_ids: Iterable[int]
) -> dict[tuple[int, int], list[ArchivedPage]]:
    """The further pages of each revision, in order, by article and revision number."""
    query = (
        select(
            RevisionRow.article_id,
            RevisionRow.number,
            RevisionPageRow.number,
            RevisionPageRow.url,
            CaptureRow.captured_at,
            CaptureRow.payload_digest,
            CaptureRow.warc_file,
            CaptureRow.warc_offset,
            CaptureRow.warc_length,
            CaptureRow.record_id,
        )
        .join(RevisionPageRow, RevisionPageRow.revision_id == RevisionRow.id)
        .join(CaptureRow, CaptureRow.id == RevisionPageRow.capture_id)
        .order_by(RevisionRow.id, RevisionPageRow.number)
    )
    found: dict[tuple[int, int], list[ArchivedPage]] = defaultdict(list)
    for batch in batches(article_ids):
        rows: Sequence[Any] = connection.execute(
            query.where(RevisionRow.article_id.in_(batch))
        ).all()
        for row in rows:
            found[row[0], row[1]].append(ArchivedPage(*row[2:]))
    return found


def aliases_of(connection: Connection, article_id: int) -> list[str]:
    """The addresses that lead to an article, except the two that it is shown under."""
    parameters = {"article_id": article_id}
    shown = {url for row in connection.execute(_SHOWN, parameters) for url in row}
    return sorted(set(connection.scalars(_LEADING, parameters)) - shown)
