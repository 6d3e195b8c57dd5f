"""Commands that make an archive, read it back, replay it and prove it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from archive.cli import HomeOption, JsonOption, print_json
from archive.errors import WrongUseError
from archive.model import RecordType, UrlState

if TYPE_CHECKING:
    from archive.changes import Change
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
    matching: Annotated[
        str, typer.Option(help="Only articles that a query finds, as of `kliping search`.")
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

    with open_archive(home) as archive:
        found = archive.articles(matching, source=source, limit=limit)
        if json:
            _print_as_json(found)
        else:
            _print_as_table(found)


def show(
    article: Annotated[str, typer.Argument(metavar="ID|URL", help="Number or any known address.")],
    home: HomeOption = Path(),
    json: JsonOption = False,
) -> None:
    """Print one article, its facts, its other addresses, and where the bytes of each page lie.

    Any address that led to the article will do: one that redirected, its AMP or print view, one
    of its further pages. Of an address that is no article, it says what became of it.
    """
    from archive import open_archive

    with open_archive(home) as archive:
        found = archive.article(article)
        if json:
            _print_as_json(iter([found]))
        else:
            _print_in_full(found, archive.aliases(found.id), archive.home.warc)


def diff(
    article: Annotated[str, typer.Argument(metavar="ARTICLE", help="Number or any known address.")],
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
        bool, typer.Option("--html", help="The whole article with ins and del, to put in a page.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Show what changed between two revisions of an article, word by word.

    In a terminal, what was removed is red and what was added green; elsewhere they stand as
    [-removed-] and {+added+}. `kliping show` tells how many revisions there are.
    """
    from archive import diff_report, open_archive

    numbers = revisions or []
    if len(numbers) > 2 or (html and json):
        raise WrongUseError("give two revisions at most, and one of --html and --json")
    with open_archive(home) as archive:
        found = archive.two_revisions(article, numbers)
    if json:
        print_json(diff_report.as_values(*found))
    elif html:
        typer.echo(diff_report.as_html(*found))
    else:
        diff_report.print_diff(*found)


def cluster(
    article: Annotated[str, typer.Argument(metavar="ARTICLE", help="Number or any known address.")],
    home: HomeOption = Path(),
    json: JsonOption = False,
) -> None:
    """List all articles that tell the story of this one in nearly the same words: wire copies,
    reprints and shortened reprints, and who had it first.

    Alike is the share of three-word runs of both texts that are in both; contained is the share
    of the shorter text that is in the longer one. A dash: like it only by way of others. The time
    is what the page says, unless the archive had seen the article by then.
    """
    from archive import cluster_report, open_archive

    with open_archive(home) as archive:
        found = archive.article(article)
        story = archive.cluster(article)
    if json:
        print_json(cluster_report.as_values(found, story))
    else:
        cluster_report.print_cluster(found, story)


def changes(
    home: HomeOption = Path(),
    since: Annotated[
        str, typer.Option(help="How far back: 12h, 1d, 2w, or a date such as 2026-03-01.")
    ] = "1d",
    source: Annotated[str | None, typer.Option(help="Only articles of this source.")] = None,
    json: JsonOption = False,
) -> None:
    """List articles that were edited, edited silently, or have vanished.

    Silently: the text changed, and the time of change that the page itself gives did not.
    Vanished: the page is gone, leads to the front page, or a notice stands in its place.
    `kliping diff ID` shows what an edit changed.
    """
    from archive import open_archive

    with open_archive(home) as archive:
        found = archive.changes(since, source=source)
        if json:
            for change in found:
                print_json(asdict(change))
        else:
            _print_changes(found)


def urls(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="Name of a source.")],
    home: HomeOption = Path(),
    state: Annotated[
        UrlState | None, typer.Option(help="Only URLs that stand so.", show_default="all")
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="At most this many.", show_default="all")
    ] = None,
    json: JsonOption = False,
) -> None:
    """List every URL known of a source, newest found first, with what came of it.

    `kliping why URL` tells more of one.
    """
    from archive.home import open_home
    from archive.ledger import open_ledger

    for known in open_ledger(open_home(home)).urls(source, state=state, limit=limit):
        if json:
            print_json(asdict(known))
        else:
            due = f", due {known.due_at:%Y-%m-%d %H:%M}" if known.due_at else ""
            verdict = f" ({known.verdict})" if known.verdict else ""
            typer.echo(f"{known.state:10} {known.url}{verdict}{due}")


def index(home: HomeOption = Path(), json: JsonOption = False) -> None:
    """Build the CDXJ index of all WARC files anew; a crawl keeps it up to date by itself."""
    from archive.audit import files_elsewhere
    from archive.db.engine import open_engine
    from archive.home import open_home
    from archive.warc.indexing import rebuild_index

    opened = open_home(home)
    with open_engine(opened.database_url, read_only=True).connect() as connection:
        elsewhere = files_elsewhere(connection)
    captures = failed = 0
    for indexed in rebuild_index(opened.warc, elsewhere):
        captures += indexed.captures
        problems = [str(problem) for problem in indexed.problems]
        failed += len(problems)
        if json:
            print_json({"file": indexed.file, "captures": indexed.captures, "problems": problems})
        else:
            typer.echo(f"{indexed.captures:8}  {indexed.file}")
        for problem in problems:
            typer.secho(f"not indexed: {problem}", fg="red", err=True)
    typer.echo(f"Indexed {captures} captures.", err=True)
    raise typer.Exit(1 if failed else 0)


