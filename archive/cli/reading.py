"""Commands that read the archive back."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from archive.cli.options import HomeOption, JsonOption, print_json, show_progress
from archive.errors import WrongUseError
from archive.model import UrlState


def articles(
    home: HomeOption = Path(),
    source: Annotated[str | None, typer.Option(help="Only articles of this source.")] = None,
    matching: Annotated[
        str, typer.Option(help="Only articles that match this query (see `kliping search`).")
    ] = "",
    limit: Annotated[
        int | None, typer.Option(min=1, help="At most this many.", show_default="all")
    ] = None,
    json: JsonOption = False,
) -> None:
    """List the archived articles, newest published first.

    With --json, each line is a whole article: the same keys as in an export.
    """
    from archive import open_archive
    from archive.cli.articles_report import print_as_json, print_as_table

    with open_archive(home, show_progress) as archive:
        found = archive.articles(matching, source=source, limit=limit)
        if json:
            print_as_json(found)
        else:
            print_as_table(found)


def show(
    article: Annotated[
        str, typer.Argument(metavar="ID|URL", help="Article id or any known address.")
    ],
    home: HomeOption = Path(),
    json: JsonOption = False,
) -> None:
    """Print an article with its facts, its other addresses and the location of its records.

    Any address that led to the article works: a redirect, its AMP or print view, one of its further
    pages. For an address without an article, its status is printed.
    """
    from archive import open_archive
    from archive.cli.articles_report import print_as_json, print_in_full

    with open_archive(home, show_progress) as archive:
        found = archive.article(article)
        if json:
            print_as_json([found])
        else:
            print_in_full(found, archive.aliases(found.id), archive.home.warc)


def diff(
    article: Annotated[
        str, typer.Argument(metavar="ARTICLE", help="Article id or any known address.")
    ],
    revisions: Annotated[
        list[int] | None,
        typer.Argument(
            metavar="[A [B]]",
            help="Numbers of two revisions, or of one to compare with the newest.",
            show_default="the last two",
        ),
    ] = None,
    home: HomeOption = Path(),
    html: Annotated[
        bool, typer.Option("--html", help="Print the whole article as HTML with ins and del.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Show what changed between two revisions of an article, word by word.

    In a terminal, removed text is red and added text green; elsewhere they are marked as
    [-removed-] and {+added+}. `kliping show` prints the number of revisions.
    """
    from archive import open_archive
    from archive.cli import diff_report as report
    from archive.read.revision_diff import diff_values

    numbers = revisions or []
    if len(numbers) > 2 or (html and json):
        raise WrongUseError("give at most two revisions, and only one of --html and --json")
    with open_archive(home, show_progress) as archive:
        found = archive.two_revisions(article, numbers)
    if json:
        print_json(diff_values(*found))
    elif html:
        typer.echo(report.diff_html(*found))
    else:
        report.print_revision_diff(*found)


def cluster(
    article: Annotated[
        str, typer.Argument(metavar="ARTICLE", help="Article id or any known address.")
    ],
    home: HomeOption = Path(),
    json: JsonOption = False,
) -> None:
    """List all articles that tell the same story in nearly the same words, such as wire copies and
    (shortened) reprints, with the first publisher.

    "alike" is the share of three-word sequences that both texts have, "contained" the share of the
    shorter text that is in the longer one. A dash: linked only through other articles. Times are
    those given by the page, unless the archive saw the article earlier.
    """
    from archive import open_archive
    from archive.cli.cluster_report import print_cluster
    from archive.read.clusters import cluster_values

    with open_archive(home, show_progress) as archive:
        found = archive.article(article)
        story = archive.cluster(article)
    if json:
        print_json(cluster_values(found.id, story))
    else:
        print_cluster(found, story)


def changes(
    home: HomeOption = Path(),
    since: Annotated[
        str, typer.Option(help="How far back: 12h, 1d, 2w, or a date such as 2026-03-01.")
    ] = "1d",
    source: Annotated[str | None, typer.Option(help="Only articles of this source.")] = None,
    json: JsonOption = False,
) -> None:
    """List articles that were edited, edited silently, or have vanished.

    Silently: the text changed, but the modification time given by the page did not.
    Vanished: the page is gone, redirects to the front page, or was replaced by a notice.
    `kliping diff ID` shows what an edit changed.
    """
    from archive import open_archive
    from archive.cli.changes_report import print_changes

    with open_archive(home, show_progress) as archive:
        found = archive.changes(since, source=source)
        if json:
            for change in found:
                print_json(asdict(change))
        else:
            print_changes(found)


def urls(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="Name of a source.")],
    home: HomeOption = Path(),
    state: Annotated[
        UrlState | None, typer.Option(help="Only URLs in this state.", show_default="all")
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="At most this many.", show_default="all")
    ] = None,
    json: JsonOption = False,
) -> None:
    """List all known URLs of a source, newest first, with the outcome of their fetches.

    `kliping why URL` explains one of them.
    """
    from archive.home import open_home
    from archive.read.url_status import open_ledger

    for status in open_ledger(open_home(home)).urls(source, state=state, limit=limit):
        if json:
            print_json(asdict(status))
        else:
            due = f", due {status.due_at:%Y-%m-%d %H:%M}" if status.due_at else ""
            reason = f" ({status.reason})" if status.reason else ""
            typer.echo(f"{status.state:12} {status.url}{reason}{due}")
