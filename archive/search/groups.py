"""The groups that articles are counted by, from codes of what is known of them.

For `archive.search.facts`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from archive.search.terms import By

Tally: TypeAlias = dict[tuple[str | None, ...], int]
"""Articles by group."""


@dataclass(frozen=True, slots=True)
class Groups:
    """The groups that values are counted by, such as months, and in which one each code is."""

    names: list[str | None]
    of_code: NDArray[np.int64]

    @classmethod
    def of(cls, values: Sequence[Any], named: Callable[[Any], str | None]) -> Groups:
        """Values of the same name are one group."""
        numbers: dict[str | None, int] = {}
        names = [None if value is None else named(value) for value in values]
        of_code = [numbers.setdefault(name, len(numbers)) for name in names]
        return cls(list(numbers), np.array(of_code, np.int64))


def tally_of(
    groups: Sequence[Groups], codes: Sequence[NDArray[np.int64]], counts: NDArray[np.int64]
) -> Tally:
    """Counts by the names of groups, from counts by codes: a code for each of the groups."""
    numbers = [group.of_code[code] for group, code in zip(groups, codes, strict=True)]
    sizes = [len(group.names) for group in groups]
    found, which = np.unique(np.ravel_multi_index(tuple(numbers), sizes), return_inverse=True)
    totals = np.bincount(which, weights=counts).astype(np.int64)
    names = [
        [group.names[at] for at in place.tolist()]
        for group, place in zip(groups, np.unravel_index(found, sizes), strict=True)
    ]
    named = zip(zip(*names, strict=True), totals.tolist(), strict=True)
    return {group: count for group, count in named if count}


def _week_of(day: str) -> str:
    days = np.datetime64(day).astype(np.int64)  # since 1970-01-01, a Thursday
    return str(np.datetime64(int(days - (days + 3) % 7), "D"))


FACT_OF = {By.WEEK: By.DAY, By.MONTH: By.DAY}
"""What is known of an article, where it is counted by something else."""
NAMES: dict[By, Callable[[Any], str]] = {
    By.DAY: str,
    By.WEEK: _week_of,
    By.MONTH: lambda day: str(day[: len("2025-01")]),
    By.LANGUAGE: str,
    By.SECTION: str,
}
"""What groups are called, by what they have in common."""
