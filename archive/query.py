"""Questions to the archive's database: the one way in for commands, exports and the web reader.

`archive.opened` opens an archive to be asked.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Select, bindparam, func, or_, select

from archive.article_pages import aliases_of
from archive.article_rows import Mark, read_columns, select_articles
from archive.articles import COLUMNS, ArchivedArticle, Articles, Batch
from archive.clusters import Cluster, cluster_of
from archive.counting import Count, count
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
from archive.db.types import MAX_ID
from archive.errors import NotArchivedError, UrlError
from archive.revisions import ArchivedRevision, require_revisions, two_revisions
from archive.search.conditions import condition, newest_first
from archive.search.covering import by_facts
from archive.search.facets import Facets, all_facets, facets
from archive.search.finding import Match, Place, find, marked
from archive.search.index import index_of
from archive.search.syntax import Asked, as_node
from archive.search.terms import EVERYTHING, By, Order, choice
from archive.urls import normalise_url

_OF_ROW = tuple(name for name in COLUMNS if name != "pages")
# Put together once: that takes longer than to read an article.
_BY_ID = select_articles(_OF_ROW).where(ArticleRow.id.in_(bindparam("ids", expanding=True)))
_ARCHIVE_ID = select(ArchiveRow.archive_id)


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
            matches = find(connection, node, limit=limit, order=way, after=after)
            articles = _by_id(connection, [match.article_id for match in matches])
            if is_marked:
                read = [(each.id, each.title, each.text) for each in articles.values()]
                matches = marked(connection, node, matches, read)
        # One may just have been forgotten.
        known = [match for match in matches if match.article_id in articles]
        return [SearchHit(articles[match.article_id], match) for match in known]

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
            return connection.execute(_ARCHIVE_ID).scalar_one()

    def article(self, id_or_url: str | int) -> ArchivedArticle:
        """The article with that id, or that any URL known of it leads to.

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


def _by_id(connection: Connection, ids: Sequence[int]) -> dict[int, ArchivedArticle]:
    """The articles that have these numbers."""
    batches = map(Batch, read_columns(connection, _BY_ID, {"ids": ids}))
    return {article.id: article for article in Articles(batches)}
