"""How counts are told: as a table with bars, as CSV or as values for JSON."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from archive.counting import Count
from archive.search.terms import By

_BAR_CELLS = 30
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_values(by: Sequence[By], count: Count, *, has_query: bool) -> dict[str, Any]:
    """One count as a flat object; with what matches, if a query was asked."""
    groups = dict(zip(map(str, by), count.group, strict=True))
    if not has_query:
        return {**groups, "articles": count.articles}
    facts = {"matching": count.matching, "articles": count.articles, "share": count.share}
    return {**groups, **facts}


def as_csv(by: Sequence[By], counts: Sequence[Count], *, has_query: bool) -> str:
    """All counts with a head, safe to open in a spreadsheet.

    A name that a spreadsheet would take for a formula gets an apostrophe before it.
    Source: https://owasp.org/www-community/attacks/CSV_Injection
    """
    output = io.StringIO()
    names = [*map(str, by), *(["matching", "articles", "share"] if has_query else ["articles"])]
    writer = csv.DictWriter(output, names, lineterminator="\n")
    writer.writeheader()
    for count in counts:
        values = as_values(by, count, has_query=has_query)
        writer.writerow({name: _harmless(value) for name, value in values.items()})
    return output.getvalue()


def print_table(by: Sequence[By], counts: Sequence[Count], *, has_query: bool) -> None:
    """A table; the bars are as long as the shares, or else as the counts."""
    table = Table(box=None, header_style="bold")
    for each in by:
        table.add_column(each, overflow="fold")
    for name in ["matching", "articles", "share"] if has_query else ["articles"]:
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    sizes = [count.share if has_query else count.articles for count in counts]
    most = max(sizes, default=0) or 1
    for count, size in zip(counts, sizes, strict=True):
        groups = [Text("(none)" if each is None else each) for each in count.group]
        facts = [f"{count.matching:,}", f"{count.articles:,}", f"{count.share:.1%}"]
        shown = facts if has_query else facts[1:2]
        table.add_row(*groups, *shown, Text("█" * round(_BAR_CELLS * size / most), style="cyan"))
    Console().print(table)


def _harmless(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
