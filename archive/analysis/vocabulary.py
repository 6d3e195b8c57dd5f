"""Compare the terms of two sets of articles, language by language. Pure.

`archive.analysis.top_terms` reads the articles. A term counts once for each article that has it: a
word that one long article repeats is not typical of all.
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
"""Most terms that are counted at a time; the rarest are dropped."""
RARE_SHARE = 0.001
"""Terms of a smaller share of the articles are ignored."""
STOP_WORD_SHARE = 0.1
"""Least share of a language's other articles that have a stop word."""

LanguageAndText = tuple[str | None, str]
"""An article's language and text."""


class TermOrder(StrEnum):
    """Which terms come first."""

    DISTINCTIVE = "distinctive"
    """Those that are more frequent than in other articles with the greatest certainty."""
    FREQUENT = "frequent"
    """Those that most articles have."""


@dataclass(frozen=True, slots=True)
class Term:
    """A word or bigram, with the number of articles that have it."""

    term: str
    matching: int
    """Number of matching articles read that have it."""
    share: float
    """The same as a share, from 0 to 1."""
    elsewhere: float
    """Share of the other articles that have it, in the mix of languages of those that match."""
    score: float
    """Log-likelihood ratio (G²), below 0 where it is rarer than elsewhere. By chance alone it is
    over 10.8 for one term in a thousand."""


@dataclass(slots=True)
class TermCounts:
    """Number of articles of one language that have each term."""

    articles: int = 0
    terms: Counter[str] = field(default_factory=Counter)
    listed: Counter[str] = field(default_factory=Counter)
    """The same for listed stop words."""


@dataclass(slots=True)
class Vocabulary:
    """The terms of some articles, by language."""

    size: int
    """Words in a term: 1 or 2."""
    only: Mapping[str | None, Collection[str]] | None = None
    """The terms to count, by language; None means all."""
    tallies: dict[str | None, TermCounts] = field(default_factory=dict)
    spellings: dict[str, str] = field(default_factory=dict)
    """The first spelling of a term, where it differs from its counted form."""
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
        """Drop the terms that hardly any article has.

        Returns: the remaining terms, by language.
        """
        self._keep(RARE_SHARE * self.articles)
        return {language: tally.terms.keys() for language, tally in self.tallies.items()}

    def stop_words(self, language: str | None) -> set[str]:
        """The listed words that are as common in these articles as stop words are."""
        tally = self.tallies[language]
        least = STOP_WORD_SHARE * tally.articles
        return {word for word, count in tally.listed.items() if count >= least}

    def _note_spellings(self, terms: Mapping[str, str]) -> None:
        for term, spelled in terms.items():
            if term is not spelled:
                self.spellings.setdefault(term, spelled)

    def _make_room(self) -> None:
        """Drop the rarest terms, as in lossy counting (Manku and Motwani, 2002)."""
        while sum(len(tally.terms) for tally in self.tallies.values()) > MAX_TERMS:
            self._floor += 1
            self._keep(self._floor + 1)

    def _keep(self, least: float) -> None:
        for tally in self.tallies.values():
            kept = {term: count for term, count in tally.terms.items() if count >= least}
            tally.terms = Counter(kept)
        counted = set(chain.from_iterable(tally.terms for tally in self.tallies.values()))
        self.spellings = {term: how for term, how in self.spellings.items() if term in counted}


def compare_vocabularies(
    matching: Vocabulary, others: Vocabulary, *, all_words: bool
) -> Iterator[Term]:
    """Score every term of the matching articles against other articles.

    Within each language, since what is frequent in one is rare in another; the ratios of all
    languages are added up. Source: Dunning, "Accurate methods for the statistics of surprise and
    coincidence", Computational Linguistics 19 (1993), here applied to articles that have the term.
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
    """Log-likelihood ratio (G²) of a term's frequency in two sets of articles; negative where it is
    rarer in mine.

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
    """The stop words of stopwords-iso (57 languages) in counted form; none for other languages.

    The lists are long and have words that matter to researchers, so a listed word counts as a stop
    word only where it is as common as one.
    """
    from stopwordsiso import stopwords  # noqa: PLC0415 - reads all lists when it is imported

    return frozenset(folded(chain.from_iterable(map(spelled_words, stopwords(language or "")))))


def _is_empty(words: Iterable[str]) -> bool:
    """Whether any word is a number or a single letter, such as the s of people's."""
    return any(word.isnumeric() or (len(word) == 1 and word.isascii()) for word in words)
