"""`kliping cite`: articles as a bibliography has them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from archive.cli.options import HomeOption
from archive.errors import WrongUseError


def cite(
    articles: Annotated[
        list[str], typer.Argument(metavar="ARTICLE", help="Numbers, or any known addresses.")
    ],
    home: HomeOption = Path(),
    format_: Annotated[
        str, typer.Option("--format", help="bibtex, csl-json (Zotero, Pandoc) or ris (EndNote).")
    ] = "bibtex",
    revision: Annotated[
        int | None,
        typer.Option(help="The article as this revision reads.", show_default="the newest"),
    ] = None,
) -> None:
    """Print a citation of articles: BibTeX, CSL-JSON or RIS.

    The day of access is that of the capture; its time, WARC record, payload digest and archive
    stand in the note, so that the very bytes can be found. Keys stay the same from one time to the
    next. Names are given whole, since bylines do not say which part is the family name.
    """
    from archive.api import Archive
    from archive.home import open_home

    if revision is not None and len(articles) > 1:
        raise WrongUseError("--revision is of one article; give one")
    archive = Archive(open_home(home))
    found = [
        archive.article(article) if revision is None else archive.revision(article, revision)
        for article in articles
    ]
    typer.echo(archive.cite(*found, style=format_), nl=False)
