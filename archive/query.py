"""Reading the archive: the one way in for the command line, exports and (later) the web reader.

Read-only: opening an archive this way can change nothing in it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, func, or_, select
from sqlalchemy.orm import aliased

from archive.article_pages import ArchivedPage, aliases_of, pages_of_articles
from archive.clusters import Cluster, cluster_of, on_page_clock
from archive.counting import Count, count
from archive.db.engine import open_engine
from archive.db.forgotten import FORGOTTEN
from archive.db.schema import (
    ArchiveRow,
    ArticleRow,
    CaptureRow,
    ClusterRow,
    ReadingColumns,
    RevisionRow,
    SourceRow,
    UrlRow,
)
from archive.db.sources import source_ids
from archive.errors import NotArchivedError, UrlError
from archive.home import Home
from archive.model import RecordRef
from archive.revisions import ArchivedRevision, require_revisions, two_revisions
from archive.search.conditions import condition
from archive.search.facets import Facets, all_facets, facets
from archive.search.finding import Match, Place, find, index_of
from archive.search.terms import EVERYTHING, By, Node, Order
from archive.urls import normalise_url

ROWS_AT_A_TIME = 500
MAX_ID = 2**63 - 1
"""Of SQLite and PostgreSQL."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedArticle:
    """An article as one of its revisions reads, the newest as a rule, and where its bytes lie.

    The fields are the columns of every export, in this order (`archive.export.columns`); what
    is said of each here is said of it in `docs/columns.md` and in the exports.
    """

    id: int
    """Number of the article in this archive."""
    url: str
    """Where the page was fetched from."""
    canonical_url: str
    """The address it is known by."""
    source: str
    """Name of the source."""
    domain: str
    """Registrable domain of the page."""
    title: str | None
    """Headline, without site name or kicker."""
    authors: list[str]
    """People in the byline, in the page's order."""
    published_at: datetime | None
    """When the page says it was published, on the page's own clock."""
    modified_at: datetime | None
    """When the page says it was changed last."""
    first_seen_at: datetime
    """When the archive first fetched it."""
    captured_at: datetime
    """When the bytes of this revision were fetched."""
    language: str | None
    """ISO 639-1."""
    section: str | None
    """The publisher's section."""
    tags: list[str]
    """The publisher's tags."""
    description: str | None
    """The publisher's summary."""
    text: str
    """Clean text: paragraphs, one a line."""
    markdown: str | None
    """The same text with headings, lists, quotes and tables marked up."""
    word_count: int
    """Words in the text."""
    image_url: str | None
    """Lead image."""
    page_kind: str
    """article, liveblog, video, gallery, opinion or other."""
    paywalled: bool | None
    """Whether the page says that it is not free; empty where it does not say."""
    tdm_reserved: bool | None
    """Whether the page, or its server, reserves text and data mining; empty where neither says."""
    license: str | None
    """The licence that the page names, mostly its address; empty where it names none."""
    revision: int
    """Number of this revision, from 1."""
    revision_count: int
    """How many revisions the archive has of the article."""
    cluster_id: int | None
    """Shared with the articles that tell the same story elsewhere; empty where there is none."""
    first_publisher: str | None
    """Name of the source that had the story first; empty where it is nowhere else."""
    text_sha256: str
    """Hex SHA-256 of the text in UTF-8."""
    payload_digest: str | None
    """Digest of the page's payload as in its WARC record."""
    warc_file: str
    """WARC file that holds the page as served, relative to the archive's WARC folder."""
    warc_offset: int
    """First byte of the record in that file."""
    warc_length: int
    """Bytes of the record in that file (one gzip member)."""
    warc_record_id: str
    """Record id, `urn:uuid:...`."""
    warc_record_type: str
    """response, revisit, resource, or conversion: read from the page after its scripts had run."""
    extractor: str
    """Name and version of what read the page."""
    rules: list[str]
    """Ids of the boilerplate rules that fired, in order."""
    missing_pages: int
    """Further pages that could not be had: the text has gaps."""
    pages: list[ArchivedPage]
    """Further pages that the text was read from, where the article stands on several."""

    @property
    def ref(self) -> RecordRef:
        """Where the page's record lies."""
        return RecordRef(self.warc_file, self.warc_offset, self.warc_length, self.warc_record_id)


