"""Counts as a table with bars, as a chart, or as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from archive.analysis.chart_series import ChartLines, Measure, chart_lines, group_name
from archive.analysis.plot import MAX_CHART_BARS, MAX_CHART_LINES, Caption, plot_bars, plot_lines
from archive.export.csv_table import guard_cell
from archive.index.counting import Count, count_values
from archive.search.periods import TIMES, missing_between, time_position
from archive.search.tree import By

_BAR_CELLS = 30
_DAY_CELLS = len("2025-06-30")
_AXES = {
    Measure.SHARE: "share of articles",
    Measure.MATCHING: "articles that match",
    Measure.ARTICLES: "articles",
}


@dataclass(frozen=True, slots=True)
class CountRequest:
    """A request for counts."""

    query: str
    by: Sequence[By]
    among: str
    measure: Measure
    """The value that bars and charts show."""

    @property
    def has_query(self) -> bool:
        return bool(self.query.strip())


def counts_csv(by: Sequence[By], counts: Sequence[Count], *, has_query: bool) -> str:
    """Counts as CSV with a header line, safe for spreadsheets."""
    names = [*map(str, by), *(["matching", "articles", "share"] if has_query else ["articles"])]
    return csv_of(names, (count_values(by, count, has_query=has_query) for count in counts))


def csv_of(names: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """Rows as CSV with a header line, safe for spreadsheets (`archive.export.csv_table`)."""
    output = io.StringIO()
    writer = csv.DictWriter(output, names, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        cells = row.items()
        writer.writerow({key: guard_cell(v) if isinstance(v, str) else v for key, v in cells})
    return output.getvalue()


def print_counts(request: CountRequest, counts: Sequence[Count]) -> None:
    """Print a table with bars, and a line for each gap without articles."""
    table = Table(box=None, header_style="bold")
    for each in request.by:
        table.add_column(each, overflow="fold", min_width=_DAY_CELLS if each in TIMES else None)
    for name in ["matching", "articles", "share"] if request.has_query else ["articles"]:
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    sizes = [request.measure.value_of(count) or 0 for count in counts]
    before: Count | None = None
    for count, size in zip(counts, sizes, strict=True):
        if gap := _gap(request.by, before, count):
            table.add_row(*gap, style="dim")
        groups = [Text("(none)" if each is None else each) for each in count.group]
        facts = [f"{count.matching:,}", f"{count.articles:,}", f"{count.share:.1%}"]
        shown = facts if request.has_query else facts[1:2]
        table.add_row(*groups, *shown, bar(size, max(sizes)))
        before = count
    Console().print(table)


def bar(size: float, most: float, cells: int = _BAR_CELLS) -> Text:
    """A bar relative to the greatest value, `most`."""
    return Text("█" * round(cells * size / (most or 1)), style="cyan")


def draw_counts(
    path: Path, request: CountRequest, counts: Sequence[Count], archive_id: str
) -> bool:
    """Draw lines for counts by time, otherwise bars.

    Returns: whether the fonts have all letters.

    Raises:
        WrongUseError: it is counted by two sorts of periods.
        StorageError: the file cannot be written.
    """
    lines = chart_lines(request.by, counts, request.measure, most=MAX_CHART_LINES)
    articles = sum(count.articles for count in counts)
    facts = [f"{articles:,} articles" + (f" among {request.among}" if request.among else "")]
    if lines is None:
        bars = sorted(
            ((group_name(count.group), request.measure.value_of(count) or 0.0) for count in counts),
            key=lambda pair: -pair[1],
        )
        if len(bars) > MAX_CHART_BARS:
            facts.append(f"the {MAX_CHART_BARS} largest of {len(bars):,} groups")
        return plot_bars(path, bars[:MAX_CHART_BARS], _caption(request, facts, archive_id))
    return plot_lines(path, lines, _caption(request, [*facts, *_passed_over(lines)], archive_id))


def chart_note(archive_id: str, facts: Sequence[str]) -> str:
    """The small print of a chart: the archive, the facts, when and by which version it was
    drawn."""
    now = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, Kliping {version('kliping')}"
    return " · ".join([f"Archive {archive_id}", *facts, now])


def _caption(request: CountRequest, facts: Sequence[str], archive_id: str) -> Caption:
    what = {
        Measure.SHARE: "Share of articles that match",
        Measure.MATCHING: "Articles that match",
        Measure.ARTICLES: "Articles",
    }[request.measure]
    return Caption(
        request.query.strip() or "All articles",
        f"{what}, by {' and '.join(request.by)}",
        chart_note(archive_id, facts),
        _AXES[request.measure],
        request.measure is Measure.SHARE,
    )


def _passed_over(lines: ChartLines) -> list[str]:
    remarks = {
        f"the {len(lines.lines)} largest of {len(lines.lines) + lines.left_out:,} groups": (
            lines.left_out
        ),
        f"{lines.undated:,} without a date left out": lines.undated,
        "gaps: no articles then": lines.has_gaps,
    }
    return [words for words, is_so in remarks.items() if is_so]


def _gap(by: Sequence[By], before: Count | None, count: Count) -> list[str] | None:
    """A table row for the periods without articles between two counts, if there are any."""
    place = time_position(by)
    if before is None or place is None or before.group[:place] != count.group[:place]:
        return None
    earlier, later = before.group[place], count.group[place]
    missing = missing_between(by[place], earlier, later) if earlier and later else 0
    if not missing:
        return None
    periods = f"{missing:,} {by[place]}{'' if missing == 1 else 's'}"
    return [*[""] * place, f"… {periods} without articles"]
