"""Word analysis: splits texts into the words that are indexed, searched for and marked.

A word is a run of letters, digits and combining marks; each letter of a script without spaces
(Chinese, Japanese, Thai, Lao, Burmese, Khmer) is a word of its own. Words are in lower case, and
Latin letters without diacritics: "Łódź" is "lodz".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache

from tantivy import Filter, TextAnalyzer, TextAnalyzerBuilder, Tokenizer

_UNSPACED = r"\p{Thai}\p{Lao}\p{Myanmar}\p{Khmer}\p{Hiragana}\p{Katakana}\p{Han}"
_LETTERS = r"[\p{L}\p{N}]"
_WORD = (
    rf"[[{_UNSPACED}]&&{_LETTERS}]\p{{M}}*"
    rf"|[{_LETTERS}--[{_UNSPACED}]][[\p{{L}}\p{{N}}\p{{M}}]--[{_UNSPACED}]]*"
)
"""In the syntax of Rust's `regex`."""
_IGNORED = "[\u0300-\u036f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]"
"""Characters ignored within words: accents that do not compose with their letter, soft hyphens,
joiners, direction marks."""


def words(text: str) -> list[str]:
    """Return the words of a text in order.

    >>> words("Kereta-api ke São Paulo, 07.15")
    ['kereta', 'api', 'ke', 'sao', 'paulo', '07', '15']
    >>> words("Łódź ﬁnal İstanbul 北京")
    ['lodz', 'final', 'istanbul', '北', '京']
    """
    return _words().analyze(_normalised(text))


class LocatedWords:
    """The words of a text, which must be in NFC, and where each of them is.

    >>> found = LocatedWords("São\u00ad Paulo")
    >>> found.words, found.span(1)
    (['sao', 'paulo'], (5, 10))
    """

    def __init__(self, text: str) -> None:
        self._tokens = _words().pre_tokenize(_normalised(text)).tokens
        self.words = [token.text for token in self._tokens]
        self._kept: Sequence[int] = range(len(text))
        if re.search(_IGNORED, text):
            self._kept = [at for at, sign in enumerate(text) if not re.match(_IGNORED, sign)]

    def span(self, number: int) -> tuple[int, int]:
        """Return where a word begins and ends in the text, in characters."""
        token = self._tokens[number]
        last = (token.char_offset_to or 0) - 1
        return self._kept[token.char_offset_from], self._kept[last] + 1


def value_form(value: str) -> str:
    """Return the form in which a fact is compared: lower case."""
    [form] = fact_analyzer().analyze(value) or [""]
    return form


@cache
def indexed_analyzer() -> TextAnalyzer:
    """Return the analyzer of fields that are given as words with blanks between them."""
    return TextAnalyzerBuilder(Tokenizer.whitespace()).build()


@cache
def fact_analyzer() -> TextAnalyzer:
    """Return the analyzer of fields that are compared whole."""
    return TextAnalyzerBuilder(Tokenizer.raw()).filter(Filter.lowercase()).build()


@cache
def value_analyzer() -> TextAnalyzer:
    """Return the analyzer of values that are counted as they are written."""
    return TextAnalyzerBuilder(Tokenizer.raw()).build()


@cache
def _words() -> TextAnalyzer:
    # Folded first: the capital İ in lower case is an i and a dot, which no fold takes off.
    tokenizer = Tokenizer.regex(_WORD)
    folded = TextAnalyzerBuilder(tokenizer).filter(Filter.ascii_fold())
    return folded.filter(Filter.lowercase()).build()


def _normalised(text: str) -> str:
    text = unicodedata.normalize("NFC", text)
    return text if text.isascii() else re.sub(_IGNORED, "", text)
