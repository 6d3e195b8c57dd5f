"""Archived pages that are read again: which there are, and what comes of it.

Called by `pipelines.ingest.reextract` with what a newer extraction makes of them. A page that reads
otherwise makes no revision: it replaces what was read from its capture before. The captures of an
article are taken in the order of time, as a crawl would have taken them: one that was nothing new
to the older extraction may be a revision to this one, and two revisions that read the same now
are one. See docs/decisions/0010-re-extraction.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from http import HTTPStatus
from typing import Any

from sqlalchemy import Connection, Select, and_, func, not_, or_, select, update
from sqlalchemy.orm import aliased

from archive.db.batches import batches
from archive.db.forgotten import takedowns_of
from archive.db.frontier import know
from archive.db.reading import Reading
from archive.db.revision_history import History, place_reading, save_reading
from archive.db.schema import (
    ArticleRow,
    CaptureRow,
    RevisionPageRow,
    RevisionRow,
    StoryRow,
    UrlRow,
)
from archive.model import Candidate, FoundBy, RecordRef, RecordType, UrlKind, UrlState


class Rereading(StrEnum):
    """What reading a page again came to."""

    UNCHANGED = "unchanged"
    CHANGED = "changed"
    """It reads otherwise, or is a revision that the older extraction did not see."""
    GAINED = "gained"
    """It was no article."""
    LOST = "lost"
    """It is no article any more; the archive keeps what was read from it before."""
    UNREADABLE = "unreadable"
    """Its record cannot be read; the archive keeps what was read from it before."""


@dataclass(frozen=True, slots=True)
class KeptPage:
    """A capture of a page that is, or may be, an article."""

    capture_id: int
    source_id: int | None
    url_id: int | None
    url: str
    captured_at: datetime
    content_type: str | None
    payload_digest: str | None
    is_revisit: bool
    is_revision: bool
    """Whether a revision was read from it."""
    ref: RecordRef
    further: tuple[KeptPage, ...] = ()
    """The article's other pages that the revision was read from."""
    missing_pages: int = 0
    """And those that could not be had."""


@dataclass(frozen=True, slots=True)
class Reread:
    """What became of one page."""

    page: KeptPage
    change: Rereading
    article_id: int | None = None
    before: str | None = None
    """The text that was read from it before, if any was."""


def article_ids(connection: Connection, source_id: int, *, newest: int | None = None) -> list[int]:
    """The articles of a source, in the order they came in; or the `newest` of them."""
    query = select(ArticleRow.id).where(ArticleRow.source_id == source_id)
    if newest is None:
        return list(connection.scalars(query.order_by(ArticleRow.id)))
    return list(connection.scalars(query.order_by(ArticleRow.id.desc()).limit(newest)))


def pages_of_article(connection: Connection, article_id: int) -> list[KeptPage]:
    """All captures that the article's history is made of, oldest first.

    Of an article on several pages, those that revisions were read from: of others nobody knows
    which pages went with them.
    """
    revisions = select(RevisionRow.capture_id).where(RevisionRow.article_id == article_id)
    urls = select(UrlRow.id).where(UrlRow.article_id == article_id, UrlRow.kind == UrlKind.PAGE)
    query = _pages().where(
        or_(CaptureRow.id.in_(revisions), and_(_is_answer(), CaptureRow.url_id.in_(urls)))
    )
    pages = _read(connection, query.order_by(CaptureRow.captured_at, CaptureRow.id))
    whole = _with_further(connection, list(pages))
    is_on_several = any(page.further or page.missing_pages for page in whole)
    return [page for page in whole if page.is_revision or not is_on_several]


def newest_page_of(connection: Connection, article_id: int) -> KeptPage | None:
    """The capture that the article was read from as it stands."""
    query = _pages().join(ArticleRow, ArticleRow.capture_id == CaptureRow.id)
    pages = list(_read(connection, query.where(ArticleRow.id == article_id)))
    return next(iter(_with_further(connection, pages)), None)


def pages_of_stories(
    connection: Connection, source_id: int
) -> Iterator[tuple[int, frozenset[str], KeptPage]]:
    """Every counted story of a source: its article, its lines, and the page it was read from."""
    query = select(StoryRow.article_id, StoryRow.lines).where(StoryRow.source_id == source_id)
    first = select(RevisionRow.article_id, RevisionRow.capture_id).where(RevisionRow.number == 1)
    stories = {row.article_id: frozenset(row.lines) for row in connection.execute(query)}
    for some in batches(sorted(stories)):
        captures = {
            row.capture_id: row.article_id
            for row in connection.execute(first.where(RevisionRow.article_id.in_(some)))
        }
        pages = list(_read(connection, _pages().where(CaptureRow.id.in_(list(captures)))))
        for page in _with_further(connection, pages):
            article_id = captures[page.capture_id]
            yield article_id, stories[article_id], page


def captures_without_article(connection: Connection, source_id: int) -> list[int]:
    """Ids of captures of a source that looked like articles, and of which nothing came."""
    media_type = func.lower(func.coalesce(CaptureRow.content_type, "text/html"))
    is_html = or_(media_type.startswith("text/html"), media_type.startswith("application/xhtml"))
    nothing_came = or_(
        CaptureRow.url_id.is_(None), and_(UrlRow.kind == UrlKind.PAGE, UrlRow.article_id.is_(None))
    )
    query = (
        select(CaptureRow.id)
        .outerjoin(UrlRow, UrlRow.id == CaptureRow.url_id)
        .where(CaptureRow.source_id == source_id, _is_answer(), is_html, nothing_came)
        .where(not_(_has_revision()))
    )
    return list(connection.scalars(query.order_by(CaptureRow.captured_at, CaptureRow.id)))


