"""Count articles, and those that match a query, by source, time, language, section or author."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any, TypeAlias

from archive.index.article_index import Snapshot
from archive.index.queries import IndexQuery, all_match, in_range, to_query
from archive.index.schema import DAY, MONTH, NO_NUMBER, NO_TEXT, WEEK
from archive.index.searching import count_matches
from archive.search.tree import EVERYTHING, By, Node
from archive.search.tree import conjunction as all_nodes

GroupKey: TypeAlias = tuple[str | None, ...]
GroupCounts: TypeAlias = Counter[GroupKey]

MAX_BUCKETS = 65_000
"""Most buckets of one aggregation of tantivy; with more, the articles are counted in parts."""
MONTHS_BY_DAY = 24
"""Articles of fewer months are counted by day for a histogram."""
_FIRST_MONTH = 12 * 1700
"""No news is older: such a date is an error of the page."""
_FACETS = (By.SOURCE, By.LANGUAGE, By.SECTION)


@dataclass(frozen=True, slots=True)
class Count:
    """Number of articles in a group, and of those that match."""

    group: GroupKey
    """A value for each dimension; None where the articles have none."""
    articles: int
    matching: int

    @property
    def share(self) -> float:
        """Return the share of the articles that match, from 0 to 1."""
        return self.matching / self.articles


@dataclass(frozen=True, slots=True)
class Facets:
    """Counts of a query's hits by source, language, section and time."""

    hits: int
    by: Mapping[By, Mapping[str | None, int]]
    """By source, language and section, most frequent first; None is the group without a value."""
    days: Mapping[date, int]
    """By day of publication, in order; by the first day of each month if they span two years."""
    undated: int


def count_groups(
    snapshot: Snapshot,
    by: Sequence[By],
    *,
    matching: Node = EVERYTHING,
    among: Node = EVERYTHING,
) -> list[Count]:
    """Count the articles of `among` by group, in the order of groups.

    A group of which nothing matches is there, with 0: so that a word's share can be followed.
    """
    all_counts = _tally(snapshot, by, among)
    in_order = sorted(all_counts, key=lambda group: [(name is None, name) for name in group])
    counts = [Count(group, all_counts[group], all_counts[group]) for group in in_order]
    if matching == EVERYTHING:
        return counts
    matched = _tally(snapshot, by, all_nodes([among, matching]))
    return [replace(each, matching=matched[each.group]) for each in counts]


def count_values(by: Sequence[By], count: Count, *, has_query: bool) -> dict[str, Any]:
    """Return a count as values for JSON; with matches where there is a query."""
    groups = dict(zip(map(str, by), count.group, strict=True))
    if not has_query:
        return {**groups, "articles": count.articles}
    facts = {"matching": count.matching, "articles": count.articles, "share": count.share}
    return {**groups, **facts}


def count_facets(snapshot: Snapshot, node: Node) -> Facets:
    """Count a query's hits by source, language, section and day."""
    query = to_query(node, snapshot.languages)
    wanted = {by.value: _terms([by]) for by in (*_FACETS, By.MONTH)}
    found = snapshot.searcher.aggregate(query.query, wanted)
    in_months = _in_order(found[MONTH])
    undated = in_months.pop(NO_NUMBER, 0)
    days = {date(month // 12, month % 12 + 1, 1): in_months[month] for month in in_months}
    hits = sum(days.values()) + undated
    today = datetime.now(UTC)
    next_year = 12 * (today.year + 1) + today.month
    shown = [month for month in in_months if _FIRST_MONTH <= month <= next_year]
    if shown and shown[-1] - shown[0] < MONTHS_BY_DAY:
        in_days = _in_order(snapshot.searcher.aggregate(query.query, {DAY: _terms([By.DAY])})[DAY])
        in_days.pop(NO_NUMBER, None)
        days = {date.fromordinal(day): in_days[day] for day in in_days}
    by = {each: _most_first(_read([each], found[each.value])) for each in _FACETS}
    return Facets(hits, by, days, undated)


def count_revisions(snapshot: Snapshot, node: Node) -> int:
    """Count the revisions of the articles that match."""
    query = to_query(node, snapshot.languages).query
    total = snapshot.searcher.aggregate(query, {"revisions": {"sum": {"field": "revisions"}}})
    return int(total["revisions"]["value"] or 0)


def _tally(snapshot: Snapshot, by: Sequence[By], node: Node) -> GroupCounts:
    query = to_query(node, snapshot.languages)
    if not by:
        articles = count_matches(snapshot, query.query)
        return Counter({(): articles} if articles else {})
    return _tally_of(snapshot, by, query)


def _tally_of(snapshot: Snapshot, by: Sequence[By], query: IndexQuery) -> GroupCounts:
    """Count by groups; where they exceed tantivy's limit, separately for halves of the ids."""
    try:
        found = snapshot.searcher.aggregate(query.query, {"groups": _terms(by)})
        return _read(by, found["groups"])
    except ValueError:  # too many buckets
        first, last = _first_and_last_id(snapshot, query)
        if first == last:
            raise
        middle = (first + last) // 2
        halves = in_range("id", None, middle), in_range("id", middle + 1, None)
        one, other = (_tally_of(snapshot, by, all_match([query, half])) for half in halves)
        return one + other


def _first_and_last_id(snapshot: Snapshot, query: IndexQuery) -> tuple[int, int]:
    ends = snapshot.searcher.aggregate(
        query.query, {end: {end: {"field": "id"}} for end in ("min", "max")}
    )
    return int(ends["min"]["value"]), int(ends["max"]["value"])


def _terms(by: Sequence[By]) -> dict[str, Any]:
    """Return the nested aggregation that counts by groups."""
    terms: dict[str, Any] = {"terms": {"field": by[0].value, "size": MAX_BUCKETS}}
    if by[0] is By.AUTHOR:  # an article may have several authors, or none
        terms["terms"]["missing"] = NO_TEXT
    if len(by) > 1:
        terms["aggs"] = {"groups": _terms(by[1:])}
    return terms


def _read(by: Sequence[By], found: Mapping[str, Any]) -> GroupCounts:
    """Read the groups and their counts from the answer to `_terms`."""
    tally: GroupCounts = Counter()
    if found["sum_other_doc_count"]:
        raise ValueError("too many buckets")
    for bucket in found["buckets"]:
        name = _name(by[0], bucket["key"])
        if len(by) == 1:
            tally[name,] += bucket["doc_count"]
            continue
        for rest, articles in _read(by[1:], bucket["groups"]).items():
            tally[name, *rest] += articles
    return tally


def _name(by: By, key: str | int) -> str | None:
    if key in (NO_TEXT, NO_NUMBER):
        return None
    return _PERIODS[by](int(key)) if by in _PERIODS else str(key)


def _day(ordinal: int) -> str:
    return date.fromordinal(ordinal).isoformat()


def _month(number: int) -> str:
    return f"{number // 12:04}-{number % 12 + 1:02}"


_PERIODS: Mapping[str, Callable[[int], str]] = {DAY: _day, WEEK: _day, MONTH: _month}


def _in_order(found: Mapping[str, Any]) -> dict[int, int]:
    """Read counts by number, in order."""
    counts = {int(bucket["key"]): bucket["doc_count"] for bucket in found["buckets"]}
    return dict(sorted(counts.items()))


def _most_first(tally: GroupCounts) -> dict[str | None, int]:
    in_order = sorted(tally.items(), key=lambda one: (-one[1], one[0][0] or ""))
    return {name: articles for (name,), articles in in_order}
