"""Output of `kliping reextract`: what became of which page, and how many there were."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import typer
from rich.console import Console
from rich.table import Table

from archive.cli.options import print_json
from archive.db.reextraction import Rereading
from pipelines.ingest.reextract import RereadPage
from pipelines.line_diff import line_diff, lines_of

FAILED = (Rereading.LOST, Rereading.UNREADABLE)


def report_reextraction(results: Iterable[RereadPage], *, as_json: bool, dry_run: bool) -> int:
    """Print what became of the pages.

    Returns:
        The exit code.
    """
    tallies: dict[str, Counter[Rereading]] = {}
    for result in results:
        change = result.reread.change
        tallies.setdefault(result.source, Counter())[change] += 1
        if change is Rereading.UNCHANGED:
            continue
        if as_json:
            print_json(_facts(result))
        elif change in FAILED or dry_run:
            _tell(result)
    if not as_json:
        _print_table(tallies, dry_run=dry_run)
    return 1 if any(tally[change] for tally in tallies.values() for change in FAILED) else 0


def _tell(result: RereadPage) -> None:
    reread = result.reread
    if reread.change in FAILED:
        kept = "; what was read before stays" if reread.article_id else ""
        problem = f"{reread.page.url}: {reread.change}: {result.reason}{kept}"
        typer.secho(problem, fg="red", err=True)
        return
    changes = line_diff(reread.before, result.after)
    gone, came = len(lines_of(changes, "-")), len(lines_of(changes, "+"))
    difference = f"-{gone} +{came} lines" if changes else "facts only"
    typer.echo(f"{reread.change}: {reread.page.url} ({difference})")


def _facts(result: RereadPage) -> dict[str, Any]:
    reread = result.reread
    changes = line_diff(reread.before, result.after) if reread.change not in FAILED else []
    return {
        "source": result.source,
        "url": reread.page.url,
        "captured_at": reread.page.captured_at,
        "article_id": reread.article_id,
        "change": reread.change,
        "gone": lines_of(changes, "-"),
        "came": lines_of(changes, "+"),
        "reason": result.reason,
    }


def _print_table(tallies: dict[str, Counter[Rereading]], *, dry_run: bool) -> None:
    shown = [
        change
        for change in Rereading
        if change is not Rereading.UNREADABLE or any(tally[change] for tally in tallies.values())
    ]
    table = Table(box=None, header_style="bold")
    table.add_column("source")
    for name in ("pages", *shown):
        table.add_column(name, justify="right")
    rows = dict(sorted(tallies.items()))
    if len(rows) > 1:
        rows["all"] = sum(tallies.values(), Counter())
    for name, tally in rows.items():
        table.add_row(name, str(tally.total()), *(str(tally[change]) for change in shown))
    if not rows:
        typer.echo("There are no archived pages to read again.")
        return
    Console().print(table)
    if dry_run:
        typer.echo("Nothing was changed (--dry-run).")
