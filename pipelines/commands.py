"""Commands that read pages: extract, reextract."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from archive.cli import HomeOption, JsonOption
from archive.errors import KlipingError, WrongUseError


def extract(
    pages: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE|URL|ID",
            help="Saved pages (.gz too), addresses, or numbers of archived articles.",
        ),
    ],
    home: HomeOption = Path(),
    url: Annotated[str, typer.Option(help="Address that the one saved page came from.")] = "",
    explain: Annotated[
        bool, typer.Option("--explain", help="Say which steps made the text, and why.")
    ] = False,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print the text with its headings, lists and quotes.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Print the text and facts of pages, as the extraction of this version reads them.

    An article that is in the archive, by its number or address, is read back from its WARC record
    by its source's rules and what was learnt; other addresses are fetched. Nothing is saved. A
    page that is no article says why. Exit codes: 0 all pages were read, 1 some were not.
    """
    from pipelines.one_page import open_page
    from pipelines.one_page_report import print_page

    if url and len(pages) > 1:
        raise WrongUseError("--url gives the address of one page, but there are several")
    failed = False
    for name in pages:
        try:
            page = open_page(name, home, url=url)
        except KlipingError as error:
            typer.secho(str(error), fg="red", err=True)
            failed = True
            continue
        print_page(page, explain=explain, markdown=markdown, as_json=json)
    raise typer.Exit(1 if failed else 0)


def reextract(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="SOURCE", help="Sources to read again.", show_default="all"),
    ] = None,
    home: HomeOption = Path(),
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Read archived pages again: by today's extraction, rules, and learnt boilerplate.

    Nothing is fetched. Each page is read back from its WARC record; what reads otherwise replaces
    what was read from it before, without a new revision. A page that is no article any more, or
    cannot be read, keeps what it had and is named. A second run changes nothing.

    Exit codes: 0 done, 1 some pages were lost or unreadable, 2 wrong use, 3 an import, a repair
    or another re-extraction is at work.
    """
    from archive.home import open_home
    from pipelines.bar import showing_bar
    from pipelines.reextract import reextract as reextract_pages
    from pipelines.reextract_report import report_reextraction

    opened = open_home(home)
    with showing_bar() as bar:
        results = reextract_pages(opened, names or [], bar, dry_run=dry_run)
        code = report_reextraction(results, as_json=json, dry_run=dry_run)
    raise typer.Exit(code)
