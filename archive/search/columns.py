"""One fact of all articles in memory: a code for each, and what the codes stand for.

For `archive.search.facts`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Ids: TypeAlias = NDArray[np.int64]
"""Numbers of articles."""
Some: TypeAlias = Ids | slice
"""Some articles, or all up to some number."""
_FEW = 4
"""So many codes are sooner compared one by one."""


class Column:
    """A fact of all articles. A value may be a tuple, of an article that has several.

    It may be read while it is written: codes first, then what they stand for.
    """

    def __init__(self, read: Callable[[Any], Any] = lambda value: value) -> None:
        """`read` makes a value of what the database has, once for each that there is."""
        self.codes = np.zeros(0, np.int32)
        """By the numbers of articles; 0: there is no such article, or it has no value."""
        self.values: list[Any] = [None]
        """By codes."""
        self._read = read
        self._code_of: dict[Any, int] = {None: 0}
        self._codes_with: dict[str, list[int]] = {}

    def grow(self, size: int) -> None:
        """Make room for articles with numbers below `size`."""
        grown = np.zeros(size, np.int32)
        grown[: len(self.codes)] = self.codes
        self.codes = grown

    def put(self, ids: Ids, written: Sequence[Any]) -> None:
        """Note the values of some articles, for which there is room."""
        self.codes[ids] = [self._code(each) for each in written]

    def codes_of(self, values: Collection[Any]) -> list[int]:
        """The codes of values that are written like that."""
        return [self._code_of[value] for value in values if value in self._code_of]

    def codes_with(self, text: str) -> list[int]:
        """The codes of values that are a text, or have it, whatever its letter case (a to z)."""
        return self._codes_with.get(small(text), [])

    def having(self, some: Some, wanted: Sequence[int] | NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which of some articles have one of the `wanted` codes."""
        codes = self.codes[some]
        if len(wanted) <= _FEW:
            found = np.zeros(len(codes), np.bool_)
            for code in wanted:
                found |= codes == code
            return found
        is_wanted = np.zeros(len(self.values) + 1, np.bool_)
        is_wanted[wanted] = True
        # What a slice shows may be written meanwhile, with codes of values that are new.
        return np.take(is_wanted, codes, mode="clip")

    def _code(self, written: Any) -> int:
        code = self._code_of.get(written)
        if code is None:
            code = self._code_of[written] = self._add(self._read(written))
        return code

    def _add(self, value: Any) -> int:
        """A new code for a value, unless it is none."""
        if value is None:
            return 0
        code = len(self.values)
        self.values.append(value)
        for text in members(value):
            if isinstance(text, str):
                self._codes_with.setdefault(small(text), []).append(code)
        return code


def members(value: Any) -> tuple[Any, ...]:
    """What an article with that value has: one thing, or several."""
    return value if isinstance(value, tuple) else (value,)


def small(text: str) -> str:
    """With small letters a to z: no others are taken for each other."""
    return text.translate(_TO_SMALL)


_TO_SMALL = {capital: capital + 32 for capital in range(ord("A"), ord("Z") + 1)}
