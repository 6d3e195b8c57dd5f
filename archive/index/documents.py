"""Documents of the index, from the rows of articles as they are now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Row, bindparam, select
from tantivy import Document

from archive.db.engine import read_connection
from archive.db.schema import IS_NEWEST, ArticleRow, CaptureRow, ClusterRow, RevisionRow, SourceRow
from archive.index.analysis import words
from archive.index.schema import (
    CAPTURED,
    DAY,
    MONTH,
    NO_NUMBER,
    NO_TEXT,
    STEMS,
    TEXT,
    TITLE,
    TITLE_STEMS,
    VANISHED,
    WEEK,
)
from archive.index.stems import STEMMED_LANGUAGES, stem_term

_ROWS_AT_A_TIME = 500
_ID_BITS = 29
_FIRST_SECOND = datetime(1700, 1, 1, tzinfo=UTC)
_MULTIPLIER, _MODULUS = 2_654_435_761, 2**32
"""Of multiplicative hashing by the golden ratio, which spreads ids evenly.
Source: Knuth, The Art of Computer Programming 3, 6.4."""

_ROWS = (
    select(
        *(ArticleRow.id, ArticleRow.title, RevisionRow.text, ArticleRow.language),
        *(ArticleRow.authors, ArticleRow.tags, ArticleRow.section, ArticleRow.domain),
        *(ArticleRow.url, ArticleRow.canonical_url, ArticleRow.page_kind, ArticleRow.license),
        *(ArticleRow.published_at, ArticleRow.published_offset_min, ArticleRow.vanished_at),
        *(ArticleRow.word_count, ArticleRow.revision, ArticleRow.paywalled),
        *(ArticleRow.cluster_id, ClusterRow.first_article_id),
        SourceRow.name.label("source"),
        CaptureRow.captured_at,
    )
    .join(RevisionRow, IS_NEWEST)
    .join(SourceRow, SourceRow.id == ArticleRow.source_id)
    .join(CaptureRow, CaptureRow.id == ArticleRow.capture_id)
    .outerjoin(ClusterRow, ClusterRow.id == ArticleRow.cluster_id)
)
_BY_ID = _ROWS.where(ArticleRow.id.in_(bindparam("ids", expanding=True)))
_BEHIND = (
    _ROWS.where(ArticleRow.id > bindparam("id")).order_by(ArticleRow.id).limit(_ROWS_AT_A_TIME)
)


def documents_of(connection: Connection, article_ids: Sequence[int]) -> Iterator[Document]:
    """Yield the documents of those articles that exist."""
    for begin in range(0, len(article_ids), _ROWS_AT_A_TIME):
        batch = {"ids": article_ids[begin : begin + _ROWS_AT_A_TIME]}
        yield from map(_document, connection.execute(_BY_ID, batch))


def all_documents(engine: Engine) -> Iterator[Document]:
    """Yield the documents of all articles, in short transactions."""
    last = 0
    while True:
        with read_connection(engine) as connection:
            rows = connection.execute(_BEHIND, {"id": last}).all()
        if not rows:
            return
        yield from map(_document, rows)
        last = rows[-1].id


def recency(article_id: int, published_at: datetime | None) -> int:
    """Return a number that sorts articles by publication, the newest greatest.

    To the second, in 63 bits: of articles of the same second that of the least id is newer, and
    undated ones come behind all others. Times before 1700 or in a far future are as those ends.
    """
    place = -(article_id % (1 << _ID_BITS))
    if published_at is None:
        return place
    seconds = (published_at - _FIRST_SECOND) // timedelta(seconds=1)
    seconds = min(max(seconds, 1), (1 << (63 - _ID_BITS)) - 1)
    return (seconds << _ID_BITS) + place


def recency_span(days: int) -> int:
    """Return the difference in recency of articles that are `days` apart."""
    return days * 86_400 << _ID_BITS


def published_day(published_at: datetime | None, offset_min: int | None) -> date | None:
    """Return the day of publication in the page's own offset, if it is within the calendar."""
    if published_at is None:
        return None
    try:
        return (published_at + timedelta(minutes=offset_min or 0)).date()
    except OverflowError:
        return None


def _document(row: Row[*tuple[Any, ...]]) -> Document:
    document = Document()
    document.add_integer("id", row.id)
    title, text = words(row.title or ""), words(row.text)
    document.add_text(TITLE, " ".join(title))
    document.add_text(TEXT, " ".join(text))
    if row.language in STEMMED_LANGUAGES:
        document.add_text(TITLE_STEMS, " ".join(_stems(title, row.language)))
        document.add_text(STEMS, " ".join(_stems([*title, *text], row.language)))
    _add_facts(document, row)
    day = published_day(row.published_at, row.published_offset_min)
    is_first = row.cluster_id is None or row.first_article_id == row.id
    numbers = {
        DAY: day.toordinal() if day else NO_NUMBER,
        WEEK: day.toordinal() - day.weekday() if day else NO_NUMBER,
        MONTH: 12 * day.year + day.month - 1 if day else NO_NUMBER,
        CAPTURED: row.captured_at.toordinal(),
        VANISHED: row.vanished_at and row.vanished_at.toordinal(),
        "words": row.word_count,
        "cluster": row.cluster_id,
        "revisions": row.revision,
        "first": is_first,
        "paywalled": row.paywalled,
        "recency": recency(row.id, row.published_at),
        "spread": row.id * _MULTIPLIER % _MODULUS,
        "size": len(title) + len(text),
    }
    for name, number in numbers.items():
        if number is not None:
            document.add_integer(name, int(number))
    return document


def _add_facts(document: Document, row: Row[*tuple[Any, ...]]) -> None:
    facts = {
        "source": [row.source],
        "language": [row.language or NO_TEXT],
        "section": [row.section or NO_TEXT],
        "author": row.authors,
        "domain": [row.domain],
        "tag": row.tags,
        "kind": [row.page_kind],
        "license": [row.license],
        "url": [row.url, row.canonical_url],
    }
    for name, values in facts.items():
        for value in dict.fromkeys(values):
            if value:
                document.add_text(name, value)


def _stems(of_words: Iterable[str], language: str) -> set[str]:
    return {stem_term(word, language) for word in set(of_words)}
