"""The search command."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from archive.cli.options import HomeOption, JsonOption, print_json, show_progress
from archive.errors import NotArchivedError
from archive.search.tree import Order

if TYPE_CHECKING:
    from rich.text import Text

    from archive.index.excerpts import Excerpt
    from archive.read.query import SearchHit


QueryArgument = Annotated[
    str,
    typer.Argument(
        metavar="QUERY",
        help="""In single quotes, such as 'subsidi "bahan bakar" -opini source:kilas lang:id'.""",
    ),
]
_WORDS_WITHOUT_MATCH = 32


def search(
    query: QueryArgument,
    home: HomeOption = Path(),
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most this many.")] = 20,
    order: Annotated[Order, typer.Option(help="Sort order.")] = Order.BEST,
    open_: Annotated[
        bool, typer.Option("--open", help="Open the first hit's page in the web browser.")
    ] = False,
    ids: Annotated[
        bool, typer.Option("--ids", help="Print only the ids of all hits, one per line.")
    ] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Print the query as the index executes it.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Search articles by words and facts, best match first, with excerpts.

    All words must occur, in any of their forms; "several words" is an exact phrase, "two words"~10
    finds them near each other, and =word finds that form only. OR, a minus for NOT, and parentheses
    combine conditions; subsid* finds all words with that beginning. The fields are title, source,
    domain, lang, author, tag, section, kind, license, url, published, captured, vanished (2025,
    2025-06, 2025-01-01..2025-06-30), words, cluster (100..500, <100), has:revisions, in:cluster,
    first:yes (no reprints), paywall:yes and is:vanished. Put -- before a query that begins with a
    minus. An address finds its article. See docs/search.md for examples.
    """
    from archive import open_archive

    with open_archive(home, show_progress) as archive:
        if explain:
            typer.echo(archive.executed(query))
            return
        if ids:
            for article_id in archive.ids(query):
                typer.echo(article_id)
            return
        hits = archive.search(query, limit=limit, order=order)
    if json:
        for hit in hits:
            print_json(_as_values(hit))
    else:
        _print_hits(hits)
    if open_:
        if not hits:
            raise NotArchivedError("no article matches, so there is none to open")
        typer.launch(hits[0].article.url)


def _as_values(hit: SearchHit) -> dict[str, Any]:
    article = hit.article
    names = ("id", "url", "source", "title", "authors", "published_at", "language", "section")
    facts = {name: getattr(article, name) for name in names}
    shown = {"title_matches": hit.title, "snippet": hit.snippet}
    excerpts = {
        name: None if excerpt is None else {"text": excerpt.text, "matches": excerpt.matches}
        for name, excerpt in shown.items()
    }
    return {**facts, "score": hit.score, **excerpts}


def _print_hits(hits: Sequence[SearchHit]) -> None:
    from rich.console import Console
    from rich.padding import Padding

    console = Console(highlight=False)
    for hit in hits:
        article = hit.article
        published = f"{article.published_at:%Y-%m-%d}" if article.published_at else "no date"
        console.print(f"{article.id}  {published}  {article.source}", style="dim", markup=False)
        console.print(Padding(_title(hit), (0, 0, 0, 2)))
        console.print(Padding(_snippet(hit), (0, 0, 1, 2)))
    if not hits:
        console.print("No articles match.")


def _title(hit: SearchHit) -> Text:
    from rich.text import Text

    shown = hit.title
    if shown is None or not shown.text:
        return Text(hit.article.title or "(no title)", style="bold")
    return _highlighted(shown, "bold")


def _snippet(hit: SearchHit) -> Text:
    from rich.text import Text

    shown = hit.snippet
    if shown is None:
        return Text(" ".join(hit.article.text.split()[:_WORDS_WITHOUT_MATCH]) + " …")
    return _highlighted(shown, "")


def _highlighted(excerpt: Excerpt, style: str) -> Text:
    from rich.text import Text

    text = Text(excerpt.text.replace("\n", " "), style=style)
    for begin, end in excerpt.matches:
        text.stylize("bold yellow", begin, end)
    return text
