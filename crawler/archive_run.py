"""The Scrapy extension that ties one crawl to the archive.

The spider, the capture middleware and the item pipeline find the archive through it
(`crawler.get_extension(ArchiveRun)`). It begins by taking the sources' locks, mending what a
killed run left behind and opening the WARC writer; the end of the spider closes all in order.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured

from archive.db.engine import open_engine
from archive.db.frontier import FrontierTable, Lease
from archive.db.repository import Repository
from archive.errors import KlipingError, SourceError
from archive.home import Home, open_home
from archive.model import Candidate, Capture, Exchange, FoundBy, Source, UrlKind, Visit
from archive.urls import normalise_url, same_site
from archive.warc.writer import WarcWriter
from crawler.discovery import discoverer_of
from crawler.frontier import LISTS, Frontier, SourceQueue
from crawler.middlewares.robots import robots_sitemaps
from crawler.progress import Progress, Tally
from crawler.sources import load_sources
from pipelines.archivist import Archivist
from pipelines.pool import ExtractionPool
from pipelines.recover import recover, run_lock

logger = logging.getLogger(__name__)

RECOVERY_WAIT_S = 3600.0
"""Longer than another run can need to ingest what a killed one left."""


class ArchiveRun:
    """One run of a crawl on one archive."""

    def __init__(self, crawler: Crawler, home: Home, names: Sequence[str]) -> None:
        self.crawler = crawler
        self.home = home
        self._leases: dict[str, Lease] = {}
        self._held = ExitStack()
        sources = select_sources(home, names)
        self._held.enter_context(home.lock(source.name for source in sources))
        now = datetime.now(UTC)
        engine = open_engine(home.database_url)
        self._held.callback(engine.dispose)
        self._repository = Repository(engine)
        self._source_ids = self._repository.refresh_sources(sources, now)
        table = FrontierTable(engine)
        run_id, writer = self._start_run(table, now)
        pool = ExtractionPool(home.config.crawl.workers)
        self.archivist = Archivist(self._repository, writer, pool, run_id)
        self.frontier = self._open_frontier(sources, table, now)
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
        return await self.archivist.append(exchange)

    async def save(self, captures: Sequence[Capture]) -> None:
        """Record captures that belong to no lease (`crawler.middlewares.capture.Recorder`)."""
        await self.archivist.save(captures)

    def took(self, lease: Lease) -> None:
        """Remember a lease until its visit is saved."""
        self._leases[lease.url] = lease

    async def add_candidates(self, source: str, candidates: Sequence[Candidate]) -> None:
        """Make URLs known to the frontier."""
        new = await self.frontier.add(self._source_ids[source], candidates)
        if any(candidate.kind is not UrlKind.REQUISITE for candidate in candidates):
            self.progress.tallies[source].found += new

    async def save_visit(self, visit: Visit) -> None:
        """Ingest a visit and tell the frontier that its URL is done."""
        lease = self._leases.pop(visit.url)
        try:
            # Candidates first: a crawl that is killed in between reads this list again.
            await self.add_candidates(visit.source, visit.candidates)
            ingested = await self.archivist.ingest(
                visit, source_id=lease.source_id, url_id=lease.url_id
            )
            tally = self.progress.tallies[visit.source]
            tally.count(ingested)
            tally.due = self.frontier.queues[lease.source_id].due
            if visit.kind not in LISTS:
                logger.info("%s: %s: %s", visit.source, visit.url, ingested.verdict)
            for problem in (*visit.warnings, *([ingested.verdict] if visit.error else [])):
                if visit.kind in LISTS:
                    self.tell(f"{visit.source}: {visit.url}: {problem}")
        except KlipingError as error:
            self.tell(f"{visit.source}: {visit.url}: {error}")
            raise
        finally:
            self.frontier.settled(lease, visit.retry_at)

    def pauses_source(self, lease: Lease, url: str) -> bool:
        """Whether a pause of the host of `url` is one for the source: that of a CDN is not."""
        site = self.source(lease).url
        return lease.kind is not UrlKind.REQUISITE or urlsplit(url).netloc == urlsplit(site).netloc

    async def put_off(self, lease: Lease, until: datetime, reason: str) -> None:
        """Put off a whole source, whose host must not be asked anything before `until`."""
        del self._leases[lease.url]
        source = self.source(lease).name
        message = f"{source}: {reason}; nothing more is asked before {until:%Y-%m-%d %H:%M} UTC"
        if message not in self.progress.messages:
            self.tell(message)
        self.progress.tallies[source].lists_failed += lease.kind in LISTS
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

    def _start_run(self, table: FrontierTable, now: datetime) -> tuple[int, WarcWriter]:
        """Begin this run and take up what dead ones left; its id and its WARC writer."""
        # One run at a time looks for dead ones, or it might take one that just begins for dead.
        with self.home.lock(["recovery"], wait_s=RECOVERY_WAIT_S):
            run_id = self._repository.start_run("crawl", version("kliping"), now)
            self._held.enter_context(self.home.lock([run_lock(run_id)]))
            config = self.home.config
            writer = WarcWriter(
                self.home.warc,
                str(run_id),
                operator=config.crawl.contact,
                max_bytes=config.archive.warc_max_bytes,
            )
            recovered = recover(self.home, self._repository, table, writer, self._requisites_of)
        if recovered:
            logger.warning("took up %d captures that a killed run left behind", recovered)
        return run_id, writer

    def _requisites_of(self, visit: Visit, lease: Lease) -> Sequence[Candidate]:
        """What the page of a visit that a killed run left behind needs."""
        sources = {self._source_ids.get(each.name): each for each in select_sources(self.home, ())}
        source = sources.get(lease.source_id)
        discover = discoverer_of(lease.kind, lease.found_by, source) if source else None
        if source is None or discover is None or visit.body is None:
            return ()
        content_type = dict(visit.headers).get("Content-Type")
        found = discover(visit.body, visit.final_url, content_type=content_type, source=source)
        return found.candidates

    def _open_frontier(
        self, sources: Sequence[Source], table: FrontierTable, now: datetime
    ) -> Frontier:
        crawl = self.home.config.crawl
        queues = {}
        for source in sources:
            source_id = self._source_ids[source.name]
            table.begin(source_id, source.seeds, now)
            limit = crawl.max_pages if source.max_pages is None else source.max_pages
            due = table.count_due(source_id, now)
            queues[source_id] = SourceQueue(source, source_id, limit or float("inf"), due)
        window = 2 * crawl.host_concurrency
        return Frontier(table, self.archivist, queues, window, patience_s=crawl.retry_wait_s)

    async def _close(self, spider: Spider, reason: str) -> None:
        await self.frontier.release()
        outcome = "failed" if self.progress.failed_sources else "done"
        await self.archivist.in_database(
            self._repository.finish_run,
            self.archivist.run_id,
            outcome if reason == "finished" else "interrupted",
            self.progress.summary(),
            datetime.now(UTC),
        )
        await self.archivist.close()
        self._held.close()


def select_sources(home: Home, names: Sequence[str]) -> list[Source]:
    """The sources of `home` that `names` ask for; all where it is empty.

    Where a source does not say what to capture, the archive's setting does.

    Raises:
        SourceError: there is no such source, or none at all.
    """
    default = home.config.crawl.capture
    known = {
        source.name: replace(source, capture=source.capture or default)
        for source in load_sources(home.sources)
    }
    if not known:
        raise SourceError(f"{home.path}: no sources yet; add one with `kliping sources add URL`")
    for name in names:
        if name not in known:
            raise SourceError(f"no source {name!r} in {home.sources}; there is {', '.join(known)}")
    return [known[name] for name in names] if names else list(known.values())
