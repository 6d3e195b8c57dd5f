"""The report at the end of a backfill: what each way found by month, and what was refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table
from rich.text import Text

from archive.db.backfill import Found
from archive.model import Candidate, FoundBy, UrlKind
from crawler.backfill.plan import BackfillPlan
from crawler.discovery.span import period_of

WAYS = {
    FoundBy.SITEMAP: "sitemaps",
    FoundBy.API: "API",
    FoundBy.ARCHIVE: "index by date",
    FoundBy.LINK: "sections",
}
"""How pages are found, in the order in which they are tried; columns of the table."""
UNDATED = "undated"
REASONS_SHOWN = 20


@dataclass(slots=True)
class BackfillReport:
    """What came of a backfill."""

    found: dict[str, Counter[str]] = field(default_factory=dict)
    """By month, how many pages each way found, and how many of them are articles."""
    refused: Counter[str] = field(default_factory=Counter)
    """Why pages are no articles, and why lists could not be read."""
    notes: list[str] = field(default_factory=list)


def report_of(plan: BackfillPlan) -> BackfillReport:
    """Count what a backfill found since it began, killed runs of it included."""
    report = BackfillReport(notes=list(plan.notes))
    for page in plan.table.found(plan.begun_at):
        counts = report.found.setdefault(_month(page), Counter())
        counts[WAYS.get(page.found_by, page.found_by)] += 1
        counts["articles"] += page.is_article
        if not page.is_article:
            report.refused[_reason(page)] += 1
    for (kind, reason), count in plan.table.failed_lists(plan.begun_at).items():
        report.refused[f"{kind}: {reason}"] += count
    if plan.outside:
        report.notes.append(f"{plan.outside} addresses that were named lie outside the span")
    return report


def print_report(report: BackfillReport, console: Console) -> None:
    """Print it."""
    if report.found:
        console.print(_table(report.found))
    else:
        console.print("Nothing was found that the archive did not know.")
    for line in (*_refusals(report.refused), *report.notes):
        console.print(Text(line), style="yellow", soft_wrap=True)


def summary(report: BackfillReport) -> dict[str, Mapping[str, int]]:
    """The same, fit for JSON."""
    return {**dict(sorted(report.found.items())), "refused": dict(report.refused)}


def _table(found: Mapping[str, Counter[str]]) -> Table:
    named = {way for counts in found.values() for way in counts}
    usual = [*WAYS.values(), "articles"]
    columns = [*(way for way in usual if way in named), *sorted(named.difference(usual))]
    table = Table(box=None, header_style="bold", show_footer=True)
    table.add_column("month", "all")
    for column in columns:
        total = sum(counts[column] for counts in found.values())
        table.add_column(column, str(total), justify="right")
    for month, counts in sorted(found.items()):
        table.add_row(month, *(str(counts[column] or "") for column in columns))
    return table


def _refusals(refused: Counter[str]) -> Iterator[str]:
    for reason, count in refused.most_common(REASONS_SHOWN):
        yield f"{count} x {reason}"
    rest = list(_rest(refused))
    if rest:
        yield f"{sum(rest)} x for {len(rest)} other reasons; `kliping urls` lists them all"


def _rest(refused: Counter[str]) -> Iterable[int]:
    return (count for _, count in refused.most_common()[REASONS_SHOWN:])


def _reason(page: Found) -> str:
    return f"{page.state}: {page.reason}" if page.reason else page.state


def _month(page: Found) -> str:
    """Month of publication, of a page that is no article by its address."""
    if page.published_at is not None:
        return f"{page.published_at:%Y-%m}"
    candidate = Candidate(page.url, UrlKind.PAGE, page.found_by, page.url)
    period = period_of(candidate)
    return f"{period[0]:%Y-%m}" if period else UNDATED
