"""Which article a reading is of: one article has one row, whatever the address it was read at.

A page's canonical address is believed, unless the article that is known by it tells another
story: there are themes that name one address on every page, which would fold all into one.

Called by `archive.db.revision_history` within its transactions.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, select, update

from archive.core.urls import main_address, page_key
from archive.db.aliases import articles_at
from archive.db.reading import Reading
from archive.db.schema import IS_NEWEST, ArticleRow, RevisionRow, UrlRow
from archive.model import LISTS
from archive.text.revision_rules import KnownArticle, is_same_story, is_twin


def find_article(connection: Connection, where: ColumnElement[bool]) -> Row[Any] | None:
    """Return the row of the one article that is so, with its text."""
    columns: list[Any] = [*ArticleRow.__table__.columns, RevisionRow.text]
    query: Select[Any] = select(*columns).join(RevisionRow, IS_NEWEST)
    return connection.execute(query.where(where)).one_or_none()


def known_article(row: Row[Any]) -> KnownArticle:
    """An article's row, as its newest revision reads."""
    return KnownArticle(row.id, row.url, row.revision, row.title, row.authors, row.text)


def known_as(connection: Connection, reading: Reading) -> tuple[Reading, Row[Any] | None]:
    """The article that is known by the reading's canonical address, if there is one.

    And the reading itself, known by where it was fetched if the canonical address is that of a
    list or another article's. An article that was not fetched at its canonical address lets go
    of it when another one is found there.
    """
    claimed = find_article(connection, ArticleRow.canonical_url == reading.canonical_url)
    if claimed is None:
        if reading.url == reading.canonical_url or not _is_list(connection, reading.canonical_url):
            return reading, None
    elif claimed.url == reading.url or is_twin(
        known_article(claimed), reading.url, reading.extraction
    ):
        return reading, claimed
    elif reading.url == reading.canonical_url and _let_go_of_canonical(connection, claimed):
        return reading, None
    reading = replace(reading, canonical_url=reading.url)
    return reading, find_article(connection, ArticleRow.canonical_url == reading.url)


def find_twin(connection: Connection, reading: Reading) -> Row[Any] | None:
    """The article that another address of the page led to, where it tells the same story."""
    for article_id in articles_at(connection, reading.url):
        article = find_article(connection, ArticleRow.id == article_id)
        if article is not None and is_same_story(known_article(article), reading.extraction):
            return article
    return None


def is_view_of(url: str, other: str) -> bool:
    """Whether a URL is another view of the page at `other`, rather than its new address."""
    return url != other and main_address(url) is not None and page_key(url) == page_key(other)


def is_main_page_of(reading: Reading, article: Row[Any]) -> bool:
    """Whether an article that was read at an alias is now read at its main address."""
    if reading.url == article.url or reading.extraction.missing_pages > article.missing_pages:
        return False
    was_view = main_address(article.url) is not None
    return reading.url == article.canonical_url or (was_view and main_address(reading.url) is None)


def promote(connection: Connection, article_id: int, reading: Reading) -> None:
    """Let an article be known by its main page, and its aliases not be looked at any more."""
    connection.execute(
        update(ArticleRow)
        .where(ArticleRow.id == article_id)
        .values(url=reading.url, canonical_url=reading.canonical_url)
    )
    connection.execute(
        update(UrlRow)
        .where(UrlRow.article_id == article_id, UrlRow.leased_by.is_(None))
        .values(due_at=None)
    )


def _is_list(connection: Connection, url: str) -> bool:
    kind = connection.scalar(select(UrlRow.kind).where(UrlRow.url == url))
    return kind in LISTS


def _let_go_of_canonical(connection: Connection, article: Row[Any]) -> bool:
    """Let an article be known by where it was fetched, if no other one is."""
    if find_article(connection, ArticleRow.canonical_url == article.url) is not None:
        return False
    connection.execute(
        update(ArticleRow).where(ArticleRow.id == article.id).values(canonical_url=article.url)
    )
    return True
