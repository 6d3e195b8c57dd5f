"""How far a long command is: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

LINE_EVERY_S = 10.0


class Watcher(Protocol):
    """Shows how far something is."""

    def begin(self, what: str, total: int | None) -> None:
        """A step of that many bytes or pages begins; None where nobody knows how many bytes."""

    def reach(self, done: int) -> None:
        """The step has come that far."""


class Unwatched:
    """Shows nothing (`Watcher`)."""

    def begin(self, what: str, total: int | None) -> None:
        """A step begins."""

    def reach(self, done: int) -> None:
        """The step has come that far."""


class Bar:
    """A bar with the time left on a terminal, a line now and then elsewhere."""

    def __init__(self, console: Console) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
        self.progress = Progress(
            *columns, console=console, transient=True, disable=not console.is_terminal
        )
        self._console = console
        self._task: TaskID | None = None
        self._what = ""
        self._total: int | None = None
        self._began = self._told = monotonic()

    def begin(self, what: str, total: int | None) -> None:
        """A step begins (`Watcher`)."""
        self._what, self._total = what, total
        self._began = self._told = monotonic()
        if self._task is not None:
            self.progress.remove_task(self._task)
        self._task = self.progress.add_task(what, total=total)

    def reach(self, done: int) -> None:
        """The step has come that far."""
        if self._task is not None:
            self.progress.update(self._task, completed=done)
        if not self._console.is_terminal and monotonic() - self._told >= LINE_EVERY_S:
            self._told = monotonic()
            self._console.print(self._line(done), soft_wrap=True)

    def _line(self, done: int) -> str:
        if not self._total or not done:
            return f"{self._what}: {done / 1e6:.0f} MB"
        share = done / self._total
        left_s = (monotonic() - self._began) * (1 - share) / share
        return f"{self._what}: {share:.0%}, about {max(left_s, 1):.0f} s left"


@contextmanager
def showing_bar() -> Iterator[Bar]:
    """Show a bar on standard error while the block runs."""
    bar = Bar(Console(stderr=True, highlight=False))
    with bar.progress:
        yield bar
