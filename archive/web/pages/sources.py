"""Sources and their health: state, errors, and gaps in coverage."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import Query as Parameter
from starlette.requests import Request
from starlette.responses import Response

from archive.analysis import coverage
from archive.analysis.health import (
    CHART_DAYS,
    DAYS_COUNTED,
    ERROR_DAYS,
    LISTS_SHOWN,
    SourceHealth,
    SourceLine,
    SourceState,
    source_health,
    source_lines,
)
from archive.read.query import Query
from archive.web.cached_route import page_router
from archive.web.executor import run_query
from archive.web.rendering import render

router = page_router()
WORST_FIRST = list(SourceState)
SOURCES_SHOWN = 150
_MAX_PAGE = 10_000


@router.get("/sources")
async def sources_page(
    request: Request, page: Annotated[int, Parameter(ge=1, le=_MAX_PAGE)] = 1
) -> Response:
    """All sources, those that need attention first."""
    now = datetime.now(UTC)

    def read(query: Query) -> list[SourceLine]:
        with query.engine.connect() as connection:
            return source_lines(connection, query.snapshot(), now)

    found = await run_query(request, read)
    lines = sorted(found, key=lambda line: (WORST_FIRST.index(line.state), line.facts.name))
    most = max((line.articles for line in lines), default=0)
    first = (page - 1) * SOURCES_SHOWN
    return render(
        request,
        "sources.html",
        lines=lines[first : first + SOURCES_SHOWN],
        count=len(lines),
        most=most,
        days=DAYS_COUNTED,
        page=page,
        is_last=first + SOURCES_SHOWN >= len(lines),
    )


@router.get("/sources/{name}")
async def source_page(request: Request, name: str) -> Response:
    """One source."""
    now = datetime.now(UTC)

    def read(query: Query) -> SourceHealth:
        with query.engine.connect() as connection:
            return source_health(connection, query.snapshot(), name, now)

    health = await run_query(request, read)
    last = health.coverage.last
    shown = coverage.days_between(last - timedelta(days=CHART_DAYS - 1), last)
    return render(
        request,
        "source.html",
        health=health,
        facts=health.facts,
        counts=[(day, health.coverage.articles.get(day, 0)) for day in shown],
        days_of_errors=ERROR_DAYS,
        lists_shown=LISTS_SHOWN,
        min_weeks=coverage.MIN_WEEKS,
        State=SourceState,
        now=now,
    )
