"""One run at work: its leases, what its visits name, its traps and its counts.

The spider takes leases and the saver ends them. `open_session` makes the sources ready; what the
run has in memory, the database has too, so that a killed one loses its leases only.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from archive.core.urls import normalise_url, same_site
from archive.db.backfill import BackfillTable
from archive.db.frontier import FrontierTable, Lease
from archive.errors import StorageError
from archive.model import LISTS, Candidate, FoundBy, Source, UrlKind, Visit
from crawler.backfill.plan import BackfillPlan
from crawler.discovery.judge import sites_of
from crawler.runs.frontier import Frontier, SourceQueue
from crawler.runs.opening import OpenRun
from crawler.runs.progress import Progress, Tally
from crawler.runs.waiting_count import WaitingCount
from crawler.runs.write_guard import WriteGuard
from crawler.traps import Traps, pattern_of, usual_limit
from pipelines.archive_writer import Archivist
from pipelines.ingest.visit import Ingested

logger = logging.getLogger(__name__)


class RunSession:
    """The URLs of one run, from the lease to the count."""

    def __init__(self, run: OpenRun, frontier: Frontier, guard: WriteGuard) -> None:
        self.frontier = frontier
        self.course: BackfillPlan | None = None
        """Of a backfill."""
        self.progress = Progress({source.name: Tally() for source in run.selected.sources})
        self._source_ids = run.source_ids
        self._guard = guard
        self._leases: dict[str, Lease] = {}
        self._waiting = WaitingCount(frontier)
        for name, problem in run.selected.problems.items():
            self.progress.tallies[name] = Tally(unreadable=True)
            self.tell(name, problem)

    def source(self, lease: Lease) -> Source:
        """The source that a lease's URL belongs to."""
        return self.frontier.queues[lease.source_id].source

    async def leases(self) -> AsyncIterator[Lease]:
        """The URLs to fetch; each lease ends with its visit or with `put_off`."""
        try:
            with self._guard.writing():
                async for lease in self.frontier.leases():
                    if self._guard.failure is not None:
                        return
                    if self.course is not None and lease.kind is UrlKind.LISTING:
                        lease = replace(lease, kind=UrlKind.ARCHIVE)  # noqa: PLW2901
                    self._leases[lease.url] = lease
                    yield lease
        except StorageError:
            return  # the crawl ends anyway

    def end_lease(self, url: str) -> Lease:
        """Take back the lease of a URL that has its visit; its place is not free yet."""
        return self._leases.pop(url)

    async def put_off(self, lease: Lease, until: datetime, reason: str) -> None:
        """Put off all that a source has on a host that must not be asked before `until`."""
        self.end_lease(lease.url)
        source = self.source(lease).name
        if lease.kind is UrlKind.REQUISITE:
            logger.info("%s: %s: %s", source, lease.url, reason)
        else:
            self.tell(source, reason)
        self.progress.tallies[source].lists_failed += lease.kind in LISTS
        with self._guard.writing():
            await self.frontier.put_off(lease, until, reason)

    async def add_candidates(self, source: str, candidates: Sequence[Candidate]) -> int:
        """Make URLs known to the frontier; how many were new."""
        with self._guard.writing():
            new = await self.frontier.add(self._source_ids[source], candidates)
        if any(candidate.kind is not UrlKind.REQUISITE for candidate in candidates):
            self.progress.tallies[source].found += new
        return new

    async def add_named(self, lease: Lease, visit: Visit) -> int:
        """Make known what a visit named; how many were new."""
        if self.course is not None and lease.kind.names_urls:
            with self._guard.writing():
                return await self.course.read_list(lease, visit)
        return await self.add_candidates(visit.source, visit.candidates)

    async def add_sitemaps(self, lease: Lease, urls: Sequence[str], robots_url: str) -> None:
        """Make known the sitemaps of a source's site, which a robots.txt names."""
        source = self.source(lease)
        candidates = [
            Candidate(normalise_url(url), UrlKind.SITEMAP, FoundBy.ROBOTS, robots_url)
            for url in urls
            if same_site(url, source.url)
        ]
        if self.course is not None:
            candidates = self.course.within(candidates)
        await self.add_candidates(source.name, candidates)

    async def count(self, lease: Lease, ingested: Ingested, new: int) -> None:
        """Count a visit that was saved, which named `new` URLs, and see whether it is of a trap."""
        tally = self.progress.tallies[ingested.visit.source]
        tally.count(ingested)
        self._watch_for_traps(lease, ingested)
        await self._waiting.update(tally, lease.source_id, new)

    def tell(self, source: str, problem: str) -> None:
        """Tell people of a failure, in the log and on the display."""
        if self.progress.tell(source, problem):
            logger.warning("%s: %s", source, problem)

    async def close(self) -> None:
        """Give back what is leased, and count what waits."""
        await self.frontier.release()
        for source_id, queue in self.frontier.queues.items():
            tally = self.progress.tallies[queue.source.name]
            tally.waiting = await self.frontier.count_waiting(source_id)

    def _watch_for_traps(self, lease: Lease, ingested: Ingested) -> None:
        if lease.kind is not UrlKind.PAGE or lease.is_known or ingested.visit.retry_at is not None:
            return
        traps = self.frontier.queues[lease.source_id].traps
        is_fruitful = ingested.saved is not None and ingested.saved.is_new
        message = traps.note(lease.url, lease.found_by, is_fruitful=is_fruitful)
        if message is not None:
            self.tell(ingested.visit.source, message)


def open_session(run: OpenRun, archivist: Archivist, guard: WriteGuard) -> RunSession:
    """Make the sources of a run ready to be fetched.

    Raises:
        StorageError: the database refuses.
    """
    crawl = run.home.config.crawl
    table = FrontierTable(run.engine)
    queues = {}
    for source in run.selected.sources:
        source_id = run.source_ids[source.name]
        table.begin(source_id, source.seeds, run.began_at, ask_lists=run.task.ask_lists)
        limit = crawl.max_pages if source.max_pages is None else source.max_pages
        traps = _traps_of(source, source_id, table, run.began_at)
        queues[source_id] = SourceQueue(source, source_id, limit or float("inf"), traps=traps)
    window = 2 * crawl.host_concurrency
    frontier = Frontier(table, archivist, queues, window, crawl.retry_wait_s, run.began_at)
    session = RunSession(run, frontier, guard)
    if run.task.span is not None:
        [queue] = queues.values()
        queue.course = session.course = _course_of(run, queue, session, archivist)
    return session


def _course_of(
    run: OpenRun, queue: SourceQueue, session: RunSession, archivist: Archivist
) -> BackfillPlan:
    assert run.task.span is not None  # it is a backfill
    table = BackfillTable(run.engine, queue.source_id)
    return BackfillPlan(
        queue.source,
        run.task.span,
        table,
        table.begun_at(str(run.task), run.id),
        partial(session.add_candidates, queue.source.name),
        archivist.in_database,
    )


def _traps_of(source: Source, source_id: int, table: FrontierTable, now: datetime) -> Traps:
    """What is known of a source's traps; what a higher limit takes back is made due again."""
    traps = Traps(usual_limit(source.trap_limit), sites_of(source))
    reopened = traps.recall(table.traps(source_id))
    if reopened:
        table.reopen(source_id, reopened, pattern_of, now)
    return traps
