"""How often queries are met over time: the lines of a chart, all over the same periods. Read-only.

Articles count by their day of publication on the page's own clock; undated ones do not count.
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
"""More could not be told apart."""
MAX_POINTS = 200
"""Of a line; where there were more, periods are made longer."""
_DAYS = {By.DAY: 1, By.WEEK: 7, By.MONTH: 31}
_FINE_POINTS = 92
"""Of a line whose periods are chosen for it."""


@dataclass(frozen=True, slots=True)
class TrendRequest:
    """What is to be compared."""

    queries: Sequence[Node]
    first: date
    last: date
    unit: By
    """day, week or month."""
    sources: Sequence[str] = ()
    """Each has lines of its own; of none, all sources are taken together."""


@dataclass(frozen=True, slots=True)
class TrendLine:
    """One query, of all sources or of one, over all periods."""

    query: int
    """Which of the queries, from 0."""
    source: str | None
    matching: Mapping[date, int] = field(repr=False)
    """By the first day of a period; periods of which nothing matches are missing."""
    articles: Mapping[date, int] = field(repr=False)
    """How many there are, matching or not."""

    def share(self, period: date) -> float | None:
        """Of the articles of a period that match, from 0 to 1; None where there are none."""
        articles = self.articles.get(period, 0)
        return self.matching.get(period, 0) / articles if articles else None


def trend_unit(first: date, last: date, wanted: By | None = None) -> By:
    """The wanted length of periods, or the next longer one that makes `MAX_POINTS` at most; where
    none is wanted, the one that reads well."""
    most = MAX_POINTS if wanted else _FINE_POINTS
    from_ = TIMES.index(wanted) if wanted else 0
    days = (last - first).days + 1
    return next((unit for unit in TIMES[from_:] if days <= most * _DAYS[unit]), By.MONTH)


def trend_days(asked: TrendRequest) -> list[date]:
    """The first day of each period; of very many months, of the last `MAX_POINTS`."""
    ends = _period_of(asked.first, asked.unit), _period_of(asked.last, asked.unit)
    return [first_day(each) for each in periods(asked.unit, *ends)][-MAX_POINTS:]


def trends(snapshot: Snapshot, asked: TrendRequest) -> list[TrendLine]:
    """The lines: of each query in turn, by source where sources are named."""
    among = _among(asked)
    articles = _counted(snapshot, asked, among)
    lines: list[TrendLine] = []
    for number, query in enumerate(asked.queries):
        matching = _counted(snapshot, asked, And((*among.nodes, query)))
        sources = asked.sources or (None,)
        lines += [TrendLine(number, each, matching[each], articles[each]) for each in sources]
    return lines


def leading_sources(snapshot: Snapshot, asked: TrendRequest, most: int) -> list[str]:
    """The sources that have the most articles which any of the queries finds."""
    either = reduce(lambda one, other: Or((one, other)), asked.queries)
    found = count_groups(snapshot, [By.SOURCE], among=And((*_among(asked).nodes, either)))
    ranked = sorted(found, key=lambda each: (-each.articles, each.group))
    return [each.group[0] for each in ranked[:most] if each.group[0]]


def _among(asked: TrendRequest) -> And:
    period = Period(Clock.PUBLISHED, asked.first, asked.last)
    facts = [Fact(Field.SOURCE, source) for source in asked.sources]
    if not facts:
        return And((period,))
    return And((period, facts[0] if len(facts) == 1 else Or(tuple(facts))))


def _counted(
    snapshot: Snapshot, asked: TrendRequest, among: Node
) -> Mapping[str | None, Mapping[date, int]]:
    """Articles by source, or under None, and by period."""
    by = [asked.unit, *([By.SOURCE] if asked.sources else [])]
    counts: dict[str | None, Counter[date]] = defaultdict(Counter)
    for each in count_groups(snapshot, by, among=among):
        period, source = each.group[0], each.group[1] if asked.sources else None
        if period is not None:
            counts[source][first_day(period)] += each.articles
    return counts


def _period_of(day: date, unit: By) -> str:
    """The period of a day, as counts name it."""
    return period_start(day, unit).isoformat()[: len("2026-01") if unit is By.MONTH else None]