def replay(
    home: HomeOption = Path(),
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8080,
    bind: Annotated[
        str, typer.Option(help="Address to listen on; 0.0.0.0 lets other machines in.")
    ] = "127.0.0.1",
) -> None:
    """Serve the archived pages as they were, by pywb, until it is interrupted.

    What a crawl is writing can be seen when it closes its WARC file: at its end, or when the file
    is full.
    """
    from archive.home import open_home
    from archive.replay import prepare_replay
    from archive.warc.indexing import update_index

    opened = open_home(home)
    server = prepare_replay(opened, bind=bind, port=port)
    update_index(opened.warc)
    typer.echo(f"Replay at {server.url}/ ; a page is at {server.url}/2026/https://its-address")
    server.run()


def verify(
    home: HomeOption = Path(),
    sample: Annotated[
        str, typer.Option(help="Read only this share of the captures, e.g. 1%.", show_default="all")
    ] = "100%",
    json: JsonOption = False,
) -> None:
    """Read every WARC record and say what is wrong, where; exit code 1 if anything is.

    Lengths, dates, digests, gzip members and references are checked, and that each row of the
    database and its record agree. Nothing is changed: `kliping repair` mends.
    """
    from archive.home import open_home
    from archive.verify_report import report_on

    raise typer.Exit(report_on(open_home(home), share=_share(sample), as_json=json))


def _share(sample: str) -> float | None:
    """A share such as `1%` or `0.01` as a number; None for all."""
    try:
        share = float(sample.removesuffix("%")) / (100 if sample.endswith("%") else 1)
    except ValueError:
        share = -1.0
    if not 0 < share <= 1:
        raise WrongUseError(f"--sample {sample}: give a share such as 1% or 0.01")
    return None if share == 1 else share


def forget(
    target: Annotated[
        str | None,
        typer.Argument(
            metavar="URL|ARTICLE|SOURCE",
            help="Any known address, an article's number, or a source.",
        ),
    ] = None,
    home: HomeOption = Path(),
    reason: Annotated[str, typer.Option(help="Why; it stands in the log and the WARC files.")] = "",
    by: Annotated[str, typer.Option(help="Who decided it.", show_default="the login name")] = "",
    also_copies: Annotated[
        bool, typer.Option(help="Forget the same pages under other addresses too.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    list_: Annotated[
        bool, typer.Option("--list", help="Print what was forgotten: who, when and why.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Take an article, a page or a whole source out of the archive for good.

    Its rows and texts are deleted. In the WARC files a tombstone takes the place of each of its
    records, so that all others stay where they are. It is never fetched, imported or extracted
    again, and there is no way back. The log (--list) keeps the address, who decided it, when and
    why. Of a feed, sitemap or front page, what it said until now is forgotten, but it is followed
    as before.

    Out of reach: what was exported or copied before, and pages under addresses of their own that
    quote it, such as feeds. No crawl, import or repair may be at work (exit code 3).
    """
    from archive.forget_report import forget_and_report, list_takedowns
    from archive.home import open_home

    if list_:
        list_takedowns(open_home(home), as_json=json)
        return
    if target is None or not reason.strip():
        raise WrongUseError("say what to forget and why: kliping forget URL --reason TEXT")
    opened = open_home(home)
    code = forget_and_report(
        opened, target, reason=reason, by=by, also_copies=also_copies, ask=not yes, as_json=json
    )
    raise typer.Exit(code)


def _print_as_json(found: Iterator[ArchivedArticle]) -> None:
    from archive.export.jsonl import to_json

    for article in found:
        typer.echo(to_json(article))


def _print_changes(found: Iterator[Change]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, header_style="bold")
    for name in ("seen", "what", "id", "source"):
        table.add_column(name, no_wrap=True)
    table.add_column("title", overflow="fold")
    table.add_column("changed", overflow="fold")
    for change in found:
        seen = change.seen_at.strftime("%Y-%m-%d %H:%M")
        facts = (change.kind, str(change.article_id), change.source, change.title or "(no title)")
        table.add_row(seen, *facts, ", ".join(change.what))
    if table.row_count:
        Console().print(table)
    else:
        typer.echo("Nothing was seen to change in that time.")


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
        typer.echo("No articles; `kliping crawl` fetches them.")


_RENDERED = "the record is of the page after its scripts had run; as served it is kept too"


def _print_in_full(article: ArchivedArticle, aliases: list[str], warc: Path) -> None:
    facts = [
        *_facts(article, warc).items(),
        *(
            (
                f"Page {page.number}",
                f"{page.url} in {warc / page.warc_file} at byte {page.warc_offset}",
            )
            for page in article.pages
        ),
        *(("Also at", url) for url in aliases),
    ]
    typer.secho(article.title or "(no title)", bold=True)
    for name, value in facts:
        if value not in (None, ""):
            typer.echo(f"{name + ':':11}{value}")
    typer.echo("")
    typer.echo("\n\n".join(article.text.splitlines()))


def _facts(article: ArchivedArticle, warc: Path) -> dict[str, object]:
    missing = f"{article.missing_pages} pages are missing" if article.missing_pages else None
    return {
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
        "Incomplete": missing,
        "WARC": f"{warc / article.warc_file} at byte {article.warc_offset}",
        "Record": article.warc_record_id,
        "Rendered": _RENDERED if article.warc_record_type == RecordType.CONVERSION else None,
        "Digest": article.payload_digest,
        "Read by": article.extractor,
        "Rules": ", ".join(article.rules),
    }
