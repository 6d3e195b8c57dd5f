"""Search: hits a page at a time, with optional facets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import Query as Parameter
from starlette.requests import Request
from starlette.responses import Response

from archive.export.columns import Column, choose_columns
from archive.export.values import row_of
from archive.index.searching import Cursor
from archive.read.query import Query, SearchHit, is_address
from archive.search.syntax import parse_query
from archive.search.tree import EVERYTHING, By, Node, Order
from archive.web.api.answers import (
    CursorParameter,
    LimitParameter,
    api_router,
    page_answer,
    parse_cursor,
)
from archive.web.api.models import Hits
from archive.web.cursors import bounded_cursor
from archive.web.executor import run_query
from archive.web.problems import ProblemError

QueryParameter = Annotated[
    str,
    Parameter(
        max_length=2000,
        description="A query in the syntax of `kliping search` (docs/search.md).",
        examples=["subsidi lang:id published:2025"],
    ),
]
ColumnsParameter = Annotated[
    str | None,
    Parameter(
        max_length=1000,
        description="Comma-separated columns; by default all except the long texts.",
        examples=["id,title,url"],
    ),
]
_MOST_FACETS = 50

router = api_router("search")


@router.get("/search", response_model=Hits, summary="Articles that a query finds")
async def search(
    request: Request,
    q: QueryParameter = "",
    order: Order = Order.BEST,
    columns: ColumnsParameter = None,
    facets: Annotated[
        list[By],
        Parameter(max_length=4, description="Count all hits by these too."),
    ] = [],  # noqa: B006 - FastAPI copies it
    limit: LimitParameter = 20,
    cursor: CursorParameter = None,
) -> Response:
    """Hits, best or newest first; an empty query finds every article.

    The address of an article finds that article.
    """
    wanted = q if is_address(q) else parse_query(q)
    chosen, after = columns_of(columns), _cursor_of(request, cursor)

    def read(query: Query) -> tuple[list[SearchHit], dict[str, Any]]:
        hits = query.search(wanted, limit=limit + 1, order=order, after=after)
        if isinstance(wanted, str):
            return hits, {}
        return hits, {facet: _facet(query, wanted, facet) for facet in facets}

    hits, counted = await run_query(request, read)
    shown = hits[:limit]
    last = shown[-1].cursor if len(hits) > limit else None
    following = (str(last.order), last.value) if last else None
    items = [_item(hit, chosen) for hit in shown]
    return page_answer(request, items, following, query=str(wanted), facets=counted)


def columns_of(names: str | None) -> tuple[Column, ...]:
    """The columns of a comma-separated list; all except the long texts where there is none.

    Raises:
        WrongUseError: there is no such column, or one is named twice.
    """
    if names is None:
        return choose_columns(None, no_text=True)
    return choose_columns([name.strip() for name in names.split(",")])


def _item(hit: SearchHit, columns: Sequence[Column]) -> dict[str, Any]:
    names = (column.name for column in columns)
    facts = dict(zip(names, row_of(hit.article, columns), strict=True))
    shown = {"title_matches": hit.title, "snippet": hit.snippet}
    excerpts = {
        name: asdict(excerpt) if excerpt is not None else None for name, excerpt in shown.items()
    }
    return {**facts, "score": hit.score, **excerpts}


def _facet(query: Query, wanted: Node, by: By) -> list[dict[str, Any]]:
    counts = query.count([by], matching=EVERYTHING, among=wanted)
    counts.sort(key=lambda count: -count.articles)
    return [{"value": one.group[0], "articles": one.articles} for one in counts[:_MOST_FACETS]]


def _cursor_of(request: Request, cursor: str | None) -> Cursor | None:
    values = parse_cursor(request, cursor, str, int)
    if values is None:
        return None
    order, value = values
    if order not in list(Order):
        raise ProblemError(400, "Invalid page of search results.")
    return bounded_cursor(Cursor(Order(order), value))
