"""Reading the archive: the one way in for the command line, exports and (later) the web reader.

Read-only: opening an archive this way can change nothing in it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, Select, func, or_, select

from archive.article_pages import ArchivedPage, aliases_of
from archive.article_rows import Mark, read_columns, select_articles
from archive.clusters import Cluster, cluster_of
from archive.counting import Count, count
from archive.db.engine import open_engine
from archive.db.forgotten import FORGOTTEN
from archive.db.schema import (
    ArchiveRow,
    ArticleRow,
    ClusterRow,
    RevisionRow,
    SourceRow,
    UrlRow,
)
from archive.db.sources import source_ids, titles_of
from archive.errors import NotArchivedError, UrlError
from archive.home import Home
from archive.model import RecordRef
from archive.revisions import ArchivedRevision, require_revisions, two_revisions
from archive.search.conditions import condition, newest_first
from archive.search.covering import by_facts
from archive.search.facets import Facets, all_facets, facets
from archive.search.finding import Match, Place, find
from archive.search.index import index_of
from archive.search.syntax import Asked, as_node
from archive.search.terms import EVERYTHING, By, Order, choice
from archive.urls import normalise_url

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
class Batch:
    """Some articles, column by column: what is done with many need not make an object of each."""

    columns: Mapping[str, Sequence[Any]]
    """By the names in `COLUMNS`; all of one length, which is not 0."""

    @classmethod
    def of(cls, articles: Sequence[ArchivedArticle]) -> Batch:
        """The batch of some articles."""
        return cls({name: [getattr(one, name) for one in articles] for name in COLUMNS})

    def __len__(self) -> int:
        return len(self.columns["id"])

    def articles(self) -> Iterator[ArchivedArticle]:
        """The articles one by one."""
        names = tuple(self.columns)
        for values in zip(*self.columns.values(), strict=True):
            yield ArchivedArticle(**dict(zip(names, values, strict=True)))

    def take(self, rows: Sequence[int]) -> Batch:
        """The batch of some of its rows, which are counted from 0."""
        return Batch({name: [column[n] for n in rows] for name, column in self.columns.items()})


class Articles(Iterator[ArchivedArticle]):
    """Articles as they come from the archive: one by one, or the rest of them in batches."""

    def __init__(self, batches: Iterable[Batch]) -> None:
        self.batches = iter(batches)
        self._articles = (article for batch in self.batches for article in batch.articles())

    def __next__(self) -> ArchivedArticle:
        return next(self._articles)


@dataclass(frozen=True, slots=True)
class SearchHit:
    """An article that a query found, and where it matches."""

    article: ArchivedArticle
    match: Match


class Query:
    """Questions to one archive."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def articles(
        self,
        matching: Asked = EVERYTHING,
        *,
        source: str | None = None,
        limit: int | None = None,
    ) -> Articles:
        """Articles, newest published first; memory does not grow with their number.

        `matching` is a query as people write it (docs/search.md), here and wherever articles are
        chosen, or what `archive.search.syntax.parse_query` makes of it.

        Raises:
            QueryError: the query cannot be understood; says where it went wrong.
            SourceError: the archive has no such source.
        """
        query = self._matching(matching).order_by(*newest_first())
        if source is not None:
            with self.engine.connect() as connection:
                source_ids(connection, [source])
            query = query.where(SourceRow.name == source)
        return self._stream(query.limit(limit))

    def search(
        self,
        query: Asked,
        *,
        limit: int = 20,
        order: str = Order.BEST,
        after: Place | None = None,
        is_marked: bool = True,
    ) -> list[SearchHit]:
        """The first `limit` articles that match; where they do too, if that is to be `is_marked`.

        `order` is an `Order`. `after` is the place of a hit of the same query and order, to go on
        from.
        """
        node, way = as_node(query), choice(Order, order)
        with self.engine.connect() as connection:
            matches = find(
                connection, node, limit=limit, order=way, after=after, is_marked=is_marked
            )
        ids = [match.article_id for match in matches]
        articles = self._stream(select_articles(_OF_ROW).where(ArticleRow.id.in_(ids)))
        by_id = {article.id: article for article in articles}
        # One may just have been forgotten.
        known = [match for match in matches if match.article_id in by_id]
        return [SearchHit(by_id[match.article_id], match) for match in known]

    def facets(self, query: Asked) -> Facets:
        """Counts of a query's hits by source, language, section and day.

        Of all articles, or else of as many hits as `archive.search.facets` counts.
        """
        node = as_node(query)
        with self.engine.connect() as connection:
            return all_facets(connection) if node == EVERYTHING else facets(connection, node)

    def count(
        self, by: Sequence[str], *, matching: Asked = EVERYTHING, among: Asked = EVERYTHING
    ) -> list[Count]:
        """How many articles there are in each group, and how many of them match.

        A group has one value for each of what is counted `by`, which are names of `By`.
        """
        groups = [choice(By, each) for each in by]
        with self.engine.connect() as connection:
            return count(connection, groups, matching=as_node(matching), among=as_node(among))

    def all_articles(
        self,
        *,
        matching: Asked = EVERYTHING,
        every_revision: bool = False,
        first_only: bool = False,
        mark: Mark | None = None,
    ) -> Articles:
        """Every article that matches, in the order of ids; with `every_revision`, as each of its
        revisions reads. What matches is the article as it reads now.

        With `first_only`, of a cluster only the article that had the story first. `mark` is told
        where the archive stood, whatever is written to it meanwhile.
        """
        return self._stream(self._all(matching, every_revision, first_only), mark)

    def count_all(
        self,
        *,
        matching: Asked = EVERYTHING,
        every_revision: bool = False,
        first_only: bool = False,
    ) -> int:
        """How many `all_articles` yields."""
        chosen = self._chosen(matching, first_only)
        counted = chosen.with_only_columns(func.count(ArticleRow.id))
        if every_revision:
            of_chosen = RevisionRow.article_id.in_(chosen)
            counted = select(func.count()).select_from(RevisionRow).where(of_chosen)
        with self.engine.connect() as connection:
            return connection.scalar(counted) or 0

    def archive_id(self) -> str:
        """The UUID that the archive was given when it was made."""
        with self.engine.connect() as connection:
            return connection.execute(select(ArchiveRow.archive_id)).scalar_one()

    def article(self, id_or_url: str | int) -> ArchivedArticle:
        """The article with that id, or that any URL known of it leads to.

        Raises:
            NotArchivedError: there is none; says what is known of the URL.
        """
        named = str(id_or_url)
        if named.isdecimal():
            by_id = select_articles(_OF_ROW).where(ArticleRow.id == min(int(named), MAX_ID))
            found = next(self._stream(by_id), None)
            if found is None:
                raise NotArchivedError(f"no article {named}; `kliping articles` lists them")
            return found
        return self._article_at(named)

    def revision(self, id_or_url: str, number: int) -> ArchivedArticle:
        """The article as one of its revisions reads.

        Raises:
            NotArchivedError: there is no such article or revision.
        """
        newest = self.article(id_or_url)
        require_revisions(newest.id, newest.revision, [number])
        return self.states(newest.id, after=number - 1, limit=1)[0]

    def revisions_of(self, article_ids: Collection[int]) -> Articles:
        """These articles, some hundreds at most, as each of their revisions reads, in order."""
        query = select_articles(_OF_ROW, RevisionRow).where(RevisionRow.article_id.in_(article_ids))
        return self._stream(query.order_by(RevisionRow.article_id, RevisionRow.number))

    def source_titles(self) -> dict[str, str]:
        """What each source calls itself, by its name; those that are known."""
        with self.engine.connect() as connection:
            return titles_of(connection)

    def aliases(self, article_id: int) -> list[str]:
        """The other addresses that lead to an article: its twins, and those of further pages."""
        with self.engine.connect() as connection:
            return aliases_of(connection, article_id)

    def cluster(self, id_or_url: str | int) -> Cluster | None:
        """All articles that tell the story of that one; None if it is told nowhere else.

        Raises:
            NotArchivedError: there is no such article.
        """
        article = self.article(id_or_url)
        with self.engine.connect() as connection:
            return cluster_of(connection, article.id)

    def states(
        self, id_or_url: str | int, *, after: int = 0, limit: int | None = None
    ) -> list[ArchivedArticle]:
        """An article as each of its revisions reads, oldest first, of those `after` a number.

        Raises:
            NotArchivedError: there is no such article.
        """
        article = self.article(id_or_url)
        every = select_articles(_OF_ROW, RevisionRow).where(
            RevisionRow.article_id == article.id, RevisionRow.number > after
        )
        return list(self._stream(every.order_by(RevisionRow.number).limit(limit)))

    def two_revisions(
        self, id_or_url: str | int, numbers: Sequence[int] = ()
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
        query = select_articles(_OF_ROW).where(
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

    def _matching(self, asked: Asked) -> Select[Any]:
        with self.engine.connect() as connection:
            node = as_node(asked)
            return by_facts(
                select_articles(_OF_ROW).where(condition(node, index_of(connection))), node
            )

    def _all(self, matching: Asked, every_revision: bool, first_only: bool) -> Select[Any]:
        """Select what is exported, in the order of an index.

        It is chosen by ids alone: sorted with their texts, articles would fill the memory.
        """
        query = select_articles(_OF_ROW, RevisionRow if every_revision else ArticleRow)
        if matching != EVERYTHING or first_only:
            query = query.where(ArticleRow.id.in_(self._chosen(matching, first_only)))
        in_order = (RevisionRow.article_id, RevisionRow.number) if every_revision else ()
        return query.order_by(*(in_order or (ArticleRow.id,)))

    def _chosen(self, matching: Asked, first_only: bool) -> Select[Any]:
        with self.engine.connect() as connection:
            node = as_node(matching)
            is_chosen = condition(node, index_of(connection))
        chosen = by_facts(select(ArticleRow.id).where(is_chosen), node).correlate(None)
        if not first_only:
            return chosen
        is_first = ClusterRow.first_article_id == ArticleRow.id
        return chosen.outerjoin(ClusterRow, ClusterRow.id == ArticleRow.cluster_id).where(
            or_(ArticleRow.cluster_id.is_(None), is_first)
        )

    def _stream(self, query: Select[Any], mark: Mark | None = None) -> Articles:
        return Articles(self._batches(query, mark))

    def _batches(self, query: Select[Any], mark: Mark | None) -> Iterator[Batch]:
        with self.engine.connect() as connection:
            if mark is not None:
                mark.set(connection)
            yield from map(Batch, read_columns(connection, query))


def open_query(home: Home) -> Query:
    """Ask questions of the archive in `home`.

    Raises:
        StorageError: its database cannot be opened.
    """
    return Query(open_engine(home.database_url, read_only=True))
