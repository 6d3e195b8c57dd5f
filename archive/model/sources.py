"""Publishers that are followed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from archive.model.urls import UrlKind


class CaptureScope(StrEnum):
    """How much of an article page is fetched."""

    HTML = "html"
    PAGE = "page"
    """The page's requisites too."""


@dataclass(frozen=True, slots=True)
class Seed:
    """An entry URL of a source, fetched at every crawl."""

    url: str
    kind: UrlKind


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Selectors (CSS) that a person wrote for the pages of one source, and when they hold.

    From `since` to `until`, both days included: an old page is read by the rules of its time.
    """

    since: dt.date | None = None
    until: dt.date | None = None
    body: str | None = None
    title: str | None = None
    author: str | None = None
    date: str | None = None
    drop: tuple[str, ...] = ()

    def holds(self, day: dt.date | None) -> bool:
        """True on `day`; of an unknown day, where the rules are still open."""
        if day is None:
            return self.until is None
        return (self.since is None or self.since <= day) and (
            self.until is None or day <= self.until
        )


@dataclass(frozen=True, slots=True)
class Source:
    """A publisher that is followed. `name` is unique, lower case, fit for a file name."""

    name: str
    url: str
    title: str | None = None
    language: str | None = None
    """ISO 639-1, where the source is mostly in one language."""
    seeds: tuple[Seed, ...] = ()
    delay_s: float | None = None
    """Seconds between two requests to one host; None takes the archive's setting."""
    max_pages: int | None = None
    """Most pages fetched in one crawl (0: no limit); None takes the archive's setting."""
    capture: CaptureScope | None = None
    """None takes the archive's setting."""
    render: bool = False
    """Whether its pages are read as they are after their scripts have run."""
    verified: date | None = None
    """The day on which all its seeds were last found well; None if nobody has looked."""
    rules: tuple[RuleSet, ...] = ()
    """The first that holds on the day of a capture reads its page."""
    archives: tuple[str, ...] = ()
    """Addresses of its indexes by date, with `{date:%Y-%m-%d}` or the like for the day."""
    trap_limit: int | None = None
    """Links of one pattern in a row that lead to nothing new before it is taken for a trap (0: no
    limit); None takes the usual one."""
