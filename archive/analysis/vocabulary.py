"""Which terms tell some articles from others, compared language by language.

Pure; `archive.analysis.top_terms` reads the articles. An article has a term or has it not, however
often: a word that one long story repeats is not for that a word of all of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from itertools import chain
from math import log

from archive.analysis.words import folded, spelled_bigrams, spelled_words

MAX_TERMS = 1_000_000
"""Different terms that are counted at a time; the rarest make room for others."""
RARE_SHARE = 0.001
"""Share of the articles below which a term says nothing of them."""
STOP_WORD_SHARE = 0.1
"""Share of a language's other articles from which on a word of the list of stop words is one."""

LanguageAndText = tuple[str | None, str]
"""An article's language and text."""


class TermOrder(StrEnum):
    """Which terms come first."""

    DISTINCTIVE = "distinctive"
    """Those that the articles have most surely more often than others."""
    FREQUENT = "frequent"
    """Those that most of the articles have."""


@dataclass(frozen=True, slots=True)
class Term:
    """A word, or two that follow one another, and how many articles have it."""

    term: str
    matching: int
    """Articles that have it, of those that match and were read."""
    share: float
    """The same as a share, from 0 to 1."""
    elsewhere: float
    """Share of the other articles that have it, in the mix of languages of those that match."""
    score: float
    """Log-likelihood ratio (G²), below 0 where it is rarer than elsewhere. By chance alone it is
    over 10.8 for one term in a thousand."""


@dataclass(slots=True)
class TermCounts:
    """How many articles of one language have each term."""

    articles: int = 0
    terms: Counter[str] = field(default_factory=Counter)
    listed: Counter[str] = field(default_factory=Counter)
    """The same of words that are in the list of stop words."""


@dataclass(slots=True)
class Vocabulary:
    """The terms of some articles, by language."""

    size: int
    """Words in a term: 1, or 2."""
    only: Mapping[str | None, Collection[str]] | None = None
    """The terms to count, by language; None counts all."""
    tallies: dict[str | None, TermCounts] = field(default_factory=dict)
    spellings: dict[str, str] = field(default_factory=dict)
    """How a term was first spelled, where that is not how it is counted."""
    _floor: int = 0

    def add(self, articles: Iterable[LanguageAndText]) -> None:
        """Count the terms of articles."""
        for language, text in articles:
            tally = self.tallies.setdefault(language, TermCounts())
            words = folded(spelled_words(text))
            terms = words if self.size == 1 else folded(spelled_bigrams(text))
            tally.articles += 1
            tally.listed.update(words.keys() & stop_words(language))
            if self.only is None:
                tally.terms.update(terms.keys())
                self._note_spellings(terms)
            else:
                tally.terms.update(terms.keys() & self.only.get(language, ()))
            self._make_room()

    @property
    def articles(self) -> int:
        return sum(tally.articles for tally in self.tallies.values())

    def without_rare(self) -> dict[str | None, Collection[str]]:
        """Forget the terms that hardly any article has; those that are left."""
        self._keep(RARE_SHARE * self.articles)
        return {language: tally.terms.keys() for language, tally in self.tallies.items()}

    def stop_words(self, language: str | None) -> set[str]:
        """The words of the list that are as common in these articles as stop words are."""
        tally = self.tallies[language]
        least = STOP_WORD_SHARE * tally.articles
        return {word for word, count in tally.listed.items() if count >= least}

    def _note_spellings(self, terms: Mapping[str, str]) -> None:
        for term, spelled in terms.items():
            if term is not spelled:
                self.spellings.setdefault(term, spelled)

    def _make_room(self) -> None:
        """Forget the rarest terms; as lossy counting does (Manku and Motwani, 2002)."""
        while sum(len(tally.terms) for tally in self.tallies.values()) > MAX_TERMS:
            self._floor += 1
            self._keep(self._floor + 1)

    def _keep(self, least: float) -> None:
        for tally in self.tallies.values():
            kept = {term: count for term, count in tally.terms.items() if count >= least}
            tally.terms = Counter(kept)
        known = set(chain.from_iterable(tally.terms for tally in self.tallies.values()))
        self.spellings = {term: how for term, how in self.spellings.items() if term in known}


def compare_vocabularies(
    matching: Vocabulary, others: Vocabulary, *, all_words: bool
) -> Iterator[Term]:
    """Every term of the articles that match, against other articles.

    Within each language, since what is frequent in one is rare in another: the ratios of all are
    added up, as they may be. Source: Dunning, "Accurate methods for the statistics of surprise and
    coincidence", Computational Linguistics 19 (1993); here of articles that have the term.
    """
    stopped = {
        language: (others if language in others.tallies else matching).stop_words(language)
        for language in matching.tallies
    }
    for term in sorted({term for tally in matching.tallies.values() for term in tally.terms}):
        words = term.split()
        languages = [each for each, tally in matching.tallies.items() if term in tally.terms]
        if all_words or not any(_is_empty(words) or stopped[each] & {*words} for each in languages):
            yield _compared(term, matching, others)


def _compared(term: str, matching: Vocabulary, others: Vocabulary) -> Term:
    score = have = comparable = elsewhere = 0.0
    for language, tally in matching.tallies.items():
        other = others.tallies.get(language, TermCounts())
        mine, theirs = tally.terms[term], other.terms[term]
        have += mine
        score += g2(mine, tally.articles, theirs, other.articles)
        if other.articles:
            comparable += tally.articles
            elsewhere += theirs / other.articles * tally.articles
    return Term(
        matching.spellings.get(term, term),
        int(have),
        have / matching.articles,
        elsewhere / comparable if comparable else 0.0,
        score,
    )


def g2(mine: int, my_articles: int, theirs: int, their_articles: int) -> float:
    """Log-likelihood ratio of a term being as frequent in my articles as in theirs; below 0 where
    it is rarer in mine.

    >>> g2(10, 100, 100, 1000)
    0.0
    >>> round(g2(60, 100, 100, 1000), 2), round(g2(0, 100, 100, 1000), 2)
    (127.67, -20.03)
    """
    if not my_articles or not their_articles:
        return 0.0
    share = (mine + theirs) / (my_articles + their_articles)
    observed = (mine, my_articles - mine, theirs, their_articles - theirs)
    ratio = 2 * sum(
        count * log(count / (articles * expected))
        for count, articles, expected in zip(
            observed,
            (my_articles, my_articles, their_articles, their_articles),
            (share, 1 - share) * 2,
            strict=True,
        )
        if count
    )
    is_more = mine * their_articles >= theirs * my_articles
    return max(ratio, 0.0) if is_more else min(-ratio, 0.0)


@cache
def stop_words(language: str | None) -> frozenset[str]:
    """The words of stopwords-iso (57 languages), as they are counted; none of other languages.

    The lists are long, and have words that a researcher may ask about: so a word of theirs is only
    taken for a stop word where it is as common as one.
    """
    from stopwordsiso import stopwords  # noqa: PLC0415 - reads all lists when it is imported

    return frozenset(folded(chain.from_iterable(map(spelled_words, stopwords(language or "")))))


def _is_empty(words: Iterable[str]) -> bool:
    """Whether one of them is a number, or a letter that stands alone, as the s of people's."""
    return any(word.isnumeric() or (len(word) == 1 and word.isascii()) for word in words)