COLUMNS = tuple(field.name for field in fields(ArchivedArticle))
_OF_ROW = tuple(name for name in COLUMNS if name != "pages")


@dataclass(frozen=True, slots=True)
class SearchHit:
    """An article that a query found, and where it matches."""

    article: ArchivedArticle
    match: Match


@dataclass(slots=True)
class Mark:
    """How far an archive had come when it was read."""

    last_revision: int | None = None
    """The greatest number (`revisions.id`) of any revision; None until the reading has begun."""


class Query:
    """Questions to one archive."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def articles(
        self,
        *,
        source: str | None = None,
        limit: int | None = None,
        matching: Node = EVERYTHING,
    ) -> Iterator[ArchivedArticle]:
        """Articles, newest published first; memory does not grow with their number.

        `matching` is what `archive.search.syntax.parse_query` makes of a query.

        Raises:
            SourceError: the archive has no such source.
        """
        query = self._matching(matching).order_by(
            ArticleRow.published_at.desc().nulls_last(), ArticleRow.id
        )
        if source is not None:
            with self.engine.connect() as connection:
                source_ids(connection, [source])
            query = query.where(SourceRow.name == source)
        return self._stream(query.limit(limit))

    def search(
        self,
        query: Node,
        *,
        limit: int = 20,
        order: Order = Order.BEST,
        after: Place | None = None,
    ) -> list[SearchHit]:
        """The first `limit` articles that match, with where they do.

        `after` is the place of a hit of the same query and order, to go on from.
        """
        with self.engine.connect() as connection:
            matches = find(connection, query, limit=limit, order=order, after=after)
        ids = [match.article_id for match in matches]
        articles = self._stream(_select_articles().where(ArticleRow.id.in_(ids)))
        by_id = {article.id: article for article in articles}
        # One may just have been forgotten.
        known = [match for match in matches if match.article_id in by_id]
        return [SearchHit(by_id[match.article_id], match) for match in known]

    def facets(self, query: Node) -> Facets:
        """Counts of a query's hits by source, language, section and day.

        Of all articles, or else of the first `archive.search.facets.FACET_HITS` hits.
        """
        with self.engine.connect() as connection:
            return all_facets(connection) if query == EVERYTHING else facets(connection, query)

    def count(
        self, by: Sequence[By], *, matching: Node = EVERYTHING, among: Node = EVERYTHING
    ) -> list[Count]:
        """How many articles there are in each group, and how many of them match."""
        with self.engine.connect() as connection:
            return count(connection, by, matching=matching, among=among)

    def all_articles(
        self,
        *,
        matching: Node = EVERYTHING,
        every_revision: bool = False,
        first_only: bool = False,
        mark: Mark | None = None,
    ) -> Iterator[ArchivedArticle]:
        """Every article that matches, in the order of ids; with `every_revision`, as each of its
        revisions reads. What matches is the article as it reads now.

        With `first_only`, of a cluster only the article that had the story first. `mark` is told
        where the archive stood, whatever is written to it meanwhile.
        """
        return self._stream(self._all(matching, every_revision, first_only), mark)

    def count_all(
        self, *, matching: Node = EVERYTHING, every_revision: bool = False, first_only: bool = False
    ) -> int:
        """How many `all_articles` yields."""
        rows = self._all(matching, every_revision, first_only).order_by(None)
        with self.engine.connect() as connection:
            return connection.scalar(rows.with_only_columns(func.count())) or 0

    def archive_id(self) -> str:
        """The UUID that the archive was given when it was made."""
        with self.engine.connect() as connection:
            return connection.execute(select(ArchiveRow.archive_id)).scalar_one()

    def article(self, id_or_url: str) -> ArchivedArticle:
        """The article with that id, or that any URL known of it leads to.

        Raises:
            NotArchivedError: there is none; says what is known of the URL.
        """
        if id_or_url.isdecimal():
            by_id = _select_articles().where(ArticleRow.id == min(int(id_or_url), MAX_ID))
            found = next(self._stream(by_id), None)
            if found is None:
                raise NotArchivedError(f"no article {id_or_url}; `kliping articles` lists them")
            return found
        return self._article_at(id_or_url)

    def revision(self, id_or_url: str, number: int) -> ArchivedArticle:
        """The article as one of its revisions reads.

        Raises:
            NotArchivedError: there is no such article or revision.
        """
        newest = self.article(id_or_url)
        require_revisions(newest.id, newest.revision, [number])
        return next(one for one in self.revisions_of([newest.id]) if one.revision == number)

    def revisions_of(self, article_ids: Collection[int]) -> Iterator[ArchivedArticle]:
        """These articles as each of their revisions reads, in the order of both numbers.

        Those that are not there are left out. They go into one statement, so give some hundreds.
        """
        query = _select_articles(RevisionRow).where(RevisionRow.article_id.in_(article_ids))
        return self._stream(query.order_by(RevisionRow.article_id, RevisionRow.number))

    def source_titles(self) -> dict[str, str]:
        """What each source calls itself, by its name; those that are known."""
        query = select(SourceRow.name, SourceRow.title).where(SourceRow.title.is_not(None))
        with self.engine.connect() as connection:
            return {row.name: row.title for row in connection.execute(query)}

    def aliases(self, article_id: int) -> list[str]:
        """The other addresses that lead to an article: its twins, and those of further pages."""
        with self.engine.connect() as connection:
            return aliases_of(connection, article_id)

    def cluster(self, id_or_url: str) -> Cluster | None:
        """All articles that tell the story of that one; None if it is told nowhere else.

        Raises:
            NotArchivedError: there is no such article.
        """
        article = self.article(id_or_url)
        with self.engine.connect() as connection:
            return cluster_of(connection, article.id)

    def revisions(
        self, id_or_url: str, *, after: int = 0, limit: int | None = None
    ) -> list[ArchivedArticle]:
        """An article as each of its revisions reads, oldest first, of those `after` a number.

        Raises:
            NotArchivedError: there is no such article.
        """
        article = self.article(id_or_url)
        every = _select_articles(RevisionRow).where(
            RevisionRow.article_id == article.id, RevisionRow.number > after
        )
        return list(self._stream(every.order_by(RevisionRow.number).limit(limit)))

    def two_revisions(
        self, id_or_url: str, numbers: Sequence[int] = ()
    ) -> tuple[ArchivedArticle, ArchivedRevision, ArchivedRevision]:
        """An article and two revisions of it: its last two where no `numbers` are given, the one
        that is given and the newest, or both.

        Raises:
            NotArchivedError: there is no such article or revision, or only one revision.
        """
        article = self.article(id_or_url)
        with self.engine.connect() as connection:
            return article, *two_revisions(connection, article.id, article.revision, numbers)

    def _article_at(self, address: str) -> ArchivedArticle:
        try:
            url = normalise_url(address)
        except UrlError as error:
            raise NotArchivedError(f"{address!r} is neither an article's id nor a URL") from error
        aliases = select(UrlRow.article_id).where(UrlRow.url == url)
        query = _select_articles().where(
            or_(ArticleRow.canonical_url == url, ArticleRow.url == url, ArticleRow.id.in_(aliases))
        )
        found = next(self._stream(query), None)
        if found is None:
            raise NotArchivedError(f"{url}: {self._why_not(url)}")
        return found

    def _why_not(self, url: str) -> str:
        with self.engine.connect() as connection:
            row = connection.execute(
                select(UrlRow.verdict, UrlRow.fetched_at).where(UrlRow.url == url)
            ).one_or_none()
        if row is None:
            return "not in this archive; no source has named it"
        if row.verdict == FORGOTTEN:
            return "forgotten; `kliping forget --list` says when and why"
        if row.verdict is None:
            return "known, but not fetched yet"
        if row.fetched_at is None:
            return f"known, but not fetched: {row.verdict}"
        return f"fetched, but no article: {row.verdict}"

    def _matching(self, node: Node) -> Select[Any]:
        with self.engine.connect() as connection:
            return _select_articles().where(condition(node, index_of(connection)))

    def _all(self, matching: Node, every_revision: bool, first_only: bool) -> Select[Any]:
        """Select what is exported, in the order of an index.

        It is chosen by ids alone: sorted with their texts, articles would fill the memory.
        """
        chosen = self._matching(matching).with_only_columns(ArticleRow.id).correlate(None)
        if first_only:
            is_first = ClusterRow.first_article_id == ArticleRow.id
            chosen = chosen.where(or_(ArticleRow.cluster_id.is_(None), is_first))
        if every_revision:
            of_revisions = _select_articles(RevisionRow).where(RevisionRow.article_id.in_(chosen))
            return of_revisions.order_by(RevisionRow.article_id, RevisionRow.number)
        return _select_articles().where(ArticleRow.id.in_(chosen)).order_by(ArticleRow.id)

    def _stream(self, query: Select[Any], mark: Mark | None = None) -> Iterator[ArchivedArticle]:
        with self.engine.connect() as connection:
            if mark is not None:
                mark.last_revision = _last_revision(connection)
            rows = connection.execution_options(yield_per=ROWS_AT_A_TIME).execute(query)
            for some in rows.partitions():
                pages = pages_of_articles(connection, {row.id for row in some})
                for row in some:
                    yield _article(row, pages[row.id, row.revision])


def open_query(home: Home) -> Query:
    """Ask questions of the archive in `home`.

    Raises:
        StorageError: its database cannot be opened.
    """
    return Query(open_engine(home.database_url, read_only=True))


def _last_revision(connection: Connection) -> int:
    """The greatest number of a revision, in what the connection sees from now on."""
    if connection.dialect.name == "postgresql":  # SQLite's transactions are so by themselves
        connection.execution_options(isolation_level="REPEATABLE READ")
    return connection.scalar(select(func.max(RevisionRow.id))) or 0


def _select_articles(
    reading: type[ArticleRow] | type[RevisionRow] = ArticleRow,
) -> Select[Any]:
    """Select articles as they read now, or once for each revision, as that reads."""
    first, publisher = aliased(ArticleRow), aliased(SourceRow)
    elsewhere: dict[str, Any] = {
        "source": SourceRow.name,
        "first_publisher": publisher.name,
        "captured_at": CaptureRow.captured_at,
        "payload_digest": CaptureRow.payload_digest,
        "warc_file": CaptureRow.warc_file,
        "warc_offset": CaptureRow.warc_offset,
        "warc_length": CaptureRow.warc_length,
        "warc_record_id": CaptureRow.record_id,
        "warc_record_type": CaptureRow.record_type,
        "revision": ArticleRow.revision if reading is ArticleRow else RevisionRow.number,
        "revision_count": ArticleRow.revision,
    }
    columns = [elsewhere[name] if name in elsewhere else _column(reading, name) for name in _OF_ROW]
    query = select(*(column.label(name) for name, column in zip(_OF_ROW, columns, strict=True)))
    query = query.add_columns(reading.published_offset_min).select_from(ArticleRow)
    if reading is RevisionRow:
        query = query.join(RevisionRow, RevisionRow.article_id == ArticleRow.id)
    return (
        query.join(SourceRow, SourceRow.id == ArticleRow.source_id)
        .join(CaptureRow, CaptureRow.id == reading.capture_id)
        .outerjoin(ClusterRow, ClusterRow.id == ArticleRow.cluster_id)
        .outerjoin(first, first.id == ClusterRow.first_article_id)
        .outerjoin(publisher, publisher.id == first.source_id)
    )


def _column(reading: type[ArticleRow] | type[RevisionRow], name: str) -> Any:
    return getattr(reading if name in ReadingColumns.__annotations__ else ArticleRow, name)


def _article(row: Row[Any], pages: list[ArchivedPage]) -> ArchivedArticle:
    values = dict(row._mapping)
    offset = values.pop("published_offset_min")
    values["published_at"] = on_page_clock(values["published_at"], offset)
    return ArchivedArticle(**values, pages=pages)
