"""Commands that ingest WARC records: import, repair."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from archive.cli.options import HomeOption, JsonOption


def import_(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE|URL", help="WARC files, gzipped or not, or addresses."),
    ],
    home: HomeOption = Path(),
    reference: Annotated[
        bool,
        typer.Option("--reference", help="Leave the files where they are instead of copying them."),
    ] = False,
    accept_damaged: Annotated[
        bool,
        typer.Option(
            "--accept-damaged", help="Import the sound records of damaged files, leave the others."
        ),
    ] = False,
    source: Annotated[
        str | None,
        typer.Option(help="Name of the source that owns all of it.", show_default="by site"),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Import WARC files of others (wget, Heritrix, Browsertrix, Common Crawl).

    An import that is stopped or killed resumes where it was when it is started again. Nothing is
    imported twice. A file that breaks the WARC standard is refused, with every reason.
    """
    from archive.home import open_home
    from crawler.sources import load_sources
    from pipelines.ingest.import_report import report_import
    from pipelines.ingest.importing import Options, import_files
    from pipelines.progress_bar import showing_bar

    opened = open_home(home)
    options = Options(reference, accept_damaged, source)
    with showing_bar() as bar:
        results = import_files(opened, files, load_sources(opened.sources), options, bar)
        code = report_import(results, as_json=json)
    raise typer.Exit(code)


def repair(home: HomeOption = Path(), json: JsonOption = False) -> None:
    """Repair what can be repaired of the archive, and say what was done. Nothing is deleted.

    Torn ends of WARC files are cut off and kept aside, records without rows get rows, wrong rows
    are corrected, the index is rebuilt. A lost database comes back from the WARC files. Exit
    codes: 0 all is well now, 1 something remains, which is named.
    """
    from archive.home import open_home
    from crawler.record_replay import VisitRebuilder
    from crawler.sources import load_sources
    from pipelines.ingest.import_report import report_repair
    from pipelines.ingest.repair import repair as repair_archive
    from pipelines.progress_bar import showing_bar

    opened = open_home(home)
    followed = load_sources(opened.sources)
    with showing_bar() as bar:
        results = repair_archive(opened, followed, partial(VisitRebuilder, lambda: followed), bar)
        code = report_repair(results, as_json=json)
    raise typer.Exit(code)
