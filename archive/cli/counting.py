"""Commands that count articles and words."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from archive.analysis.chart_series import Measure
from archive.analysis.vocabulary import TermOrder
from archive.cli.options import HomeOption, JsonOption, print_json, show_progress
from archive.cli.search import QueryArgument
from archive.errors import WrongUseError
from archive.search.tree import By

AmongOption = Annotated[str, typer.Option(help="Count only articles that match this query.")]
CsvOption = Annotated[bool, typer.Option("--csv", help="Print CSV, for spreadsheets.")]
PlotOption = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Also draw a chart, as a .png or .svg file."),
]


def stats(
    query: Annotated[
        str,
        typer.Argument(
            metavar="QUERY",
            help="Also count the articles that match, and their share.",
            show_default="",
        ),
    ] = "",
    home: HomeOption = Path(),
    by: Annotated[
        list[By] | None,
        typer.Option(help="What to count by; repeat it to subdivide.", show_default="source"),
    ] = None,
    among: AmongOption = "",
    measure: Annotated[
        Measure | None,
        typer.Option(
            help="What bars and charts show.", show_default="share with a query, else articles"
        ),
    ] = None,
    plot: PlotOption = None,
    csv: CsvOption = False,
    json: JsonOption = False,
) -> None:
    """Count articles by source, day, week, month, language, section or author.

    With a query, also print how many articles match and their share.
    `kliping stats subsidi --by month` follows a word through time, and `--by source --by month`
    does so for each source. Days follow the page's own time zone, a week is named by its Monday,
    and an article with two authors counts for both. `kliping search` documents the syntax of
    queries; `kliping terms` counts words.

    Charts have lines for counts by day, week or month, one for each source or other group, and bars
    otherwise.
    """
    from archive import open_archive
    from archive.cli import stats_report as report
    from archive.index.counting import count_values

    _check(csv, json, plot)
    has_query = bool(query.strip())
    if measure and measure is not Measure.ARTICLES and not has_query:
        raise WrongUseError(f"--measure {measure} needs a query to match")
    shown = measure or (Measure.SHARE if has_query else Measure.ARTICLES)
    groups = list(dict.fromkeys(by or [By.SOURCE]))
    request = report.CountRequest(query, groups, among, shown)
    with open_archive(home, show_progress) as archive:
        counts = archive.count(groups, matching=query, among=among)
        if json:
            for count in counts:
                print_json(count_values(groups, count, has_query=has_query))
        elif csv:
            typer.echo(report.counts_csv(groups, counts, has_query=has_query), nl=False)
        else:
            report.print_counts(request, counts)
        if plot:
            _tell(plot, is_whole=report.draw_counts(plot, request, counts, archive.archive_id()))


def terms(  # noqa: PLR0913, PLR0917 - a command has as many as it has options
    query: QueryArgument,
    home: HomeOption = Path(),
    bigrams: Annotated[
        bool, typer.Option("--bigrams", help="Count pairs of consecutive words.")
    ] = False,
    order: Annotated[TermOrder, typer.Option(help="Sort order.")] = TermOrder.DISTINCTIVE,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most this many.")] = 25,
    among: AmongOption = "",
    sample: Annotated[
        int, typer.Option(min=0, help="Articles to read of each group; 0 reads all.")
    ] = 5_000,
    all_words: Annotated[
        bool, typer.Option("--all-words", help="Include stop words, numbers and single letters.")
    ] = False,
    plot: PlotOption = None,
    csv: CsvOption = False,
    json: JsonOption = False,
) -> None:
    """Print the words that distinguish the articles of a query from the others.

    For each word: how many matching articles have it, their share, the share of the others in the
    same languages, and the score: the log-likelihood ratio (G², Dunning 1993) of articles that have
    the word, by which they are sorted. With --order frequent, the most frequent words come first.
    Where there are many articles, an even sample is read, and a note says so. See docs/search.md.
    """
    from archive import open_archive
    from archive.cli import terms_report as report

    _check(csv, json, plot)
    with open_archive(home, show_progress) as archive:
        found = archive.terms(
            query,
            among=among,
            bigrams=bigrams,
            order=order,
            limit=limit,
            sample=sample or None,
            all_words=all_words,
        )
        if json:
            for term in found.terms:
                print_json(report.term_values(term))
        elif csv:
            typer.echo(report.terms_csv(found.terms), nl=False)
        else:
            report.print_terms(found, order)
        if plot:
            identity = archive.archive_id()
            is_whole = report.draw_terms(plot, query, found, order, identity, among=among)
            _tell(plot, is_whole=is_whole)
    for note in report.notes_on(found):
        typer.echo(f"Note: {note}.", err=True)


def _check(csv: bool, json: bool, plot: Path | None) -> None:
    if csv and json:
        raise WrongUseError("give only one of --csv and --json")
    if plot is not None:
        from archive.analysis.plot import require_plot

        require_plot(plot)


def _tell(plot: Path, *, is_whole: bool) -> None:
    typer.echo(f"Drew {plot}.", err=True)
    if not is_whole:
        typer.echo(
            "Note: no installed font has some of the letters; use .svg, or install the Noto fonts.",
            err=True,
        )
