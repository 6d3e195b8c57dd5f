"""What passes between the code that probes sites and the code that fetches for it.

A look at a site (`probe`, `check`) says which address it wants and reads the answer; fetching it,
politely and through Scrapy, is for `crawler.spiders.probe`, and a test answers from a dictionary.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from crawler.retry import FailureKind


@dataclass(frozen=True, slots=True)
class FetchResult:
    """What came of fetching one address."""

    url: str
    """An http(s) address, after redirects."""
    body: bytes = b""
    """Content codings undone."""
    status: int | None = None
    content_type: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    error: str | None = None
    """Why there is no response."""
    failure: FailureKind | None = None
    """The same, for programs."""
    moved_for_good: bool = False
    """It was redirected, and each redirect said that it is for good."""

    @property
    def fault(self) -> str | None:
        """Why there is nothing to read, None if there is something."""
        if self.error or self.status is None:
            return self.error or "no answer"
        return None if self.status == 200 else f"HTTP {self.status}"


class Fetch(Protocol):
    """Fetches an address; every failure is a result too."""

    async def __call__(self, url: str, delay_s: float | None = None) -> FetchResult:
        """Ask for `url`, at least `delay_s` after the last request to its host."""
        ...


FetchJob = Callable[[Fetch], Awaitable[None]]
"""Something to find out; it keeps what it found."""
