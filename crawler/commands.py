"""Commands that fetch, or that must know which sources are followed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from archive.cli.options import HomeOption, JsonOption, print_json
from archive.errors import SourceError

if TYPE_CHECKING:
    from archive.model import Source

sources = typer.Typer(
    no_args_is_help=True,
    help="Say which news sites are followed. Each is a file to edit: sources/NAME.toml.",
)

rules = typer.Typer(
    no_args_is_help=True,
    help="Try a source's own rules: the rules tables in sources/NAME.toml.",
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
    """Find out a site's title, language, feeds and sitemaps, and follow it.

    What was found is written to sources/NAME.toml in the archive, to be edited at will: other
    feeds, a longer delay, a limit of pages. `kliping crawl` reads it. A name of the catalog
    (`kliping sources catalog`) is taken as it stands there, without a look.
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
    nothing is archived. Where nothing of a source fails, the day is written into its file, as
    `verified`. With --json, one object an address: its state is well, odd or fails. Exit code 1
    if any fails.
    """
    from crawler.sources.check_sources import check_sources

    raise typer.Exit(check_sources(home, names or [], as_json=json))


@sources.command("import")
def import_sources(
    file: Annotated[str, typer.Argument(metavar="FILE", help="The list; - is standard input.")],
    home: HomeOption = Path(),
    check: Annotated[
        bool,
        typer.Option("--check", help="Look at each site, and find its feeds if none is named."),
    ] = False,
) -> None:
    """Follow the sites of a list: OPML of a feed reader, CSV, or an address a line.

    CSV needs a header with a column `url` or `feeds`; `name`, `title`, `language` and `sitemaps`
    are read too. Which of the three a list is, is seen from what stands in it. What is followed
    already is left out, and each line that cannot be read is told with its number; exit code 1
    if there were any. Without --check the sites are taken as they are named, unverified.
    """
    from crawler.sources.import_sources import import_sources as import_list

    raise typer.Exit(import_list(home, file, check=check))


@sources.command("export")
def export_sources(
    home: HomeOption = Path(),
    output: Annotated[
        str, typer.Option("--output", "-o", help="File to write; - is standard output.")
    ] = "-",
) -> None:
    """Write the sources and their feeds as OPML, which feed readers and Kliping import."""
    from crawler.sources.import_sources import export_sources as export_list

    export_list(home, output)


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
    """List well-known outlets; `kliping sources add NAME` follows one.

    Their addresses are what people know of them, and nobody vouches for them: a source that is
    taken from here stays unverified until `kliping sources check` has found it well.
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


@rules.command("test")
def test_rules(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="The source's name.")],
    home: HomeOption = Path(),
    limit: Annotated[
        int, typer.Option(min=1, help="Try them on so many of its newest articles.")
    ] = 50,
    json: JsonOption = False,
) -> None:
    """Show what the rules in a source's file would change, before they are used.

    Archived articles are read twice: by the rules that were stored when the source was last
    crawled, and by those in sources/NAME.toml now. Nothing is changed. The next crawl stores the
    new rules; `kliping reextract SOURCE` then reads what is archived by them.
    """
    from archive.home import open_home
    from crawler.sources import load_source
    from pipelines.rules_trial import try_rules
    from pipelines.rules_trial_report import report_trials

    opened = open_home(home)
    stated = load_source(opened.sources / f"{source}.toml")
    report_trials(try_rules(opened, source, stated.rules, limit=limit), as_json=json)


def demo(
    context: typer.Context,
    home: Annotated[
        Path | None,
        # Not KLIPING_HOME: that is an archive which the demo must leave alone.
        typer.Option(
            help="Folder to make the archive in: new, empty, or of an earlier demo.",
            show_default="kliping-demo",
            file_okay=False,
        ),
    ] = None,
    serve: Annotated[
        bool,
        typer.Option("--serve/--no-serve", help="Open the reading room when all is archived."),
    ] = True,
    port: Annotated[
        int,
        typer.Option(
            min=0, max=65535, help="Port of the reading room.", show_default="one that is free"
        ),
    ] = 0,
    open_: Annotated[
        bool, typer.Option("--open", help="Open the reading room in a browser.")
    ] = False,
) -> None:
    """Archive an invented news site on this machine, and open the reading room: nothing to set up.

    Four small outlets are served on loopback and crawled by the ordinary commands, which are
    shown. The reading room and the outlets are served until Ctrl+C; the archive stays. An archive
    that an earlier demo made in the same folder is replaced.
    """
    from archive.cli.serve import require_web_packages
    from crawler.demo.command import DEFAULT_HOME, run_demo

    if serve:
        require_web_packages()
    of_all_commands = context.parent and context.parent.params.get("home")
    folder = home or of_all_commands or DEFAULT_HOME
    raise typer.Exit(run_demo(folder, port=port if serve else None, is_opened=open_))


def crawl(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="NAME", help="Sources to crawl.", show_default="all"),
    ] = None,
    home: HomeOption = Path(),
    now: Annotated[
        bool,
        typer.Option("--now", help="Ask every feed, sitemap and front page, whatever their pace."),
    ] = False,
) -> None:
    """Fetch what is new on the sources, look again at what may have changed, and archive it.

    Ctrl-C ends it in order. A crawl that was stopped or killed goes on where it was when it is
    started again, and fetches nothing twice.

    Exit codes: 0 done, 1 some sources failed or it was interrupted, 2 wrong use, 3 another run
    is at work on one of the sources.
    """
    from crawler.runs.crawl import run_crawl

    raise typer.Exit(run_crawl(home, names or [], ask_lists=now))


