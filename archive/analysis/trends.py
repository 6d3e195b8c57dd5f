"""Frequency of queries over time, as the lines of a chart over the same periods. Read-only.

Articles count by their day of publication in the page's own offset; undated ones do not count.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import reduce

from archive.index.article_index import Snapshot
from archive.index.counting import count_groups
from archive.search.periods import TIMES, first_day, period_start, periods
from archive.search.tree import And, By, Clock, Fact, Field, Node, Or, Period

MAX_LINES = 6
"""More lines could not be distinguished."""
MAX_POINTS = 200
"""Most points of a line; longer periods are used where there would be more."""
_DAYS = {By.DAY: 1, By.WEEK: 7, By.MONTH: 31}
_FINE_POINTS = 92
"""Most points of a line with a chosen period length."""


@dataclass(frozen=True, slots=True)
class TrendRequest:
    """The queries and periods to compare."""

    queries: Sequence[Node]
    first: date
    last: date
    unit: By
    """day, week or month."""
    sources: Sequence[str] = ()
    """Each has its own lines; where none are given, all sources are counted together."""


@dataclass(frozen=True, slots=True)
class TrendLine:
    """One query over all periods, for all sources or for one."""

    query: int
    """Position of the query, from 0."""
    source: str | None
    matching: Mapping[date, int] = field(repr=False)
    """By the first day of a period; periods without matches are missing."""
    articles: Mapping[date, int] = field(repr=False)
    """Number of articles by period, whether they match or not."""

    def share(self, period: date) -> float | None:
        """Share of a period's articles that match, from 0 to 1; None where it has no articles."""
        articles = self.articles.get(period, 0)
        return self.matching.get(period, 0) / articles if articles else None


def trend_unit(first: date, last: date, wanted: By | None = None) -> By:
    """The requested period length, or the next longer one that gives at most `MAX_POINTS`; a
    readable one where none is requested."""
    most = MAX_POINTS if wanted else _FINE_POINTS
    from_ = TIMES.index(wanted) if wanted else 0
    days = (last - first).days + 1
    return next((unit for unit in TIMES[from_:] if days <= most * _DAYS[unit]), By.MONTH)


def trend_days(request: TrendRequest) -> list[date]:
    """The first day of each period, at most the last `MAX_POINTS`."""
    ends = _period_of(request.first, request.unit), _period_of(request.last, request.unit)
    return [first_day(each) for each in periods(request.unit, *ends)][-MAX_POINTS:]


def trends(snapshot: Snapshot, request: TrendRequest) -> list[TrendLine]:
    """The line of each query, by source where sources are given."""
    among = _among(request)
    articles = _counted(snapshot, request, among)
    lines: list[TrendLine] = []
    for number, query in enumerate(request.queries):
        matching = _counted(snapshot, request, And((*among.nodes, query)))
        sources = request.sources or (None,)
        lines += [TrendLine(number, each, matching[each], articles[each]) for each in sources]
    return lines


def leading_sources(snapshot: Snapshot, request: TrendRequest, most: int) -> list[str]:
    """The sources with the most articles that match any of the queries."""
    either = reduce(lambda one, other: Or((one, other)), request.queries)
    found = count_groups(snapshot, [By.SOURCE], among=And((*_among(request).nodes, either)))
    ranked = sorted(found, key=lambda each: (-each.articles, each.group))
    return [each.group[0] for each in ranked[:most] if each.group[0]]


def _among(request: TrendRequest) -> And:
    period = Period(Clock.PUBLISHED, request.first, request.last)
    facts = [Fact(Field.SOURCE, source) for source in request.sources]
    if not facts:
        return And((period,))
    return And((period, facts[0] if len(facts) == 1 else Or(tuple(facts))))


def _counted(
    snapshot: Snapshot, request: TrendRequest, among: Node
) -> Mapping[str | None, Mapping[date, int]]:
    """Articles by source (or None) and period."""
    by = [request.unit, *([By.SOURCE] if request.sources else [])]
    counts: dict[str | None, Counter[date]] = defaultdict(Counter)
    for each in count_groups(snapshot, by, among=among):
        period, source = each.group[0], each.group[1] if request.sources else None
        if period is not None:
            counts[source][first_day(period)] += each.articles
    return counts


def _period_of(day: date, unit: By) -> str:
    """The name of the period of a day, as in counts."""
    return period_start(day, unit).isoformat()[: len("2026-01") if unit is By.MONTH else None]
