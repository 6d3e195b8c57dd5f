"""Counts of one crawl, by source; what the display shows and the run's summary keeps."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from time import monotonic
from typing import Any

from archive.model import UrlKind
from archive.read.runs import SourceTally
from pipelines.ingest.visit import Ingested

MESSAGES_A_SOURCE = 10


@dataclass(slots=True)
class Tally(SourceTally):
    """What became of one source in this run, as it is counted."""

    def count(self, ingested: Ingested) -> None:
        """Add one visit."""
        kind = ingested.visit.kind
        self.errors += ingested.failed and not kind.may_be_missing
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
    """Failures in words, each naming its source, in the order they came; not all of very many."""
    started: float = field(default_factory=monotonic)
    _told: Counter[str] = field(default_factory=Counter)
    """By source: how often `tell` was called."""

    @property
    def failed(self) -> bool:
        """Whether nothing could be read of some source."""
        return any(tally.failed for tally in self.tallies.values())

    @property
    def errors(self) -> int:
        """Fetches that failed, over all sources."""
        return sum(tally.errors for tally in self.tallies.values())

    def tell(self, source: str, problem: str) -> bool:
        """Note what people should be told, once; False where it was told before.

        Of a source with very many problems the first ones are shown: the log has them all.
        """
        message = f"{source}: {problem}"
        if message in self.messages:
            return False
        self._told[source] += 1
        if self._told[source] <= MESSAGES_A_SOURCE:
            self.messages.append(message)
        elif self._told[source] == MESSAGES_A_SOURCE + 1:
            self.messages.append(f"{source}: there are more problems; the log has them all")
        return True

    def pages_a_second(self) -> float:
        """Article pages fetched per second since the start."""
        elapsed = monotonic() - self.started
        return sum(tally.fetched for tally in self.tallies.values()) / elapsed if elapsed else 0.0

    def seconds_left(self) -> float | None:
        """Time left at the present pace; None where it cannot be told yet."""
        tallies = self.tallies.values()
        done = sum(tally.fetched + tally.requisites + tally.missing for tally in tallies)
        waiting = sum(tally.waiting for tally in tallies)
        return (monotonic() - self.started) * waiting / done if done and waiting else None

    def summary(self) -> dict[str, Any]:
        """By source name, fit for JSON."""
        return {name: asdict(tally) for name, tally in self.tallies.items()}
