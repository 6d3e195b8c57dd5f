"""Commands that fetch: sources, crawl."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from archive.cli import HomeOption, JsonOption, print_json
from archive.errors import SourceError

sources = typer.Typer(
    no_args_is_help=True,
    help="Say which news sites are followed. Each is a file to edit: sources/NAME.toml.",
)


@sources.command()
def add(
    urls: Annotated[list[str], typer.Argument(metavar="URL", help="Front pages of sites.")],
    home: HomeOption = Path(),
    name: Annotated[
        str | None, typer.Option(help="Name for the one source.", show_default="from its address")
    ] = None,
) -> None:
    """Find out a site's title, language, feeds and sitemaps, and follow it.

    What was found is written to sources/NAME.toml in the archive, to be edited at will: other
    feeds, a longer delay, a limit of pages. `kliping crawl` reads it.
    """
    from crawler.add_source import add_sources

    raise typer.Exit(add_sources(home, urls, name=name))


@sources.command("list")
def list_(home: HomeOption = Path(), json: JsonOption = False) -> None:
    """List the sources that are followed."""
    from archive.home import open_home
    from crawler.sources import load_sources

    broken: list[SourceError] = []
    for source in load_sources(open_home(home).sources, on_error=broken.append):
        if json:
            seeds = [{"url": seed.url, "kind": seed.kind} for seed in source.seeds]
            facts = {"title": source.title, "language": source.language, "seeds": seeds}
            print_json({"name": source.name, "url": source.url, **facts})
        else:
            typer.echo(f"{source.name:24} {source.url}  {source.title or ''}")
    for error in broken:
        typer.secho(f"kliping: {error}", fg="red", err=True)
    raise typer.Exit(1 if broken else 0)


def crawl(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="NAME", help="Sources to crawl.", show_default="all"),
    ] = None,
    home: HomeOption = Path(),
) -> None:
    """Fetch what is new on the sources and archive it.

    Ctrl-C ends it in order. A crawl that was stopped or killed goes on where it was when it is
    started again, and fetches nothing twice.

    Exit codes: 0 done, 1 some sources failed or it was interrupted, 2 wrong use, 3 another run
    is at work on one of the sources.
    """
    from crawler.crawl import run_crawl

    raise typer.Exit(run_crawl(home, names or []))
