"""From an answer, as Scrapy or a record gives it, to a `Visit`: what came of one leased URL."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from random import Random

from scrapy import Request
from scrapy.http import Response

from archive.db.frontier import Lease
from archive.errors import DiscoveryError
from archive.model import Capture, Source, UrlKind, Visit
from crawler.discovery import DISCOVERERS, Discovered
from crawler.retry import explain_failure, failure_kind, parse_retry_after, retry_at
from pipelines.recover import Answer

RNG = Random()
"""Spreads retries; nothing secret."""


async def visit_of_response(response: Response, lease: Lease, source: Source) -> Visit:
    """The visit that ended in `response`; lists are parsed in a thread."""
    answer = Answer(response.url, response.status, _headers(response), response.body)
    captures = _captures(response.request)
    if lease.kind is UrlKind.PAGE:
        return visit_of_answer(answer, captures, lease, source)
    return await asyncio.to_thread(visit_of_answer, answer, captures, lease, source)


def visit_of_answer(
    answer: Answer, captures: Sequence[Capture], lease: Lease, source: Source
) -> Visit:
    """The visit that ended in `answer`; lists are parsed, pages are not."""
    error, when = None, None
    if answer.status != HTTPStatus.OK:
        error, when = _explain_status(answer.status), _retry_after_status(answer, lease)
    discovered = Discovered()
    if error is None and lease.kind is not UrlKind.PAGE:
        try:
            discovered = _discover(answer, lease, source)
        except DiscoveryError as failure:
            error = str(failure)
    return Visit(
        source=source.name,
        url=lease.url,
        kind=lease.kind,
        captures=tuple(captures),
        final_url=answer.url,
        headers=answer.headers,
        body=answer.body,
        error=error,
        retry_at=when,
        candidates=discovered.candidates,
        warnings=discovered.warnings,
    )


def visit_of_failure(
    failure: BaseException, request: Request, lease: Lease, source: Source
) -> Visit:
    """The visit that ended without a response, for whatever reason."""
    when = retry_at(
        failure_kind(failure),
        failures=lease.failures + 1,
        now=datetime.now(UTC),
        rng=RNG,
        not_before=getattr(failure, "until", None),
    )
    return Visit(
        source=source.name,
        url=lease.url,
        kind=lease.kind,
        captures=_captures(request),
        final_url=request.url,
        error=explain_failure(failure, request.url),
        retry_at=when,
    )


def _discover(answer: Answer, lease: Lease, source: Source) -> Discovered:
    return DISCOVERERS[lease.kind](
        answer.body, answer.url, content_type=_header(answer, "content-type"), source=source
    )


def _header(answer: Answer, name: str) -> str | None:
    return next((value for key, value in answer.headers if key.lower() == name), None)


def _explain_status(status: int) -> str:
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        return f"HTTP {status}"
    return f"HTTP {status} {phrase}"


def _retry_after_status(answer: Answer, lease: Lease) -> datetime | None:
    now = datetime.now(UTC)
    return retry_at(
        answer.status,
        failures=lease.failures + 1,
        now=now,
        rng=RNG,
        not_before=parse_retry_after(_header(answer, "retry-after"), now),
    )


def _captures(request: Request | None) -> tuple[Capture, ...]:
    captures: tuple[Capture, ...] = request.meta.get("captures", ()) if request else ()
    return captures


def _headers(response: Response) -> tuple[tuple[str, str], ...]:
    return tuple(
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, values in response.headers.items()
        for value in values
    )
