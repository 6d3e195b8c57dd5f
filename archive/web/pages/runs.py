"""Runs: when they ran, how they ended, and their counts by source."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query as Parameter
from starlette.requests import Request
from starlette.responses import Response

from archive.read.query import Query
from archive.read.runs import MAX_RUN_ID, RunRecord, latest_runs
from archive.read.runs import read_run as run_of
from archive.web.cached_route import page_router
from archive.web.executor import run_query
from archive.web.rendering import render

router = page_router()
RUNS_SHOWN = 50
ROWS_SHOWN = 300
"""Most sources or files of a run that are shown."""


@router.get("/runs")
async def runs_page(
    request: Request, before: Annotated[int | None, Parameter(ge=1, le=MAX_RUN_ID)] = None
) -> Response:
    """The newest runs, or those before one."""

    def read(query: Query) -> list[RunRecord]:
        with query.engine.connect() as connection:
            return latest_runs(connection, limit=RUNS_SHOWN + 1, before=before)

    found = await run_query(request, read)
    shown = found[:RUNS_SHOWN]
    older = shown[-1].id if len(found) > RUNS_SHOWN else None
    return render(request, "runs.html", runs=shown, older=older, before=before)


@router.get("/runs/{run_id:int}")
async def run_page(request: Request, run_id: int) -> Response:
    """One run."""

    def read(query: Query) -> RunRecord:
        with query.engine.connect() as connection:
            return run_of(connection, run_id)

    found = await run_query(request, read)
    counts = list(dict.fromkeys(name for each in found.parts.values() for name in each))
    return render(request, "run.html", run=found, counts=counts, most=ROWS_SHOWN)
