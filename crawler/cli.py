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
PANELS: dict[str, dict[str, Callable[..., None]]] = {
    "Archive": {
        "init": archive.commands.files.init,
        "demo": crawler.commands.demo,
    },
    "Crawl": {
        "crawl": crawler.commands.crawl,
        "backfill": crawler.commands.backfill,
        "import": crawler.commands.import_,
        "why": crawler.commands.why,
        "urls": archive.commands.reading.urls,
    },
    "Read": {
        "serve": archive.commands.serve.serve,
        "search": archive.commands.search.search,
        "articles": archive.commands.reading.articles,
        "show": archive.commands.reading.show,
        "diff": archive.commands.reading.diff,
        "changes": archive.commands.reading.changes,
        "cluster": archive.commands.reading.cluster,
        "replay": archive.commands.files.replay,
    },
    "Analyse": {
        "stats": archive.commands.counting.stats,
        "terms": archive.commands.counting.terms,
    },
    "Export": {
        "export": archive.commands.export.export,
        "cite": archive.commands.cite.cite,
    },
    "Extract": {
        "extract": crawler.commands.extract,
        "reextract": pipelines.commands.reextract,
    },
    "Keep": {
        "verify": archive.commands.files.verify,
        "repair": crawler.commands.repair,
        "forget": archive.commands.files.forget,
        "index": archive.commands.files.index,
        "cdxj": archive.commands.files.cdxj,
    },
}
"""Every command by its name, under the heading that `kliping --help` shows it with."""

for panel, commands in PANELS.items():
    for command_name, command in commands.items():
        app.command(command_name, rich_help_panel=panel)(command)
app.add_typer(crawler.commands.sources, name="sources", rich_help_panel="Crawl")
app.add_typer(crawler.commands.rules, name="rules", rich_help_panel="Extract")


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


if __name__ == "__main__":  # the demo runs its commands by `python -m crawler.cli`
    main()
