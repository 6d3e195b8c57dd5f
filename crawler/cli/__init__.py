"""The `kliping` command: joins every package's commands and turns errors into exit codes.

Exit codes: 0 done, 1 some of it failed, 2 wrong use, 3 the archive is locked by another run.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

import archive.cli.cite
import archive.cli.counting
import archive.cli.export
import archive.cli.files
import archive.cli.reading
import archive.cli.search
import archive.cli.serve
import pipelines.cli
from archive.errors import KlipingError, LockedError, WrongUseError
from crawler.cli import crawl, demo, extract, records, sources

FAILED, WRONG_USE, LOCKED = 1, 2, 3

app = typer.Typer(
    name="kliping",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 done, 1 some of it failed, 2 wrong use, 3 locked by another run.",
)
PANELS: dict[str, dict[str, Callable[..., None]]] = {
    "Archive": {
        "init": archive.cli.files.init,
        "demo": demo.demo,
    },
    "Crawl": {
        "crawl": crawl.crawl,
        "backfill": crawl.backfill,
        "import": records.import_,
        "why": crawl.why,
        "urls": archive.cli.reading.urls,
    },
    "Read": {
        "serve": archive.cli.serve.serve,
        "search": archive.cli.search.search,
        "articles": archive.cli.reading.articles,
        "show": archive.cli.reading.show,
        "diff": archive.cli.reading.diff,
        "changes": archive.cli.reading.changes,
        "cluster": archive.cli.reading.cluster,
        "replay": archive.cli.files.replay,
    },
    "Analyse": {
        "stats": archive.cli.counting.stats,
        "terms": archive.cli.counting.terms,
    },
    "Export": {
        "export": archive.cli.export.export,
        "cite": archive.cli.cite.cite,
    },
    "Extract": {
        "extract": extract.extract,
        "reextract": pipelines.cli.reextract,
    },
    "Keep": {
        "verify": archive.cli.files.verify,
        "repair": records.repair,
        "forget": archive.cli.files.forget,
        "index": archive.cli.files.index,
        "cdxj": archive.cli.files.cdxj,
    },
}
"""Every command by its name, under the heading that `kliping --help` shows it with."""

for panel, commands in PANELS.items():
    for command_name, command in commands.items():
        app.command(command_name, rich_help_panel=panel)(command)
app.add_typer(sources.sources, name="sources", rich_help_panel="Crawl")
app.add_typer(extract.rules, name="rules", rich_help_panel="Extract")


def print_version(wanted: bool) -> None:
    """Print the version and end, where it is wanted."""
    if wanted:
        from importlib.metadata import version

        typer.echo(f"kliping {version('kliping')}")
        raise typer.Exit


@app.callback()
def kliping(
    home: Annotated[
        Path | None,
        typer.Option(help="Folder of the archive; may also follow the command.", file_okay=False),
    ] = None,
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version.", callback=print_version, is_eager=True),
    ] = False,
) -> None:
    """Archive the news: pages as served in WARC files, clean text in a database."""
    if home is not None:
        # Every command's own --home falls back to this variable.
        os.environ["KLIPING_HOME"] = str(home)


def main() -> None:
    """Run the command line and exit with its code."""
    try:
        app()
    except KlipingError as error:
        typer.secho(f"kliping: {error}", fg="red", err=True)
        sys.exit(exit_code(error))


def exit_code(error: KlipingError) -> int:
    """The documented exit code of an error."""
    if isinstance(error, WrongUseError):
        return WRONG_USE
    return LOCKED if isinstance(error, LockedError) else FAILED
