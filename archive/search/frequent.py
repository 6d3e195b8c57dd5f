"""Which articles have frequent words, remembered: to find them takes a moment each time.

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
from archive.search.terms import Node

FREQUENT = 100_000
"""In so many articles, or more."""
MOST_BYTES = 64 << 20
"""Of what is remembered: a byte for each article and word."""
MOST_RUNS = 50
"""Of changed articles whose numbers follow each other; more are not looked up one by one."""


@dataclass(frozen=True, slots=True)
class _Having:
    """Whether each article has some words, as of a revision of the archive."""

    flags: NDArray[np.bool_]
    revision: int


class FrequentWords:
    """Articles by the words that many of them have, in any thread."""

    def __init__(self) -> None:
        self._having: LRUCache[Node, _Having] = LRUCache(MOST_BYTES, lambda each: each.flags.nbytes)
        self._changes: list[tuple[int, Ids]] = []
        self._lock = Lock()

    def note_change(self, revision: int, ids: Ids) -> None:
        """Some articles came in, or were changed, by that revision of the archive."""
        with self._lock:
            self._changes.append((revision, ids))

    def keep(self, text: Node, ids: Ids, revision: int) -> None:
        """Remember which articles have some words, if they are many."""
        if len(ids) >= FREQUENT:
            flags = np.zeros(int(ids.max()) + 1, np.bool_)
            flags[ids] = True
            self._put(text, _Having(flags, revision))

    def get(self, connection: Connection, index: TextIndex, text: Node) -> Ids | None:
        """The articles that have some words; None if they are not remembered."""
        with self._lock:
            kept = self._having.get(text)
        if kept is None:
            return None
        revision = last_revision(connection)
        with self._lock:
            since = [ids for of, ids in self._changes if kept.revision < of <= revision]
        if since:
            changed = np.unique(np.concatenate(since))
            runs = np.split(changed, np.flatnonzero(np.diff(changed) > 1) + 1)
            if len(runs) > MOST_RUNS:
                return None
            flags = np.zeros(max(len(kept.flags), int(changed[-1]) + 1), np.bool_)
            flags[: len(kept.flags)] = kept.flags
            flags[changed] = False
            for run in runs:
                flags[_among(connection, index, text, run)] = True
            kept = _Having(flags, revision)
            self._put(text, kept)
        return np.flatnonzero(kept.flags)

    def _put(self, text: Node, having: _Having) -> None:
        with self._lock:
            if having.flags.nbytes <= MOST_BYTES:
                self._having[text] = having


def _among(connection: Connection, index: TextIndex, text: Node, run: Ids) -> Ids:
    """Which of some articles, whose numbers follow each other, have some words."""
    ids = index.within(int(run[0]), int(run[-1])).numbers(connection, text)
    among: Ids = ids[(ids >= run[0]) & (ids <= run[-1])]
    return among
