"""`kliping cluster` as people and programs see it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import typer
from rich.console import Console
from rich.table import Table

from archive.read.articles import ArchivedArticle
from archive.read.clusters import Cluster, Member


def print_cluster(article: ArchivedArticle, cluster: Cluster | None) -> None:
    """Print who tells the story, oldest first."""
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


def as_values(article: ArchivedArticle, cluster: Cluster | None) -> dict[str, Any]:
    """The same for JSON; without members where the story is told nowhere else."""
    return {
        "article": article.id,
        "cluster_id": cluster.id if cluster else None,
        "first_publisher": cluster.first_publisher if cluster else None,
        "members": [asdict(member) for member in cluster.members] if cluster else [],
    }


def _cells(member: Member) -> tuple[str, ...]:
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
