"""The revisions of one article, in the order of time, in whatever order its captures come in.

Called by the repository within its transactions. A crawl brings captures as time goes by, but an
import or a repair may bring one that is years older than what is known: it then takes its place
between the revisions before and after it, and the article keeps reading as its newest one does.
Ingesting the same captures in another order ends in the same history.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, insert, select, update

from archive.core.urls import registrable_domain
from archive.db.article_match import (
    find_article,
    find_twin,
    is_main_page_of,
    is_view_of,
    known_article,
    known_as,
    promote,
)
from archive.db.boilerplate_samples import count_story
from archive.db.clusters import place_article
from archive.db.further_pages import FurtherPage, keep_pages, pages_of
from archive.db.reading import Reading
from archive.db.schema import ArticleRow, CaptureRow, ReadingColumns, RevisionRow
from archive.model import Extraction
from archive.text.revision_rules import KnownArticle, is_revision, is_same_story, why_gone_from

_OF_BOTH = tuple(ReadingColumns.__annotations__)
_OF_REVISION = (*_OF_BOTH, "text", "markdown")


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of a reading."""

    article_id: int
    url: str
    """Where it was fetched from."""
    is_new: bool = False
    """Whether nothing was known of the article."""
    is_edited: bool = False
    """Whether it made a revision of an article that was known."""
    gone: str | None = None
    """Why what stands there is not the article any more, in words; then nothing was saved."""


def text_sha256(text: str) -> str:
    """Hex SHA-256 of the text in UTF-8."""
    return hashlib.sha256(text.encode()).hexdigest()


def save_reading(
    connection: Connection,
    reading: Reading,
    source_id: int,
    capture_id: int,
    *,
    led_to: int | None = None,
    pages: Sequence[FurtherPage] = (),
) -> Saved:
    """Make or revise the article of `reading`; `led_to` is the one its URL led to before.

    `pages` are those, after the first, that it was read from.
    """
    before = find_article(connection, ArticleRow.id == led_to) if led_to is not None else None
    if before is not None and (gone := why_gone_from(known_article(before), reading.extraction)):
        return Saved(before.id, reading.url, gone=gone)
    reading, article = known_as(connection, reading)
    if article is None and before is not None and _is_moved(reading, before):
        is_view = is_view_of(reading.url, before.url)
        article = before if is_view else _move(connection, before, reading)
    if article is None:
        article = find_twin(connection, reading)
    if article is None:
        new = _insert_article(connection, reading, source_id, capture_id, pages)
        count_story(connection, reading.extraction, new, source_id, reading.seen_at)
        place_reading(connection, new, reading)
        return Saved(new, reading.url, is_new=True)
    history = History(connection, article.id, article.url)
    if is_main_page_of(reading, article):
        promote(connection, article.id, reading)
        is_edited = False
        history.replace_newest(reading, capture_id, pages)
    else:
        is_edited = history.take(reading, capture_id, pages=pages)
    if reading.seen_at < article.first_seen_at:
        connection.execute(
            update(ArticleRow)
            .where(ArticleRow.id == article.id)
            .values(first_seen_at=reading.seen_at)
        )
    place_reading(connection, article.id, reading)
    return Saved(int(article.id), reading.url, is_edited=is_edited)


def place_reading(connection: Connection, article_id: int, reading: Reading) -> None:
    """Put the article of a reading, which is saved, among those that tell the same story."""
    place_article(connection, article_id, reading.extraction.sketch)


def _is_moved(reading: Reading, before: Row[Any]) -> bool:
    """Whether this is the article that its URL led to before, by a new address."""
    return is_same_story(known_article(before), reading.extraction)


def _move(connection: Connection, article: Row[Any], reading: Reading) -> Row[Any] | None:
    """Let an article be known by its new address; the old one stays an alias in `urls`."""
    connection.execute(
        update(ArticleRow)
        .where(ArticleRow.id == article.id)
        .values(url=reading.url, canonical_url=reading.canonical_url)
    )
    return find_article(connection, ArticleRow.id == article.id)


