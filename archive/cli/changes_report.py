"""The output of `kliping changes`."""

from __future__ import annotations

from collections.abc import Iterable

import typer
from rich.console import Console
from rich.table import Table

from archive.read.changes import ArticleChange


def print_changes(found: Iterable[ArticleChange]) -> None:
    """Print a row for each change."""
    table = Table(box=None, header_style="bold")
    for name in ("seen", "what", "id", "source"):
        table.add_column(name, no_wrap=True)
    table.add_column("title", overflow="fold")
    table.add_column("changed", overflow="fold")
    for change in found:
        seen = change.seen_at.strftime("%Y-%m-%d %H:%M")
        facts = (change.kind, str(change.article_id), change.source, change.title or "(no title)")
        table.add_row(seen, *facts, ", ".join(change.what))
    if table.row_count:
        Console().print(table)
    else:
        typer.echo("No changes in this period.")
