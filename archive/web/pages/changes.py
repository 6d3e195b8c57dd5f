"""The page of changes: edits, silent edits and vanished pages."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated

from fastapi import Query as Parameter
from starlette.requests import Request
from starlette.responses import Response

from archive.db.sources import source_ids
from archive.read.changes import (
    ArticleChange,
    ChangeCursor,
    ChangeFilter,
    ChangeKind,
    change_cursor,
    latest_changes,
)
from archive.read.query import Query
from archive.web.cached_route import page_router
from archive.web.dates import parse_day
from archive.web.executor import run_query
from archive.web.problems import ProblemError
from archive.web.rendering import render

router = page_router()
CHANGES_SHOWN = 50
_DEFAULT_DAYS = 30
"""The period where none is requested."""
_KINDS = {"edited": ChangeKind.EDITED, "silent": ChangeKind.SILENT, "vanished": ChangeKind.VANISHED}
_BETWEEN = "_"


@router.get("/changes")
async def changes_page(
    request: Request,
    source: Annotated[str, Parameter(max_length=100)] = "",
    kind: Annotated[list[str], Parameter(max_length=len(_KINDS))] = [],  # noqa: B006
    first: Annotated[str, Parameter(alias="from")] = "",
    last: Annotated[str, Parameter(alias="to")] = "",
    before: str = "",
) -> Response:
    """The newest changes by source, kind and period, or those before a cursor."""
    kinds = [each for each in kind if each in _KINDS] or list(_KINDS)
    days = _period(parse_day(first), parse_day(last))
    wanted = ChangeFilter(
        since=_midnight(days[0]),
        until=_midnight(days[1] + timedelta(days=1)),
        source=source or None,
        kinds=frozenset(_KINDS[each] for each in kinds),
    )
    place = _read(before) if before else None

    def read(query: Query) -> tuple[list[str], list[ArticleChange]]:
        with query.engine.connect() as connection:
            names = list(source_ids(connection))
            if source:
                source_ids(connection, [source])
            limit = CHANGES_SHOWN + 1
            return names, latest_changes(connection, wanted, limit=limit, before=place)

    names, found = await run_query(request, read)
    shown = found[:CHANGES_SHOWN]
    return render(
        request,
        "changes.html",
        changes=shown,
        kinds=kinds,
        kind_of={change_kind: name for name, change_kind in _KINDS.items()},
        names=names,
        source=source,
        days=days,
        before=before,
        following=_written(change_cursor(shown[-1])) if len(found) > CHANGES_SHOWN else None,
    )


def _period(first: date | None, last: date | None) -> tuple[date, date]:
    last = last or datetime.now(UTC).date()
    first = first or last - timedelta(days=_DEFAULT_DAYS - 1)
    if first > last:
        raise ProblemError(400, "The period ends before it begins.")
    return first, last


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _written(place: ChangeCursor) -> str:
    return _BETWEEN.join([place[0].isoformat(), *map(str, place[1:])])


def _read(written: str) -> ChangeCursor:
    try:
        seen_at, article_id, number = written.split(_BETWEEN)
        moment = datetime.fromisoformat(seen_at)
        place = moment, int(article_id), int(number)
    except ValueError as error:
        raise ProblemError(400, "Invalid page of changes.") from error
    if moment.tzinfo is None or max(place[1:]) >= 2**31 or min(place[1:]) < 0:
        raise ProblemError(400, "Invalid page of changes.")
    return place