def page_of_capture(connection: Connection, capture_id: int) -> list[KeptPage]:
    """The page of a capture; none if it was forgotten meanwhile."""
    return list(_read(connection, _pages().where(CaptureRow.id == capture_id)))


def reread_article(
    connection: Connection,
    article_id: int,
    readings: Sequence[tuple[KeptPage, Reading | None]],
) -> list[Reread]:
    """Let an article read as `readings` of its pages do, which are in the order of time.

    None stands for a page that is no article now: what was read from it stays.
    """
    url = connection.scalar(select(ArticleRow.url).where(ArticleRow.id == article_id))
    if url is None:  # it was forgotten meanwhile
        return []
    history = History(connection, article_id, url)
    rereads = [_reread(history, article_id, page, reading) for page, reading in readings]
    if newest := [reading for _, reading in readings if reading is not None][-1:]:
        place_reading(connection, article_id, *newest)
    return rereads


def _reread(history: History, article_id: int, page: KeptPage, reading: Reading | None) -> Reread:
    revision = history.revision_from(page.capture_id)
    before = revision.text if revision else None
    if reading is None:
        change = Rereading.LOST if revision else Rereading.UNCHANGED
        return Reread(page, change, article_id, before)
    if revision is not None:
        is_new = history.replace(revision, reading)
    elif history.is_gone(reading):
        is_new = False
    else:
        history.take(reading, page.capture_id, in_order=True)
        is_new = history.revision_from(page.capture_id) is not None
    return Reread(page, Rereading.CHANGED if is_new else Rereading.UNCHANGED, article_id, before)


def gain_article(
    connection: Connection, page: KeptPage, reading: Reading, source_id: int
) -> Reread:
    """Take in a page that was no article to the older extraction; what was forgotten stays so."""
    if takedowns_of(connection, [page.url, reading.url, reading.canonical_url]):
        return Reread(page, Rereading.UNCHANGED)
    url_id = page.url_id
    if url_id is None:  # an import gives such rows to its articles only
        candidate = Candidate(reading.url, UrlKind.PAGE, FoundBy.IMPORT, page.ref.file)
        known = know(connection, source_id, candidate, datetime.now(UTC))
        if known.kind is not UrlKind.PAGE:  # a front page, say, that looks like an article
            return Reread(page, Rereading.UNCHANGED)
        source_id, url_id = known.source_id, known.url_id
    article_id = save_reading(connection, reading, source_id, page.capture_id).article_id
    of_capture = update(CaptureRow).where(CaptureRow.id == page.capture_id)
    connection.execute(of_capture.values(url_id=url_id, source_id=source_id))
    of_url = update(UrlRow).where(UrlRow.id == url_id)
    connection.execute(of_url.values(article_id=article_id, state=UrlState.ARTICLE, reason=None))
    return Reread(page, Rereading.GAINED, article_id)


def _with_further(connection: Connection, pages: Sequence[KeptPage]) -> list[KeptPage]:
    """The same pages, each with the further ones that its revision was read from."""
    found: dict[int, KeptPage] = {page.capture_id: page for page in pages}
    for some in batches(found):
        of_capture = RevisionRow.capture_id.in_(some)
        gaps = select(RevisionRow.capture_id, RevisionRow.missing_pages).where(of_capture)
        for row in connection.execute(gaps.where(RevisionRow.missing_pages > 0)):
            page = found[row.capture_id]
            found[row.capture_id] = replace(page, missing_pages=row.missing_pages)
        query = (
            select(RevisionRow.capture_id, RevisionPageRow.capture_id.label("further_id"))
            .join(RevisionPageRow, RevisionPageRow.revision_id == RevisionRow.id)
            .where(of_capture)
            .order_by(RevisionRow.id, RevisionPageRow.number)
        )
        for row in connection.execute(query).all():
            further = _read(connection, _pages().where(CaptureRow.id == row.further_id))
            page = found[row.capture_id]
            found[row.capture_id] = replace(page, further=(*page.further, *further))
    return [found[page.capture_id] for page in pages]


def _is_answer() -> Any:
    """Whether a capture is a whole good answer, whose page a crawl would read.

    Of a page that was rendered that is the conversion, not what was served.
    """
    made = aliased(CaptureRow)
    was_rendered = select(made.id).where(made.made_of == CaptureRow.record_id).exists()
    served = and_(CaptureRow.status == HTTPStatus.OK, not_(was_rendered))
    return and_(
        or_(served, CaptureRow.made_of.is_not(None)),
        CaptureRow.record_id.is_not(None),
        CaptureRow.truncated.is_(None),
    )


def _has_revision() -> Any:
    return select(RevisionRow.id).where(RevisionRow.capture_id == CaptureRow.id).exists()


def _pages() -> Select[Any]:
    return select(*CaptureRow.__table__.columns, _has_revision().label("is_revision")).where(
        CaptureRow.record_id.is_not(None)
    )


def _read(connection: Connection, query: Select[Any]) -> Iterator[KeptPage]:
    for row in connection.execute(query):
        yield KeptPage(
            capture_id=row.id,
            source_id=row.source_id,
            url_id=row.url_id,
            url=row.url,
            captured_at=row.captured_at,
            content_type=row.content_type,
            payload_digest=row.payload_digest,
            is_revisit=row.record_type == RecordType.REVISIT,
            is_revision=row.is_revision,
            ref=RecordRef(row.warc_file, row.warc_offset, row.warc_length, row.record_id),
        )
