"""Commands that read archived pages: reextract."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from archive.cli.options import HomeOption, JsonOption


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

    Nothing is fetched. Each page is read back from its WARC record. A text that differs replaces
    the one that was read before, without a new revision. A page that is no longer an article, or
    cannot be read, keeps its text and is named. A second run changes nothing.

    Exit codes: 0 done, 1 some pages were lost or unreadable, 2 wrong use, 3 an import, a repair
    or another re-extraction is running.
    """
    from archive.home import open_home
    from pipelines.ingest.reextract import reextract as reextract_pages
    from pipelines.ingest.reextract_report import report_reextraction
    from pipelines.progress_bar import showing_bar

    opened = open_home(home)
    with showing_bar() as bar:
        results = reextract_pages(opened, names or [], bar, dry_run=dry_run)
        code = report_reextraction(results, as_json=json, dry_run=dry_run)
    raise typer.Exit(code)
