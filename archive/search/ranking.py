"""The best hits of words, remembered: to rank them takes a moment each time, and for each page.

Of articles that came in or were changed since, the scores are looked up. Those of others stay as
they were found, though each article that comes in makes words a little rarer or more frequent: for
`KEPT_S`, in which that matters little. For `archive.search.facts`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any, TypeAlias

import numpy as np
from cachetools import TTLCache
from sqlalchemy import Connection, Select

from archive.article_rows import last_revision
from archive.db.schema import ArticleRow
from archive.search.base import TextIndex
from archive.search.columns import Ids
from archive.search.news import News
from archive.search.terms import Node

MOST_RANKED = 200
"""Hits of one query: ten pages. What is behind them is ranked each time."""
MOST_QUERIES = 2_000
KEPT_S = 300

Scored: TypeAlias = tuple[int, float]
"""The number of an article and its score."""


@dataclass(frozen=True, slots=True)
class _Ranked:
    """The best hits, as of a revision of the archive."""

    hits: list[Scored]
    """The best first."""
    is_all: bool
    revision: int


class Ranking:
    """The best hits by their words and what of these they are ranked by, in any thread."""

    def __init__(self, news: News) -> None:
        self._ranked: TTLCache[tuple[Node, Node], _Ranked] = TTLCache(MOST_QUERIES, KEPT_S)
        self._news = news
        self._lock = Lock()

    def best(
        self,
        connection: Connection,
        index: TextIndex,
        text: Node,
        by: Node,
        *,
        limit: int,
        passed: int,
    ) -> Sequence[Scored]:
        """The best `limit` hits behind those that were `passed`."""
        last = passed + limit
        revision = last_revision(connection)
        if not revision:  # there are no articles yet, and the first ones are no news
            return []
        with self._lock:
            known = self._ranked.get((text, by))
        found = known and self._followed(connection, index, text, by, known, revision)
        if found is None or not (found.is_all or len(found.hits) >= last):
            if last > MOST_RANKED:
                every = index.ranked(text, by)
                return scored(connection, every.limit(limit).offset(passed))
            hits = scored(connection, index.ranked(text, by).limit(MOST_RANKED))
            found = _Ranked(hits, len(hits) < MOST_RANKED, revision)
        if found is not known:
            with self._lock:
                self._ranked[text, by] = found
        return found.hits[passed:last]

    def _followed(
        self,
        connection: Connection,
        index: TextIndex,
        text: Node,
        by: Node,
        known: _Ranked,
        revision: int,
    ) -> _Ranked | None:
        """What is known, with what came in or was changed since; None if that is too much."""
        revision, runs = self._news.since(known.revision, revision)
        if runs is None:
            return None
        if not runs:
            return known
        changed = set(np.concatenate(runs).tolist())
        hits = [hit for hit in known.hits if hit[0] not in changed]
        # Others, which are not known, may be between the last of them and what is worse.
        worst = -np.inf if known.is_all else hits[-1][1] if hits else np.inf
        for run in runs:
            hits += [hit for hit in _of_run(connection, index, text, by, run) if hit[1] >= worst]
        hits.sort(key=lambda hit: -hit[1])
        is_all = known.is_all and len(hits) < MOST_RANKED
        return _Ranked(hits[:MOST_RANKED], is_all, revision)


def _of_run(
    connection: Connection, index: TextIndex, text: Node, by: Node, run: Ids
) -> list[Scored]:
    """Those of some articles, whose numbers follow each other, that match."""
    ends = int(run[0]), int(run[-1])
    found = index.within(*ends).ranked(text, by, ArticleRow.id.between(*ends))
    return scored(connection, found)


def scored(connection: Connection, ranked: Select[Any]) -> list[Scored]:
    """What `TextIndex.ranked` selects."""
    return [(row.id, row.score) for row in connection.execute(ranked)]
