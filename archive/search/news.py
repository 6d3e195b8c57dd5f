"""Which articles came in or were changed: what was found before is looked up again for them alone.

For whatever is remembered of an archive that crawls write to meanwhile (`archive.search.frequent`,
`archive.search.ranking`).
"""

from __future__ import annotations

from threading import Lock

import numpy as np

from archive.search.columns import Ids

MOST_RUNS = 50
"""Of changed articles whose numbers follow each other; more are not looked up one by one."""


class News:
    """Changes by revisions of the archive, in any thread."""

    def __init__(self) -> None:
        self._changes: list[tuple[int, Ids]] = []
        self._revision = 0
        self._lock = Lock()

    def note(self, revision: int, ids: Ids) -> None:
        """Some articles came in, or were changed, by that revision since the last one noted."""
        with self._lock:
            self._changes.append((revision, ids))
            self._revision = revision

    def since(self, known: int, revision: int) -> tuple[int, list[Ids] | None]:
        """The articles changed after a `known` revision until another, or until the last one that
        was noted, and which that is. Articles whose numbers follow each other are together; None
        if they are too scattered to be looked up."""
        with self._lock:
            until = min(revision, self._revision)
            changes = [ids for of, ids in self._changes if known < of <= until]
        if not changes:
            return until, []
        changed = np.unique(np.concatenate(changes))
        runs = np.split(changed, np.flatnonzero(np.diff(changed) > 1) + 1)
        return until, (runs if len(runs) <= MOST_RUNS else None)
