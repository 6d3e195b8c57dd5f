"""Opens a run: its locks, what dead runs left behind, its row and its WARC writer.

Called by the commands before Scrapy is loaded, so that a locked archive is reported at once, and a
long recovery is visible and can be interrupted; `scrapy crawl` calls it through the
extension. What was recovered stays so: a run that is interrupted here loses nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from time import monotonic
from typing import Self

from sqlalchemy import Engine

from archive.db.engine import open_engine
from archive.db.frontier import FrontierTable
from archive.db.repository import Repository
from archive.errors import LockedError, RunInterruptedError
from archive.home import Home, run_lock
from archive.takedown.erase import finish_takedowns
from archive.warc.writer import WarcWriter
from crawler.cache_headers import pace_of
from crawler.record_replay import VisitRebuilder
from crawler.rendering.program import find_browser
from crawler.runs.crawl_request import Task
from crawler.sources.selection import Selected, select_sources
from pipelines.ingest.intake_run import RECOVERY_WAIT_S
from pipelines.ingest.recover import Recovery
from pipelines.pool import ExtractionPool
from pipelines.progress_bar import Watcher

logger = logging.getLogger(__name__)

_LOOK_EVERY_S = 1.0
"""At the lock of a recovery, and whether there was a signal."""


@dataclass(frozen=True, slots=True)
class OpenRun:
    """A run that may fetch: it holds its locks until it is closed."""

    home: Home
    task: Task
    selected: Selected
    source_ids: dict[str, int]
    """By the names of its sources."""
    repository: Repository
    pool: ExtractionPool
    id: int
    writer: WarcWriter
    began_at: datetime
    recovered: int
    """Captures that dead runs had left behind."""
    resources: ExitStack
    """Closed with the run, last first."""

    @property
    def engine(self) -> Engine:
        return self.repository.engine

    def finish_takedowns(self) -> None:
        """Do what is left to do of takedowns, and log what cannot be done."""
        _finish_takedowns(self.home, self.engine)

    def abandon(self) -> None:
        """End the run, which has fetched nothing."""
        _end_unused(self.repository, self.id, self.writer)

    def close(self) -> None:
        """Let go of everything; once more does nothing. The run's row is not ended by this."""
        self.resources.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_run(home: Home, task: Task, watcher: Watcher) -> OpenRun:
    """Open the run of a task, and take up what dead runs left behind.

    Raises:
        SourceError: there is no such source, or none at all.
        ConfigError: a source must be rendered, and there is no browser.
        LockedError: another run is at work on one of the sources.
        StorageError: the database or the disk refuses.
        RunInterruptedError: `watcher` raised it; what was taken up by then stays so.
    """
    selected = select_sources(home, task.names)
    if any(source.render for source in selected.sources):
        find_browser(home.config.crawl.browser)  # a missing one is reported before anything begins
    with ExitStack() as held:
        held.enter_context(home.lock(source.name for source in selected.sources))
        began_at = datetime.now(UTC)
        engine = open_engine(home.database_url)
        held.callback(engine.dispose)
        repository = Repository(engine, pace_of(home.config.crawl))
        source_ids = repository.refresh_sources(selected.sources, began_at)
        pool = ExtractionPool(home.config.crawl.workers)
        held.callback(pool.close)
        opening = _Opening(home, repository, pool, watcher)
        with _one_recovery(home, watcher):
            run_id, writer, recovered = opening.begin(task, held)
            _finish_takedowns(home, engine)
        return OpenRun(
            home, task, selected, source_ids, repository, pool, run_id, writer, began_at,
            recovered, held.pop_all(),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Opening:
    """What a run's row and its recovery are made with."""

    home: Home
    repository: Repository
    pool: ExtractionPool
    watcher: Watcher

    def begin(self, task: Task, held: ExitStack) -> tuple[int, WarcWriter, int]:
        """Begin the run and recover; its id, its writer, how many captures were recovered."""
        recovery = self._recovery()
        self.watcher.begin("looking for what killed runs left behind", None)
        recovery.adopt()
        run_id = self.repository.start_run(str(task), version("kliping"), datetime.now(UTC))
        held.enter_context(self.home.lock([run_lock(run_id)]))
        writer = self._writer(run_id)
        try:
            recovered = recovery.run(run_id, writer, self.watcher)
        except RunInterruptedError:
            _end_unused(self.repository, run_id, writer)
            raise
        if recovered:
            logger.warning("took up %d captures that a killed run left behind", recovered)
        return run_id, writer, recovered

    def _recovery(self) -> Recovery:
        table = FrontierTable(self.repository.engine)
        rebuilder = VisitRebuilder(
            lambda: select_sources(self.home, ()).sources, self.repository, table
        )
        return Recovery(self.home, self.repository, table, self.pool, rebuilder)

    def _writer(self, run_id: int) -> WarcWriter:
        config = self.home.config
        return WarcWriter(
            self.home.warc,
            str(run_id),
            operator=config.crawl.contact,
            max_bytes=config.archive.warc_max_bytes,
        )


def _finish_takedowns(home: Home, engine: Engine) -> None:
    for problem in finish_takedowns(home, engine):
        logger.warning(problem)


def _end_unused(repository: Repository, run_id: int, writer: WarcWriter) -> None:
    writer.close()
    repository.finish_run(run_id, "interrupted", {}, datetime.now(UTC))


@contextmanager
def _one_recovery(home: Home, watcher: Watcher) -> Iterator[None]:
    """Hold the lock of recoveries: a second one might take a run that just begins for dead.

    Raises:
        LockedError: another one takes longer than it can.
        RunInterruptedError: `watcher` raised it.
    """
    ends_at = monotonic() + RECOVERY_WAIT_S
    with ExitStack() as held:
        while True:
            try:
                held.enter_context(home.lock(["recovery"], wait_s=_LOOK_EVERY_S))
                break
            except LockedError:
                if monotonic() > ends_at:
                    raise
                watcher.begin("waiting for another run, which takes up what killed ones left", None)
        yield
