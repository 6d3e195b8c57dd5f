"""`kliping import` and `kliping repair` as people see them: progress, and what became of it all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from time import monotonic
from typing import Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from archive.cli import print_json
from archive.warc.verify import Problem
from pipelines.importing import Result
from pipelines.repair import Mended

LINE_EVERY_S = 10.0


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

    def begin(self, what: str, total_bytes: int | None) -> None:
        """A step begins (`pipelines.importing.Watcher`)."""
        self._what, self._total = what, total_bytes
        self._began = self._told = monotonic()
        if self._task is not None:
            self.progress.remove_task(self._task)
        self._task = self.progress.add_task(what, total=total_bytes)

    def reach(self, done_bytes: int) -> None:
        """The step has come that far."""
        if self._task is not None:
            self.progress.update(self._task, completed=done_bytes)
        if not self._console.is_terminal and monotonic() - self._told >= LINE_EVERY_S:
            self._told = monotonic()
            self._console.print(self._line(done_bytes), soft_wrap=True)

    def _line(self, done_bytes: int) -> str:
        if not self._total or not done_bytes:
            return f"{self._what}: {done_bytes / 1e6:.0f} MB"
        share = done_bytes / self._total
        left_s = (monotonic() - self._began) * (1 - share) / share
        return f"{self._what}: {share:.0%}, about {max(left_s, 1):.0f} s left"


@contextmanager
def showing_bar() -> Iterator[Bar]:
    """Show a bar on standard error while the block runs."""
    bar = Bar(Console(stderr=True, highlight=False))
    with bar.progress:
        yield bar


def report_import(results: Iterable[Result], *, as_json: bool) -> int:
    """Tell what became of each file; the exit code."""
    failed = 0
    for result in results:
        failed += bool(result.refused)
        if as_json:
            print_json(_facts(result))
        else:
            _tell(result)
    return 1 if failed else 0


def report_repair(results: Iterable[Mended | Problem], *, as_json: bool) -> int:
    """Tell what was mended and what is still wrong; the exit code."""
    mended = remaining = 0
    for result in results:
        is_mended = isinstance(result, Mended)
        mended += is_mended
        remaining += not is_mended
        if as_json:
            print_json({"mended": is_mended, **asdict(result)})
        elif is_mended:
            typer.echo(str(result))
        else:
            typer.secho(f"still wrong: {result}", fg="red", err=True)
    if not as_json:
        typer.echo(_summed_up(mended, remaining))
    return 1 if remaining else 0


def _summed_up(mended: int, remaining: int) -> str:
    if remaining:
        return f"{remaining} problems remain that cannot be mended."
    return "The archive is sound." if mended else "There was nothing to mend; the archive is sound."


def _tell(result: Result) -> None:
    if result.refused:
        typer.secho(f"{result.address}: refused; nothing was taken from it:", fg="red", err=True)
        _list(result.refused)
        if all(isinstance(each, Problem) for each in result.refused):
            hint = "  (`--accept-damaged` takes what is sound in a damaged file)"
            typer.echo(hint, err=True)
        return
    tally = result.tally
    told = f"{result.address}: {tally.captures} captures, {tally.articles} articles"
    if result.known:
        told += f"; {result.known} captures were in the archive already"
    if result.file is None:
        told += "; there was nothing new in it"
    typer.echo(f"{told}." if result.file is None else f"{told}; kept as {result.file}.")
    if result.left_out:
        typer.secho(f"{result.address}: what is damaged was left out:", fg="yellow", err=True)
        _list(result.left_out)


def _list(reasons: Iterable[Problem | str]) -> None:
    for reason in reasons:
        typer.echo(f"  {reason}", err=True)


def _facts(result: Result) -> dict[str, Any]:
    facts = asdict(result)
    for reasons in ("left_out", "refused"):
        facts[reasons] = [_reason(each) for each in getattr(result, reasons)]
    return facts


def _reason(reason: Problem | str) -> dict[str, Any]:
    return asdict(reason) if isinstance(reason, Problem) else {"message": reason}