class History:
    """The revisions of one article, whose page is at `url`."""

    def __init__(self, connection: Connection, article_id: int, url: str) -> None:
        self._connection = connection
        self._article_id = article_id
        self._url = url

    def take(
        self,
        reading: Reading,
        capture_id: int,
        *,
        pages: Sequence[FurtherPage] = (),
        in_order: bool = False,
    ) -> bool:
        """Give a reading its place, if it says anything that its neighbours in time do not.

        Whether it revises the newest of them. With `in_order`, captures after this one are yet
        to be taken, and speak for themselves.
        """
        before = self._neighbour(reading.seen_at, after=False)
        after = self._neighbour(reading.seen_at, after=True)
        if before is not None and after is None and self._completes(reading, before):
            self.replace_newest(reading, capture_id, pages)
            return False
        if (before or after) is not None and reading.extraction.missing_pages:
            return False  # what has gaps tells nothing of an edit
        if before is not None and not self._differs(reading, before):
            return False
        if before is None and reading.url != self._url:
            return False  # an alias that is older than all that is known
        again = None
        if before is not None and not in_order:
            again = self._seen_again(reading.seen_at, after)
        if after is not None and not again and not self._differs(reading, after):
            self._move_back(after, reading.seen_at, capture_id, pages)
            return False
        number = before.number + 1 if before is not None else 1
        self._make_room(number, 2 if again else 1)
        columns = _columns_of(reading.extraction)
        self._insert(columns, number, reading.seen_at, capture_id, pages)
        if before is not None and again is not None:
            same = {name: getattr(before, name) for name in _OF_REVISION}
            same_pages = pages_of(self._connection, before.id)
            self._insert(same, number + 1, again.captured_at, again.id, same_pages)
        self._update_article()
        return after is None and again is None

    def replace_newest(
        self,
        reading: Reading,
        capture_id: int,
        pages: Sequence[FurtherPage],
    ) -> None:
        """Let the newest revision be this better reading of the same: whole, or of its own page."""
        newest = _revisions(self._article_id).order_by(RevisionRow.number.desc()).limit(1)
        row = self._connection.execute(newest).one()
        if row.seen_at > reading.seen_at:
            return
        self._connection.execute(
            update(RevisionRow)
            .where(RevisionRow.id == row.id)
            .values(
                **_columns_of(reading.extraction), seen_at=reading.seen_at, capture_id=capture_id
            )
        )
        keep_pages(self._connection, row.id, pages)
        self._update_article()

    def _completes(self, reading: Reading, revision: Row[Any]) -> bool:
        """Whether pages are there now that were missing."""
        missing = reading.extraction.missing_pages
        return reading.url == self._url and missing < revision.missing_pages

    def revision_from(self, capture_id: int) -> Row[Any] | None:
        """The revision that was read from a capture."""
        query = _revisions(self._article_id).where(RevisionRow.capture_id == capture_id)
        return self._connection.execute(query.limit(1)).one_or_none()

    def is_gone(self, reading: Reading) -> bool:
        """Whether a page is a notice in the place of the article as it was before."""
        before = self._neighbour(reading.seen_at, after=False)
        return before is not None and bool(why_gone_from(self._known(before), reading.extraction))

    def replace(self, revision: Row[Any], reading: Reading) -> bool:
        """Let a revision read as a newer extraction reads its capture; whether that is otherwise.

        If it reads as the one before it then, the two are one.
        """
        columns = _columns_of(reading.extraction)
        self._connection.execute(
            update(RevisionRow).where(RevisionRow.id == revision.id).values(columns)
        )
        earlier = _revisions(self._article_id).where(RevisionRow.number == revision.number - 1)
        before = self._connection.execute(earlier).one_or_none()
        # At its own address: the article may have moved since.
        is_same = before is not None and not is_revision(
            self._known(before, url=reading.url), reading.url, reading.extraction
        )
        if is_same:
            self._remove(revision)
        self._update_article()
        return is_same or any(
            getattr(revision, name) != columns[name]
            for name in _OF_REVISION
            if name not in ("extractor", "rules")
        )

    def _remove(self, revision: Row[Any]) -> None:
        keep_pages(self._connection, revision.id, ())
        self._connection.execute(delete(RevisionRow).where(RevisionRow.id == revision.id))
        self._make_room(revision.number + 1, -1)

    def _neighbour(self, moment: datetime, *, after: bool) -> Row[Any] | None:
        """The revision in force at a moment, or the first one after it."""
        query = _revisions(self._article_id)
        if after:
            query = query.where(RevisionRow.seen_at > moment).order_by(RevisionRow.number)
        else:
            query = query.where(RevisionRow.seen_at <= moment).order_by(RevisionRow.number.desc())
        return self._connection.execute(query.limit(1)).one_or_none()

    def _differs(self, reading: Reading, revision: Row[Any]) -> bool:
        return is_revision(self._known(revision), reading.url, reading.extraction)

    def _known(self, revision: Row[Any], url: str | None = None) -> KnownArticle:
        return KnownArticle(
            self._article_id,
            url or self._url,
            revision.number,
            revision.title,
            revision.authors,
            revision.text,
        )

    def _seen_again(self, moment: datetime, after: Row[Any] | None) -> Any:
        """The first capture behind a moment that found the page as it had been before it.

        It made no revision when it came in, since what was read just now was not known yet.
        """
        unchanged = (HTTPStatus.OK, HTTPStatus.NOT_MODIFIED)
        query = select(CaptureRow.id, CaptureRow.captured_at).where(
            CaptureRow.url == self._url,
            CaptureRow.captured_at > moment,
            CaptureRow.status.in_(unchanged),
        )
        if after is not None:
            query = query.where(CaptureRow.captured_at < after.seen_at)
        first = query.order_by(CaptureRow.captured_at).limit(1)
        return self._connection.execute(first).one_or_none()

    def _move_back(
        self,
        revision: Row[Any],
        seen_at: datetime,
        capture_id: int,
        pages: Sequence[FurtherPage],
    ) -> None:
        """Note that a revision was seen earlier than was known."""
        self._connection.execute(
            update(RevisionRow)
            .where(RevisionRow.id == revision.id)
            .values(seen_at=seen_at, capture_id=capture_id)
        )
        keep_pages(self._connection, revision.id, pages)
        self._update_article()

    def _make_room(self, number: int, count: int) -> None:
        """Add `count` to the numbers from `number` on."""
        later = RevisionRow.article_id == self._article_id
        # By way of negative numbers, since SQLite checks uniqueness after each row.
        self._connection.execute(
            update(RevisionRow)
            .where(later, RevisionRow.number >= number)
            .values(number=-(RevisionRow.number + count))
        )
        self._connection.execute(
            update(RevisionRow)
            .where(later, RevisionRow.number < 0)
            .values(number=-RevisionRow.number)
        )

    def _insert(
        self,
        columns: dict[str, Any],
        number: int,
        seen_at: datetime,
        capture_id: int,
        pages: Sequence[FurtherPage],
    ) -> None:
        place = {"article_id": self._article_id, "number": number, "capture_id": capture_id}
        _insert_revision(self._connection, {**columns, **place, "seen_at": seen_at}, pages)

    def _update_article(self) -> None:
        """Let the article read as its newest revision does."""
        newest = _revisions(self._article_id).order_by(RevisionRow.number.desc()).limit(1)
        row = self._connection.execute(newest).one()
        columns = {name: getattr(row, name) for name in _OF_BOTH}
        self._connection.execute(
            update(ArticleRow)
            .where(ArticleRow.id == self._article_id)
            .values(**columns, capture_id=row.capture_id, revision=row.number)
        )


