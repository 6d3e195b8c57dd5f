"""How far a paged section is walked: from its first page on, and deeper where that finds more.

Page after page is read as long as each names something that nothing else had named. Behind the
first page that does not, pages are sampled at 2, 4, 8... times its number until the section ends
or leaves the span, and the end is narrowed down. If one of them names something new, all pages
are read, save those that are newer than the span.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from itertools import pairwise

from crawler.discovery.archives import with_number

MAX_PAGE_NUMBER = 20_000
"""No section is believed to have more pages; some answer to any number."""
END_FOUND = 16
"""The end of a section is known well enough when its error is below one part in this."""


class PagePosition(IntEnum):
    """Where a page of a section lies."""

    NEWER = 0
    """All that it names is newer than the span."""
    WITHIN = 1
    BEYOND = 2
    """All that it names is older than the span, or there is no such page."""


@dataclass(slots=True)
class Section:
    """What was seen of one section, by the numbers of its pages."""

    url: str
    """Of its first page."""
    later_page: str | None = None
    """Address of one of its later pages, from which those of all follow."""
    places: dict[int, PagePosition] = field(default_factory=dict)
    naming: set[int] = field(default_factory=set)
    """Pages that named something new."""
    last: int | None = None
    """Page behind which there is none."""
    is_walked: bool = False
    """Whether all of it is read."""
    is_sampled: bool = False
    """Whether the pages that are wanted are samples."""
    fruitless: int = 0
    """Pages in a row that named nothing new."""
    stopped: str | None = None
    """Why it is read no further."""

    @property
    def is_endless(self) -> bool:
        """Whether no end was found, though pages were sampled to find it."""
        is_seen = self.is_sampled and self.later_page is not None and bool(self.places)
        return is_seen and (self._end() in (None, MAX_PAGE_NUMBER))

    def page(self, number: int) -> str | None:
        """The address of one of its pages, if it is known."""
        if number == 1:
            return self.url
        return with_number(self.later_page, number) if self.later_page else None

    def wanted(self) -> list[int]:
        """The numbers of the pages to read next."""
        if self.stopped or (self.places and self.later_page is None):
            return []
        head = 1
        while head in self.naming and self.places.get(head) is PagePosition.WITHIN:
            head += 1
        if head not in self.places:
            return [head] if self._may_be(head) else []
        self.is_walked |= any(number > head for number in self.naming)
        self.is_sampled = not self.is_walked
        return self._gaps() if self.is_walked else self._sample(head)

    def follows(self, number: int) -> bool:
        """Whether the page behind page `number` is read at once."""
        goes_on = (self.is_walked or number in self.naming) and number < MAX_PAGE_NUMBER
        return goes_on and not self.stopped and self.places[number] is PagePosition.WITHIN

    def _end(self) -> int | None:
        """The first number that is known to be no page of the span."""
        ends = [each for each, place in self.places.items() if place is PagePosition.BEYOND]
        if self.last is not None:
            ends.append(self.last + 1)
        if self.places and max(self.places) * 2 > MAX_PAGE_NUMBER:
            ends.append(MAX_PAGE_NUMBER)
        return min(ends, default=None)

    def _may_be(self, number: int) -> bool:
        end = self._end()
        return end is None or number < end

    def _sample(self, head: int) -> list[int]:
        top = max((each for each in self.places if self._may_be(each)), default=head)
        end = self._end()
        if end is None:
            return [top * 2]
        return [(top + end) // 2] if end - top > max(1, end // END_FOUND) else []

    def _gaps(self) -> list[int]:
        known = sorted(self.places)
        wanted = []
        for number, following in pairwise([*known, known[-1] + 2]):
            if following - number < 2 or not self._may_be(number + 1):
                continue
            if self.places[number] is not PagePosition.NEWER:
                wanted.append(number + 1)
            elif following in self.places and self.places[following] is not PagePosition.NEWER:
                wanted.append((number + following) // 2)  # where the span begins
        return wanted
