"""How much of one text is in another, by the runs of three words that both have."""

from __future__ import annotations

import re

from pipelines.extract.text import DENSE

_WORD = re.compile(r"\w+")
_DENSE_WORD = re.compile(f"[{DENSE}]|[^\\W{DENSE}]+")


def line_words(text: str) -> list[str]:
    """Words of one line, case folded, or each character in scripts without spaces."""
    return (_WORD if text.isascii() else _DENSE_WORD).findall(text.casefold())


def shingle_set(text: str) -> set[tuple[str, ...]]:
    """Runs of three words, and for shorter lines the line itself."""
    found: set[tuple[str, ...]] = set()
    for line in text.split("\n"):
        words = line_words(line)
        if len(words) < 3:
            found.add(tuple(words))
        found.update(zip(words, words[1:], words[2:], strict=False))
    return found


def coverage(words: list[str], within: set[tuple[str, ...]]) -> float:
    """Share of a block's shingles that are in `within`."""
    if not within:
        return 0.0
    if len(words) < 3:
        return float(tuple(words) in within)
    runs = zip(words, words[1:], words[2:], strict=False)
    return sum(map(within.__contains__, runs)) / (len(words) - 2)
