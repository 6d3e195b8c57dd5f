"""Hands out the due URLs of each source, a few at a time, so that the database holds the queue.

The spider asks for leases and reports what became of each; what is in memory is at most a small
window a source. A crawl that is killed loses that window only, and takes it up again next time.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from archive.db.frontier import FrontierTable, Lease
from archive.model import Candidate, CaptureScope, Source, UrlKind
from pipelines.archivist import Archivist

LISTS = (UrlKind.FEED, UrlKind.SITEMAP, UrlKind.LISTING)


@dataclass(slots=True)
class SourceQueue:
    """Where one source stands in this run."""

    source: Source
    source_id: int
    pages_left: float
    """Article pages that may still be fetched in this run; infinite without a limit."""
    due: int
    """URLs that wait to be handed out, counted along, since asking the database is slow."""
    outstanding: int = 0
    """Leases handed out and not reported back."""
    drained: bool = False
    """The database had nothing more when last asked."""
    paused_until: datetime | None = None

    def kinds(self) -> tuple[UrlKind, ...]:
        """What may be fetched now, in order of preference."""
        pages = (UrlKind.PAGE,) if self.pages_left > 0 else ()
        requisites = (UrlKind.REQUISITE,) if self.source.capture is CaptureScope.PAGE else ()
        return (*LISTS, *pages, *requisites)


@dataclass(slots=True)
class Frontier:
    """The URLs to fetch in one run."""

    table: FrontierTable
    archivist: Archivist
    queues: dict[int, SourceQueue]
    """By source id."""
    window: int
    """Most leases of one source at once."""
    patience_s: float
    """How long to wait for a URL that is due later (a retry) before the run ends."""
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def leases(self) -> AsyncIterator[Lease]:
        """Every URL that becomes due in this run, as places become free; ends when none is left."""
        while True:
            self._changed.clear()
            for queue in self.queues.values():
                for lease in await self._take(queue):
                    yield lease
            if any(queue.outstanding for queue in self.queues.values()):
                await self._changed.wait()
            elif not await self._wait_until_due():
                return

    async def add(self, source_id: int, candidates: Sequence[Candidate]) -> int:
        """Make candidates known; how many of them were new."""
        now = datetime.now(UTC)
        new = await self.archivist.in_database(self.table.add, source_id, candidates, now)
        queue = self.queues[source_id]
        queue.due += new
        queue.drained = False
        self._changed.set()
        return new

    def settled(self, lease: Lease, retry_at: datetime | None) -> None:
        """A lease's visit was saved, or given up; its place is free."""
        queue = self.queues[lease.source_id]
        queue.outstanding -= 1
        if retry_at is not None:
            queue.due += 1
            queue.drained = False
        self._changed.set()

    async def put_off(self, lease: Lease, until: datetime, reason: str) -> None:
        """End a lease that was never asked, and ask nothing of its source before `until`.

        The pause stands in the rows, so that later runs keep it too.
        """
        self.queues[lease.source_id].paused_until = until
        await self.archivist.in_database(self.table.give_back, lease.url_id, reason)
        await self.archivist.in_database(self.table.postpone, lease.source_id, until)
        self.settled(lease, until)

    async def release(self) -> None:
        """Give back every lease of this run."""
        await self.archivist.in_database(self.table.release, self.archivist.run_id)

    async def _take(self, queue: SourceQueue) -> list[Lease]:
        room = self.window - queue.outstanding
        now = datetime.now(UTC)
        if room <= 0 or queue.drained or (queue.paused_until and queue.paused_until > now):
            return []
        leases = await self.archivist.in_database(
            self.table.take,
            queue.source_id,
            self.archivist.run_id,
            room,
            now,
            queue.kinds(),
            max_pages=queue.pages_left,
        )
        queue.drained = len(leases) < room
        queue.outstanding += len(leases)
        queue.pages_left -= sum(lease.kind is UrlKind.PAGE for lease in leases)
        is_all = queue.drained and queue.pages_left > 0
        queue.due = 0 if is_all else max(queue.due - len(leases), 0)
        return leases

    async def _wait_until_due(self) -> bool:
        """Sleep until the next URL is due; False where that is too far off, or there is none."""
        dates = [
            await self.archivist.in_database(self.table.next_due_at, queue.source_id, queue.kinds())
            for queue in self.queues.values()
        ]
        due = [date for date in dates if date is not None]
        if not due:
            return False
        wait_s = (min(due) - datetime.now(UTC)).total_seconds()
        if wait_s > self.patience_s:
            return False
        await asyncio.sleep(max(wait_s, 0.05))
        for queue in self.queues.values():
            queue.drained = False
        return True
