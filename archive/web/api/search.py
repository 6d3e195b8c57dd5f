"""Searching: hits a page at a time, with facets if they are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from fastapi import Query as Parameter
from starlette.requests import Request
from starlette.responses import Response

from archive.export.columns import Column, choose
from archive.export.values import row_of
from archive.query import Query, SearchHit
from archive.search.finding import Place, Way
from archive.search.syntax import parse_query
from archive.search.terms import EVERYTHING, By, Node, Order
from archive.web.api.answers import (
    CursorParameter,
    LimitParameter,
    api_router,
    page_answer,
    read_cursor,
)
from archive.web.api.models import Hits
from archive.web.asking import ask

QueryParameter = Annotated[
    str,
    Parameter(
        max_length=2000,
        description="A query as of `kliping search` (docs/search.md).",
        examples=["subsidi lang:id published:2025"],
    ),
]
ColumnsParameter = Annotated[
    str | None,
    Parameter(
        max_length=1000,
        description="Names of columns, with commas between; all but the long texts if not given.",
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
    """Hits, the best or the newest first; an empty query finds every article."""
    wanted, chosen, after = parse_query(q), columns_of(columns), _place(request, cursor)

    def question(query: Query) -> tuple[list[SearchHit], dict[str, Any]]:
        hits = query.search(wanted, limit=limit + 1, order=order, after=after)
        return hits, {facet: _facet(query, wanted, facet) for facet in facets}

    hits, counted = await ask(request, question)
    shown = hits[:limit]
    following = _cursor(shown[-1].match.place) if len(hits) > limit else None
    items = [_item(hit, chosen) for hit in shown]
    return page_answer(request, items, following, query=str(wanted), facets=counted)


def columns_of(names: str | None) -> tuple[Column, ...]:
    """The columns of these names, with commas between; all but the long texts of none.

    Raises:
        WrongUseError: there is no such column, or one is named twice.
    """
    if names is None:
        return choose(None, no_text=True)
    return choose([name.strip() for name in names.split(",")])


def _item(hit: SearchHit, columns: Sequence[Column]) -> dict[str, Any]:
    names = (column.name for column in columns)
    facts = dict(zip(names, row_of(hit.article, columns), strict=True))
    shown = {"title_matches": hit.match.title, "snippet": hit.match.text}
    excerpts = {name: excerpt and asdict(excerpt) for name, excerpt in shown.items()}
    return {**facts, "score": hit.match.score, **excerpts}


def _facet(query: Query, wanted: Node, by: By) -> list[dict[str, Any]]:
    counts = query.count([by], matching=EVERYTHING, among=wanted)
    counts.sort(key=lambda count: -count.articles)
    return [{"value": one.group[0], "articles": one.articles} for one in counts[:_MOST_FACETS]]


def _cursor(place: Place) -> tuple[Any, ...]:
    published = place.published_at and place.published_at.isoformat()
    return str(place.way), place.article_id, published, place.number


def _place(request: Request, cursor: str | None) -> Place | None:
    values = read_cursor(request, cursor, str, int, str, int)
    if values is None:
        return None
    way, article_id, published, number = values
    published_at = datetime.fromisoformat(published) if published else None
    return Place(Way(way), article_id, published_at, number)
