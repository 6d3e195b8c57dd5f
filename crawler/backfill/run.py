"""`kliping backfill`: the ordinary spider by the plan of a backfill, and what it found."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from rich.console import Console

from archive.errors import WrongUseError
from archive.home import open_home
from crawler.backfill.report import print_report, report_of
from crawler.discovery.span import Span
from crawler.runs.crawl import report_end, run_task
from crawler.runs.crawl_request import Task


def span_of(first: date, last: date | None) -> Span:
    """The days between two dates, or up to today without a last one.

    Raises:
        WrongUseError: the last one is before the first.
    """
    last = last or datetime.now(UTC).date()
    if last < first:
        raise WrongUseError(f"--to {last} is before --from {first}")
    return Span(first, last)


def run_backfill(path: Path, name: str, first: date, last: date | None) -> int:
    """Find and archive what a source published between two days.

    Returns:
        The exit code.

    Raises:
        WrongUseError, HomeError, ConfigError, SourceError: something a person must change.
        LockedError: another run is at work on the source.
        StorageError: the disk or the database refused; the same command goes on from there.
        RunInterruptedError: it was told to end before it fetched anything.
    """
    span = span_of(first, last)
    console = Console()
    task = Task((name,), span=span, is_open=last is None)
    ended = run_task(open_home(path), task, console)
    assert ended.session.course is not None  # the task has a span
    print_report(report_of(ended.session.course), console)
    if not ended.is_finished:
        console.print("Interrupted; the same command goes on from here.")
    return report_end(ended, console)
