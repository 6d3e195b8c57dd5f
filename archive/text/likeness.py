"""Whether two texts are the same story: a wire copy, a reprint, a shortened reprint. Pure.

Stories are compared by their shingles (runs of three words) as Broder does, and by their facts:
two days' exchange rates are nearly the same words, but not the same story. Limits, measurements
and sources are in docs/clusters.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from archive.core.writing_systems import UNSPACED

SHINGLE_WORDS = 3
MIN_WORDS = 40
"""A shorter text says too little: many sites end what only subscribers may read in one sentence."""
MIN_RESEMBLANCE = 0.2
"""A brief is no reprint of a round-up that quotes it whole."""
MIN_CONTAINMENT = 0.6
VERBATIM = 0.95
"""What a text without facts must be contained by: only this separates a form from its next use."""
MIN_HALF = 0.4
MIN_NUMBERS = 0.7
MIN_NAMES = 0.6
FEW = 3
"""Facts of which there are fewer cannot speak against it."""

# A letter of a script without spaces between words is a word of its own.
_WORD = re.compile(rf"[{UNSPACED}]|[^\W_{UNSPACED}]+")
_NUMBER = re.compile(r"\d+(?:[.,:/]\d+)*")
_NAME = re.compile(r"[^\W\d_][\w'’-]+")
_NAME_INSIDE = re.compile(rf"(?<=[\w,] ){_NAME.pattern}")

Shingles = set[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Likeness:
    """How much two texts are alike; shares from 0 to 1."""

    resemblance: float
    containment: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """How like two texts are; shares from 0 to 1, of the shorter text where not said."""

    resemblance: float
    """Shingles of both, among those of either."""
    containment: float
    """Shingles of the shorter text that are in the longer one."""
    half: float
    """The same, of that half of the shorter text where it is less."""
    numbers: float | None
    """Of its numbers, those that are in the longer one; None where it has but a few."""
    names: float | None
    """The same of words with a capital letter inside a sentence."""

    @property
    def is_same_story(self) -> bool:
        """Whether one is a copy of the other, whole or shortened."""
        has_facts = self.numbers is not None or self.names is not None
        return (
            self.resemblance >= MIN_RESEMBLANCE
            and self.containment >= (MIN_CONTAINMENT if has_facts else VERBATIM)
            and self.half >= MIN_HALF
            and (self.numbers is None or self.numbers >= MIN_NUMBERS)
            and (self.names is None or self.names >= MIN_NAMES)
        )


def likeness(one: str, other: str) -> Likeness | None:
    """How like two texts are, if they are the same story."""
    compared = compare_texts(one, other)
    if not compared.is_same_story:
        return None
    return Likeness(compared.resemblance, compared.containment)


def compare_texts(one: str, other: str) -> Comparison:
    """How alike two texts are, in either order."""
    (_, short), (_, long) = sorted((len(words_of(text)), text) for text in (one, other))
    words = words_of(short)
    of_short, of_long = shingles(words), shingles(words_of(long))
    half = len(words) // 2
    return Comparison(
        resemblance=_share(len(of_short & of_long), len(of_short | of_long)),
        containment=_containment(of_short, of_long),
        half=min(_containment(shingles(part), of_long) for part in (words[:half], words[half:])),
        numbers=_share_of_facts(_numbers(short), _numbers(long)),
        names=_share_of_facts(_names(_NAME_INSIDE, short), _names(_NAME, long)),
    )


def words_of(text: str) -> list[str]:
    """The words of a text, in one case."""
    return _WORD.findall(text.casefold())


def shingles(words: list[str]) -> Shingles:
    """Every run of three words."""
    return set(zip(*(words[start:] for start in range(SHINGLE_WORDS)), strict=False))


def _containment(inner: Shingles, outer: Shingles) -> float:
    return _share(len(inner & outer), len(inner))


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _share_of_facts(facts: set[str], others: set[str]) -> float | None:
    return _share(len(facts & others), len(facts)) if len(facts) >= FEW else None


def _numbers(text: str) -> set[str]:
    return {number.replace(",", ".") for number in _NUMBER.findall(text)}


def _names(pattern: re.Pattern[str], text: str) -> set[str]:
    return {word for word in pattern.findall(text) if word[0].isupper()}
