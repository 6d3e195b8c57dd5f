"""The command `kliping cite`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from archive.cli.options import HomeOption
from archive.errors import WrongUseError


def cite(
    articles: Annotated[
        list[str], typer.Argument(metavar="ARTICLE", help="Article ids or any known addresses.")
    ],
    home: HomeOption = Path(),
    format_: Annotated[
        str, typer.Option("--format", help="bibtex, csl-json (Zotero, Pandoc) or ris (EndNote).")
    ] = "bibtex",
    revision: Annotated[
        int | None,
        typer.Option(help="Cite this revision.", show_default="the newest"),
    ] = None,
) -> None:
    """Print citations of articles as BibTeX, CSL-JSON or RIS.

    The access date is that of the capture. The note has its time, WARC record, payload digest and
    archive, so that exactly these bytes can be found. Citation keys are stable. Names are given
    whole, since bylines do not say which part is the family name.
    """
    from archive.api import Archive
    from archive.home import open_home

    if revision is not None and len(articles) > 1:
        raise WrongUseError("--revision applies to one article; give only one")
    archive = Archive(open_home(home))
    found = [
        archive.article(article) if revision is None else archive.revision(article, revision)
        for article in articles
    ]
    typer.echo(archive.cite(*found, style=format_), nl=False)