def _revisions(article_id: int) -> Select[Any]:
    return select(*RevisionRow.__table__.columns).where(RevisionRow.article_id == article_id)


def _insert_revision(
    connection: Connection, row: dict[str, Any], pages: Sequence[FurtherPage]
) -> None:
    key = connection.execute(insert(RevisionRow).values(row)).inserted_primary_key
    assert key is not None  # every table has an integer key of its own
    if pages:
        keep_pages(connection, int(key[0]), pages)


def _insert_article(
    connection: Connection,
    reading: Reading,
    source_id: int,
    capture_id: int,
    pages: Sequence[FurtherPage],
) -> int:
    columns = _columns_of(reading.extraction)
    row = {
        **{name: columns[name] for name in _OF_BOTH},
        "source_id": source_id,
        "url": reading.url,
        "canonical_url": reading.canonical_url,
        "domain": registrable_domain(reading.url),
        "first_seen_at": reading.seen_at,
        "capture_id": capture_id,
        "revision": 1,
    }
    key = connection.execute(insert(ArticleRow).values(row)).inserted_primary_key
    assert key is not None  # every table has an integer key of its own
    article_id = int(key[0])
    first = {"article_id": article_id, "number": 1, "capture_id": capture_id}
    _insert_revision(connection, {**columns, **first, "seen_at": reading.seen_at}, pages)
    return article_id


def _columns_of(extraction: Extraction) -> dict[str, Any]:
    text = extraction.text
    if text is None:
        raise ValueError("only an extraction with text makes an article")
    published_at = extraction.published_at
    offset = published_at.utcoffset() if published_at else None
    return {
        "title": extraction.title,
        "authors": extraction.authors,
        "organisations": extraction.organisations,
        "published_at": published_at,
        "published_offset_min": None if offset is None else int(offset.total_seconds() // 60),
        "modified_at": extraction.modified_at,
        "language": extraction.language,
        "section": extraction.section,
        "tags": extraction.tags,
        "description": extraction.description,
        "text": text,
        "markdown": extraction.markdown,
        "word_count": extraction.word_count,
        "text_sha256": text_sha256(text),
        "image_url": extraction.image_url,
        "image_caption": extraction.image_caption,
        "image_credit": extraction.image_credit,
        "dateline": extraction.dateline,
        "page_kind": extraction.page_kind,
        "paywalled": extraction.paywalled,
        "tdm_reserved": extraction.tdm_reserved,
        "license": extraction.license,
        "extractor": extraction.extractor,
        "rules": extraction.rules,
        "missing_pages": extraction.missing_pages,
    }
