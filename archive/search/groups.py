"""The groups that articles are counted by, from codes of what is known of them.

For `archive.search.facts`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from archive.search.columns import members
from archive.search.terms import By

Tally: TypeAlias = dict[tuple[str | None, ...], int]
"""Articles by group."""


@dataclass(frozen=True, slots=True)
class Groups:
    """The groups that values are counted by, such as months, and in which ones each code is."""

    names: list[str | None]
    of_codes: NDArray[np.int64]
    """Of each code after the other."""
    begins: NDArray[np.int64]
    """Where those of each code begin, and where the last ones end."""

    @classmethod
    def of(cls, values: Sequence[Any], named: Callable[[Any], str | None]) -> Groups:
        """What values are called; those of the same name are one group, and no value is one too."""
        numbers: dict[str | None, int] = {}
        of_codes: list[int] = []
        begins = [0]
        for value in values:
            names = [None] if value is None else map(named, members(value))
            of_codes += [numbers.setdefault(name, len(numbers)) for name in names]
            begins.append(len(of_codes))
        return cls(list(numbers), np.array(of_codes, np.int64), np.array(begins, np.int64))

    @property
    def codes(self) -> int:
        """How many codes there are."""
        return len(self.begins) - 1

    def of_each(self, codes: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The groups of some codes, and which of these each is of, from 0."""
        sizes = self.begins[codes + 1] - self.begins[codes]
        which = np.repeat(np.arange(len(codes)), sizes)
        nth = np.arange(len(which)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        return self.of_codes[self.begins[codes][which] + nth], which


def tally_of(
    groups: Sequence[Groups], codes: Sequence[NDArray[np.int64]], counts: NDArray[np.int64]
) -> Tally:
    """Counts by the names of groups, from counts by codes: a code for each of the groups.

    What is in several groups counts for each of them.
    """
    rows = np.arange(len(counts))
    numbers: list[NDArray[np.int64]] = []
    for group, code in zip(groups, codes, strict=True):
        number, which = group.of_each(code[rows])
        numbers = [*(each[which] for each in numbers), number]
        rows = rows[which]
    sizes = [len(group.names) for group in groups]
    found, which = np.unique(np.ravel_multi_index(tuple(numbers), sizes), return_inverse=True)
    totals = np.bincount(which, weights=counts[rows]).astype(np.int64)
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
    By.AUTHOR: str,
}
"""What groups are called, by what they have in common."""
