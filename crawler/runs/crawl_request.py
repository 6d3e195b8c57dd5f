"""What a crawl is asked to do."""

from __future__ import annotations

from dataclasses import dataclass

from crawler.discovery.span import Span


@dataclass(frozen=True, slots=True)
class Task:
    """One run of the spider; as text, what the run's row says of it."""

    names: tuple[str, ...] = ()
    """Sources; all that are followed where it is empty."""
    ask_lists: bool = False
    """Ask every feed, sitemap and front page, whatever their pace."""
    span: Span | None = None
    """Of a backfill, which is of one source."""
    is_open: bool = False
    """Whether the span ends on the day of the run, whatever day that is."""

    def __str__(self) -> str:
        if self.span is None:
            return "crawl"
        until = "" if self.is_open else f" --to {self.span.last}"
        return f"backfill {self.names[0]} --from {self.span.first}{until}"
