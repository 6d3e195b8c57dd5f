"""The further pages of articles among the records that a dead run left behind.

Called by `pipelines.ingest.recover`: a first page whose other pages were fetched too is ingested
with them; where some were not, the article is made due again, so that the next crawl completes it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus

from archive.core.urls import normalise_url
from archive.errors import UrlError
from archive.model import Candidate, Capture, FoundBy, Part, UrlKind, Visit
from pipelines.extract.paging import Paging, covers, find_paging
from pipelines.ingest.final_answer import FinalAnswer
from pipelines.ingest.visit import is_readable

_NOT_HAD = "it was not fetched before the crawl ended"


class LostPages:
    """Chains of captures, each of one page, by its address."""

    def __init__(
        self, chains: Sequence[list[Capture]], answer_of: Callable[[Capture], FinalAnswer | None]
    ) -> None:
        self._answer_of = answer_of
        self._chains: dict[str, list[list[Capture]]] = {}
        for chain in reversed(chains):
            self._chains.setdefault(_normal(chain[0].url), []).append(chain)
        self._taken: set[str] = set()
        self._taken_last: set[str] = set()
        """Ids of the first records of chains that are parts of an article."""

    def has_taken(self, chain: Sequence[Capture]) -> bool:
        """Whether a chain went to an article as its part."""
        return _id_of(chain) in self._taken

    def give_back(self) -> None:
        """Let the chains that were taken last be on their own: their article was not ingested."""
        self._taken -= self._taken_last

    def complete(self, visit: Visit) -> Visit:
        """The visit with the article's further pages, as far as they are there."""
        self._taken_last = set()
        if not is_readable(visit) or visit.body is None:
            return visit
        paging = find_paging(visit.body, visit.final_url)
        if paging.first is not None:
            main = Candidate(paging.first, UrlKind.PAGE, FoundBy.LINK, visit.final_url)
            return replace(visit, part_of=main.url, candidates=(*visit.candidates, main))
        parts = self._parts(visit.body, visit.final_url, paging)
        if not any(part.error for part in parts):
            return replace(visit, parts=tuple(parts))
        return replace(visit, parts=tuple(parts), retry_at=datetime.now(UTC))

    def _parts(self, first: bytes, url: str, paging: Paging) -> list[Part]:
        if paging.whole is not None:
            whole = self._part(paging.whole)
            if whole.body is not None and covers(whole.body, first):
                return [whole]
            if not paging.numbered:
                return [whole if whole.error else replace(whole, body=None)]
        parts: list[Part] = []
        numbered = dict(paging.numbered)
        while (number := len(parts) + 2) in numbered:
            part = self._part(numbered[number])
            parts.append(part)
            if part.body is not None and number == max(numbered):
                numbered |= find_paging(part.body, part.final_url, article_url=url).numbered
        return parts

    def _part(self, address: str) -> Part:
        """What was fetched of one page; its chain is taken."""
        waiting = self._chains.get(_normal(address), [])
        chain = next((c for c in reversed(waiting) if not self.has_taken(c)), None)
        answer = self._answer_of(chain[-1]) if chain else None
        if chain is None or answer is None or answer.status != HTTPStatus.OK:
            return Part((), address, error=_NOT_HAD)
        self._taken.add(_id_of(chain))
        self._taken_last.add(_id_of(chain))
        return Part(tuple(chain), _normal(answer.url), answer.headers, answer.body)


def _id_of(chain: Sequence[Capture]) -> str:
    return chain[0].ref.record_id if chain[0].ref else ""


def _normal(url: str) -> str:
    try:
        return normalise_url(url)
    except UrlError:
        return url
