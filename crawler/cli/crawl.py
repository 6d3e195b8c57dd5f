"""Commands that fetch, or say what was fetched: crawl, backfill, why."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from archive.cli.options import HomeOption, JsonOption, print_json


def crawl(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="NAME", help="Sources to crawl.", show_default="all"),
    ] = None,
    home: HomeOption = Path(),
    now: Annotated[
        bool,
        typer.Option("--now", help="Fetch every feed, sitemap and front page, even if not due."),
    ] = False,
) -> None:
    """Fetch what is new on the sources, and again what may have changed, and archive it.

    Ctrl-C ends it in order. A crawl that was stopped or killed resumes where it was when it is
    started again, and fetches nothing twice.

    Exit codes: 0 done, 1 some sources failed or it was interrupted, 2 wrong use, 3 another run
    is at work on one of the sources.
    """
    from crawler.runs.crawl import run_crawl

    raise typer.Exit(run_crawl(home, names or [], ask_lists=now))


def backfill(
    name: Annotated[str, typer.Argument(metavar="SOURCE", help="The source to search.")],
    since: Annotated[
        datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First day of the span.")
    ],
    home: HomeOption = Path(),
    until: Annotated[
        datetime | None,
        typer.Option("--to", formats=["%Y-%m-%d"], help="Last day.", show_default="today"),
    ] = None,
    via: Annotated[
        str | None,
        typer.Option(
            metavar="cdx=URL[,replay=URL][,data=URL]",
            help="Import old captures of another archive (Wayback, pywb, Common Crawl).",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Find what a source published in a span of time, and archive it.

    Dated sitemaps, the WordPress REST API, indexes by date, and paged sections are walked as far as
    they concern the span, the costly ones only as far as they find what the others left out. A
    backfill that was stopped or killed resumes where it was when it is started again.

    With --via, the captures of that span which a CDX server lists are imported instead: as replayed
    raw, or by data= straight from the WARC files. They keep their dates.

    Exit codes: as for `kliping crawl`.
    """
    from crawler.backfill.cdx_import import run_via
    from crawler.backfill.run import run_backfill

    last = until.date() if until else None
    if via is not None:
        raise typer.Exit(run_via(home, name, since.date(), last, via))
    raise typer.Exit(run_backfill(home, name, since.date(), last))


def why(
    url: Annotated[str, typer.Argument(metavar="URL", help="Any address.")],
    home: HomeOption = Path(),
    json: JsonOption = False,
) -> None:
    """Say why a page is in the archive or is not: how it was found, and what became of it."""
    from archive.home import open_home
    from crawler.explain_url import why as why_url
    from crawler.sources import load_sources

    opened = open_home(home)
    answer = why_url(opened, url, load_sources(opened.sources))
    if json:
        print_json(answer.as_dict())
    else:
        typer.echo("\n".join([answer.url, answer.answer, *answer.details]))
