"""From a final answer, off the wire or out of a record, to a `Visit`: what came of a leased URL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
from random import Random

from archive.db.frontier import Lease
from archive.errors import DiscoveryError
from archive.model import Capture, Source, UrlKind, Visit
from crawler.cache_headers import fresh_s
from crawler.discovery import Discovered, Discoverer, discoverer_of
from crawler.discovery.posts import with_all_pages
from crawler.retry import FailureKind, parse_retry_after, retry_at
from pipelines.ingest.final_answer import FinalAnswer

RNG = Random()
"""Spreads retries; nothing secret."""


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
