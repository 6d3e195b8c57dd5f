"""From Scrapy's responses and failures to a `Visit`: what came of one leased URL."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from scrapy import Request
from scrapy.http import Response

from archive.db.frontier import Lease
from archive.model import Capture, Source, Visit
from crawler.failure_kinds import explain_failure, failure_kind
from crawler.visit_factory import retry_time, visit_of_answer
from pipelines.ingest.final_answer import FinalAnswer


async def visit_of_response(response: Response, lease: Lease, source: Source) -> Visit:
    """The visit that ended in `response`, parsed in a thread for the URLs that it names."""
    answer = FinalAnswer(response.url, response.status, headers_of(response), response.body)
    captures = requested_captures(response.request)
    return await asyncio.to_thread(visit_of_answer, answer, captures, lease, source)


def visit_of_failure(
    failure: BaseException, request: Request, lease: Lease, source: Source
) -> Visit:
    """The visit that ended without a response, for whatever reason."""
    until = getattr(failure, "until", None)
    when = retry_time(failure_kind(failure), lease, datetime.now(UTC), until)
    return Visit(
        source=source.name,
        url=lease.url,
        kind=lease.kind,
        captures=requested_captures(request),
        final_url=request.url,
        error=explain_failure(failure, request.url),
        retry_at=when,
    )


def requested_captures(request: Request | None) -> tuple[Capture, ...]:
    """What was captured so far on the way to a request's answer."""
    captures: tuple[Capture, ...] = request.meta.get("captures", ()) if request else ()
    return captures


def headers_of(response: Response) -> tuple[tuple[str, str], ...]:
    """The response's headers as text."""
    return tuple(
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, values in response.headers.items()
        for value in values
    )
