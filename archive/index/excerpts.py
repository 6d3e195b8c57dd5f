"""Pieces of texts that show where a query matches.

Marked by the words as they are indexed: tantivy's own snippets are empty for prefixes and stems.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from archive.index.analysis import LocatedWords, words
from archive.index.stems import stem, stem_term
from archive.search.tree import Near, Node, Text, texts_of

SNIPPET_WORDS = 32
_WORDS_BEFORE = 6
"""Words of a snippet before its first match."""
_SPANS_TRIED = 50
"""Number of spans that are tried as the first of a snippet."""
_PIECES = (1_000, 4_000)
"""Characters of a long text that are searched first, since splitting it into words is slow."""

_Span = tuple[int, int]
"""The first word of a match, and the one after its last."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A piece of a text, and the positions of matches in it."""

    text: str
    matches: tuple[tuple[int, int], ...] = ()
    """Begin and end of each, counted in characters."""


def mark_excerpts(
    node: Node, title: str | None, text: str, language: str | None
) -> tuple[Excerpt, Excerpt] | None:
    """Return the title and a snippet of the text of an article, marked.

    Returns: None where no word of the query is in either.
    """
    wanted = list(texts_of(node))
    in_title = _Marked(title or "", wanted, language)
    in_text = _beginning(text, [each for each in wanted if not each.in_title], language)
    if not (in_title.spans or in_text.spans):
        return None
    return in_title.whole(), in_text.snippet()


def _beginning(text: str, wanted: Sequence[Text | Near], language: str | None) -> _Marked:
    """Return a beginning of the text that has a snippet with all or any parts of the query."""
    for length, least in zip(_PIECES, (len(wanted), 1), strict=True):
        if length >= len(text):
            break
        piece = _Marked(text[:length], wanted, language)
        if piece.has_snippet_of(least):
            return piece
    return _Marked(text, wanted, language)


class _Marked:
    """A text, its words, and the spans of them that match."""

    def __init__(self, text: str, wanted: Sequence[Text | Near], language: str | None) -> None:
        self._text = unicodedata.normalize("NFC", text)
        self._located = LocatedWords(self._text)
        self._words = self._located.words
        self._found = [
            (span, number)
            for number, each in enumerate(wanted)
            for span in _spans(each, self._words, language)
        ]
        self.spans = sorted(span for span, _ in self._found)

    def whole(self) -> Excerpt:
        return Excerpt(self._text, tuple(self._marks(0, len(self._words), 0)))

    def has_snippet_of(self, parts: int) -> bool:
        """Return whether so many parts of the query are in a snippet that is not cut off."""
        first, found = self._best()
        return found >= parts and first + SNIPPET_WORDS < len(self._words)

    def snippet(self) -> Excerpt:
        if len(self._words) <= SNIPPET_WORDS:
            return self.whole()
        first, _ = self._best()
        last = min(first + SNIPPET_WORDS, len(self._words))
        begin = self._located.span(first)[0] if first else 0
        end = self._located.span(last - 1)[1] if last < len(self._words) else len(self._text)
        before, after = "…" * (first > 0), "…" * (last < len(self._words))
        marks = self._marks(first, last, begin - len(before))
        return Excerpt(f"{before}{self._text[begin:end]}{after}", tuple(marks))

    def _best(self) -> tuple[int, int]:
        """Choose a snippet, shortly before the span with most parts of the query nearby.

        Returns: its first word, and the number of parts nearby.
        """
        best, first = 0, 0
        for begin, _ in self.spans[:_SPANS_TRIED]:
            start = max(0, min(begin - _WORDS_BEFORE, len(self._words) - SNIPPET_WORDS))
            close = {
                number
                for (one, end), number in self._found
                if start <= one and end <= start + SNIPPET_WORDS
            }
            if len(close) > best:
                best, first = len(close), start
        return first, best

    def _marks(self, first: int, last: int, offset: int) -> Iterator[tuple[int, int]]:
        """Yield the positions of the spans within some words, overlapping ones merged."""
        reached = -1
        joined: list[list[int]] = []
        for begin, end in self.spans:
            if begin < first or end > last:
                continue
            if begin < reached:
                joined[-1][1] = max(end, joined[-1][1])
            else:
                joined.append([begin, end])
            reached = joined[-1][1]
        for begin, end in joined:
            first_place, last_place = self._located.span(begin), self._located.span(end - 1)
            yield first_place[0] - offset, last_place[1] - offset


def _spans(wanted: Text | Near, of_text: Sequence[str], language: str | None) -> Iterator[_Span]:
    sought = words(wanted.text)
    if isinstance(wanted, Near):
        yield from _near_spans(sought, wanted.distance, of_text)
        return
    if len(sought) == 1 and not wanted.is_prefix and not wanted.is_exact:
        form = stem_term(sought[0], language)
        # Forms contain their stem without its first or last letter; stemming every word is slow.
        root = stem(sought[0], language)
        for place, word in enumerate(of_text):
            is_like = root[1:] in word or root[:-1] in word
            if is_like and (word == sought[0] or stem_term(word, language) == form):
                yield place, place + 1
        return
    *before, last = sought or [""]
    for end in range(len(sought), len(of_text) + 1):
        place = end - len(sought)
        found = of_text[end - 1]
        is_last = found.startswith(last) if wanted.is_prefix else found == last
        if sought and is_last and list(of_text[place : end - 1]) == before:
            yield place, end


def _near_spans(sought: Sequence[str], distance: int, of_text: Sequence[str]) -> Iterator[_Span]:
    for one, other in pairwise(sought):
        at = [
            [place for place, word in enumerate(of_text) if word == each] for each in (one, other)
        ]
        for first in at[0]:
            for second in at[1]:
                if abs(first - second) <= distance:
                    yield first, first + 1
                    yield second, second + 1
