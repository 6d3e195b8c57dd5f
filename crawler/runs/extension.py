"""The Scrapy extension that ties a crawl to its run: it puts the parts together and closes them.

The spider, the middlewares and the item pipeline find the archive through it
(`RunExtension.of(crawler)`). The commands hand over a run that is open already; where there is
none (`scrapy crawl news`), it opens one.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured

from archive.db.frontier import Lease
from archive.home import open_home
from crawler.middlewares.robots import robots_sitemaps
from crawler.runs.holdings import Holdings
from crawler.runs.index_follower import follow_index
from crawler.runs.opening import OpenRun, open_run
from crawler.runs.saver import ArchiveRecorder, Saver
from crawler.runs.session import open_session
from crawler.runs.shutdown import Stopping
from crawler.runs.write_guard import WriteGuard
from pipelines.archive_writer import Archivist
from pipelines.progress_bar import Unwatched

logger = logging.getLogger(__name__)


class RunExtension:
    """One run as Scrapy sees it."""

    def __init__(self, crawler: Crawler, run: OpenRun) -> None:
        self.run = run
        self._stopping = Stopping(crawler)
        self.guard = WriteGuard(self._stopping.begin)
        self._archivist = Archivist(run.repository, run.writer, run.pool, run.id)
        self.holdings = Holdings(run, self._archivist, self.guard)
        self.recorder = ArchiveRecorder(self._archivist, self.guard)
        self.session = open_session(run, self._archivist, self.guard)
        self.saver = Saver(self._archivist, self.session, self.guard)
        self._follower = follow_index(run)
        crawler.signals.connect(self._add_sitemaps, signal=robots_sitemaps)
        crawler.signals.connect(self._close, signal=signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """The extension of the run that the spider was given, or of one that is opened for it.

        Raises:
            NotConfigured: the spider is not one that crawls sources.
            SourceError, ConfigError, LockedError, StorageError: as `open_run` does.
        """
        task = getattr(crawler.spider, "task", None)
        if task is None:
            raise NotConfigured
        run = getattr(crawler.spider, "opened", None)
        if run is None:
            run = open_run(open_home(Path(crawler.settings["KLIPING_HOME"])), task, Unwatched())
        try:
            return cls(crawler, run)
        except BaseException:
            run.close()
            raise

    @classmethod
    def of(cls, crawler: Crawler) -> Self:
        """The extension of `crawler`, which has it because the settings put it there."""
        extension = crawler.get_extension(cls)
        if extension is None:
            raise RuntimeError("RunExtension is not on; see crawler/settings.py")
        return extension

    async def _add_sitemaps(self, urls: Sequence[str], robots_url: str, request: Request) -> None:
        """Take the sitemaps that a robots.txt names for the source that made us read it."""
        lease: Lease | None = request.cb_kwargs.get("lease")
        if lease is not None:
            await self.session.add_sitemaps(lease, urls, robots_url)

    async def _close(self, spider: Spider, reason: str) -> None:
        self._stopping.cease()
        with self.guard.closing():
            await self._end(reason)
        try:
            with self.guard.closing():
                await self._archivist.close()
                await asyncio.to_thread(self.run.finish_takedowns)
                if self._follower is not None:
                    await asyncio.to_thread(self._follower.finish)
        finally:
            self.run.close()

    async def _end(self, reason: str) -> None:
        """End the run's row, if everything that was fetched has rows."""
        if not await self._archivist.finish():
            logger.warning("the next crawl takes up records of this one that have no rows yet")
            return
        await self.session.close()
        outcome = "failed" if self.session.progress.failed else "done"
        await self._archivist.in_database(
            self.run.repository.finish_run,
            self.run.id,
            outcome if reason == "finished" else "interrupted",
            self.session.progress.summary(),
            datetime.now(UTC),
        )
