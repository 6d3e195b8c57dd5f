"""Sets of mostly consecutive numbers, compact in memory and as text."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator

_RUNS = re.compile(r"(?:\d{1,18}(?:-\d{1,18})?(?:,(?!$)|$))*")


class NumberRuns:
    """Numbers in the order of insertion, stored as runs; consecutive duplicates count once.

    >>> str(NumberRuns([1, 2, 3, 3, 7]))
    '1-3,7'
    """

    __slots__ = ("_first", "_last")

    def __init__(self, numbers: Iterator[int] | list[int] | tuple[int, ...] = ()) -> None:
        self._first = array("q")
        self._last = array("q")
        for number in numbers:
            self.add(number)

    def add(self, number: int) -> None:
        """Add a number."""
        if self._last and number == self._last[-1] + 1:
            self._last[-1] = number
        elif not self._last or number != self._last[-1]:
            self._first.append(number)
            self._last.append(number)

    @classmethod
    def parse(cls, text: str) -> NumberRuns:
        """Parse what `str` returns.

        Raises:
            ValueError: it is something else.
        """
        if not _RUNS.fullmatch(text):
            raise ValueError(f"no numbers such as 1-3,7: {text[:40]!r}")
        found = cls()
        for run in filter(None, text.split(",")):
            first, _, last = run.partition("-")
            found._first.append(int(first))
            found._last.append(int(last or first))
        return found

    def __str__(self) -> str:
        runs = zip(self._first, self._last, strict=True)
        return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)

    def __iter__(self) -> Iterator[int]:
        for first, last in zip(self._first, self._last, strict=True):
            yield from range(first, last + 1)

    def __len__(self) -> int:
        return sum(self._last) - sum(self._first) + len(self._first)
