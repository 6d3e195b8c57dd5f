"""The `kliping` command: joins every package's commands and turns errors into exit codes.

Exit codes: 0 done, 1 some of it failed, 2 wrong use, 3 the archive is locked by another run.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

import archive.commands.cite
import archive.commands.counting
import archive.commands.export
import archive.commands.files
import archive.commands.reading
import archive.commands.search
import archive.commands.serve
import crawler.commands
import pipelines.commands
from archive.errors import KlipingError, LockedError, WrongUseError

FAILED, WRONG_USE, LOCKED = 1, 2, 3

app = typer.Typer(
    name="kliping",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 done, 1 some of it failed, 2 wrong use, 3 locked by another run.",
)
app.command()(archive.commands.files.init)
app.add_typer(crawler.commands.sources, name="sources")
app.add_typer(crawler.commands.rules, name="rules")
app.command()(crawler.commands.crawl)
app.command()(crawler.commands.backfill)
app.command("import")(crawler.commands.import_)
app.command()(archive.commands.reading.articles)
app.command()(archive.commands.search.search)
app.command()(archive.commands.counting.stats)
app.command()(archive.commands.counting.terms)
app.command()(archive.commands.reading.show)
app.command()(archive.commands.reading.diff)
app.command()(archive.commands.reading.cluster)
app.command()(archive.commands.reading.changes)
app.command()(archive.commands.reading.urls)
app.command()(crawler.commands.why)
app.command()(archive.commands.cite.cite)
app.command()(archive.commands.export.export)
app.command()(archive.commands.files.index)
app.command()(archive.commands.files.cdxj)
app.command()(archive.commands.files.replay)
app.command()(archive.commands.serve.serve)
app.command()(archive.commands.files.verify)
app.command()(crawler.commands.repair)
app.command()(archive.commands.files.forget)
app.command()(crawler.commands.extract)
app.command()(pipelines.commands.reextract)


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
