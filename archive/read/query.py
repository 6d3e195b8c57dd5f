"""Read access to an archive for commands, exports and the web reader.

Articles are found by the search index (`archive.index`) and read from the database. `archive.api`
opens an archive.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Engine, Select, bindparam, func, or_, select

from archive.core.urls import normalise_url
from archive.db.schema import (
    ArchiveRow,
    ArticleRow,
    RevisionRow,
    UrlRow,
)
from archive.db.sources import source_ids, titles_of
from archive.db.types import MAX_ID
from archive.errors import NotArchivedError, UrlError, WrongUseError
from archive.index import counting, searching
from archive.index.article_index import ArticleIndex, Snapshot
from archive.index.counting import Count, Facets
from archive.index.excerpts import Excerpt, mark_excerpts
from archive.index.queries import to_query
from archive.index.searching import Cursor
from archive.model import UrlState
from archive.read.article_pages import aliases_of
from archive.read.article_rows import ReadPosition, read_columns, select_articles
from archive.read.articles import COLUMN_NAMES, ArchivedArticle, Articles, Batch
from archive.read.clusters import Cluster, cluster_of
from archive.read.revisions import ArchivedRevision, require_revisions, two_revisions
from archive.search.syntax import QueryLike, as_node
from archive.search.tree import (
    EVERYTHING,
    And,
    By,
    Fact,
    Field,
    Node,
    Order,
    Trait,
    conjunction,
    enum_member,
)

_OF_ROW = tuple(name for name in COLUMN_NAMES if name != "pages")
# Built once: that takes longer than reading an article.
_BY_ID = select_articles(_OF_ROW).where(ArticleRow.id.in_(bindparam("ids", expanding=True)))
_ARCHIVE_ID = select(ArchiveRow.archive_id)


_ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)
_IDS_AT_A_TIME = 500


@dataclass(frozen=True, slots=True)
class SearchHit:
    """An article found by a query, with marked excerpts."""

    article: ArchivedArticle
    score: float | None
    """Comparable among the hits of one query, higher is better; None where hits are not ranked."""
    cursor: Cursor
    """Position from which the next hits are found."""
    title: Excerpt | None = None
    snippet: Excerpt | None = None
    """Of the text; None, like the title, where neither has words of the query."""


class Query:
    """Read access to one archive."""

    def __init__(self, engine: Engine, index: ArticleIndex | None = None) -> None:
        """Read from `engine` and search in `index`; without an index, searching is refused."""
        self.engine = engine
        self._index = index

    def snapshot(self) -> Snapshot:
        """Return the current search index.

        Raises:
            StorageError: it cannot be read.
        """
        if self._index is None:
            raise WrongUseError("this archive was opened without its search index")
        return self._index.snapshot()

    def articles(
        self,
        matching: QueryLike = EVERYTHING,
        *,
        source: str | None = None,
        limit: int | None = None,
    ) -> Articles:
        """Articles, newest published first, streamed in constant memory.

        `matching` is a query as people write it (docs/search.md), here and wherever articles are
        chosen, or what `archive.search.syntax.parse_query` makes of it.

        Raises:
            QueryError: the query cannot be understood; says where it went wrong.
            SourceError: the archive has no such source.
        """
        node = as_node(matching)
        if source is not None:
            with self.engine.connect() as connection:
                source_ids(connection, [source])
            node = And((Fact(Field.SOURCE, source), node))
        return Articles(self._newest(self.snapshot(), node, limit))

    def search(
        self,
        query: QueryLike,
        *,
        limit: int = 20,
        order: str = Order.BEST,
        after: Cursor | None = None,
        is_marked: bool = True,
    ) -> list[SearchHit]:
        """The first `limit` hits, with marked excerpts if `is_marked`.

        `order` is an `Order`. `after` is the cursor of a hit of the same query and order, to go on
        from. Of an address, the article that it leads to.

        Raises:
            QueryError: the query cannot be understood; says where it went wrong.
            NotArchivedError: no article is known by that address.
        """
        if is_address(query):
            return [SearchHit(self.article(str(query).strip()), None, Cursor(Order.NEWEST, 0))]
        node = as_node(query)
        matches = searching.find_hits(
            self.snapshot(), node, limit=limit, order=enum_member(Order, order), after=after
        )
        with self.engine.connect() as connection:
            articles = _by_id(connection, [match.article_id for match in matches])
        hits = [
            SearchHit(articles[match.article_id], match.score, match.cursor)
            for match in matches
            if match.article_id in articles  # forgotten since
        ]
        return [_marked(hit, node) for hit in hits] if is_marked else hits

    def executed(self, query: QueryLike) -> str:
        """Return a query as the index executes it, in Lucene's notation."""
        return to_query(as_node(query), self.snapshot().languages).written

    def ids(self, query: QueryLike) -> Iterator[int]:
        """The ids of all articles that match, in their order."""
        for batch in searching.matching_ids(self.snapshot(), as_node(query)):
            yield from batch

    def facets(self, query: QueryLike) -> Facets:
        """Counts of a query's hits by source, language, section and day."""
        return counting.count_facets(self.snapshot(), as_node(query))

    def count(
        self, by: Sequence[str], *, matching: QueryLike = EVERYTHING, among: QueryLike = EVERYTHING
    ) -> list[Count]:
        """Number of articles in each group, and of those that match.

        A group has one value for each of what is counted `by`, which are names of `By`.
        """
        groups = [enum_member(By, each) for each in by]
        return counting.count_groups(
            self.snapshot(), groups, matching=as_node(matching), among=as_node(among)
        )

    def all_articles(
        self,
        *,
        matching: QueryLike = EVERYTHING,
        every_revision: bool = False,
        first_only: bool = False,
        mark: ReadPosition | None = None,
    ) -> Articles:
        """All matching articles by id; with `every_revision`, once for each revision.

        With `first_only`, of a cluster only the article that had the story first. `mark` is told
        where the archive stood, whatever is written to it meanwhile.
        """
        node = _chosen(matching, first_only=first_only)
        snapshot = None if node == EVERYTHING else self.snapshot()
        reading = RevisionRow if every_revision else ArticleRow
        return Articles(self._all(snapshot, node, reading, mark))

    def count_all(
        self,
        *,
        matching: QueryLike = EVERYTHING,
        every_revision: bool = False,
        first_only: bool = False,
    ) -> int:
        """The number of rows that `all_articles` yields."""
        node = _chosen(matching, first_only=first_only)
        if node == EVERYTHING:
            rows = RevisionRow if every_revision else ArticleRow
            with self.engine.connect() as connection:
                return connection.scalar(select(func.count(rows.id))) or 0
        count = counting.count_revisions if every_revision else searching.count_hits
        return count(self.snapshot(), node)

    def archive_id(self) -> str:
        """The archive's UUID."""
        with self.engine.connect() as connection:
            return connection.execute(_ARCHIVE_ID).scalar_one()

    def article(self, id_or_url: str | int) -> ArchivedArticle:
        """The article with an id, or the one that a known URL leads to.

        Raises:
            NotArchivedError: there is none; says what is known of the URL.
        """
        named = str(id_or_url)
        if named.isdecimal():
            id_ = min(int(named), MAX_ID)
            with self.engine.connect() as connection:
                found = _by_id(connection, [id_])
            if not found:
                raise NotArchivedError(f"no article {named}; `kliping articles` lists them")
            return found[id_]
        return self._article_at(named)

    def revision(self, id_or_url: str, number: int) -> ArchivedArticle:
        """The article as one of its revisions.

        Raises:
            NotArchivedError: there is no such article or revision.
        """
        newest = self.article(id_or_url)
        require_revisions(newest.id, newest.revision, [number])
        return self.states(newest.id, after=number - 1, limit=1)[0]

    def revisions_of(self, article_ids: Collection[int]) -> Articles:
        """All revisions of some articles (a few hundred at most), in order."""
        query = select_articles(_OF_ROW, RevisionRow).where(RevisionRow.article_id.in_(article_ids))
        return self._stream(query.order_by(RevisionRow.article_id, RevisionRow.number))

    def source_titles(self) -> dict[str, str]:
        """The title of each source that has one, by its name."""
        with self.engine.connect() as connection:
            return titles_of(connection)

    def aliases(self, article_id: int) -> list[str]:
        """The other addresses that lead to an article, including those of its further pages."""
        with self.engine.connect() as connection:
            return aliases_of(connection, article_id)

    def cluster(self, id_or_url: str | int) -> Cluster | None:
        """The cluster of an article; None if it has none.

        Raises:
            NotArchivedError: there is no such article.
        """
        article = self.article(id_or_url)
        with self.engine.connect() as connection:
            return cluster_of(connection, article.id)

    def states(
        self, id_or_url: str | int, *, after: int = 0, limit: int | None = None
    ) -> list[ArchivedArticle]:
        """The revisions of an article after number `after`, oldest first.

        Raises:
            NotArchivedError: there is no such article.
        """
        article = self.article(id_or_url)
        revisions = select_articles(_OF_ROW, RevisionRow).where(
            RevisionRow.article_id == article.id, RevisionRow.number > after
        )
        return list(self._stream(revisions.order_by(RevisionRow.number).limit(limit)))

    def two_revisions(
        self, id_or_url: str | int, numbers: Sequence[int] = ()
    ) -> tuple[ArchivedArticle, ArchivedRevision, ArchivedRevision]:
        """An article and two of its revisions: the last two by default, the given one and the
        newest, or both given ones.

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
                select(UrlRow.state, UrlRow.reason, UrlRow.fetched_at).where(UrlRow.url == url)
            ).one_or_none()
        if row is None:
            return "not in this archive, and not listed by any source"
        if row.state == UrlState.FORGOTTEN:
            return "forgotten; `kliping forget --list` says when and why"
        if row.state == UrlState.WAITING:
            return f"known, but not fetched yet{f' ({row.reason})' if row.reason else ''}"
        is_of_another = row.state in (UrlState.ALIAS, UrlState.FURTHER_PAGE, UrlState.LIST)
        why = f"{row.state} of {row.reason}" if is_of_another else row.reason or row.state
        if row.fetched_at is None:
            return f"known, but not fetched: {why}"
        return f"fetched, but no article: {why}"

    def _newest(self, snapshot: Snapshot, node: Node, limit: int | None) -> Iterator[Batch]:
        after: Cursor | None = None
        left = limit
        while left is None or left > 0:
            number = searching.IDS_AT_A_TIME if left is None else min(left, searching.IDS_AT_A_TIME)
            matches = searching.find_hits(
                snapshot, node, limit=number, order=Order.NEWEST, after=after
            )
            if not matches:
                return
            after = matches[-1].cursor
            left = None if left is None else left - len(matches)
            ids = [match.article_id for match in matches]
            for begin in range(0, len(ids), _IDS_AT_A_TIME):
                batch = ids[begin : begin + _IDS_AT_A_TIME]
                with self.engine.connect() as connection:
                    found = _by_id(connection, batch)
                if articles := [found[id_] for id_ in batch if id_ in found]:
                    yield Batch.from_articles(articles)

    def _all(
        self,
        snapshot: Snapshot | None,
        node: Node,
        reading: type[ArticleRow] | type[RevisionRow],
        mark: ReadPosition | None,
    ) -> Iterator[Batch]:
        """Yield the batches of an export, chosen by ids: sorted with their texts, they would fill
        the memory."""
        query = select_articles(_OF_ROW, reading)
        if reading is RevisionRow:
            query = query.order_by(RevisionRow.article_id, RevisionRow.number)
        else:
            query = query.order_by(ArticleRow.id)
        if snapshot is None:
            yield from self._batches(query, mark)
            return
        with self.engine.connect() as connection:
            if mark is not None:
                mark.set(connection)
            for ids in searching.matching_ids(snapshot, node):
                for begin in range(0, len(ids), _IDS_AT_A_TIME):
                    batch = query.where(ArticleRow.id.in_(ids[begin : begin + _IDS_AT_A_TIME]))
                    yield from map(Batch, read_columns(connection, batch))

    def _stream(self, query: Select[Any], mark: ReadPosition | None = None) -> Articles:
        return Articles(self._batches(query, mark))

    def _batches(self, query: Select[Any], mark: ReadPosition | None) -> Iterator[Batch]:
        with self.engine.connect() as connection:
            if mark is not None:
                mark.set(connection)
            yield from map(Batch, read_columns(connection, query))


def _by_id(connection: Connection, ids: Sequence[int]) -> dict[int, ArchivedArticle]:
    """Articles by id."""
    batches = map(Batch, read_columns(connection, _BY_ID, {"ids": ids}))
    return {article.id: article for article in Articles(batches)}


def is_address(query: QueryLike) -> bool:
    """Whether a query is a web address and nothing else."""
    return isinstance(query, str) and bool(_ADDRESS.fullmatch(query.strip()))


def _chosen(matching: QueryLike, *, first_only: bool) -> Node:
    node = as_node(matching)
    return conjunction([node, Trait.FIRST]) if first_only else node


def _marked(hit: SearchHit, node: Node) -> SearchHit:
    article = hit.article
    shown = mark_excerpts(node, article.title, article.text, article.language)
    return replace(hit, title=shown[0], snippet=shown[1]) if shown else hit
