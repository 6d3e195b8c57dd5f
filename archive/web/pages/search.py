"""The first page: searching, and narrowing down what was found by kind and by time."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Query as Parameter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from archive.errors import QueryError
from archive.query import Query, SearchHit
from archive.search.facets import Facets
from archive.search.finding import Place
from archive.search.narrowing import narrowed, parts, widened
from archive.search.syntax import parse_query
from archive.search.terms import EVERYTHING, By, Clock, Fact, Field, Node, Not, Order, Period, Trait
from archive.web.asking import ask, ask_again
from archive.web.histogram import Bar, Histogram, histogram
from archive.web.places import read_place, write_place
from archive.web.rendering import link, render
from archive.web.routes import page_router

PAGE_HITS = 20
_ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)
_FIELDS = {By.SOURCE: Field.SOURCE, By.LANGUAGE: Field.LANG, By.SECTION: Field.SECTION}

router = page_router()


@dataclass(frozen=True, slots=True)
class Asked:
    """What a reader wants to see: a query and its order."""

    request: Request
    query: Node
    order: Order
    after: Place | None = None

    def link(self, query: Node) -> str:
        """Where another query is answered in the same order."""
        order = None if self.order is Order.BEST else self.order
        return link(self.request, "/", q=str(query), order=order)


@dataclass(frozen=True, slots=True)
class Choice:
    """A value by which hits can be narrowed down."""

    value: str
    articles: int
    address: str


@router.get("/")
async def search(
    request: Request,
    q: str = "",
    order: Order = Order.BEST,
    after: str | None = None,
    first: Annotated[str | None, Parameter(alias="from")] = None,
    last: Annotated[str | None, Parameter(alias="to")] = None,
) -> Response:
    """Hits of a query with what they have in common, or where the query went wrong.

    Of the address of an article, that article.
    """
    if _ADDRESS.fullmatch(q.strip()):
        found = await ask(request, lambda query: query.article(q.strip()))
        return RedirectResponse(link(request, f"/articles/{found.id}"), 303)
    try:
        node = parse_query(q)
        asked = Asked(request, node, order, read_place(after) if after else None)
        if first is not None or last is not None:
            dated = _dated(asked.query, first or "", last or "")
            return RedirectResponse(asked.link(dated), 303)
    except QueryError as error:
        return render(request, "search_error.html", q=q, error=error)
    hits = await _hits(asked)
    counted = await _counts(request, node)
    return render(request, "search.html", q=q, **_shown(asked, hits, *counted))


async def _hits(asked: Asked) -> list[SearchHit]:
    """The hits of a page, and one more if there is another."""

    def question(query: Query) -> list[SearchHit]:
        return query.search(asked.query, limit=PAGE_HITS + 1, order=asked.order, after=asked.after)

    return await ask(asked.request, question)


async def _counts(request: Request, node: Node) -> tuple[Facets, Histogram | None]:
    """What the hits of a query have in common, and their days."""

    def question(query: Query) -> tuple[Facets, Histogram | None]:
        counted = query.facets(node)
        return counted, histogram(counted.days, datetime.now(UTC).date())

    if node == EVERYTHING:  # all are counted
        return await ask_again(request, question, "facets", is_long=True)
    return await ask(request, question)


def _shown(
    asked: Asked, hits: list[SearchHit], counted: Facets, days: Histogram | None
) -> dict[str, Any]:
    """What the template shows."""
    chosen = [part for part in parts(asked.query) if _is_fact(part)]
    has_more = len(hits) > PAGE_HITS
    period = next((part for part in chosen if _is_published(part)), None)
    return {
        "order": asked.order,
        "orders": list(Order),
        "is_first": asked.after is None,
        "after": write_place(hits[PAGE_HITS - 1].match.place) if has_more else None,
        "hits": hits[:PAGE_HITS],
        "counted": counted,
        "chosen": [(part, asked.link(widened(asked.query, part))) for part in chosen],
        "choices": {by: _choices(asked, field, counted.by[by]) for by, field in _FIELDS.items()},
        "histogram": days,
        "undated": counted.by[By.DAY].get(None, 0),
        "period": period,
        "of_bar": lambda bar: asked.link(narrowed(asked.query, _period(bar))),
    }


def _choices(asked: Asked, field: Field, counts: Mapping[str | None, int]) -> list[Choice]:
    """The values by which to narrow down; none if there is nothing to choose from."""
    if any(isinstance(part, Fact) and part.field is field for part in parts(asked.query)):
        return []
    return [
        Choice(value, articles, asked.link(narrowed(asked.query, Fact(field, value))))
        for value, articles in counts.items()
        if value
    ]


def _dated(query: Node, first: str, last: str) -> Node:
    """The hits that were published between two days, or at any time if none is given.

    Raises:
        QueryError: there are no such days.
    """
    undated = query
    for part in filter(_is_published, parts(query)):
        undated = widened(undated, part)
    if not (first or last):
        return undated
    if first and last:
        first, last = sorted((first, last))
    return narrowed(undated, parse_query(f"published:{first}..{last}"))


def _period(bar: Bar) -> Period:
    return Period(Clock.PUBLISHED, bar.first, bar.last)


def _is_fact(part: Node) -> bool:
    inner = part.node if isinstance(part, Not) else part
    return isinstance(inner, Fact | Period | Trait)


def _is_published(part: Node) -> bool:
    return isinstance(part, Period) and part.clock is Clock.PUBLISHED
