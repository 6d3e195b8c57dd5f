"""Commands that extract pages: extract, rules test."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from archive.cli.options import HomeOption, JsonOption

rules = typer.Typer(
    no_args_is_help=True,
    help="Test a source's own rules: the rules tables in sources/NAME.toml.",
)


@rules.command("test")
def test_rules(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="The source's name.")],
    home: HomeOption = Path(),
    limit: Annotated[
        int, typer.Option(min=1, help="Try them on this many of its newest articles.")
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
