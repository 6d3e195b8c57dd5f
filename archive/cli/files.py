"""Commands for archives and their files: create, index, replay, verify, forget."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from archive.cli.options import HomeOption, JsonOption, print_json, show_progress
from archive.errors import WrongUseError


def init(
    home: HomeOption = Path(),
    contact: Annotated[
        str,
        typer.Option(
            help="Mail or web address of the person responsible for the crawl (User-Agent)."
        ),
    ] = "",
) -> None:
    """Create an archive in a folder, with its commented settings file, kliping.toml."""
    from archive.home import create_home

    made = create_home(home, contact=contact)
    typer.echo(f"Created an archive in {made.path.resolve()}.")
    where = "" if home == Path() else f"--home {shlex.quote(str(home))} "
    typer.echo(f"Next: kliping {where}sources add https://a-news-site.example")


def index(home: HomeOption = Path()) -> None:
    """Rebuild the search index. It is kept up to date automatically, so this is seldom needed.

    The index is in the folder `index`, or where kliping.toml says. It is derived from the database
    and can be deleted. `kliping cdxj` builds the CDXJ index of the WARC files.
    """
    from archive.db.engine import open_engine
    from archive.home import open_home
    from archive.index.article_index import ArticleIndex

    opened = open_home(home)
    engine = open_engine(opened.database_url, read_only=True)
    search_index = ArticleIndex(opened.index, engine)
    search_index.rebuild(show_progress)
    typer.echo(f"Indexed {search_index.snapshot().searcher.num_docs:,} articles.")


def cdxj(home: HomeOption = Path(), json: JsonOption = False) -> None:
    """Rebuild the CDXJ index of all WARC files; crawls keep it up to date automatically."""
    from archive.db.engine import open_engine
    from archive.home import open_home
    from archive.verify_rows import files_elsewhere
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
        str, typer.Option(help="Address to listen on; 0.0.0.0 accepts other machines.")
    ] = "127.0.0.1",
) -> None:
    """Serve the archived pages by pywb until interrupted.

    Captures of a running crawl appear when it closes its WARC file: at its end, or when the file is
    full.
    """
    from archive.home import open_home
    from archive.warc.indexing import update_index
    from archive.web.pywb import prepare_replay

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
    """Read every WARC record and print all problems; the exit code is 1 if there are any.

    Checks lengths, dates, digests, gzip members and references, that each row of the database
    agrees with its record, and that the search index agrees with a sample of articles. Nothing is
    changed: `kliping repair` mends.
    """
    from archive.cli.verify_report import report_on
    from archive.home import open_home

    raise typer.Exit(report_on(open_home(home), share=_share(sample), as_json=json))


def _share(sample: str) -> float | None:
    """Parse a share such as `1%` or `0.01`; None means all."""
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
            help="Any known address, an article id, or a source.",
        ),
    ] = None,
    home: HomeOption = Path(),
    reason: Annotated[str, typer.Option(help="Reason, for the log and the WARC files.")] = "",
    by: Annotated[str, typer.Option(help="Who decided it.", show_default="the login name")] = "",
    also_copies: Annotated[
        bool, typer.Option(help="Also forget the same pages under other addresses.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")] = False,
    list_: Annotated[
        bool, typer.Option("--list", help="Print the log of removals: what, who, when and why.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Remove an article, a page or a whole source from the archive permanently.

    Its rows and texts are deleted. In the WARC files a tombstone replaces each of its records,
    so that all other records keep their places. It is never fetched, imported or extracted again,
    and this cannot be undone. The log (--list) keeps the address, who decided it, when and why. The
    content of a feed, sitemap or front page is removed, but it is still followed.

    Not removed: earlier exports and copies, and other pages that quote it, such as feeds. No crawl,
    import or repair may be running (exit code 3).
    """
    from archive.cli.forget_report import forget_and_report, list_takedowns
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
