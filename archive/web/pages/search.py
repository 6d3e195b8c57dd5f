"""The first page: searching."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from archive.errors import QueryError
from archive.query import Query, SearchHit
from archive.search.syntax import parse_query
from archive.search.terms import Order
from archive.web.asking import ask
from archive.web.rendering import render

router = APIRouter(include_in_schema=False)


@router.get("/")
async def search(request: Request, q: str = "", order: Order = Order.BEST) -> Response:
    """Hits of a query, or where it went wrong."""
    try:
        wanted = parse_query(q)
    except QueryError as error:
        return render(request, "search.html", q=q, order=order, hits=[], error=error)

    def hits(query: Query) -> list[SearchHit]:
        return query.search(wanted, order=order)

    found = await ask(request, hits)
    return render(request, "search.html", q=q, order=order, hits=found, error=None)
