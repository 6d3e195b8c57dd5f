"""Hands out the due URLs of each source, a few at a time, so that the database holds the queue.

The spider asks for leases and reports what became of each; what is in memory is at most a small
window a source. A crawl that is killed loses that window only, and takes it up again next time.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic
from typing import Protocol

from archive.db.frontier import FrontierTable, Lease
from archive.model import LISTS, Candidate, CaptureScope, Source, Trap, UrlKind
from crawler.traps import Traps
from pipelines.archive_writer import Archivist

LOOK_AGAIN_S = 5.0
"""A source that has nothing due is asked again after this long: a pause or a retry may be over."""


class FetchPlan(Protocol):
    """Says step by step what a run fetches, where that is not whatever is due (a backfill's)."""

    kinds: tuple[UrlKind, ...]
    """What is fetched in the present step."""

    async def advance(self) -> bool:
        """Begin the next step, once nothing of this one is left; False where there is none."""
        ...


@dataclass(slots=True)
class SourceQueue:
    """Where one source stands in this run."""

    source: Source
    source_id: int
    pages_left: float
    """Article pages that may still be fetched in this run; infinite without a limit."""
    outstanding: int = 0
    """Leases handed out and not reported back."""
    look_at: float = 0.0
    """When (`time.monotonic`) to ask the database again; it had nothing more when last asked."""
    traps: Traps = field(default_factory=Traps)
    course: FetchPlan | None = None

    def kinds(self) -> tuple[UrlKind, ...]:
        """What may be fetched now, in order of preference."""
        kinds = (*LISTS, UrlKind.PAGE, UrlKind.REQUISITE)
        if self.course is not None:
            kinds = self.course.kinds
        return tuple(kind for kind in kinds if self._may_fetch(kind))

    def _may_fetch(self, kind: UrlKind) -> bool:
        if kind is UrlKind.PAGE:
            return self.pages_left > 0
        if kind is UrlKind.REQUISITE:
            return self.source.capture is CaptureScope.PAGE
        return True


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
    begun_at: datetime
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def leases(self) -> AsyncIterator[Lease]:
        """Every URL that becomes due in this run, as places become free; ends when none is left."""
        while True:
            self._changed.clear()
            for queue in self.queues.values():
                for lease in await self._take(queue):
                    yield lease
            if any(queue.outstanding for queue in self.queues.values()):
                await self._wait_for_change()
            elif not await self._wait_until_due() and not await self._advance():
                return

    async def add(self, source_id: int, candidates: Sequence[Candidate]) -> int:
        """Make candidates known; how many of them were new."""
        now = datetime.now(UTC)
        new = await self.archivist.in_database(self.table.add, source_id, candidates, now)
        self.queues[source_id].look_at = 0.0
        self._changed.set()
        return new

    def settled(self, lease: Lease, retry_at: datetime | None) -> None:
        """A lease's visit was saved, or given up; its place is free."""
        queue = self.queues[lease.source_id]
        queue.outstanding -= 1
        if retry_at is not None:
            queue.look_at = 0.0
        self._changed.set()

    async def put_off(self, lease: Lease, until: datetime, reason: str) -> None:
        """End a lease that was never asked, and ask nothing of its host before `until`.

        The pause stands in the rows, so that later runs keep it too.
        """
        await self.archivist.in_database(self.table.give_back, lease.url_id, reason)
        await self.archivist.in_database(self.table.postpone, lease.source_id, lease.url, until)
        self.settled(lease, until)

    async def count_waiting(self, source_id: int) -> int:
        """How many URLs of a source this run has yet to fetch, and has not handed out."""
        now = datetime.now(UTC)
        return await self.archivist.in_database(
            self.table.count_waiting, source_id, now, begun_at=self.begun_at
        )

    async def release(self) -> None:
        """Give back every lease of this run."""
        await self.archivist.in_database(self.table.release, self.archivist.run_id)

    async def _take(self, queue: SourceQueue) -> list[Lease]:
        room = self.window - queue.outstanding
        now = datetime.now(UTC)
        if room <= 0 or queue.look_at > monotonic():
            return []
        leases = await self.archivist.in_database(
            self.table.take,
            queue.source_id,
            self.archivist.run_id,
            room,
            now,
            queue.kinds(),
            begun_at=self.begun_at,
            max_pages=queue.pages_left,
            only_new=queue.course is not None,
        )
        queue.look_at = monotonic() + LOOK_AGAIN_S if len(leases) < room else 0.0
        passed_over = await self._pass_over(queue, leases)
        if passed_over:
            queue.look_at = 0.0
            self._changed.set()
        leases = [lease for lease in leases if lease.url_id not in passed_over]
        queue.outstanding += len(leases)
        queue.pages_left -= sum(lease.kind is UrlKind.PAGE for lease in leases)
        return leases

    async def _pass_over(self, queue: SourceQueue, leases: Sequence[Lease]) -> dict[int, Trap]:
        """End the leases of what is of a trap.

        Returns: the traps, by the ids of the leases.
        """
        new = [each for each in leases if each.kind is UrlKind.PAGE and not each.is_known]
        of_traps = {lease.url_id: queue.traps.trap_of(lease.url, lease.found_by) for lease in new}
        trapped = {url_id: trap for url_id, trap in of_traps.items() if trap is not None}
        if trapped:
            await self.archivist.in_database(self.table.close, queue.source_id, trapped)
        return trapped

    async def _advance(self) -> bool:
        courses = [queue.course for queue in self.queues.values() if queue.course is not None]
        advanced = [await course.advance() for course in courses]
        for queue in self.queues.values():
            queue.look_at = 0.0
        return any(advanced)

    async def _wait_for_change(self) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._changed.wait(), LOOK_AGAIN_S)

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
            queue.look_at = 0.0
        return True
