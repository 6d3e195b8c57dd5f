"""The further pages of an article, fetched one after another along with its first.

The spider asks `begin` about every answer, sends the requests for what `next_address` names, hands
back what came (`take`, `miss`), and yields the one visit that all of it makes. Pages that are
unchanged are read back from the archive if any other page changed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Protocol

from scrapy import Request
from scrapy.http import Response

from archive.core.urls import normalise_url
from archive.db.frontier import Lease
from archive.db.repository import Held
from archive.errors import RecordError, UrlError
from archive.model import Candidate, Capture, FoundBy, Part, UrlKind, Visit
from crawler.failure_kinds import explain_failure, failure_kind
from crawler.scrapy_visits import headers_of, requested_captures
from crawler.visit_factory import explain_status, retry_after_status, retry_time
from pipelines.extract.paging import MOST_PAGES, Paging, covers, find_paging, is_page_of
from pipelines.ingest.final_answer import FinalAnswer


class HeldPages(Protocol):
    """What the archive holds (`crawler.runs.holdings.Holdings`)."""

    async def has_further_pages(self, url_id: int) -> bool:
        """Whether the article that a URL leads to stands on several pages."""

    async def answer(self, held: Held) -> tuple[tuple[tuple[str, str], ...], bytes]:
        """Headers and body of what the archive has."""


async def begin(visit: Visit, response: Response, lease: Lease, archive: HeldPages) -> ArticlePages:
    """What is to be fetched beside the answer that `visit` was made of; mostly nothing.

    Raises:
        StorageError: the disk or the database refuses.
    """
    nothing = ArticlePages(visit, lease, archive)
    if visit.kind is not UrlKind.PAGE or visit.error is not None:
        return nothing
    first = visit
    if visit.is_unchanged:
        is_rendered = response.request is not None and response.request.meta.get("render")
        if is_rendered or not await archive.has_further_pages(lease.url_id):
            return nothing
        headers, body = await _held(response.request, archive)
        first = replace(visit, headers=headers, body=body)
    if first.body is None:
        return nothing
    paging = await asyncio.to_thread(find_paging, first.body, first.final_url)
    if paging.first is not None and not visit.is_unchanged:
        main = Candidate(paging.first, UrlKind.PAGE, FoundBy.LINK, visit.final_url)
        part = replace(visit, part_of=main.url, candidates=(*visit.candidates, main))
        return ArticlePages(part, lease, archive)
    return ArticlePages(first, lease, archive, dict(paging.numbered), paging.whole)


@dataclass(slots=True)
class ArticlePages:
    """The pages of one article as they come in."""

    first: Visit
    """With a body even if it is unchanged."""
    lease: Lease
    archive: HeldPages
    numbered: dict[int, str] = field(default_factory=dict)
    """What is known of the further pages' addresses, by number."""
    whole: str | None = None
    """The view that has all pages, until it turns out to be none."""
    parts: list[Part] = field(default_factory=list)
    retry_at: datetime | None = None
    _asked: int = 1
    """The number of the page that was asked for last."""

    def next_address(self) -> str | None:
        """What to fetch next; None where all is there."""
        if self.whole is not None:
            return self.whole
        return self.numbered.get(self._asked + 1)

    async def take(self, response: Response) -> None:
        """Take the answer to a request for `next_address`."""
        request = response.request
        answer = FinalAnswer(response.url, response.status, headers_of(response), response.body)
        if answer.status == HTTPStatus.NOT_MODIFIED:
            headers, body = await _held(request, self.archive)
            answer = replace(answer, headers=headers, body=body)
            if body:
                await self._add(_part(answer, requested_captures(request), is_unchanged=True))
                return
        if answer.status == HTTPStatus.OK:
            await self._add(_part(answer, requested_captures(request)))
            return
        again = retry_after_status(answer, self.lease)
        await self._miss(request, response.url, explain_status(answer.status), again)

    async def miss(self, failure: BaseException, request: Request) -> None:
        """Note that a request for `next_address` came to nothing."""
        until = getattr(failure, "until", None)
        again = retry_time(failure_kind(failure), self.lease, datetime.now(UTC), until)
        await self._miss(request, request.url, explain_failure(failure, request.url), again)

    def visit(self) -> Visit:
        """The visit that the pages make together."""
        parts = tuple(self.parts)
        times = [at for at in (self.first.retry_at, self.retry_at) if at is not None]
        is_same = self.first.is_unchanged and not any(map(_is_news, parts))
        return replace(
            self.first,
            parts=parts,
            body=None if is_same else self.first.body,
            is_unchanged=is_same,
            retry_at=min(times, default=None),
        )

    @property
    def captures(self) -> list[Capture]:
        """All that was captured so far."""
        return [*self.first.captures, *(each for part in self.parts for each in part.captures)]

    async def _add(self, part: Part) -> None:
        """Take a page that was had, if it is one of the article at all."""
        is_whole = self.whole is not None
        if not is_page_of(self.first.final_url, part.final_url):
            self._leave_out(part)  # it leads to a log-in, or back to the first page
        elif is_whole and not await asyncio.to_thread(
            covers, part.body or b"", self.first.body or b""
        ):
            self._leave_out(part)
        else:
            self.parts.append(part)
            if is_whole:
                self.whole, self.numbered = None, {}
            else:
                self._asked += 1
                await self._learn_of_more(part)

    def _leave_out(self, part: Part) -> None:
        self.parts.append(replace(part, body=None))
        self._pass_over()

    def _pass_over(self) -> None:
        if self.whole is not None:
            self.whole = None
        else:
            self._asked += 1

    async def _learn_of_more(self, part: Part) -> None:
        """A pager may name only the next page, or the nearest ones."""
        paging: Paging = await asyncio.to_thread(
            find_paging, part.body or b"", part.final_url, article_url=self.first.final_url
        )
        last = max(self.numbered)
        more = {number: url for number, url in paging.numbered.items() if number > last}
        if max(more, default=0) <= MOST_PAGES:
            self.numbered |= more

    async def _miss(
        self, request: Request | None, url: str, error: str, again: datetime | None
    ) -> None:
        """Do with what the archive has of a page that was not had, if it has any."""
        headers, body = await _held(request, self.archive)
        part = Part(requested_captures(request), url, headers, body or None, error)
        if self.whole is not None and self.numbered and not body:
            self._leave_out(replace(part, error=None))  # the pages one by one will do
            return
        if again is not None:
            self.retry_at = min(self.retry_at or again, again)
        self.parts.append(part)
        if self.whole is not None and body:
            self.numbered = {}
        self._pass_over()


def _part(answer: FinalAnswer, captures: Sequence[Capture], *, is_unchanged: bool = False) -> Part:
    return Part(
        tuple(captures),
        _normal(answer.url),
        answer.headers,
        answer.body,
        is_unchanged=is_unchanged,
    )


def _is_news(part: Part) -> bool:
    """Whether a page brought what the archive did not have, or may not have had."""
    return part.body is not None and part.error is None and not part.is_unchanged


async def _held(
    request: Request | None, archive: HeldPages
) -> tuple[tuple[tuple[str, str], ...], bytes]:
    """What the archive has of a request's URL; nothing, if it has none or it cannot be read."""
    held: Held | None = request.meta.get("held") if request is not None else None
    if held is None:
        return (), b""
    try:
        return await archive.answer(held)
    except RecordError:
        return (), b""


def _normal(url: str) -> str:
    try:
        return normalise_url(url)
    except UrlError:
        return url
