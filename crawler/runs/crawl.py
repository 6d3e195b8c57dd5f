"""`kliping crawl`: the ordinary Scrapy spider, run with an archive's settings and a display."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from scrapy.crawler import Crawler, CrawlerProcess
from scrapy.settings import Settings
from twisted.python.failure import Failure

from archive.home import Home, open_home, refused
from crawler.runs.crawl_request import Task
from crawler.runs.display import showing
from crawler.runs.session import ArchiveRun
from crawler.sources.selection import select_sources


def run_crawl(path: Path, names: Sequence[str], *, ask_lists: bool = False) -> int:
    """Crawl the sources in `names` (all where it is empty); the exit code.

    `ask_lists` asks every feed, sitemap and front page, whatever their pace.

    Raises:
        HomeError, ConfigError, SourceError: something a person must change.
        LockedError: another run is at work on one of the sources.
        StorageError: the disk or the database refused; the next crawl goes on from there.
    """
    home = open_home(path)
    select_sources(home, names)
    console = Console()
    run, finished = run_task(home, Task(tuple(names), ask_lists=ask_lists), console)
    if not finished:
        console.print("Interrupted; the next `kliping crawl` goes on from here.")
    return exit_code(run, console, finished=finished)


def run_task(home: Home, task: Task, console: Console) -> tuple[ArchiveRun, bool]:
    """Run the spider to its end, showing how far it is; the run, and whether it came to its end.

    Raises:
        SourceError, LockedError, StorageError: as `run_crawl` does.
    """
    logging.raiseExceptions = False  # a log that a full disk refuses is not worth a flood of words
    process = CrawlerProcess(scrapy_settings(home, str(task).partition(" ")[0]))
    crawler = process.create_crawler("news")
    _start(process, crawler, task)
    run = ArchiveRun.of(crawler)
    with showing(run.progress, console):
        process.start()
    reason = crawler.stats.get_value("finish_reason") if crawler.stats is not None else None
    return run, reason == "finished"


def exit_code(run: ArchiveRun, console: Console, *, finished: bool) -> int:
    """The exit code of a run, after a word on where its log is.

    Raises:
        StorageError: it ended because the disk or the database refused.
    """
    if run.progress.errors or run.progress.messages:
        console.print(f"Log: {run.crawler.settings['LOG_FILE']}", soft_wrap=True)
    if run.failure is not None:
        raise run.failure
    return 0 if finished and not run.progress.failed else 1


def scrapy_settings(home: Home, log_name: str) -> Settings:
    """The project's Scrapy settings for the archive in `home`, logging to a file of that name."""
    settings = Settings()
    settings.setmodule("crawler.settings", priority="project")
    try:
        home.logs.mkdir(exist_ok=True)
    except OSError as error:
        raise refused(home.logs, error) from error
    log = home.logs / f"{log_name}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.log"
    settings.set("KLIPING_HOME", str(home.path), priority="cmdline")
    settings.set("LOG_FILE", str(log), priority="cmdline")
    return settings


def _start(process: CrawlerProcess, crawler: Crawler, task: Task) -> None:
    """Begin the crawl; what keeps it from beginning is raised here, not logged."""
    failures: list[Failure] = []
    crawling = process.crawl(crawler, task=task)
    crawling.addErrback(failures.append)
    if failures:
        failures[0].raiseException()
