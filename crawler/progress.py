"""Counts of one crawl, by source; what the display shows and the run's summary keeps."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from time import monotonic
from typing import Any

from archive.model import UrlKind
from pipelines.ingest import Ingested


@dataclass(slots=True)
class Tally:
    """What became of one source in this run."""

    found: int = 0
    """URLs that were new to the archive."""
    fetched: int = 0
    """Article pages fetched."""
    articles: int = 0
    errors: int = 0
    lists_read: int = 0
    """Feeds, sitemaps and listings that could be read."""
    lists_failed: int = 0
    requisites: int = 0
    """Images, styles, fonts and scripts of pages fetched."""
    missing: int = 0
    """Requisites that could not be had, or that robots.txt forbids."""
    due: int = 0
    """URLs that are known and wait to be fetched."""

    @property
    def failed(self) -> bool:
        """Whether nothing that lists this source's articles could be read."""
        return self.lists_failed > 0 and self.lists_read == 0

    def count(self, ingested: Ingested) -> None:
        """Add one visit."""
        kind = ingested.visit.kind
        self.errors += ingested.failed and kind is not UrlKind.REQUISITE
        if kind is UrlKind.PAGE:
            self.fetched += 1
            self.articles += ingested.article_id is not None
        elif kind is UrlKind.REQUISITE:
            self.requisites += ingested.visit.error is None
            self.missing += ingested.visit.error is not None
        elif ingested.failed:
            self.lists_failed += 1
        else:
            self.lists_read += 1


@dataclass(slots=True)
class Progress:
    """All tallies of a run, and what people should be told."""

    tallies: dict[str, Tally] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)
    """Failures in words, each naming its source, in the order they came."""
    started: float = field(default_factory=monotonic)

    @property
    def failed_sources(self) -> list[str]:
        """Sources of which nothing could be read."""
        return [name for name, tally in self.tallies.items() if tally.failed]

    def pages_a_second(self) -> float:
        """Article pages fetched per second since the start."""
        elapsed = monotonic() - self.started
        return sum(tally.fetched for tally in self.tallies.values()) / elapsed if elapsed else 0.0

    def seconds_left(self) -> float | None:
        """Time left at the present pace; None where it cannot be told yet."""
        tallies = self.tallies.values()
        done = sum(tally.fetched + tally.requisites + tally.missing for tally in tallies)
        due = sum(tally.due for tally in tallies)
        return (monotonic() - self.started) * due / done if done and due else None

    def summary(self) -> dict[str, Any]:
        """By source name, fit for JSON."""
        return {name: asdict(tally) for name, tally in self.tallies.items()}
