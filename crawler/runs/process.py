"""Runs Scrapy for a command: its settings for an archive, and the one spider on a run that is open.

Importing this loads Scrapy, so the commands do it when they have their locks.
"""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from scrapy.crawler import Crawler, CrawlerProcess
from scrapy.settings import Settings
from twisted.python.failure import Failure

from archive.home import Home
from crawler.runs.display import showing
from crawler.runs.extension import RunExtension
from crawler.runs.opening import OpenRun


class SpiderProcess:
    """The spider on an open run, from its start to its end."""

    def __init__(self, run: OpenRun, log: Path) -> None:
        self._process = CrawlerProcess(scrapy_settings(run.home, log))
        self._crawler = self._process.create_crawler("news")
        _start(self._process, self._crawler, run)
        self.extension = RunExtension.of(self._crawler)

    def run(self, console: Console) -> bool:
        """Fetch, showing how far it is; whether it came to its end."""
        with showing(self.extension.session.progress, console):
            self._process.start()
        assert self._crawler.stats is not None  # it ran
        reason: str = self._crawler.stats.get_value("finish_reason")
        return reason == "finished"


def scrapy_settings(home: Home, log: Path) -> Settings:
    """The project's Scrapy settings for the archive in `home`, logging to `log`."""
    settings = Settings()
    settings.setmodule("crawler.settings", priority="project")
    settings.set("KLIPING_HOME", str(home.path), priority="cmdline")
    settings.set("LOG_FILE", str(log), priority="cmdline")
    return settings


def _start(process: CrawlerProcess, crawler: Crawler, run: OpenRun) -> None:
    """Begin the crawl; what keeps it from beginning is raised here, not logged."""
    failures: list[Failure] = []
    crawling = process.crawl(crawler, task=run.task, opened=run)
    crawling.addErrback(failures.append)
    if failures:
        failures[0].raiseException()
