"""Archives of tests with a search index that follows at every question."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine

from archive.index.article_index import ArticleIndex, Snapshot
from archive.read.query import Query


class FollowingQuery(Query):
    """Reads an archive whose index has always followed."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.index = ArticleIndex(folder, engine)
        super().__init__(engine, self.index)

    def snapshot(self) -> Snapshot:
        """Follow, and return the index."""
        self.index.catch_up()
        return super().snapshot()
