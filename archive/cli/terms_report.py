"""Top terms as a table with bars, as a chart, as CSV or as values for JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from archive.analysis.plot import Caption, plot_bars
from archive.analysis.top_terms import TopTerms
from archive.analysis.vocabulary import Term, TermOrder
from archive.cli.stats_report import bar, chart_note, csv_of

_BAR_CELLS = 20
_NAMES = [field.name for field in fields(Term)]


def term_values(term: Term) -> dict[str, Any]:
    """A term as values for JSON."""
    return asdict(term)


def terms_csv(terms: Sequence[Term]) -> str:
    """Terms as CSV with a header line, safe for spreadsheets."""
    return csv_of(_NAMES, map(term_values, terms))


def print_terms(found: TopTerms, order: TermOrder) -> None:
    """Print a table; the bars show what the terms are sorted by."""
    table = Table(box=None, header_style="bold")
    table.add_column("term", no_wrap=True, overflow="ellipsis")
    shown = _NAMES[1:] if found.others.read else _NAMES[1:3]
    for name in shown:
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True, overflow="crop")
    sizes = [_size(term, found, order) for term in found.terms]
    for term, size in zip(found.terms, sizes, strict=True):
        compared = (f"{term.elsewhere:.1%}", f"{term.score:,.1f}")
        facts = (f"{term.matching:,}", f"{term.share:.1%}", *compared)
        drawn = bar(size, max(sizes), cells=_BAR_CELLS)
        table.add_row(Text(term.term), *facts[: len(shown)], drawn)
    Console().print(table)


def notes_on(found: TopTerms) -> list[str]:
    """Notes on the result: how much was read, and whether there was anything to compare with."""
    sampled = [
        f"{sample.read:,} of {sample.articles:,} articles that {which}"
        for sample, which in ((found.matching, "match"), (found.others, "do not"))
        if sample.read < sample.articles
    ]
    notes = [f"read {' and '.join(sampled)}, evenly spread"] if sampled else []
    if not found.matching.articles:
        return ["no article matches"]
    if not found.others.articles:
        notes.append("all articles match, so there is nothing to compare them with")
    return notes


def draw_terms(
    path: Path, query: str, found: TopTerms, order: TermOrder, archive_id: str, *, among: str
) -> bool:
    """Draw a bar for each term; raises as `plot_bars`.

    Returns: whether the fonts have all letters.
    """
    is_compared = _is_compared(found, order)
    what = "set them apart from others" if is_compared else "most of them have"
    facts = [
        f"{sample.articles:,} articles {which}"
        + (f" ({sample.read:,} read)" if sample.read < sample.articles else "")
        for sample, which in ((found.matching, "match"), (found.others, "do not"))
    ]
    caption = Caption(
        query.strip() or "All articles",
        f"Terms of the articles that match: those that {what}",
        chart_note(archive_id, facts + ([f"among {among}"] if among else [])),
        "log-likelihood ratio (G²)" if is_compared else "share of articles that match",
        not is_compared,
    )
    bars = [(term.term, _size(term, found, order)) for term in found.terms]
    return plot_bars(path, bars, caption)


def _is_compared(found: TopTerms, order: TermOrder) -> bool:
    return order is TermOrder.DISTINCTIVE and bool(found.others.read)


def _size(term: Term, found: TopTerms, order: TermOrder) -> float:
    return term.score if _is_compared(found, order) else term.share
