"""`kliping cite`: articles as a bibliography has them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from archive.cli import HomeOption
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
    from archive.cite import Reference, Style, cite_all
    from archive.home import open_home
    from archive.query import open_query

    if format_ not in list(Style):
        raise WrongUseError(f"no format {format_!r}; there is {', '.join(Style)}")
    if revision is not None and len(articles) > 1:
        raise WrongUseError("--revision is of one article; give one")
    query = open_query(open_home(home))
    archive_id, titles = query.archive_id(), query.source_titles()
    found = [
        query.article(article) if revision is None else query.revision(article, revision)
        for article in articles
    ]
    references = [Reference(one, archive_id, titles.get(one.source)) for one in found]
    typer.echo(cite_all(references, format_), nl=False)
