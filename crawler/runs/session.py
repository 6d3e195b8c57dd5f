"""The Scrapy extension that ties one crawl to the archive.

The spider, the capture middleware and the item pipeline find the archive through it
(`crawler.get_extension(ArchiveRun)`). It begins by taking the sources' locks, mending what a
killed run left behind and opening the WARC writer; the end of the spider closes all in order.
A disk or database that refuses a write ends the crawl: what it fetched after that would be lost.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from time import monotonic
from typing import Self

from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem, NotConfigured

from archive.core.urls import normalise_url, same_site
from archive.db.backfill import BackfillTable
from archive.db.engine import open_engine
from archive.db.forgotten import TakedownLog
from archive.db.frontier import FrontierTable, Lease
from archive.db.repository import Held, Repository
from archive.errors import StorageError
from archive.home import Home, open_home, run_lock
from archive.index.follower import Follower
from archive.model import (
    LISTS,
    Candidate,
    Capture,
    Conversion,
    Exchange,
    FoundBy,
    Source,
    UrlKind,
    Visit,
)
from archive.takedown.erase import finish_takedowns
from archive.warc.reader import read_answer, read_payload
from archive.warc.writer import WarcWriter
from crawler.backfill.plan import Course
from crawler.cache_headers import pace_of
from crawler.discovery.judge import sites_of
from crawler.middlewares.robots import robots_sitemaps
from crawler.record_replay import Rebuilder
from crawler.rendering.program import find_browser
from crawler.runs.crawl_request import Task
from crawler.runs.frontier import Frontier, SourceQueue
from crawler.runs.progress import Progress, Tally
from crawler.runs.shutdown import Stopping
from crawler.sources.selection import select_sources
from crawler.traps import Traps, pattern_of, usual_limit
from pipelines.archive_writer import Archivist
from pipelines.ingest.recover import Recovery
from pipelines.ingest.visit import Ingested
from pipelines.pool import ExtractionPool

logger = logging.getLogger(__name__)

RECOVERY_WAIT_S = 3600.0
"""Longer than another run can need to ingest what a killed one left."""
LISTS_OF_BACKFILLS = (*LISTS, UrlKind.ARCHIVE, UrlKind.API)
FOLLOW_EVERY_S = 60.0
"""The search index follows what was saved."""
COUNTING_SHARE = 0.02
"""Of the time of a crawl, at most, that goes into counting what waits to be fetched."""


class ArchiveRun:
    """One run of a crawl on one archive."""

    def __init__(self, crawler: Crawler, home: Home, task: Task) -> None:
        self.crawler = crawler
        self.home = home
        self.task = task
        self.course: Course | None = None
        """Of a backfill."""
        self.failure: StorageError | None = None
        """What ended the crawl before its time."""
        self._leases: dict[str, Lease] = {}
        self._count_at: dict[int, float] = {}
        """By source, when to count again (`time.monotonic`) what waits."""
        self._stopping = Stopping(crawler)
        selected = select_sources(home, task.names)
        if any(source.render for source in selected.sources):
            find_browser(home.config.crawl.browser)  # missing, it is told before anything begins
        with ExitStack() as held:
            self._open(selected.sources, held)
            self._held = held.pop_all()
        self.progress = Progress({source.name: Tally() for source in selected.sources})
        for name, problem in selected.problems.items():
            self.progress.tallies[name] = Tally(unreadable=True)
            self.tell(name, problem)
        crawler.signals.connect(self._add_sitemaps, signal=robots_sitemaps)
        crawler.signals.connect(self._close, signal=signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """The run of the sources that the spider was asked for.

        Raises:
            NotConfigured: the spider is not one that crawls sources.
            SourceError: there is no such source, or none at all.
            LockedError: another run is at work on one of them.
            StorageError: the database or the disk refuses.
        """
        task = getattr(crawler.spider, "task", None)
        if task is None:
            raise NotConfigured
        return cls(crawler, open_home(Path(crawler.settings["KLIPING_HOME"])), task)

    @classmethod
    def of(cls, crawler: Crawler) -> Self:
        """The run of `crawler`, which has one because the settings put it there."""
        run = crawler.get_extension(cls)
        if run is None:
            raise RuntimeError("the ArchiveRun extension is not on; see crawler/settings.py")
        return run

    def source(self, lease: Lease) -> Source:
        """The source that a lease's URL belongs to."""
        return self.frontier.queues[lease.source_id].source

    async def append(self, exchange: Exchange) -> Capture:
        """Keep an exchange (`crawler.middlewares.capture.Recorder`)."""
        with self._storing():
            return await self.archivist.append(exchange)

    async def append_conversion(self, conversion: Conversion) -> Capture:
        """Keep what was made of a capture."""
        with self._storing():
            return await self.archivist.append_conversion(conversion)

    async def save(self, captures: Sequence[Capture]) -> None:
        """Record captures that belong to no lease (`crawler.middlewares.capture.Recorder`)."""
        with self._storing():
            await self.archivist.save(captures)

    async def is_forgotten(self, url: str) -> bool:
        """Whether a URL must not be asked for any more."""
        log = TakedownLog(self._engine)
        return await self.archivist.in_database(log.of_url, url) is not None

    async def leases(self) -> AsyncIterator[Lease]:
        """The URLs to fetch; each lease ends with `save_visit` or `put_off`."""
        try:
            with self._storing():
                async for lease in self.frontier.leases():
                    if self.failure is not None:
                        return
                    if self.course is not None and lease.kind is UrlKind.LISTING:
                        lease = replace(lease, kind=UrlKind.ARCHIVE)  # noqa: PLW2901
                    self._leases[lease.url] = lease
                    yield lease
        except StorageError:
            return  # the crawl ends anyway

    async def held(self, url: str) -> Held | None:
        """What the archive has of a URL (`crawler.middlewares.conditional.Holder`)."""
        return await self.archivist.in_database(self._repository.held, url)

    async def has_further_pages(self, url_id: int) -> bool:
        """Whether a URL leads to an article on several pages (`crawler.article_pages.Archive`)."""
        with self._storing():
            return await self.archivist.in_database(self._repository.has_further_pages, url_id)

    async def answer(self, held: Held) -> tuple[tuple[tuple[str, str], ...], bytes]:
        """Headers and body of what the archive has (`crawler.article_pages.Archive`)."""
        return await asyncio.to_thread(read_answer, self.home.warc, held.ref)

    async def payload(self, held: Held) -> bytes:
        """The body of what the archive has (`crawler.middlewares.conditional.Holder`)."""
        return await asyncio.to_thread(read_payload, self.home.warc, held.ref)

    async def add_candidates(self, source: str, candidates: Sequence[Candidate]) -> int:
        """Make URLs known to the frontier; how many were new."""
        with self._storing():
            new = await self.frontier.add(self._source_ids[source], candidates)
        if any(candidate.kind is not UrlKind.REQUISITE for candidate in candidates):
            self.progress.tallies[source].found += new
        return new

    async def save_visit(self, visit: Visit) -> None:
        """Ingest a visit and tell the frontier that its URL is done."""
        lease = self._leases.pop(visit.url)
        try:
            # Candidates first: a crawl that is killed in between reads this list again.
            new = await self._take_candidates(lease, visit)
            tally = self.progress.tallies[visit.source]
            with self._storing():
                ingested = await self.archivist.ingest(
                    visit, source_id=lease.source_id, url_id=lease.url_id, found_new=new > 0
                )
                tally.count(ingested)
                self._watch_for_traps(lease, ingested)
                await self._count_waiting(lease, tally, new)
            if visit.kind not in LISTS:
                logger.info("%s: %s: %s", visit.source, visit.url, ingested.summary)
            for problem in (*visit.warnings, *([visit.error] if visit.error else [])):
                if visit.kind in LISTS:
                    self.tell(visit.source, f"{visit.url}: {problem}")
        except StorageError as error:  # which ends the crawl, and is told once
            raise DropItem(f"{visit.url} is not saved", log_level="DEBUG") from error
        finally:
            self.frontier.settled(lease, visit.retry_at)

    async def _take_candidates(self, lease: Lease, visit: Visit) -> int:
        """Make known what a visit named; how many were new."""
        if self.course is not None and lease.kind in LISTS_OF_BACKFILLS:
            with self._storing():
                return await self.course.take(lease, visit)
        return await self.add_candidates(visit.source, visit.candidates)

    def _watch_for_traps(self, lease: Lease, ingested: Ingested) -> None:
        if lease.kind is not UrlKind.PAGE or lease.is_known or ingested.visit.retry_at is not None:
            return
        traps = self.frontier.queues[lease.source_id].traps
        is_fruitful = ingested.saved is not None and ingested.saved.is_new
        told = traps.note(lease.url, lease.found_by, is_fruitful=is_fruitful)
        if told is not None:
            self.tell(ingested.visit.source, told)

    async def put_off(self, lease: Lease, until: datetime, reason: str) -> None:
        """Put off all that a source has on a host that must not be asked before `until`."""
        del self._leases[lease.url]
        source = self.source(lease).name
        if lease.kind is UrlKind.REQUISITE:
            logger.info("%s: %s: %s", source, lease.url, reason)
        else:
            self.tell(source, reason)
        self.progress.tallies[source].lists_failed += lease.kind in LISTS
        with self._storing():
            await self.frontier.put_off(lease, until, reason)

    @contextmanager
    def _storing(self) -> Iterator[None]:
        """Let a refused write end the crawl, and nothing be written after it.

        Raises:
            StorageError: this write was refused, or an earlier one.
        """
        if self.failure is not None:
            raise self.failure
        try:
            yield
        except StorageError as error:
            if self.failure is None:
                self.failure = error
                logger.error("the crawl ends here: %s", error)
                self._stopping.begin()
            raise

    async def _add_sitemaps(self, urls: Sequence[str], robots_url: str, request: Request) -> None:
        """Take the sitemaps that a robots.txt names for the source that made us read it."""
        lease: Lease | None = request.cb_kwargs.get("lease")
        if lease is None:
            return
        site = self.source(lease).url
        candidates = [
            Candidate(normalise_url(url), UrlKind.SITEMAP, FoundBy.ROBOTS, robots_url)
            for url in urls
            if same_site(url, site)
        ]
        if self.course is not None:
            candidates = self.course.within(candidates)
        await self.add_candidates(self.source(lease).name, candidates)

    def tell(self, source: str, problem: str) -> None:
        """Tell people of a failure, in the log and on the display."""
        if self.progress.tell(source, problem):
            logger.warning("%s: %s", source, problem)

    async def _count_waiting(self, lease: Lease, tally: Tally, new: int) -> None:
        """Counting reads every row that waits: of a large frontier, that takes seconds."""
        begun = monotonic()
        if begun < self._count_at.get(lease.source_id, 0.0):
            tally.waiting = max(tally.waiting + new - 1, 0)
            return
        under_way = self.frontier.queues[lease.source_id].outstanding - 1
        tally.waiting = under_way + await self.frontier.count_waiting(lease.source_id)
        ended = monotonic()
        self._count_at[lease.source_id] = ended + (ended - begun) / COUNTING_SHARE

    def _open(self, sources: Sequence[Source], held: ExitStack) -> None:
        """Lock the sources, begin this run, and take up what dead ones left."""
        held.enter_context(self.home.lock(source.name for source in sources))
        now = datetime.now(UTC)
        self._engine = engine = open_engine(self.home.database_url)
        held.callback(engine.dispose)
        self._repository = Repository(engine, pace_of(self.home.config.crawl))
        self._source_ids = self._repository.refresh_sources(sources, now)
        table = FrontierTable(engine)
        pool = ExtractionPool(self.home.config.crawl.workers)
        held.callback(pool.close)
        run_id, writer = self._start_run(table, pool, held)
        self.archivist = Archivist(self._repository, writer, pool, run_id)
        # Who crawls into PostgreSQL has no index: the reader's machine follows.
        self._follower: Follower | None = None
        if engine.dialect.name == "sqlite":
            self._follower = _follow_index(self.home, held)
        self.frontier = self._open_frontier(sources, table, now)

    def _start_run(
        self, table: FrontierTable, pool: ExtractionPool, held: ExitStack
    ) -> tuple[int, WarcWriter]:
        """Begin this run and take up what dead ones left; its id and its WARC writer."""
        rebuilder = Rebuilder(
            lambda: select_sources(self.home, ()).sources, self._repository, table
        )
        recovery = Recovery(self.home, self._repository, table, pool, rebuilder)
        # One run at a time looks for dead ones, or it might take one that just begins for dead.
        with self.home.lock(["recovery"], wait_s=RECOVERY_WAIT_S):
            recovery.adopt()
            run_id = self._repository.start_run(
                str(self.task), version("kliping"), datetime.now(UTC)
            )
            held.enter_context(self.home.lock([run_lock(run_id)]))
            config = self.home.config
            writer = WarcWriter(
                self.home.warc,
                str(run_id),
                operator=config.crawl.contact,
                max_bytes=config.archive.warc_max_bytes,
            )
            recovered = recovery.run(run_id, writer)
            self._finish_takedowns()
        if recovered:
            logger.warning("took up %d captures that a killed run left behind", recovered)
        return run_id, writer

    def _finish_takedowns(self) -> None:
        for problem in finish_takedowns(self.home, self._engine):
            logger.warning(problem)

    def _open_frontier(
        self, sources: Sequence[Source], table: FrontierTable, now: datetime
    ) -> Frontier:
        crawl = self.home.config.crawl
        queues = {}
        for source in sources:
            source_id = self._source_ids[source.name]
            table.begin(source_id, source.seeds, now, ask_lists=self.task.ask_lists)
            limit = crawl.max_pages if source.max_pages is None else source.max_pages
            queue = SourceQueue(source, source_id, limit or float("inf"))
            queue.traps = _traps_of(source, source_id, table, now)
            if self.task.span is not None:
                queue.course = self.course = self._open_course(source, source_id)
            queues[source_id] = queue
        window = 2 * crawl.host_concurrency
        return Frontier(table, self.archivist, queues, window, crawl.retry_wait_s, now)

    def _open_course(self, source: Source, source_id: int) -> Course:
        assert self.task.span is not None  # it is a backfill
        table = BackfillTable(self._engine, source_id)
        return Course(
            source,
            self.task.span,
            table,
            table.begun_at(str(self.task), self.archivist.run_id),
            partial(self.add_candidates, source.name),
            self.archivist.in_database,
        )

    async def _close(self, spider: Spider, reason: str) -> None:
        self._stopping.cease()
        try:
            await self._end(reason)
        except StorageError as error:
            logger.warning("the next crawl takes up what this one could not finish: %s", error)
            self.failure = self.failure or error
        try:
            await self.archivist.close()
            await asyncio.to_thread(self._finish_takedowns)
            if self._follower:
                await asyncio.to_thread(self._follower.finish)
        except StorageError as error:
            self.failure = self.failure or error
        finally:
            self._held.close()

    async def _end(self, reason: str) -> None:
        if not await self.archivist.finish():
            logger.warning("the next crawl takes up records of this one that have no rows yet")
            return
        await self.frontier.release()
        for source_id, queue in self.frontier.queues.items():
            tally = self.progress.tallies[queue.source.name]
            tally.waiting = await self.frontier.count_waiting(source_id)
        outcome = "failed" if self.progress.failed else "done"
        await self.archivist.in_database(
            self._repository.finish_run,
            self.archivist.run_id,
            outcome if reason == "finished" else "interrupted",
            self.progress.summary(),
            datetime.now(UTC),
        )


def _follow_index(home: Home, held: ExitStack) -> Follower:
    from archive.index.article_index import ArticleIndex  # noqa: PLC0415 - loads tantivy

    engine = open_engine(home.database_url, read_only=True, pool_size=1)
    held.callback(engine.dispose)
    follower = Follower(ArticleIndex(home.index, engine), FOLLOW_EVERY_S).start()
    held.callback(follower.close)
    return follower


def _traps_of(source: Source, source_id: int, table: FrontierTable, now: datetime) -> Traps:
    """What is known of a source's traps; what a higher limit takes back is made due again."""
    traps = Traps(usual_limit(source.trap_limit), sites_of(source))
    reopened = traps.recall(table.traps(source_id))
    if reopened:
        table.reopen(source_id, reopened, pattern_of, now)
    return traps
