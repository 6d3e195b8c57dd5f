"""Measures of one page's extraction against its truth, and their means.

Bodies are compared as the article-extraction-benchmark does it: multisets of 4-word shingles,
true and false positives and false negatives divided by their sum, so that a long page weighs
no more than a short one; precision and recall are then means over pages.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from benchmarks.extraction.corpus import Truth

_WORD = re.compile(r"\w+")
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Read:
    """What a system took from a page, in the terms of the truth."""

    text: str = ""
    title: str | None = None
    authors: tuple[str, ...] = ()
    date: str | None = None
    """ISO, as precise as the system gives it."""
    language: str | None = None
    cpu_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Body:
    """Shares of one page's shingles."""

    both: float
    extra: float
    missing: float
    exact: bool

    @property
    def precision(self) -> float:
        if not self.extra and not self.missing:
            return 1.0
        return self.both / (self.both + self.extra) if self.both else 0.0

    @property
    def recall(self) -> float:
        if not self.extra and not self.missing:
            return 1.0
        return self.both / (self.both + self.missing) if self.both else 0.0


def shingles(text: str, size: int = 4) -> Counter[tuple[str, ...]]:
    """Multiset of the runs of `size` words in `text`; a shorter text is one run."""
    words = _WORD.findall(text)
    return Counter(tuple(words[at : at + size]) for at in range(max(1, len(words) - size + 1)))


def score_body(truth: Truth, text: str) -> Body:
    """How well `text` matches; shingles of optional paragraphs count neither way."""
    wanted, got = shingles("\n".join(truth.body)), shingles(text)
    may = Counter[tuple[str, ...]]()
    if truth.optional:
        needed = [line for line in truth.body if line not in set(truth.optional)]
        may = wanted - shingles("\n".join(needed))
        wanted = wanted - may
    both = (wanted & got).total()
    extra = (got - wanted - may).total()
    missing = (wanted - got).total()
    whole = both + extra + missing or 1
    return Body(both / whole, extra / whole, missing / whole, exact=_lines(truth, text))


def _lines(truth: Truth, text: str) -> bool:
    got = [folded(line) for line in text.split("\n") if line.strip()]
    optional = {folded(line) for line in truth.optional}
    wanted = [line for line in map(folded, truth.body) if line]
    return [line for line in got if line not in optional] == [
        line for line in wanted if line not in optional
    ]


def folded(text: str) -> str:
    """For comparison: NFKC, one space, straight quotes."""
    text = unicodedata.normalize("NFKC", text)
    text = re.sub("[‘’‛`´]", "'", re.sub("[“”„‟«»]", '"', text))
    return _SPACE.sub(" ", text).strip()


def same_title(wanted: str, got: str | None) -> bool:
    """Equal but for spacing, quotes and case."""
    return got is not None and folded(wanted).casefold() == folded(got).casefold()


def same_authors(wanted: Sequence[str], got: Sequence[str]) -> bool:
    """The same set of names but for spacing and case."""
    return _names(wanted) == _names(got)


def _names(names: Iterable[str]) -> set[str]:
    return {folded(name).casefold() for name in names}


def same_day(wanted: str, got: str | None) -> bool:
    """The same day as the truth writes it (the publisher's zone)."""
    return got is not None and wanted[:10] == got[:10]


def f1(bodies: Sequence[Body]) -> float:
    """F1 of the mean precision and the mean recall."""
    p, r = mean(b.precision for b in bodies), mean(b.recall for b in bodies)
    return 2 * p * r / (p + r) if p + r else 0.0


def mean(values: Iterable[float]) -> float:
    """Arithmetic mean, 0 for none."""
    kept = list(values)
    return sum(kept) / len(kept) if kept else 0.0
