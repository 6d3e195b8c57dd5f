"""Sources, and counts of articles."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import Query as Parameter
from starlette.requests import Request
from starlette.responses import Response

from archive.index.counting import Count, count_values
from archive.read.query import Query
from archive.read.source_list import followed_sources
from archive.search.syntax import parse_query
from archive.search.tree import EVERYTHING, By
from archive.web.api.answers import api_router, json_answer
from archive.web.api.models import Groups, Sources
from archive.web.api.search import QueryParameter
from archive.web.executor import run_query

router = api_router("counts")


@router.get("/sources", response_model=Sources, summary="Sources")
async def sources(request: Request) -> Response:
    """All sources by name, with their numbers of articles."""
    found = await run_query(request, followed_sources)
    return json_answer({"items": [asdict(source) for source in found]})


@router.get("/stats", response_model=Groups, summary="Counts of articles")
async def stats(
    request: Request,
    q: QueryParameter = "",
    by: Annotated[
        list[By],
        Parameter(max_length=3, description="What to count by; several subdivide."),
    ] = [By.SOURCE],  # noqa: B006 - FastAPI copies it
    among: QueryParameter = "",
) -> Response:
    """Counts by source, time, language, section or author; with a query, also of matching articles.

    Groups without matches are included. Days follow the page's own time zone, and an article with
    two authors counts for both.
    """
    matching, considered = parse_query(q), parse_query(among)
    groups = list(dict.fromkeys(by))

    def read(query: Query) -> list[Count]:
        return query.count(groups, matching=matching, among=considered)

    counts = await run_query(request, read)
    has_query = matching != EVERYTHING
    items = [count_values(groups, one, has_query=has_query) for one in counts]
    return json_answer({"by": groups, "items": items})
