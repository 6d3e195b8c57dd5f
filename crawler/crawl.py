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
from crawler.archive_run import ArchiveRun
from crawler.display import showing
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
    logging.raiseExceptions = False  # a log that a full disk refuses is not worth a flood of words
    process = CrawlerProcess(scrapy_settings(home, "crawl"))
    crawler = process.create_crawler("news")
    _start(process, crawler, names, ask_lists=ask_lists)
    run = ArchiveRun.of(crawler)
    console = Console()
    with showing(run.progress, console):
        process.start()
    finished = crawler.stats is not None and crawler.stats.get_value("finish_reason") == "finished"
    if not finished:
        console.print("Interrupted; the next `kliping crawl` goes on from here.")
    if run.progress.errors or run.progress.messages:
        console.print(f"Log: {crawler.settings['LOG_FILE']}", soft_wrap=True)
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


def _start(
    process: CrawlerProcess, crawler: Crawler, names: Sequence[str], *, ask_lists: bool
) -> None:
    """Begin the crawl; what keeps it from beginning is raised here, not logged."""
    failures: list[Failure] = []
    crawling = process.crawl(crawler, source=",".join(names), ask_lists="1" if ask_lists else "")
    crawling.addErrback(failures.append)
    if failures:
        failures[0].raiseException()
