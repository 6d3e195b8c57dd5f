"""Ends what has no end: calendars, facets and session ids, whose links lead to nothing new.

Links are counted by their pattern: digits and long ids stand for any others, words of headlines
for any other headline, a query for its keys. When `limit` links of one pattern in a row have led
to no article that was not known, and a tenth as many more as ever did lead to one, the pattern is
taken for a trap: what is left of it is not fetched, and people are told.

Only what links name is counted, and only where the address does not itself say that it is an
article: what a publisher lists in feeds, sitemaps and APIs is finite, and meant.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

from archive.model import FoundBy, Trap
from crawler.discovery.judge import Judgement, judge

LIMIT = 50
_LONG_ID = re.compile(r"(?=[^/]*\d)[0-9a-z_-]{16,}|[0-9a-f]{12,}", re.IGNORECASE)
_HEADLINE = re.compile(r"[^\W\d_]+(?:[-_+][^\W_]+){2,}", re.IGNORECASE)
_NUMBER = re.compile(r"\d+")


def usual_limit(stated: int | None) -> float:
    """The limit of a source, whose file may state one; infinite where it states 0."""
    return LIMIT if stated is None else stated or float("inf")


def pattern_of(url: str) -> str:
    """What an address looks like.

    >>> pattern_of("https://suara.example/kalender/2031/05?sid=77&hari=3")
    'suara.example/kalender/{n}/{n}?hari&sid'
    """
    parts = urlsplit(url)
    segments = [_general(unquote(segment)) for segment in parts.path.split("/")]
    keys = sorted({name for name, _ in parse_qsl(parts.query, keep_blank_values=True)})
    path = "/".join(segments)
    return f"{parts.netloc}{path}{'?' if keys else ''}{'&'.join(keys)}".replace(" ", "+")


def may_be_endless(url: str, sites: Collection[str]) -> bool:
    """Whether an address does not itself say that it is an article."""
    return "?" in url or judge(url, sites).judgement is not Judgement.ARTICLE


def has_session(url: str) -> bool:
    """Whether the query of an address holds nothing but what looks like the id of a session."""
    values = [value for _, value in parse_qsl(urlsplit(url).query, keep_blank_values=True)]
    return bool(values) and all(_LONG_ID.fullmatch(value) for value in values)


def _general(segment: str) -> str:
    if _HEADLINE.fullmatch(segment):
        return "{words}"
    if _LONG_ID.fullmatch(segment):
        return "{id}"
    return _NUMBER.sub("{n}", segment)


@dataclass(slots=True)
class _Count:
    fruits: int = 0
    in_a_row: int = 0


@dataclass(slots=True)
class Traps:
    """What is known of the patterns of one source's links."""

    limit: float = LIMIT
    sites: Collection[str] = ()
    """Registrable domains of the source."""
    _counts: dict[str, _Count] = field(default_factory=dict)
    _closed: dict[str, Trap] = field(default_factory=dict)
    """By pattern."""

    def recall(self, known: Iterable[Trap]) -> set[str]:
        """Take up the traps that earlier runs closed.

        Returns: the patterns of those that a higher limit opens again.
        """
        reopened = set()
        for trap in known:
            if trap.links >= self.limit:
                self._closed[trap.pattern] = trap
            else:
                reopened.add(trap.pattern)
        return reopened

    def note(self, url: str, found_by: FoundBy, *, is_fruitful: bool) -> str | None:
        """Count what came of a link.

        Returns: what people are to be told, where its pattern is closed by it.
        """
        if not self._is_watched(url, found_by):
            return None
        pattern = pattern_of(url)
        count = self._counts.setdefault(pattern, _Count())
        if is_fruitful:
            count.fruits, count.in_a_row = count.fruits + 1, 0
            return None
        count.in_a_row += 1
        if count.in_a_row < self.limit + count.fruits // 10 or pattern in self._closed:
            return None
        self._closed[pattern] = Trap(pattern, int(self.limit))
        return self._closed[pattern].reason

    def trap_of(self, url: str, found_by: FoundBy) -> Trap | None:
        """Return the trap that an address belongs to; None where it may be fetched."""
        if not self._closed or not self._is_watched(url, found_by):
            return None
        return self._closed.get(pattern_of(url))

    def _is_watched(self, url: str, found_by: FoundBy) -> bool:
        if found_by not in (FoundBy.LINK, FoundBy.ARCHIVE):
            return False
        return may_be_endless(url, self.sites)
