"""The words of texts, told apart as search tells them, for counting.

A word is a run of letters and digits, whatever its case and the diacritics of its Latin letters, as
for FTS5's `unicode61 remove_diacritics 2`. Vowel signs and other marks, at which FTS5 parts words,
stay in them, so that Hindi or Thai can be read; FTS5 finds such a word as a phrase of its parts.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from itertools import pairwise

_ON_LATIN = re.compile(r"([a-z])[\u0300-\u036f]+")


def words_of(text: str) -> list[str]:
    """The words in order, in lower case, spelled as they are.

    >>> words_of("Kereta-api ke São Paulo, 07.15")
    ['kereta', 'api', 'ke', 'são', 'paulo', '07', '15']
    """
    return _word().findall(text.lower())


def pairs_of(text: str) -> Iterator[str]:
    """Each two words that follow one another, with no more than a blank or a hyphen between.

    >>> list(pairs_of("Harga beras naik. Petani senang"))
    ['harga beras', 'beras naik', 'petani senang']
    """
    for phrase in _end_of_phrase().split(text):
        words = words_of(phrase)
        yield from map(" ".join, pairwise(words))


def folded(words: Iterable[str]) -> dict[str, str]:
    """The words without the diacritics of Latin letters, each with how it was spelled.

    >>> folded(["são", "naik"])
    {'sao': 'são', 'naik': 'naik'}
    """
    return {word if word.isascii() else _fold(word): word for word in words}


@lru_cache(maxsize=1 << 16)
def _fold(word: str) -> str:
    plain = _ON_LATIN.sub(r"\1", unicodedata.normalize("NFD", word))
    return unicodedata.normalize("NFC", plain)


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
