"""Terms over time: up to five queries compared, as a chart, a table and CSV."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from itertools import dropwhile
from typing import Annotated

from fastapi import Depends
from fastapi import Query as Parameter
from starlette.requests import Request
from starlette.responses import Response

from archive.analysis.trends import (
    MAX_LINES,
    Asked,
    Line,
    days_of,
    leading_sources,
    trends,
    unit_for,
)
from archive.errors import QueryError
from archive.export.csv_table import guarded
from archive.index.searching import newest_day
from archive.read.query import Query
from archive.search.syntax import parse_query
from archive.search.tree import By, Node
from archive.web.cached_route import page_router
from archive.web.dates import day_of
from archive.web.executor import ask
from archive.web.problems import ProblemError
from archive.web.rendering import render

router = page_router()
MAX_QUERIES = 5
DAYS_SHOWN = 365
"""Where no period is asked for."""


class Unit(StrEnum):
    """How long periods are."""

    AUTO = ""
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class Measure(StrEnum):
    """What is shown of a period."""

    SHARE = "share"
    COUNT = "count"


@dataclass(frozen=True, slots=True)
class Form:
    """What a reader filled in."""

    queries: list[str]
    unit: Unit
    measure: Measure
    by_source: bool
    first: date | None
    last: date | None


async def form_of(
    q: Annotated[list[str], Parameter(max_length=MAX_QUERIES)] = [],  # noqa: B006
    unit: Unit = Unit.AUTO,
    measure: Measure = Measure.SHARE,
    by_source: bool = False,
    first: Annotated[str, Parameter(alias="from")] = "",
    last: Annotated[str, Parameter(alias="to")] = "",
) -> Form:
    """The form, read from an address; empty queries are left out."""
    queries = [each.strip() for each in q if each.strip()]
    form = Form(queries, unit, measure, by_source, day_of(first), day_of(last))
    if form.first and form.last and form.first > form.last:
        raise ProblemError(400, "The period ends before it begins.")
    return form


Filled = Annotated[Form, Depends(form_of)]


@dataclass(frozen=True, slots=True)
class Answer:
    """Lines, and what of the form they are of."""

    form: Form
    asked: Asked
    periods: list[date]
    lines: list[Line]

    def name(self, line: Line) -> str:
        """What a line is called."""
        query = self.form.queries[line.query]
        return f"{query} · {line.source}" if line.source else query


@router.get("/terms")
async def terms(request: Request, form: Filled) -> Response:
    """The form, with the chart of what was asked for."""
    answer, error = None, None
    try:
        queries = [parse_query(query) for query in form.queries]
        if queries:
            answer = await _answered(request, form, queries)
    except QueryError as wrong:
        error = wrong
    return render(
        request,
        "terms.html",
        form=form,
        answer=answer,
        error=error,
        boxes=[*form.queries, *[""] * MAX_QUERIES][:MAX_QUERIES],
        units=list(Unit),
        Measure=Measure,
    )


@router.get("/terms.csv")
async def terms_csv(request: Request, form: Filled) -> Response:
    """The numbers of the chart: a row for each line and period."""
    queries = [parse_query(query) for query in form.queries]
    if not queries:
        raise ProblemError(400, "Ask for something with q=.")
    answer = await _answered(request, form, queries)
    headers = {"Content-Disposition": 'attachment; filename="terms.csv"'}
    return Response(_as_csv(answer), media_type="text/csv", headers=headers)


async def _answered(request: Request, form: Form, queries: list[Node]) -> Answer:
    return await ask(request, lambda query: _answer(query, form, queries))


def _answer(query: Query, form: Form, queries: list[Node]) -> Answer:
    snapshot, today = query.snapshot(), datetime.now(UTC).date()
    last = form.last or newest_day(snapshot, today) or today
    first = form.first or last - timedelta(days=DAYS_SHOWN - 1)
    unit = unit_for(first, max(first, last), By(form.unit) if form.unit else None)
    asked = Asked(queries, first, max(first, last), unit)
    if form.by_source:
        leading = leading_sources(snapshot, asked, MAX_LINES // len(queries))
        asked = replace(asked, sources=leading)
    lines = trends(snapshot, asked)
    return Answer(form, asked, _worth_showing(days_of(asked), lines, form), lines)


def _worth_showing(every: list[date], lines: list[Line], form: Form) -> list[date]:
    """All periods that were asked for; else from the first on in which there are articles."""
    if form.first or not lines:
        return every
    return list(dropwhile(lambda period: not any(period in line.articles for line in lines), every))


def _as_csv(answer: Answer) -> str:
    output = io.StringIO()
    writer = csv.writer(output, lineterminator="\n")
    writer.writerow(["query", "source", answer.asked.unit, "matching", "articles", "share"])
    for line in answer.lines:
        named = [guarded(answer.form.queries[line.query]), line.source or ""]
        for period in answer.periods:
            counts = [line.matching.get(period, 0), line.articles.get(period, 0)]
            share = line.share(period)
            told = "" if share is None else round(share, 6)
            writer.writerow([*named, period.isoformat(), *counts, told])
    return output.getvalue()
