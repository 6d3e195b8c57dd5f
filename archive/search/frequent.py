"""Which articles have words that many have, remembered: to find them takes a moment each time.

Articles that came in or were changed since are looked up again, so that what is told is always
what the database holds. For `archive.search.facts`.
"""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock

import numpy as np
from cachetools import LRUCache
from numpy.typing import NDArray
from sqlalchemy import Connection

from archive.article_rows import last_revision
from archive.search.base import TextIndex
from archive.search.columns import Ids
from archive.search.news import News
from archive.search.terms import Node

MANY = 5_000
"""Articles, or more: fewer are found about as soon as they are remembered."""
MOST_BYTES = 64 << 20
"""Of what is remembered: for each word, four bytes for each article that has it, or a bit for each
that there is."""


@dataclass(frozen=True, slots=True)
class _Having:
    """The articles that have some words, as of a revision of the archive."""

    kept: NDArray[np.int32] | NDArray[np.uint8]
    """Their numbers in order; or, where that is less, a bit for each number that there can be."""
    revision: int

    @classmethod
    def of(cls, flags: NDArray[np.bool_], revision: int) -> _Having:
        """By whether each number is one of them."""
        ids = np.flatnonzero(flags).astype(np.int32)
        bits = np.packbits(flags)
        return cls(ids if ids.nbytes <= bits.nbytes else bits, revision)

    @property
    def ids(self) -> Ids:
        """Their numbers in order."""
        if self.kept.dtype != np.uint8:
            return self.kept.astype(np.int64)
        return np.flatnonzero(np.unpackbits(self.kept.view(np.uint8)).view(np.bool_))


class FrequentWords:
    """Articles by the words that many of them have, in any thread."""

    def __init__(self, news: News) -> None:
        self._having: LRUCache[Node, _Having] = LRUCache(MOST_BYTES, lambda each: each.kept.nbytes)
        self._news = news
        self._lock = Lock()

    def keep(self, text: Node, ids: Ids, revision: int) -> None:
        """Remember which articles have some words, if they are many."""
        if len(ids) >= MANY:
            self._put(text, _Having.of(_flags(ids, int(ids.max()) + 1), revision))

    def get(self, connection: Connection, index: TextIndex, text: Node) -> Ids | None:
        """The articles that have some words, in order; None if they are not remembered."""
        with self._lock:
            known = self._having.get(text)
        if known is None:
            return None
        revision, runs = self._news.since(known.revision, last_revision(connection))
        if runs is None:
            return None
        ids = known.ids
        if not runs:
            return ids
        flags = _flags(ids, max(int(ids.max(initial=0)), int(runs[-1][-1])) + 1)
        for run in runs:
            flags[run] = False
            flags[_among(connection, index, text, run)] = True
        self._put(text, _Having.of(flags, revision))
        return np.flatnonzero(flags)

    def _put(self, text: Node, having: _Having) -> None:
        with self._lock:
            if having.kept.nbytes <= MOST_BYTES:
                self._having[text] = having


def _flags(ids: Ids, size: int) -> NDArray[np.bool_]:
    """Whether each number below `size` is one of them."""
    flags = np.zeros(size, np.bool_)
    flags[ids] = True
    return flags


def _among(connection: Connection, index: TextIndex, text: Node, run: Ids) -> Ids:
    """Which of some articles, whose numbers follow each other, have some words."""
    ids = index.within(int(run[0]), int(run[-1])).numbers(connection, text)
    among: Ids = ids[(ids >= run[0]) & (ids <= run[-1])]
    return among
