"""Lets the search index of an archive follow what a run saves."""

from __future__ import annotations

from archive.db.engine import open_engine
from archive.index.follower import IndexFollower
from crawler.runs.opening import OpenRun

FOLLOW_EVERY_S = 60.0


def follow_index(run: OpenRun) -> IndexFollower | None:
    """Begin to follow, until the run is closed; None where the database is not on this machine.

    Who crawls into PostgreSQL has no index: the reader's machine follows.
    """
    if run.engine.dialect.name != "sqlite":
        return None
    from archive.index.article_index import ArticleIndex  # noqa: PLC0415 - loads tantivy

    engine = open_engine(run.home.database_url, read_only=True, pool_size=1)
    run.resources.callback(engine.dispose)
    follower = IndexFollower(ArticleIndex(run.home.index, engine), FOLLOW_EVERY_S).start()
    run.resources.callback(follower.close)
    return follower
