"""Commands that say which sites are followed: `kliping sources`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from archive.cli.options import HomeOption, JsonOption, print_json
from archive.errors import SourceError

if TYPE_CHECKING:
    from archive.model import Source


sources = typer.Typer(
    no_args_is_help=True,
    help="Choose which news sites are followed. Each is a file to edit: sources/NAME.toml.",
)


@sources.command()
def add(
    sites: Annotated[
        list[str],
        typer.Argument(metavar="URL|NAME", help="Front pages of sites, or names of the catalog."),
    ],
    home: HomeOption = Path(),
    name: Annotated[
        str | None, typer.Option(help="Name for the one source.", show_default="from its address")
    ] = None,
) -> None:
    """Find a site's title, language, feeds and sitemaps, and follow it.

    What was found is written to sources/NAME.toml in the archive, which you may edit: other
    feeds, a longer delay, a limit of pages. `kliping crawl` reads it. A name of the catalog
    (`kliping sources catalog`) is followed as it is there, unverified.
    """
    from crawler.sources.add_source import add_sources

    raise typer.Exit(add_sources(home, sites, name=name))


@sources.command("list")
def list_(home: HomeOption = Path(), json: JsonOption = False) -> None:
    """List the sources that are followed, and when each was last found well."""
    from archive.home import open_home
    from crawler.sources import load_sources

    broken: list[SourceError] = []
    followed = load_sources(open_home(home).sources, on_error=broken.append)
    _print_sources(followed, as_json=json)
    for error in broken:
        typer.secho(f"kliping: {error}", fg="red", err=True)
    raise typer.Exit(1 if broken else 0)


@sources.command()
def check(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="NAME", help="Sources to check.", show_default="all"),
    ] = None,
    home: HomeOption = Path(),
    json: JsonOption = False,
) -> None:
    """Look at every feed, sitemap and listing of the sources, and say what is wrong.

    Each address is fetched as a crawl would fetch it, under the same robots.txt and delays, but
    nothing is archived. If nothing of a source fails, the day is written into its file, as
    `verified`. With --json, one object an address: its state is well, odd or fails. Exit code 1
    if any fails.
    """
    from crawler.sources.check_sources import check_sources

    raise typer.Exit(check_sources(home, names or [], as_json=json))


@sources.command("import")
def import_(
    file: Annotated[str, typer.Argument(metavar="FILE", help="The list; - is standard input.")],
    home: HomeOption = Path(),
    check: Annotated[
        bool,
        typer.Option("--check", help="Look at each site, and find its feeds if none is named."),
    ] = False,
) -> None:
    """Follow the sites of a list: OPML of a feed reader, CSV, or an address a line.

    CSV needs a header with a column `url` or `feeds`; `name`, `title`, `language` and `sitemaps`
    are read too. The format is detected. Sites that are followed already are left out, and each
    line that cannot be read is reported with its number; exit code 1 if there were any. Without
    --check the sites are followed as they are named, unverified.
    """
    from crawler.sources.import_sources import import_sources

    raise typer.Exit(import_sources(home, file, check=check))


@sources.command("export")
def export(
    home: HomeOption = Path(),
    output: Annotated[
        str, typer.Option("--output", "-o", help="File to write; - is standard output.")
    ] = "-",
) -> None:
    """Write the sources and their feeds as OPML, which feed readers and Kliping import."""
    from crawler.sources.import_sources import export_sources

    export_sources(home, output)


@sources.command()
def catalog(
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="WORDS", help="In the name, title or address.", show_default="all"),
    ] = None,
    language: Annotated[
        str | None, typer.Option(help="Only outlets in this language, e.g. id.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """List well-known outlets. `kliping sources add NAME` follows one.

    Their addresses are not verified: a source from here stays unverified until
    `kliping sources check` has found it well.
    """
    from crawler.sources.catalog import search_catalog

    _print_sources(search_catalog(words or [], language=language), as_json=json)


def _print_sources(found: Iterable[Source], *, as_json: bool) -> None:
    for source in found:
        if as_json:
            seeds = [{"url": seed.url, "kind": seed.kind} for seed in source.seeds]
            facts = {"title": source.title, "language": source.language, "seeds": seeds}
            day = source.verified and source.verified.isoformat()
            print_json({"name": source.name, "url": source.url, **facts, "verified": day})
        else:
            state = f"verified {source.verified}" if source.verified else "unverified"
            typer.echo(
                f"{source.name:20} {source.language or '?':3} {state:20} {source.url}"
                f"  {source.title or ''}"
            )