def backfill(
    name: Annotated[str, typer.Argument(metavar="SOURCE", help="The source to go back on.")],
    since: Annotated[
        datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First day of the span.")
    ],
    home: HomeOption = Path(),
    until: Annotated[
        datetime | None,
        typer.Option("--to", formats=["%Y-%m-%d"], help="Last day.", show_default="today"),
    ] = None,
    via: Annotated[
        str | None,
        typer.Option(
            metavar="cdx=URL[,replay=URL][,data=URL]",
            help="Take old captures from an archive elsewhere (Wayback, pywb, Common Crawl).",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Find what a source published in a span of time, and archive it.

    Dated sitemaps, the WordPress REST API, indexes by date, and paged sections are walked as far as
    they concern the span; the dearer ones only as far as they find what the others left out. A
    backfill that was stopped or killed goes on where it was when it is started again.

    With --via, the captures of that span which a CDX server names are taken instead: as replayed
    raw, or by data= straight from the WARC files. They keep their dates.

    Exit codes: as for `kliping crawl`.
    """
    from crawler.backfill.cdx_import import run_via
    from crawler.backfill.run import run_backfill

    last = until.date() if until else None
    if via is not None:
        raise typer.Exit(run_via(home, name, since.date(), last, via))
    raise typer.Exit(run_backfill(home, name, since.date(), last))


def import_(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE|URL", help="WARC files, gzipped or not, or addresses."),
    ],
    home: HomeOption = Path(),
    reference: Annotated[
        bool,
        typer.Option("--reference", help="Leave the files where they are instead of copying them."),
    ] = False,
    accept_damaged: Annotated[
        bool,
        typer.Option(
            "--accept-damaged", help="Take the sound records of damaged files, leave the others."
        ),
    ] = False,
    source: Annotated[
        str | None,
        typer.Option(help="Name of the source that shall own it all.", show_default="by site"),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Take WARC files of others (wget, Heritrix, Browsertrix, Common Crawl) into the archive.

    An import that is stopped or killed goes on where it was when it is started again; nothing is
    taken twice. A file that breaks the WARC standard is refused, with every reason.
    """
    from archive.home import open_home
    from crawler.sources import load_sources
    from pipelines.ingest.import_report import report_import
    from pipelines.ingest.importing import Options, import_files
    from pipelines.progress_bar import showing_bar

    opened = open_home(home)
    options = Options(reference, accept_damaged, source)
    with showing_bar() as bar:
        results = import_files(opened, files, load_sources(opened.sources), options, bar)
        code = report_import(results, as_json=json)
    raise typer.Exit(code)


def why(
    url: Annotated[str, typer.Argument(metavar="URL", help="Any address.")],
    home: HomeOption = Path(),
    json: JsonOption = False,
) -> None:
    """Say why a page is in the archive or is not: how it was found, and what became of it."""
    from archive.home import open_home
    from crawler.explain_url import why as why_url
    from crawler.sources import load_sources

    opened = open_home(home)
    told = why_url(opened, url, load_sources(opened.sources))
    if json:
        print_json(told.as_dict())
    else:
        typer.echo("\n".join([told.url, told.answer, *told.details]))


def repair(home: HomeOption = Path(), json: JsonOption = False) -> None:
    """Mend what can be mended of the archive, and say what was done; nothing is deleted.

    Torn ends of WARC files are cut off and kept aside, records without rows get rows, wrong rows
    are corrected, the index is made again. A lost database comes back from the WARC files. Exit
    codes: 0 all is well now, 1 something remains, which is named.
    """
    from archive.home import open_home
    from crawler.record_replay import Rebuilder
    from crawler.sources import load_sources
    from pipelines.ingest.import_report import report_repair
    from pipelines.ingest.repair import repair as repair_archive
    from pipelines.progress_bar import showing_bar

    opened = open_home(home)
    followed = load_sources(opened.sources)
    with showing_bar() as bar:
        results = repair_archive(opened, followed, partial(Rebuilder, lambda: followed), bar)
        code = report_repair(results, as_json=json)
    raise typer.Exit(code)


def extract(
    pages: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE|URL|ID",
            help="Saved pages (.gz too), addresses, or numbers of archived articles.",
        ),
    ],
    home: HomeOption = Path(),
    url: Annotated[str, typer.Option(help="Address that the one saved page came from.")] = "",
    explain: Annotated[
        bool, typer.Option("--explain", help="Say which steps made the text, and why.")
    ] = False,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print the text with its headings, lists and quotes.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Print the text and facts of pages, as the extraction of this version reads them.

    An article that is in the archive, by its number or address, is read back from its WARC record
    by its source's rules and what was learnt. Other addresses are fetched as a crawl would fetch
    them: under robots.txt, the archive's delays and limits, and from public addresses only. Nothing
    is archived. A page that is no article says why. Exit codes: 0 all pages were read, 1 some were
    not.
    """
    from crawler.extract_pages import extract_pages

    code = extract_pages(home, pages, url=url, explain=explain, markdown=markdown, as_json=json)
    raise typer.Exit(code)
