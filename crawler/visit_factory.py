"""From an answer, as Scrapy or a record gives it, to a `Visit`: what came of one leased URL."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
from random import Random

from scrapy import Request
from scrapy.http import Response

from archive.db.frontier import Lease
from archive.errors import DiscoveryError
from archive.model import Capture, Source, UrlKind, Visit
from crawler.cache_headers import fresh_s
from crawler.discovery import Discovered, Discoverer, discoverer_of
from crawler.discovery.posts import with_all_pages
from crawler.retry import FailureKind, explain_failure, failure_kind, parse_retry_after, retry_at
from pipelines.ingest.final_answer import FinalAnswer

RNG = Random()
"""Spreads retries; nothing secret."""


async def visit_of_response(response: Response, lease: Lease, source: Source) -> Visit:
    """The visit that ended in `response`, parsed in a thread for the URLs that it names."""
    answer = FinalAnswer(response.url, response.status, headers_of(response), response.body)
    captures = captures_of(response.request)
    return await asyncio.to_thread(visit_of_answer, answer, captures, lease, source)


def visit_of_answer(
    answer: FinalAnswer, captures: Sequence[Capture], lease: Lease, source: Source
) -> Visit:
    """The visit that ended in `answer`, parsed for the URLs that it names."""
    error, when = None, None
    is_unchanged = answer.status == HTTPStatus.NOT_MODIFIED
    if answer.status != HTTPStatus.OK and not is_unchanged:
        error, when = explain_status(answer.status), retry_after_status(answer, lease)
    discovered = Discovered()
    discover = discoverer_of(lease.kind, lease.found_by, source)
    if error is None and discover is not None and not is_unchanged:
        try:
            discovered = _discover(discover, answer, lease, source)
        except DiscoveryError as failure:
            # A page that names no requisites in a way we can read may well be an article.
            if lease.kind is not UrlKind.PAGE:
                error = str(failure).removeprefix(f"{answer.url}: ")
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
        is_unchanged=is_unchanged,
        fresh_s=max(discovered.fresh_s, fresh_s(_header(answer, "cache-control"))),
    )


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
        captures=captures_of(request),
        final_url=request.url,
        error=explain_failure(failure, request.url),
        retry_at=when,
    )


def _discover(
    discover: Discoverer, answer: FinalAnswer, lease: Lease, source: Source
) -> Discovered:
    content_type = _header(answer, "content-type")
    discovered = discover(answer.body, answer.url, content_type=content_type, source=source)
    if lease.kind is UrlKind.API:
        return with_all_pages(discovered, answer.url, _header(answer, "x-wp-totalpages"))
    if lease.kind is UrlKind.LISTING and lease.url not in {seed.url for seed in source.seeds}:
        return _without_listings(discovered)
    return discovered


def _without_listings(discovered: Discovered) -> Discovered:
    """Sections are taken from front pages only: from sections on, they would lead on for ever."""
    articles = [each for each in discovered.candidates if each.kind is not UrlKind.LISTING]
    return replace(discovered, candidates=tuple(articles))


def _header(answer: FinalAnswer, name: str) -> str | None:
    return next((value for key, value in answer.headers if key.lower() == name), None)


def explain_status(status: int) -> str:
    """What an answer that is no page says, in words."""
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        return f"HTTP {status}"
    return f"HTTP {status} {phrase}"


def retry_after_status(answer: FinalAnswer, lease: Lease) -> datetime | None:
    """When to ask again after such an answer; None where it is not worth it."""
    now = datetime.now(UTC)
    until = parse_retry_after(_header(answer, "retry-after"), now)
    return retry_time(answer.status, lease, now, until)


def retry_time(
    problem: int | FailureKind, lease: Lease, now: datetime, until: datetime | None
) -> datetime | None:
    """When to ask again after a failure; None where it is not worth it."""
    return retry_at(problem, failures=lease.failures + 1, now=now, rng=RNG, not_before=until)


def captures_of(request: Request | None) -> tuple[Capture, ...]:
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
