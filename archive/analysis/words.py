"""Split texts into words for counting, in the words' own spelling.

A word is a run of letters, digits and combining marks. Runs of scripts without spaces, which search
splits into letters, are counted whole.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from itertools import pairwise

from archive.index import analysis


def spelled_words(text: str) -> list[str]:
    """The words in order, in lower case, otherwise as spelled.

    >>> spelled_words("Kereta-api ke São Paulo, 07.15")
    ['kereta', 'api', 'ke', 'são', 'paulo', '07', '15']
    """
    return _word().findall(text.lower())


def spelled_bigrams(text: str) -> Iterator[str]:
    """Bigrams of words separated only by a blank or a hyphen.

    >>> list(spelled_bigrams("Harga beras naik. Petani senang"))
    ['harga beras', 'beras naik', 'petani senang']
    """
    for phrase in _end_of_phrase().split(text):
        words = spelled_words(phrase)
        yield from map(" ".join, pairwise(words))


def folded(words: Iterable[str]) -> dict[str, str]:
    """Return the words in indexed form, each with its spelling.

    >>> folded(["são", "naik"])
    {'sao': 'são', 'naik': 'naik'}
    """
    return {word if word.isascii() else _fold(word): word for word in words}


@lru_cache(maxsize=1 << 16)
def _fold(word: str) -> str:
    return "".join(analysis.words(word)) or word


@cache
def _marks() -> str:
    """The combining marks of living scripts."""
    plane = map(chr, range(0x10000))
    return "".join(each for each in plane if unicodedata.category(each).startswith("M"))


@cache
def _word() -> re.Pattern[str]:
    return re.compile(rf"[^\W_]+(?:[{_marks()}]+[^\W_]*)*")


@cache
def _end_of_phrase() -> re.Pattern[str]:
    return re.compile(rf"[^\w \t\xa0'’\-{_marks()}]|_")
