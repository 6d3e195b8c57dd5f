"""How many articles there are on each of many days, as arrays: quick to put into a histogram."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

NO_DAY = 0
"""In the place of an ordinal."""
_DAY = re.compile(r"(?!0000)\d{4}-\d\d-\d\d", re.ASCII)


@dataclass(frozen=True, slots=True, eq=False)
class Days:
    """Days in order, and how many articles there are on each."""

    ordinals: NDArray[np.int64]
    """As of `date.toordinal`."""
    articles: NDArray[np.int64]

    @classmethod
    def of(cls, counts: Mapping[int, int]) -> Days:
        """Days by their ordinals; `NO_DAY` is none."""
        days = sorted(day for day in counts if day != NO_DAY)
        articles = [counts[day] for day in days]
        return cls(np.array(days, np.int64), np.array(articles, np.int64))

    def as_dict(self) -> dict[date, int]:
        """The articles of each day."""
        days = map(date.fromordinal, self.ordinals.tolist())
        return dict(zip(days, self.articles.tolist(), strict=True))


@lru_cache(maxsize=1 << 16)
def ordinal_of(day: str | None) -> int:
    """The ordinal of a day in ISO 8601; `NO_DAY` of none.

    Nor has one that is on no calendar: the clock of a page can put a moment beyond its ends.

    >>> ordinal_of("2025-06-30"), ordinal_of("0000-12-31")
    (739432, 0)
    """
    return date.fromisoformat(day).toordinal() if day and _DAY.fullmatch(day) else NO_DAY
