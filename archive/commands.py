"""Commands that make an archive and read it back: init, articles, show, export."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from archive.cli import HomeOption, JsonOption

if TYPE_CHECKING:
    from archive.query import ArchivedArticle


def init(
    home: HomeOption = Path(),
    contact: Annotated[
        str,
        typer.Option(help="Mail or web address of whoever answers for the crawl (User-Agent)."),
    ] = "",
) -> None:
    """Make a folder an archive: write its commented settings file, kliping.toml."""
    from archive.home import create_home

    made = create_home(home, contact=contact)
    typer.echo(f"Made an archive in {made.path.resolve()}.")
    where = "" if home == Path() else f"--home {shlex.quote(str(home))} "
    typer.echo(f"Next: kliping {where}sources add https://a-news-site.example")


def articles(
    home: HomeOption = Path(),
    source: Annotated[str | None, typer.Option(help="Only articles of this source.")] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="At most this many.", show_default="all")
    ] = None,
    json: JsonOption = False,
) -> None:
    """List the archived articles, newest published first.

    With --json, each line is a whole article: the same keys as in an export.
    """
    from archive.home import open_home
    from archive.query import open_query

    found = open_query(open_home(home)).articles(source=source, limit=limit)
    if json:
        _print_as_json(found)
    else:
        _print_as_table(found)


def show(
    article: Annotated[str, typer.Argument(metavar="ID|URL", help="Number or any known address.")],
    home: HomeOption = Path(),
    json: JsonOption = False,
) -> None:
    """Print one article, its facts, and where its bytes lie.

    Any address that led to the article will do: one that redirected, or with tracking
    parameters. Of an address that is no article, it says what became of it.
    """
    from archive.home import open_home
    from archive.query import open_query

    opened = open_home(home)
    found = open_query(opened).article(article)
    if json:
        _print_as_json(iter([found]))
    else:
        _print_in_full(found, opened.warc)


def export(
    home: HomeOption = Path(),
    format_: Annotated[str, typer.Option("--format", help="Only jsonl so far.")] = "jsonl",
    output: Annotated[
        str, typer.Option("--output", "-o", help="File to write; - is standard output.")
    ] = "-",
) -> None:
    """Write every article to a file that other programs read.

    The file appears when it is whole, or not at all.
    """
    from archive.export import export_articles
    from archive.home import open_home
    from archive.query import open_query

    query = open_query(open_home(home))
    count = export_articles(query.all_articles(), format_, output)
    typer.echo(f"Exported {count} articles.", err=True)


def _print_as_json(found: Iterator[ArchivedArticle]) -> None:
    from archive.export.jsonl import to_json

    for article in found:
        typer.echo(to_json(article))


def _print_as_table(found: Iterator[ArchivedArticle]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, header_style="bold")
    for name in ("id", "published", "source"):
        table.add_column(name, no_wrap=True)
    table.add_column("title", overflow="fold")
    for article in found:
        published = article.published_at.strftime("%Y-%m-%d %H:%M") if article.published_at else "-"
        table.add_row(str(article.id), published, article.source, article.title or "(no title)")
    Console().print(table)
    if not table.row_count:
        typer.echo("No articles yet; `kliping crawl` fetches them.")


def _print_in_full(article: ArchivedArticle, warc: Path) -> None:
    facts = {
        "URL": article.canonical_url,
        "Source": article.source,
        "By": ", ".join(article.authors),
        "Published": article.published_at,
        "Modified": article.modified_at,
        "Captured": article.captured_at,
        "Language": article.language,
        "Section": article.section,
        "Tags": ", ".join(article.tags),
        "Revision": article.revision,
        "WARC": f"{warc / article.warc_file} at byte {article.warc_offset}",
        "Record": article.warc_record_id,
        "Digest": article.payload_digest,
    }
    typer.secho(article.title or "(no title)", bold=True)
    for name, value in facts.items():
        if value not in (None, ""):
            typer.echo(f"{name + ':':11}{value}")
    typer.echo("")
    typer.echo("\n\n".join(article.text.splitlines()))
