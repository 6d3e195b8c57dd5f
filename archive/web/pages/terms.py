"""Frequencies over time: up to five queries compared, as a chart, a table and CSV."""

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
    TrendLine,
    TrendRequest,
    leading_sources,
    trend_days,
    trend_unit,
    trends,
)
from archive.errors import QueryError
from archive.export.csv_table import guard_cell
from archive.index.searching import newest_day
from archive.read.query import Query
from archive.search.syntax import parse_query
from archive.search.tree import By, Node
from archive.web.cached_route import page_router
from archive.web.dates import parse_day
from archive.web.executor import run_query
from archive.web.problems import ProblemError
from archive.web.rendering import render

router = page_router()
MAX_QUERIES = 5
_DEFAULT_DAYS = 365
"""The period where none is requested."""


class Unit(StrEnum):
    """Period length."""

    AUTO = ""
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class TrendMeasure(StrEnum):
    """The value shown of a period."""

    SHARE = "share"
    COUNT = "count"


@dataclass(frozen=True, slots=True)
class TermsForm:
    """The form's values."""

    queries: list[str]
    unit: Unit
    measure: TrendMeasure
    by_source: bool
    first: date | None
    last: date | None


async def read_terms_form(
    q: Annotated[list[str], Parameter(max_length=MAX_QUERIES)] = [],  # noqa: B006
    unit: Unit = Unit.AUTO,
    measure: TrendMeasure = TrendMeasure.SHARE,
    by_source: bool = False,
    first: Annotated[str, Parameter(alias="from")] = "",
    last: Annotated[str, Parameter(alias="to")] = "",
) -> TermsForm:
    """The form's values; empty queries are left out."""
    queries = [each.strip() for each in q if each.strip()]
    form = TermsForm(queries, unit, measure, by_source, parse_day(first), parse_day(last))
    if form.first and form.last and form.first > form.last:
        raise ProblemError(400, "The period ends before it begins.")
    return form


_TermsFormParameter = Annotated[TermsForm, Depends(read_terms_form)]


@dataclass(frozen=True, slots=True)
class TermsChart:
    """The lines of a chart, with their form and periods."""

    form: TermsForm
    request: TrendRequest
    periods: list[date]
    lines: list[TrendLine]

    def name(self, line: TrendLine) -> str:
        """The label of a line."""
        query = self.form.queries[line.query]
        return f"{query} · {line.source}" if line.source else query


@router.get("/terms")
async def terms_page(request: Request, form: _TermsFormParameter) -> Response:
    """The form, with the chart of its queries."""
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
        Measure=TrendMeasure,
    )


@router.get("/terms.csv")
async def terms_csv_page(request: Request, form: _TermsFormParameter) -> Response:
    """The numbers of the chart as CSV: a row for each line and period."""
    queries = [parse_query(query) for query in form.queries]
    if not queries:
        raise ProblemError(400, "At least one query is required (q=).")
    answer = await _answered(request, form, queries)
    headers = {"Content-Disposition": 'attachment; filename="terms.csv"'}
    return Response(_as_csv(answer), media_type="text/csv", headers=headers)


async def _answered(request: Request, form: TermsForm, queries: list[Node]) -> TermsChart:
    return await run_query(request, lambda query: _answer(query, form, queries))


def _answer(query: Query, form: TermsForm, queries: list[Node]) -> TermsChart:
    snapshot, today = query.snapshot(), datetime.now(UTC).date()
    last = form.last or newest_day(snapshot, today) or today
    first = form.first or last - timedelta(days=_DEFAULT_DAYS - 1)
    unit = trend_unit(first, max(first, last), By(form.unit) if form.unit else None)
    trend_request = TrendRequest(queries, first, max(first, last), unit)
    if form.by_source:
        leading = leading_sources(snapshot, trend_request, MAX_LINES // len(queries))
        trend_request = replace(trend_request, sources=leading)
    lines = trends(snapshot, trend_request)
    return TermsChart(
        form, trend_request, _worth_showing(trend_days(trend_request), lines, form), lines
    )


def _worth_showing(periods: list[date], lines: list[TrendLine], form: TermsForm) -> list[date]:
    """All periods where the first is given; otherwise from the first with articles on."""
    if form.first or not lines:
        return periods
    return list(
        dropwhile(lambda period: not any(period in line.articles for line in lines), periods)
    )


def _as_csv(answer: TermsChart) -> str:
    output = io.StringIO()
    writer = csv.writer(output, lineterminator="\n")
    writer.writerow(["query", "source", answer.request.unit, "matching", "articles", "share"])
    for line in answer.lines:
        named = [guard_cell(answer.form.queries[line.query]), line.source or ""]
        for period in answer.periods:
            counts = [line.matching.get(period, 0), line.articles.get(period, 0)]
            share = line.share(period)
            rounded = "" if share is None else round(share, 6)
            writer.writerow([*named, period.isoformat(), *counts, rounded])
    return output.getvalue()
