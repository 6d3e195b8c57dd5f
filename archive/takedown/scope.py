"""What a takedown reaches: from an article, a URL or a source to every row that must go.

An article leads to its URLs, they to their captures, and these to whatever else was read from
them; `Reach` follows that until nothing new turns up. What is shared with pages that stay (a
log-in page that others are led to as well, say) is not followed. Nothing is changed here but by
`Reach.remove`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from http import HTTPStatus
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    collate,
    delete,
    insert,
    literal,
    or_,
    select,
    update,
)

from archive.db.batches import batches
from archive.db.clusters import take_out
from archive.db.forgotten import (
    mark_forgotten,
    remember_urls,
    site_key,
    url_key,
)
from archive.db.schema import (
    ArticleRow,
    CaptureRow,
    ForgottenRecordRow,
    RevisionPageRow,
    RevisionRow,
    SourceRow,
    StoryRow,
    UrlRow,
)
from archive.errors import UrlError
from archive.model import LISTS, UrlState


class Reach:
    """Ids of rows, and keys of URLs, that a takedown reaches; each `add` follows on."""

    def __init__(self, connection: Connection) -> None:
        self.articles: set[int] = set()
        self.rows: set[int] = set()
        """Of `urls`."""
        self.keys: set[str] = set()
        self.captures: set[int] = set()
        self.source_id: int | None = None
        self._site_keys: set[str] = set()
        self._connection = connection

    def add_article(self, article_id: int) -> None:
        """Reach an article under all its addresses."""
        self._follow(articles={article_id})

    def add_url(self, url: str) -> None:
        """Reach all that was ever had from a URL, and the articles read from it.

        Raises:
            UrlError: it is no http or https address.
        """
        self._follow(keys={url_key(url)})

    def add_source(self, source_id: int, url: str) -> None:
        """Reach all of a source; its whole site, if no other source is on it."""
        self.source_id = source_id
        captures = self._ids(CaptureRow.id, CaptureRow.source_id == source_id)
        others = select(SourceRow.url).where(SourceRow.id != source_id)
        sites = {site_key(other) for other in self._connection.scalars(others)}
        self._site_keys = {url_key(url)}
        if site_key(url) not in sites:
            self._site_keys.add(site_key(url))
            captures |= set(self._captures_on(site_key(url)))
        self._follow(
            articles=self._ids(ArticleRow.id, ArticleRow.source_id == source_id),
            rows=self._ids(UrlRow.id, UrlRow.source_id == source_id),
            captures=captures,
        )

    def is_something(self) -> bool:
        """Whether there is anything to remove or to keep from being fetched."""
        known = self._in(UrlRow.id, UrlRow.id, self.rows, UrlRow.state != UrlState.FORGOTTEN)
        return bool(self.articles or self.captures or known or self.source_id is not None)

    def spare(self, captures: Collection[int]) -> None:
        """Leave captures where they are, though they were reached."""
        self.captures -= set(captures)

    def remove(self, connection: Connection, takedown_id: int) -> None:
        """Delete and mark the rows, note the records, and let nothing of it come back."""
        self._connection = connection
        remember_urls(self._connection, self._keys_to_remember(), takedown_id)
        self._note_records(takedown_id)
        for article_id in self.articles:
            take_out(self._connection, article_id)
        self._delete(StoryRow, StoryRow.article_id, self.articles)
        revisions = self._in(RevisionRow.id, RevisionRow.article_id, self.articles)
        self._delete(RevisionPageRow, RevisionPageRow.revision_id, revisions)
        self._delete(RevisionRow, RevisionRow.article_id, self.articles)
        self._delete(ArticleRow, ArticleRow.id, self.articles)
        self._delete(CaptureRow, CaptureRow.id, self.captures)
        if self.source_id is None:
            mark_forgotten(self._connection, self.rows - self._lists())
        else:
            self._remove_source(self.source_id)

    def _follow(
        self,
        articles: set[int] | None = None,
        rows: set[int] | None = None,
        keys: set[str] | None = None,
        captures: set[int] | None = None,
    ) -> None:
        articles, rows = articles or set(), rows or set()
        keys, captures = keys or set(), captures or set()
        while articles or rows or keys or captures:
            self.articles |= articles
            self.rows |= rows
            self.keys |= keys
            self.captures |= captures
            found = (
                self._articles_at(keys) | self._articles_of(rows, captures),
                self._rows_of(articles, keys),
                self._keys_of(articles, rows),
                self._captures_at(keys) | self._captures_of(articles, rows),
            )
            articles, rows = found[0] - self.articles, found[1] - self.rows
            keys, captures = found[2] - self.keys, found[3] - self.captures
            if not (articles or rows or keys or captures):
                keys = self._own_landings() | self._own_images()

    def _articles_at(self, keys: Iterable[str]) -> set[int]:
        urls = [url for key in keys for url in _spellings(key)]
        return self._in(ArticleRow.id, ArticleRow.url, urls) | self._in(
            ArticleRow.id, ArticleRow.canonical_url, urls
        )

    def _articles_of(self, rows: Iterable[int], captures: Iterable[int]) -> set[int]:
        """Articles that URLs lead to, and that were read from captures."""
        captures = list(captures)
        found = self._in(UrlRow.article_id, UrlRow.id, rows) - {None}
        found |= self._in(RevisionRow.article_id, RevisionRow.capture_id, captures)
        further = self._in(RevisionPageRow.revision_id, RevisionPageRow.capture_id, captures)
        found |= self._in(RevisionRow.article_id, RevisionRow.id, further)
        return found | self._in(ArticleRow.id, ArticleRow.capture_id, captures)

    def _rows_of(self, articles: Iterable[int], keys: Iterable[str]) -> set[int]:
        urls = [url for key in keys for url in _spellings(key)]
        return self._in(UrlRow.id, UrlRow.article_id, articles) | self._in(
            UrlRow.id, UrlRow.url, urls
        )

    def _keys_of(self, articles: Iterable[int], rows: Iterable[int]) -> set[str]:
        articles = list(articles)
        urls = self._in(ArticleRow.url, ArticleRow.id, articles)
        urls |= self._in(ArticleRow.canonical_url, ArticleRow.id, articles)
        return {url_key(url) for url in urls | self._in(UrlRow.url, UrlRow.id, rows)}

    def _captures_at(self, keys: Iterable[str]) -> set[int]:
        """Captures at URLs, under whatever spelling and with whatever tracking parameters."""
        found = set()
        for key in keys:
            if self._is_covered(key):
                continue
            query = select(CaptureRow.id, CaptureRow.url).where(self._may_be_at(key))
            found |= {row.id for row in self._connection.execute(query) if _is_at(row.url, key)}
        return found

    def _captures_of(self, articles: Iterable[int], rows: Iterable[int]) -> set[int]:
        """What articles were read from; redirects and failures on the way to URLs."""
        articles = list(articles)
        found = self._in(RevisionRow.capture_id, RevisionRow.article_id, articles)
        revisions = self._in(RevisionRow.id, RevisionRow.article_id, articles)
        found |= self._in(RevisionPageRow.capture_id, RevisionPageRow.revision_id, revisions)
        found |= self._in(ArticleRow.capture_id, ArticleRow.id, articles)
        is_no_page = or_(CaptureRow.status.is_(None), CaptureRow.status != HTTPStatus.OK)
        return found | self._in(CaptureRow.id, CaptureRow.url_id, rows, is_no_page)

    def _own_landings(self) -> set[str]:
        """Where the reached URLs, and no others, were led to."""
        columns = select(CaptureRow.id, CaptureRow.url).where(CaptureRow.status == HTTPStatus.OK)
        urls = {
            row.url
            for some in batches(self.rows)
            for row in self._connection.execute(columns.where(CaptureRow.url_id.in_(some)))
            if row.id not in self.captures
        }
        return {url_key(url) for url in urls if not self._is_shared(url)} - self.keys

    def _is_shared(self, url: str) -> bool:
        visitors = select(CaptureRow.url_id).where(CaptureRow.url == url)
        known = select(UrlRow.id).where(UrlRow.url.in_(_spellings(url_key(url))))
        ids = {*self._connection.scalars(visitors), *self._connection.scalars(known)}
        return bool(ids - self.rows - {None})

    def _own_images(self) -> set[str]:
        """Lead images of the reached articles, and of no others."""
        if self.source_id is not None:
            return set()  # all that the source has is reached as it is
        urls = self._in(RevisionRow.image_url, RevisionRow.article_id, self.articles) - {None}
        query = select(ArticleRow.id, ArticleRow.image_url).where(ArticleRow.image_url.in_(urls))
        others = {
            row.image_url for row in self._connection.execute(query) if row.id not in self.articles
        }
        return {key for url in urls - others for key in _key_if_any(url)} - self.keys

    def _captures_on(self, site: str) -> Iterator[int]:
        query = select(CaptureRow.id, CaptureRow.url).where(
            CaptureRow.url.contains(site, autoescape=True)
        )
        for row in self._connection.execute(query):
            try:
                if site_key(row.url) == site:
                    yield row.id
            except UrlError:
                continue

    def _may_be_at(self, key: str) -> ColumnElement[bool]:
        spellings = _spellings(key)
        bases = [url.partition("?")[0] for url in spellings]
        # By range rather than by LIKE, which no index helps; "@" comes next after "?".
        with_query = [
            and_(
                self._bytes(CaptureRow.url) >= f"{base}?", self._bytes(CaptureRow.url) < f"{base}@"
            )
            for base in bases
        ]
        return or_(CaptureRow.url.in_([*spellings, *bases]), *with_query)

    def _bytes(self, column: Any) -> Any:
        """A column that sorts by its bytes, as SQLite's do anyway."""
        is_sqlite = self._connection.dialect.name == "sqlite"
        return column if is_sqlite else collate(column, "C")

    def _lists(self) -> set[int]:
        """Rows of feeds and the like: what they said is gone, but they go on being followed."""
        return self._in(UrlRow.id, UrlRow.id, self.rows, UrlRow.kind.in_(LISTS))

    def _keys_to_remember(self) -> set[str]:
        if self.source_id is not None:
            return self._site_keys | {key for key in self.keys if not self._is_covered(key)}
        lists = self._in(UrlRow.url, UrlRow.id, self._lists())
        return self.keys - {url_key(url) for url in lists}

    def _is_covered(self, key: str) -> bool:
        """Whether a page goes with its whole site."""
        return bool(self._site_keys) and site_key(f"https://{key}") in self._site_keys

    def _note_records(self, takedown_id: int) -> None:
        columns = (CaptureRow.record_id, CaptureRow.warc_file, CaptureRow.captured_at)
        for some in batches(self.captures):
            records = select(*columns, literal(takedown_id)).where(
                CaptureRow.id.in_(some), CaptureRow.record_id.is_not(None)
            )
            names = ["record_id", "warc_file", "captured_at", "takedown_id"]
            self._connection.execute(insert(ForgottenRecordRow).from_select(names, records))

    def _remove_source(self, source_id: int) -> None:
        nobodys = {"source_id": None, "url_id": None}
        of_source = CaptureRow.source_id == source_id  # those that were spared
        self._connection.execute(update(CaptureRow).where(of_source).values(nobodys))
        self._delete(UrlRow, UrlRow.id, self._ids(UrlRow.id, UrlRow.source_id == source_id))
        mark_forgotten(self._connection, self.rows)
        self._delete(SourceRow, SourceRow.id, {source_id})

    def _delete(self, table: type[Any], column: Any, values: Iterable[int]) -> None:
        for some in batches(values):
            self._connection.execute(delete(table).where(column.in_(some)))

    def _ids(self, column: Any, where: ColumnElement[bool]) -> set[Any]:
        return set(self._connection.scalars(select(column).where(where)))

    def _in(self, column: Any, key: Any, values: Iterable[Any], *where: Any) -> set[Any]:
        found: set[Any] = set()
        for some in batches(values):
            found.update(self._connection.scalars(select(column).where(key.in_(some), *where)))
        return found


def _spellings(key: str) -> list[str]:
    """The URLs that have a key, tracking parameters apart."""
    return [f"{scheme}://{www}{key}" for scheme in ("https", "http") for www in ("", "www.")]


def _is_at(url: str, key: str) -> bool:
    return key in _key_if_any(url)


def _key_if_any(url: str) -> list[str]:
    try:
        return [url_key(url)]
    except UrlError:
        return []
