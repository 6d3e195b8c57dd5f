"""`kliping crawl`: opens a run, then starts Scrapy on it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from archive.errors import RunInterruptedError, StorageError
from archive.home import Home, open_home
from crawler.runs.crawl_request import Task
from crawler.runs.interrupts import InterruptibleWatcher, Interrupts
from crawler.runs.log_file import log_file, logging_to
from crawler.runs.opening import OpenRun, open_run
from crawler.runs.session import RunSession
from pipelines.progress_bar import showing_bar


@dataclass(frozen=True, slots=True)
class EndedRun:
    """A run that Scrapy has ended."""

    session: RunSession
    log: Path
    is_finished: bool
    """Whether it came to its end: nothing is left to fetch for now."""
    failure: StorageError | None


def run_crawl(path: Path, names: Sequence[str], *, ask_lists: bool = False) -> int:
    """Crawl the sources in `names` (all where it is empty); the exit code.

    `ask_lists` asks every feed, sitemap and front page, whatever their pace.

    Raises:
        HomeError, ConfigError, SourceError: something a person must change.
        LockedError: another run is at work on one of the sources.
        StorageError: the disk or the database refused; the next crawl goes on from there.
        RunInterruptedError: it was told to end before it fetched anything.
    """
    console = Console()
    ended = run_task(open_home(path), Task(tuple(names), ask_lists=ask_lists), console)
    if not ended.is_finished:
        console.print("Interrupted; the next `kliping crawl` goes on from here.")
    return report_end(ended, console)


def run_task(home: Home, task: Task, console: Console) -> EndedRun:
    """Run the spider to its end, showing how far it is.

    Raises:
        SourceError, ConfigError, LockedError, StorageError, RunInterruptedError: as `run_crawl`.
    """
    logging.raiseExceptions = False  # a log that a full disk refuses is not worth a flood of words
    with Interrupts() as interrupts:
        log = log_file(home, str(task).partition(" ")[0])
        run = _open(home, task, log, interrupts)
        from crawler.runs.process import SpiderProcess  # noqa: PLC0415 - loads Scrapy
    with run:
        _go_on(run, interrupts)
        process = SpiderProcess(run, log)
        is_finished = process.run(console)
    extension = process.extension
    return EndedRun(extension.session, log, is_finished, extension.guard.failure)


def report_end(ended: EndedRun, console: Console) -> int:
    """The exit code of a run, after a word on where its log is.

    Raises:
        StorageError: it ended because the disk or the database refused.
    """
    progress = ended.session.progress
    if progress.errors or progress.messages:
        console.print(f"Log: {ended.log}", soft_wrap=True)
    if ended.failure is not None:
        raise ended.failure
    return 0 if ended.is_finished and not progress.failed else 1


def _open(home: Home, task: Task, log: Path, interrupts: Interrupts) -> OpenRun:
    """Open the run, with a line on standard error where that takes a while."""
    with logging_to(log), showing_bar() as bar:
        run = open_run(home, task, InterruptibleWatcher(bar, interrupts))
        if run.recovered:
            bar.progress.console.print(
                f"Took up {run.recovered} captures that a killed run had left behind."
            )
    return run


def _go_on(run: OpenRun, interrupts: Interrupts) -> None:
    """Go on with a run, unless there was a signal while Scrapy was loaded.

    Raises:
        RunInterruptedError: there was one.
    """
    try:
        interrupts.check()
    except RunInterruptedError:
        run.abandon()
        raise
