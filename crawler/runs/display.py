"""Shows a crawl: a live table on a terminal, plain lines elsewhere, and a table at the end."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from crawler.runs.progress import Progress

STATUS_EVERY_S = 10.0
_COLUMNS = ("found", "fetched", "articles", "requisites", "missing", "errors", "waiting")
ONLY_IF_ANY = ("requisites", "missing")
"""Columns of crawls with `capture = "page"`."""


@contextmanager
def showing(progress: Progress, console: Console) -> Iterator[None]:
    """Show `progress` while the block runs, and a table of it at the end."""
    printer = _MessagePrinter(progress, console)
    if console.is_terminal:
        live = Live(
            get_renderable=lambda: _live(progress, printer), console=console, transient=True
        )
        with live:
            yield
    else:
        with _printing_lines(progress, printer, console):
            yield
    printer.print_new()
    console.print(table(progress))


def table(progress: Progress) -> Table:
    """Counts by source."""
    columns = _columns(progress)
    shown = Table(box=None, header_style="bold")
    shown.add_column("source", no_wrap=True)
    for name in columns:
        shown.add_column(name, justify="right")
    shown.add_column("")
    for source, tally in progress.tallies.items():
        counts = [str(getattr(tally, name)) for name in columns]
        shown.add_row(source, *counts, "[red]failed" if tally.failed else "")
    return shown


def pace(progress: Progress) -> str:
    """Rate and, where it is known, the time left."""
    left = progress.seconds_left()
    remaining = f", about {_duration(left)} left" if left is not None else ""
    return f"{progress.pages_a_second():.1f} pages/s{remaining}"


def line(progress: Progress) -> str:
    """All sources together, on one line."""
    tallies = progress.tallies.values()
    columns = _columns(progress)
    counts = (f"{name} {sum(getattr(tally, name) for tally in tallies)}" for name in columns)
    return f"crawl: {', '.join(counts)}; {pace(progress)}"


def _columns(progress: Progress) -> list[str]:
    tallies = progress.tallies.values()
    return [
        name
        for name in _COLUMNS
        if name not in ONLY_IF_ANY or any(getattr(tally, name) for tally in tallies)
    ]


class _MessagePrinter:
    """Prints each message of a progress once."""

    def __init__(self, progress: Progress, console: Console) -> None:
        self._progress = progress
        self._console = console
        self._printed = 0

    def print_new(self) -> None:
        new = self._progress.messages[self._printed :]
        self._printed += len(new)
        for message in new:
            self._console.print(Text(message), style="yellow", soft_wrap=True)


def _live(progress: Progress, printer: _MessagePrinter) -> Group:
    printer.print_new()
    return Group(table(progress), Text(pace(progress), style="dim"))


@contextmanager
def _printing_lines(
    progress: Progress, printer: _MessagePrinter, console: Console
) -> Iterator[None]:
    ended = threading.Event()

    def print_until_ended() -> None:
        while not ended.wait(STATUS_EVERY_S):
            printer.print_new()
            console.print(line(progress), soft_wrap=True)

    thread = threading.Thread(target=print_until_ended, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
