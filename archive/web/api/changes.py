"""Changes of articles, and captures of addresses."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Query as Parameter
from starlette.requests import Request
from starlette.responses import Response

from archive.read.captures import ArchivedCapture, list_captures
from archive.read.changes import ArticleChange, changes_since, parse_since
from archive.web.api.answers import (
    CursorParameter,
    LimitParameter,
    api_router,
    page_answer,
    parse_cursor,
)
from archive.web.api.articles import Address
from archive.web.api.models import Captures, Changes
from archive.web.executor import run_query
from archive.web.urls import replay_address

router = api_router("history")


@router.get("/changes", response_model=Changes, summary="Edits, silent edits and vanished pages")
async def changes(
    request: Request,
    since: Annotated[
        str,
        Parameter(
            max_length=40,
            description="How far back: 12h, 1d, 2w, or a date such as 2026-03-01.",
            examples=["1d", "2026-03-01"],
        ),
    ] = "1d",
    source: Annotated[str | None, Parameter(max_length=100, description="Of this source.")] = None,
    limit: LimitParameter = 20,
    cursor: CursorParameter = None,
) -> Response:
    """Changes, oldest first; to follow them, continue from the last `next`."""
    place = parse_cursor(request, cursor, str, int)
    # Changes of the last page's final time are read again, and skipped.
    moment = datetime.fromisoformat(place[0]) if place else parse_since(since, datetime.now(UTC))
    passed = place[1] if place else 0

    def read(query: Any) -> list[ArticleChange]:
        most = passed + limit + 1
        return list(changes_since(query.engine, moment, source=source, limit=most))

    found = await run_query(request, read)
    shown = found[passed : passed + limit]
    following = _after(found[: passed + limit]) if len(found) > passed + limit else None
    return page_answer(request, [asdict(change) for change in shown], following)


def _after(changes: list[ArticleChange]) -> tuple[str, int]:
    """The final time of a page, and how many changes of that time were shown."""
    last = changes[-1].seen_at
    return last.isoformat(), sum(change.seen_at == last for change in changes)


@router.get("/captures", response_model=Captures, summary="When an address was looked at")
async def captures(
    request: Request, url: Address, limit: LimitParameter = 20, cursor: CursorParameter = None
) -> Response:
    """The captures of an address, oldest first, with the location of their records."""
    place = parse_cursor(request, cursor, str, int)
    after = (datetime.fromisoformat(place[0]), place[1]) if place else None
    found = await run_query(
        request, lambda query: list_captures(query.engine, url, after=after, limit=limit + 1)
    )
    shown = found[:limit]
    following = None
    if len(found) > limit:
        following = (shown[-1].captured_at.isoformat(), shown[-1].id)
    return page_answer(request, [_capture(request, each) for each in shown], following)


def _capture(request: Request, capture: ArchivedCapture) -> dict[str, Any]:
    replay = replay_address(request, capture.url, capture.captured_at)
    return {**asdict(capture), "replay": replay if capture.record_id else None}
