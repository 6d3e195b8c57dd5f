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
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Self

from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem, NotConfigured

from archive.db.engine import open_engine
from archive.db.frontier import FrontierTable, Lease
from archive.db.repository import Repository
from archive.errors import KlipingError, SourceError, StorageError
from archive.home import Home, open_home
from archive.model import Candidate, Capture, Exchange, FoundBy, Source, UrlKind, Visit
from archive.urls import normalise_url, same_site
from archive.warc.writer import WarcWriter
from crawler.frontier import Frontier, SourceQueue
from crawler.middlewares.robots import robots_sitemaps
from crawler.progress import Progress, Tally
from crawler.rebuild import Rebuilder
from crawler.sources import load_sources
from pipelines.archivist import Archivist
from pipelines.pool import ExtractionPool
from pipelines.recover import Recovery, run_lock

logger = logging.getLogger(__name__)

RECOVERY_WAIT_S = 3600.0
"""Longer than another run can need to ingest what a killed one left."""


class ArchiveRun:
    """One run of a crawl on one archive."""

    def __init__(self, crawler: Crawler, home: Home, names: Sequence[str]) -> None:
        self.crawler = crawler
        self.home = home
        self.failure: StorageError | None = None
        """What ended the crawl before its time."""
        self._leases: dict[str, Lease] = {}
        self._closing: asyncio.Task[None] | None = None
        sources = select_sources(home, names)
        with ExitStack() as held:
            self._open(sources, held)
            self._held = held.pop_all()
        self.progress = Progress({source.name: Tally() for source in sources})
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
        names = getattr(crawler.spider, "source_names", None)
        if names is None:
            raise NotConfigured
        return cls(crawler, open_home(Path(crawler.settings["KLIPING_HOME"])), names)

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

    async def save(self, captures: Sequence[Capture]) -> None:
        """Record captures that belong to no lease (`crawler.middlewares.capture.Recorder`)."""
        with self._storing():
            await self.archivist.save(captures)

    async def leases(self) -> AsyncIterator[Lease]:
        """The URLs to fetch; each lease ends with `save_visit` or `put_off`."""
        try:
            with self._storing():
                async for lease in self.frontier.leases():
                    if self.failure is not None:
                        return
                    self._leases[lease.url] = lease
                    yield lease
        except StorageError:
            return  # the crawl ends anyway

    async def add_candidates(self, source: str, candidates: Sequence[Candidate]) -> None:
        """Make URLs known to the frontier."""
        with self._storing():
            new = await self.frontier.add(self._source_ids[source], candidates)
        self.progress.tallies[source].found += new

    async def save_visit(self, visit: Visit) -> None:
        """Ingest a visit and tell the frontier that its URL is done."""
        lease = self._leases.pop(visit.url)
        try:
            # Candidates first: a crawl that is killed in between reads this list again.
            await self.add_candidates(visit.source, visit.candidates)
            tally = self.progress.tallies[visit.source]
            with self._storing():
                ingested = await self.archivist.ingest(
                    visit, source_id=lease.source_id, url_id=lease.url_id
                )
                tally.due = await self.frontier.count_due(lease.source_id)
            tally.count(ingested)
            if visit.kind is UrlKind.PAGE:
                logger.info("%s: %s: %s", visit.source, visit.url, ingested.verdict)
            for problem in (*visit.warnings, *([ingested.verdict] if visit.error else [])):
                if visit.kind is not UrlKind.PAGE:
                    self.tell(f"{visit.source}: {visit.url}: {problem}")
        except KlipingError as error:
            if not isinstance(error, StorageError):  # those are told once, by the first
                self.tell(f"{visit.source}: {visit.url}: {error}")
            raise DropItem(f"{visit.url} was not saved", log_level="DEBUG") from error
        finally:
            self.frontier.settled(lease, visit.retry_at)

    async def put_off(self, lease: Lease, until: datetime, reason: str) -> None:
        """Put off a whole source, whose host must not be asked anything before `until`."""
        del self._leases[lease.url]
        source = self.source(lease).name
        message = f"{source}: {reason}; nothing more is asked before {until:%Y-%m-%d %H:%M} UTC"
        if message not in self.progress.messages:
            self.tell(message)
        self.progress.tallies[source].lists_failed += lease.kind is not UrlKind.PAGE
        with self._storing():
            await self.frontier.put_off(lease, until, reason)

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
        await self.add_candidates(self.source(lease).name, candidates)

    def tell(self, message: str) -> None:
        """Tell people of a failure, in the log and on the display."""
        logger.warning(message)
        self.progress.messages.append(message)

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
            self._stop(error)
            raise

    def _stop(self, error: StorageError) -> None:
        if self.failure is not None:
            return
        self.failure = error
        logger.error("the crawl ends here: %s", error)
        engine = self.crawler.engine
        if engine is not None and engine.spider is not None and self._closing is None:
            self._closing = asyncio.ensure_future(engine.close_spider_async(reason="storage"))

    def _open(self, sources: Sequence[Source], held: ExitStack) -> None:
        """Lock the sources, take up what dead runs left, and begin this one."""
        held.enter_context(self.home.lock(source.name for source in sources))
        now = datetime.now(UTC)
        engine = open_engine(self.home.database_url)
        held.callback(engine.dispose)
        self._repository = Repository(engine)
        self._source_ids = self._repository.refresh_sources(sources, now)
        table = FrontierTable(engine)
        pool = ExtractionPool(self.home.config.crawl.workers)
        held.callback(pool.close)
        run_id = self._start_run(table, pool, held)
        self.archivist = Archivist(self._repository, self._open_writer(run_id), pool, run_id)
        self.frontier = self._open_frontier(sources, table, now)

    def _start_run(self, table: FrontierTable, pool: ExtractionPool, held: ExitStack) -> int:
        """Take up what dead runs left, and begin this one; its id."""
        rebuilder = Rebuilder(load_sources(self.home.sources), self._repository, table)
        recovery = Recovery(self.home, self._repository, table, pool, rebuilder)
        # One run at a time looks for dead ones, or it might take one that just begins for dead.
        with self.home.lock(["recovery"], wait_s=RECOVERY_WAIT_S):
            recovered = recovery.run()
            run_id = self._repository.start_run("crawl", version("kliping"), datetime.now(UTC))
            held.enter_context(self.home.lock([run_lock(run_id)]))
        if recovered:
            logger.warning("took up %d captures that a killed run left behind", recovered)
        return run_id

    def _open_writer(self, run_id: int) -> WarcWriter:
        crawl = self.home.config.crawl
        max_bytes = self.home.config.archive.warc_max_bytes
        return WarcWriter(self.home.warc, str(run_id), operator=crawl.contact, max_bytes=max_bytes)

    def _open_frontier(
        self, sources: Sequence[Source], table: FrontierTable, now: datetime
    ) -> Frontier:
        crawl = self.home.config.crawl
        queues = {}
        for source in sources:
            source_id = self._source_ids[source.name]
            table.begin(source_id, source.seeds, now)
            limit = crawl.max_pages if source.max_pages is None else source.max_pages
            queues[source_id] = SourceQueue(source, source_id, limit or float("inf"))
        window = 2 * crawl.host_concurrency
        return Frontier(table, self.archivist, queues, window, patience_s=crawl.retry_wait_s)

    async def _close(self, spider: Spider, reason: str) -> None:
        try:
            with self._storing():
                await self._end(reason)
        except StorageError:
            logger.warning("the next crawl takes up what this one could not finish")
        try:
            await self.archivist.close()
        except StorageError as error:
            self._stop(error)
        finally:
            self._held.close()

    async def _end(self, reason: str) -> None:
        await self.frontier.release()
        if not await self.archivist.finish():
            logger.warning("the next crawl takes up records of this one that have no rows yet")
            return
        outcome = "failed" if self.progress.failed_sources else "done"
        await self.archivist.in_database(
            self._repository.finish_run,
            self.archivist.run_id,
            outcome if reason == "finished" else "interrupted",
            self.progress.summary(),
            datetime.now(UTC),
        )


def select_sources(home: Home, names: Sequence[str]) -> list[Source]:
    """The sources of `home` that `names` ask for; all where it is empty.

    Raises:
        SourceError: there is no such source, or none at all.
    """
    known = {source.name: source for source in load_sources(home.sources)}
    if not known:
        raise SourceError(f"{home.path}: no sources yet; add one with `kliping sources add URL`")
    for name in names:
        if name not in known:
            raise SourceError(f"no source {name!r} in {home.sources}; there is {', '.join(known)}")
    return [known[name] for name in names] if names else list(known.values())
