"""An archive opened for reading: the Python API (docs/python.md), which the commands use too.

`archive.open_archive` opens one. Nothing can be changed through it.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from os import PathLike, fspath
from typing import Self

from archive.analysis.top_terms import SAMPLE_SIZE, TopTerms, top_terms
from archive.analysis.vocabulary import TermOrder
from archive.cite import CitationStyle, cite_all, cited_articles
from archive.core.diff import Difference, compare
from archive.db.engine import open_engine
from archive.db.repository import Repository
from archive.errors import LockedError, StorageError
from archive.export import Layout, Selection, write_export
from archive.export.columns import choose_columns
from archive.export.selecting import select
from archive.home import Home
from archive.index.article_index import ArticleIndex, ProgressCallback, Snapshot
from archive.index.follower import FOLLOW_INDEX_EVERY_S
from archive.read.article_pages import ArchivedPage
from archive.read.articles import ArchivedArticle
from archive.read.changes import ArticleChange, changes_since, parse_since
from archive.read.query import Query
from archive.read.revisions import ArchivedRevision, all_revisions
from archive.search.syntax import QueryLike, as_node
from archive.search.tree import EVERYTHING, enum_member
from archive.warc.reader import read_payload

_log = logging.getLogger(__name__)


class Archive(Query):
    """Read access to an archive: articles, analyses, exports and payloads.

    It can be used in a `with` statement, which closes the database.
    """

    def __init__(self, home: Home, progress: ProgressCallback = lambda done, of: None) -> None:
        """Open the archive in `home`; `progress` is called while its index is built.

        Raises:
            StorageError: its database cannot be opened.
        """
        engine = open_engine(home.database_url, read_only=True)
        self._own_index = ArticleIndex(home.index, engine)
        super().__init__(engine, self._own_index)
        self.home = home
        self._progress = progress
        self._caught_up_at = -math.inf

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the database."""
        self.engine.dispose()

    def snapshot(self) -> Snapshot:
        """Return the search index, brought up to date with the database.

        Where it cannot, because another process writes it or the disk refuses, that is logged.

        Raises:
            LockedError: another process is building it for the first time.
            StorageError: it cannot be built.
        """
        if time.monotonic() - self._caught_up_at > FOLLOW_INDEX_EVERY_S:
            try:
                self._own_index.catch_up(self._progress)
            except (LockedError, StorageError) as error:
                if not self._own_index.exists():
                    raise
                _log.warning("index: %d articles behind: %s", len(self._own_index.pending()), error)
            self._caught_up_at = time.monotonic()
        return super().snapshot()

    def terms(
        self,
        query: QueryLike,
        *,
        among: QueryLike = EVERYTHING,
        bigrams: bool = False,
        order: str = TermOrder.DISTINCTIVE,
        limit: int = 25,
        sample: int | None = SAMPLE_SIZE,
        all_words: bool = False,
    ) -> TopTerms:
        """The words or bigrams that distinguish matching articles from the others in `among`; where
        there are no others, the most frequent.

        At most `sample` articles of either sort are read (None: all), which are spread evenly.
        Stop words and numbers are left out unless `all_words`. `order` is a `TermOrder`.
        """
        with self.engine.connect() as connection:
            return top_terms(
                connection,
                self.snapshot(),
                as_node(query),
                among=as_node(among),
                bigrams=bigrams,
                order=enum_member(TermOrder, order),
                limit=limit,
                sample=sample,
                all_words=all_words,
            )

    def revisions(self, id_or_url: str | int) -> list[ArchivedRevision]:
        """Every revision of an article, oldest first.

        Raises:
            NotArchivedError: there is no such article.
        """
        article = self.article(id_or_url)
        with self.engine.connect() as connection:
            return all_revisions(connection, article.id)

    def diff(self, id_or_url: str | int, *numbers: int) -> Difference:
        """What changed between two revisions of an article, chosen as by `two_revisions`.

        Raises:
            NotArchivedError: there is no such article or revision, or only one revision.
        """
        _, before, after = self.two_revisions(id_or_url, numbers)
        return compare(before.wording, after.wording)

    def changes(
        self, since: str | datetime = "1d", *, source: str | None = None
    ) -> Iterator[ArticleChange]:
        """Changes, oldest first, since a time or since `12h`, `1d`, `2w` or `2026-03-01`.

        Raises:
            WrongUseError: `since` cannot be understood.
        """
        moment = parse_since(since, datetime.now(UTC)) if isinstance(since, str) else since
        return changes_since(self.engine, moment, source=source)

    def selection(
        self,
        matching: QueryLike = EVERYTHING,
        *,
        every_revision: bool = False,
        first_only: bool = False,
    ) -> Selection:
        """A selection for an export (`archive.export.selecting`)."""
        return select(
            self,
            self.home.warc,
            matching,
            every_revision=every_revision,
            first_only=first_only,
        )

    def export(  # noqa: PLR0913 - as many as an export has options
        self,
        target: str | PathLike[str],
        format_: str = "jsonl",
        matching: QueryLike = EVERYTHING,
        *,
        columns: Sequence[str] | None = None,
        every_revision: bool = False,
        first_only: bool = False,
        split: str | None = None,
        shards: int = 1,
        manifest: bool = False,
    ) -> int:
        """Write articles to a file, or with `split` or `shards` to a folder of files.

        It appears whole or not at all. docs/export.md has the formats, splits and shards,
        docs/columns.md the columns; `manifest` asks for one beside a single file.

        Returns: the number of articles.

        Raises:
            WrongUseError: there is no such format or column, or they do not go together.
            StorageError: it cannot be written.
        """
        selection = self.selection(matching, every_revision=every_revision, first_only=first_only)
        chosen = replace(selection, columns=choose_columns(columns))
        return write_export(chosen, format_, fspath(target), Layout(split, shards, manifest))

    def cite(self, *articles: ArchivedArticle, style: str = CitationStyle.BIBTEX) -> str:
        """Citations of articles in BibTeX, CSL-JSON or RIS (a `CitationStyle`).

        Raises:
            WrongUseError: there is no such style.
        """
        return cite_all(cited_articles(self, articles), enum_member(CitationStyle, style))

    def payload(self, page: ArchivedArticle | ArchivedPage) -> bytes:
        """The page that an article was extracted from, as served, with content encodings decoded.

        Of a page that was rendered (`warc_record_type` is conversion), as its scripts left it.

        Raises:
            RecordError: its record is missing or damaged.
        """
        find = Repository(self.engine).find_record
        return read_payload(self.home.warc, page.ref, find=find)
