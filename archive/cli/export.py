"""The command `kliping export`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from archive.cli.options import HomeOption, show_progress
from archive.read.selection import Dedupe, RevisionChoice

if TYPE_CHECKING:
    from archive.export import Selection
    from archive.read.articles import Batch


def export(  # noqa: PLR0913, PLR0917 - a command has as many as it has options
    context: typer.Context,
    home: HomeOption = Path(),
    format_: Annotated[
        str, typer.Option("--format", help="jsonl, csv, parquet, sqlite, hf or wacz.")
    ] = "jsonl",
    output: Annotated[
        str,
        typer.Option("--output", "-o", help="File or folder to write; - is standard output."),
    ] = "-",
    matching: Annotated[
        str, typer.Option(help="Only articles that match this query (see `kliping search`).")
    ] = "",
    columns: Annotated[
        str | None,
        typer.Option(help="Comma-separated columns, in this order.", show_default="all"),
    ] = None,
    no_text: Annotated[
        bool, typer.Option("--no-text", help="Leave out the columns text and markdown.")
    ] = False,
    revisions: Annotated[
        RevisionChoice,
        typer.Option(help="The newest revision of each article, or every revision."),
    ] = RevisionChoice.LAST,
    dedupe: Annotated[
        Dedupe | None,
        typer.Option(help="Only the first article of each cluster."),
    ] = None,
    split: Annotated[
        str | None,
        typer.Option(
            metavar="year|holdout",
            help="Split by year of publication, or into train, validation and test.",
        ),
    ] = None,
    shards: Annotated[int, typer.Option(min=1, max=1000, help="Number of files of each part.")] = 1,
    manifest: Annotated[
        bool,
        typer.Option(
            "--manifest",
            help="Also write FILE.manifest.json: selection, counts, digest, citation.",
        ),
    ] = False,
    from_manifest: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Repeat the export of this manifest: the same rows, columns and files.",
        ),
    ] = None,
) -> None:
    """Write articles to a file that other programs read.

    jsonl, csv, parquet and sqlite are tables with one row per article; hf is a folder for Hugging
    Face's datasets; wacz has the pages as they were served, for ReplayWeb.page. With --split or
    --shards, and for hf, the output is a folder with a manifest.json. The output appears when it is
    complete, or not at all. docs/columns.md documents the columns, docs/export.md how to open the
    files.

    With --from-manifest, articles added since are left out. If the files differ from the first
    export, the differences and their likely causes are printed, and the exit code is 1.
    """
    if from_manifest is not None:
        _refuse_others(context, "home", "output", "from_manifest")
        _export_again(home, from_manifest, output)
        return
    from archive import open_archive
    from archive.errors import WrongUseError
    from archive.export import FORMATS, Layout
    from archive.export import write_export as export_selection
    from archive.export.columns import choose_columns

    is_table = format_ not in FORMATS or FORMATS[format_].package is None
    if not is_table and (columns or no_text):
        raise WrongUseError(f"{format_} has no columns; leave out --columns and --no-text")
    names = [name.strip() for name in columns.split(",")] if columns is not None else None
    chosen = {"every_revision": revisions is RevisionChoice.ALL, "first_only": dedupe is not None}
    with open_archive(home, show_progress) as archive:
        selection = archive.selection(matching, **chosen)
        shown = _shown(selection, partial(archive.count_all, matching=matching, **chosen))
        wanted = replace(shown, columns=choose_columns(names, no_text=no_text))
        count = export_selection(wanted, format_, output, Layout(split, shards, manifest))
    what = "articles" if revisions is RevisionChoice.LAST else "revisions"
    typer.echo(f"Exported {count} {what}.", err=True)


def _refuse_others(context: typer.Context, *allowed: str) -> None:
    """Refuse options that the manifest determines; `allowed` names the others."""
    from archive.errors import WrongUseError

    for parameter in context.command.params:
        name = parameter.name or ""
        source = context.get_parameter_source(name)
        if name not in allowed and source is not None and source.name == "COMMANDLINE":
            raise WrongUseError(f"{parameter.opts[0]}: the manifest determines this; leave it out")


def _export_again(home: Path, manifest: Path, output: str) -> None:
    from archive import open_archive
    from archive.export.again import export_again, read_recipe, select_again

    recipe = read_recipe(manifest)
    with open_archive(home, show_progress) as archive:
        selection = select_again(archive, recipe, archive.home.warc)
        shown = _shown(selection, lambda: recipe.rows)
        count, differences = export_again(recipe, shown, output)
    typer.echo(f"Exported {count} of {recipe.rows} rows.", err=True)
    for difference in differences:
        typer.secho(f"kliping: {difference}", fg="red", err=True)
    if differences:
        raise typer.Exit(1)


def _shown(selection: Selection, count: Callable[[], int]) -> Selection:
    """The selection with a progress bar, if a terminal shows it."""
    from rich.console import Console
    from rich.progress import Progress

    from archive.read.articles import Articles

    console = Console(stderr=True)
    if not console.is_terminal:
        return selection

    def watched() -> Iterator[Batch]:
        with Progress(console=console, transient=True) as progress:
            task = progress.add_task("Exporting", total=count())
            for batch in selection.batches():
                yield batch
                progress.advance(task, len(batch))

    return replace(selection, articles=Articles(watched()))
