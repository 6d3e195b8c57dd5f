"""The search page, with filters by value and by time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Any
from urllib.parse import quote_plus

from fastapi import Query as Parameter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from archive.errors import QueryError
from archive.index.counting import Facets
from archive.index.searching import Cursor
from archive.read.query import Query, SearchHit, is_address
from archive.search.narrowing import conjuncts, narrow, widen
from archive.search.syntax import parse_query
from archive.search.tree import (
    And,
    By,
    Clock,
    Fact,
    Field,
    Node,
    Not,
    Order,
    Period,
    Trait,
)
from archive.web.cached_route import page_router
from archive.web.cursors import format_hit_cursor, parse_hit_cursor
from archive.web.executor import run_query
from archive.web.histogram import Histogram, histogram
from archive.web.rendering import link, render

PAGE_HITS = 20
_FIELDS = {By.SOURCE: Field.SOURCE, By.LANGUAGE: Field.LANG, By.SECTION: Field.SECTION}

router = page_router()


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """A query, its order and a position in its results."""

    request: Request
    query: Node
    order: Order
    after: Cursor | None = None

    def link(self, query: Node) -> str:
        """The address of another query in the same order."""
        return self._begin() + _quoted(str(query))

    def narrowing(self, kept: Sequence[Node]) -> Callable[[Fact | Period], str]:
        """A function of addresses that add a condition to the kept ones.

        The same as a link to the query `narrow` returns, at less cost: a page has hundreds.
        """
        begin = self._begin() + _quoted(f"{And(tuple(kept))} ".lstrip())
        return lambda part: begin + _quoted(str(part))

    def _begin(self) -> str:
        order = None if self.order is Order.BEST else self.order
        address = link(self.request, "/", order=order)
        return f"{address}{'&' if '?' in address else '?'}q="


@router.get("/")
async def search_page(
    request: Request,
    q: str = "",
    order: Order = Order.BEST,
    after: str | None = None,
    first: Annotated[str | None, Parameter(alias="from")] = None,
    last: Annotated[str | None, Parameter(alias="to")] = None,
) -> Response:
    """Hits of a query with facets, or the position of its error.

    The address of an article redirects to it.
    """
    if is_address(q):
        found = await run_query(request, lambda query: query.article(q.strip()))
        return RedirectResponse(link(request, f"/articles/{found.id}"), 303)
    try:
        node = parse_query(q)
        wanted = SearchRequest(request, node, order, parse_hit_cursor(after) if after else None)
        if first is not None or last is not None:
            dated = _dated(wanted.query, first or "", last or "")
            return RedirectResponse(wanted.link(dated), 303)
    except QueryError as error:
        return render(request, "search_error.html", q=q, error=error)
    hits, counted = await _found(wanted)
    days = histogram(counted.days, datetime.now(UTC).date())
    return render(request, "search.html", q=q, **_shown(wanted, hits, counted, days))


async def _found(wanted: SearchRequest) -> tuple[list[SearchHit], Facets]:
    """The hits of a page, with one more if there is another page, and the facets of all hits."""

    def read(query: Query) -> tuple[list[SearchHit], Facets]:
        hits = query.search(
            wanted.query,
            limit=PAGE_HITS + 1,
            order=wanted.order,
            after=wanted.after,
        )
        return hits, query.facets(wanted.query)

    return await run_query(wanted.request, read)


def _shown(
    wanted: SearchRequest, hits: list[SearchHit], counted: Facets, days: Histogram | None
) -> dict[str, Any]:
    """The values of the template."""
    conditions = conjuncts(wanted.query)
    chosen = [part for part in conditions if _is_fact(part)]
    to_period = wanted.narrowing([part for part in conditions if not _is_published(part)])
    to_fact = wanted.narrowing(conditions)
    has_more = len(hits) > PAGE_HITS
    period = next((part for part in chosen if _is_published(part)), None)
    return {
        "order": wanted.order,
        "orders": list(Order),
        "is_first": wanted.after is None,
        "after": format_hit_cursor(hits[PAGE_HITS - 1].cursor) if has_more else None,
        "hits": hits[:PAGE_HITS],
        "counted": counted,
        "chosen": [(part, wanted.link(widen(wanted.query, part))) for part in chosen],
        "choices": {
            by: _choices(conditions, field, counted.by[by]) for by, field in _FIELDS.items()
        },
        "of_choice": lambda by, value: to_fact(Fact(_FIELDS[by], value)),
        "histogram": days,
        "undated": counted.undated,
        "period": period,
        "of_bar": lambda bar: to_period(Period(Clock.PUBLISHED, bar.first, bar.last)),
    }


def _choices(
    conditions: Sequence[Node], field: Field, counts: Mapping[str | None, int]
) -> list[tuple[str, int]]:
    """Values to filter by, each with its articles; none if one is chosen already."""
    if any(isinstance(part, Fact) and part.field is field for part in conditions):
        return []
    return [(value, articles) for value, articles in counts.items() if value]


def _dated(query: Node, first: str, last: str) -> Node:
    """Restrict a query to the days between two, or to none if neither is given.

    Raises:
        QueryError: a day is invalid.
    """
    undated = query
    for part in filter(_is_published, conjuncts(query)):
        undated = widen(undated, part)
    if not (first or last):
        return undated
    if first and last:
        first, last = sorted((first, last))
    return narrow(undated, parse_query(f"published:{first}..{last}"))


def _is_fact(part: Node) -> bool:
    inner = part.node if isinstance(part, Not) else part
    return isinstance(inner, Fact | Period | Trait)


def _is_published(part: Node) -> bool:
    return isinstance(part, Period) and part.clock is Clock.PUBLISHED


@lru_cache(maxsize=4096)  # most are of the same few sources, sections and years
def _quoted(text: str) -> str:
    return quote_plus(text, errors="replace")
