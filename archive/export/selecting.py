"""Selections for exports, with a record of how they were made."""

from __future__ import annotations

from archive.export.base import Selection
from archive.read.article_rows import ReadPosition
from archive.read.query import Query
from archive.search.syntax import QueryLike
from archive.search.tree import EVERYTHING
from archive.storage.base import WarcStore


def select(
    query: Query,
    warc: WarcStore,
    matching: QueryLike = EVERYTHING,
    *,
    every_revision: bool = False,
    first_only: bool = False,
) -> Selection:
    """Select articles to export, by the rules of `Query.all_articles`.

    `warc` is the folder of the archive's WARC files.
    """
    mark = ReadPosition()
    articles = query.all_articles(
        matching=matching, every_revision=every_revision, first_only=first_only, mark=mark
    )
    origin = {
        "archive_id": query.archive_id(),
        "matching": str(matching) or None,
        "revisions": "all" if every_revision else "last",
        "dedupe": "cluster" if first_only else None,
    }
    return Selection(articles, warc, origin=origin, mark=mark)
