"""How many URLs wait to be fetched, without reading all of a large frontier again and again."""

from __future__ import annotations

from time import monotonic

from crawler.runs.frontier import Frontier
from crawler.runs.progress import Tally

COUNTING_SHARE = 0.02
"""Of the time of a crawl, at most, that goes into counting what waits to be fetched."""


class WaitingCount:
    """Counts the rows that wait now and then, and reckons in between."""

    def __init__(self, frontier: Frontier) -> None:
        self._frontier = frontier
        self._count_at: dict[int, float] = {}
        """By source, when to count again (`time.monotonic`)."""

    async def update(self, tally: Tally, source_id: int, new: int) -> None:
        """Bring a tally up to date after a visit of its source that named `new` URLs."""
        begun = monotonic()
        if begun < self._count_at.get(source_id, 0.0):
            tally.waiting = max(tally.waiting + new - 1, 0)
            return
        under_way = self._frontier.queues[source_id].outstanding - 1
        tally.waiting = under_way + await self._frontier.count_waiting(source_id)
        ended = monotonic()
        self._count_at[source_id] = ended + (ended - begun) / COUNTING_SHARE
