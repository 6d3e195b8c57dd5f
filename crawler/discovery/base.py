"""What every way of discovery gives and takes.

A parser is a pure function of the bytes that a URL answered with: no network, no Scrapy, no
clock. It gives back every page, sitemap or listing that the document names, each once, and
says of what it left out by which rule. The caller (the spider) decides what is fetched when.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from archive.core.urls import join_url, normalise_url
from archive.errors import UrlError
from archive.model import Candidate, FoundBy, Source, UrlKind
from crawler.discovery.judge import Judgement, Verdict


@dataclass(frozen=True, slots=True)
class Refusal:
    """A URL that was found and will not be fetched, and why."""

    url: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Discovered:
    """What one feed, sitemap or listing says. Candidates are in its own order, each URL once."""

    candidates: tuple[Candidate, ...] = ()
    refused: tuple[Refusal, ...] = ()
    title: str | None = None
    language: str | None = None
    """ISO 639-1."""
    warnings: tuple[str, ...] = ()
    """Sentences for people, e.g. that the document is cut off; each names no URL."""
    fresh_s: float = 0.0
    """For how long a feed says that it will not change."""


class Discoverer(Protocol):
    """A parser of one kind of document. `crawler.discovery.DISCOVERERS` holds them all."""

    def __call__(
        self, body: bytes, url: str, *, content_type: str | None, source: Source
    ) -> Discovered:
        """Read `body`, which `url` (after redirects) answered with.

        `body` has its content codings undone; `content_type` is the header as served.

        Raises:
            DiscoveryError: it is not what it should be; the message names `url` and says what
                came instead. No bytes raise anything else.
        """
        ...


@dataclass(slots=True)
class Gathering:
    """Collects what one document names: URLs made absolute and normalised, each kept once."""

    found_in: str
    found_by: FoundBy
    candidates: dict[str, Candidate] = field(default_factory=dict)
    refused: dict[str, Refusal] = field(default_factory=dict)
    found_as: dict[str, str] = field(default_factory=dict)
    """By URL, its address with the tracking parameters that it was named with."""

    def absolute(self, reference: str, base: str | None = None) -> str | None:
        """Return the URL meant by `reference`. One that is no web address is refused.

        Returns:
            The URL, None if it was refused.
        """
        try:
            spelled = join_url(base or self.found_in, reference)
            url = normalise_url(spelled)
            tracked = normalise_url(spelled, keep_tracking=True)
        except UrlError:
            reason = "it is not an http or https address"
            self.refuse(reference, Verdict(Judgement.NO, "not-web", reason))
            return None
        if tracked != url:
            self.found_as.setdefault(url, tracked)
        return url

    def add(
        self,
        url: str,
        kind: UrlKind,
        *,
        title: str | None = None,
        published_at: datetime | None = None,
        modified_at: datetime | None = None,
    ) -> None:
        """Keep `url`, unless it was named before."""
        candidate = Candidate(
            url,
            kind,
            self.found_by,
            self.found_in,
            title,
            published_at,
            modified_at,
            self.found_as.get(url),
        )
        self.candidates.setdefault(url, candidate)

    def refuse(self, url: str, verdict: Verdict) -> None:
        """Remember that `url` will not be fetched."""
        self.refused.setdefault(url, Refusal(url, verdict))

    def discovered(
        self,
        *,
        title: str | None = None,
        language: str | None = None,
        warnings: tuple[str, ...] = (),
        fresh_s: float = 0.0,
    ) -> Discovered:
        """Return all that was gathered."""
        return Discovered(
            tuple(self.candidates.values()),
            tuple(self.refused.values()),
            title,
            language,
            warnings,
            fresh_s,
        )
