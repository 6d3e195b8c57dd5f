"""The output of `kliping cluster`."""

from __future__ import annotations

import typer
from rich.console import Console
from rich.table import Table

from archive.read.articles import ArchivedArticle
from archive.read.clusters import Cluster, ClusterMember


def print_cluster(article: ArchivedArticle, cluster: Cluster | None) -> None:
    """Print the articles of a cluster, oldest first."""
    typer.secho(article.title or article.canonical_url, bold=True)
    if cluster is None:
        typer.echo("No other article in this archive tells this story in nearly the same words.")
        return
    table = Table(box=None, header_style="bold")
    for name in ("id", "source", "published (UTC)", "alike", "contained"):
        table.add_column(name, no_wrap=True)
    table.add_column("title", overflow="fold")
    for member in cluster.members:
        table.add_row(*_cells(member), style="bold" if member.is_first else None)
    Console().print(table)
    first = cluster.members[0]
    typer.echo(f"First published by {first.source}: {first.url}")


def _cells(member: ClusterMember) -> tuple[str, ...]:
    return (
        str(member.id),
        member.source,
        f"{member.believed_at:%Y-%m-%d %H:%M}",
        _percent(member.resemblance),
        _percent(member.containment),
        member.title or member.url,
    )


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.0%}"
