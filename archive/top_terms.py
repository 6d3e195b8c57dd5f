"""The terms that tell what a query finds from the rest of the archive. Called by `archive.query`.

What is read is an even sample where there are many articles, so that neither time nor memory grows
with the archive.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import nlargest

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    cast,
    func,
    literal,
    or_,
    select,
)

from archive.db.schema import ArticleRow
from archive.search.conditions import condition
from archive.search.index import index_of
from archive.search.terms import And, Node, Not
from archive.vocabulary import Reading, Term, TermOrder, Vocabulary, compare

SAMPLE = 5_000
"""Articles that are read of those that match, and of the others: of a share that is found so, the
standard error is 0.7 percentage points at most."""
_AT_A_TIME = 500
_MULTIPLIER, _MODULUS = 2_654_435_761, 2**32
"""Of multiplicative hashing by the golden ratio: whatever the number of articles, the least hashes
are spread evenly over their ids. Source: Knuth, The Art of Computer Programming 3, 6.4."""


@dataclass(frozen=True, slots=True)
class Sample:
    """How many articles there are, and how many of them were read."""

    articles: int
    read: int


@dataclass(frozen=True, slots=True)
class TopTerms:
    """The first terms of the articles that match, in the order that was asked for."""

    terms: tuple[Term, ...]
    matching: Sample
    others: Sample
    """Articles of the same languages that do not match."""


def top_terms(
    connection: Connection,
    matching: Node,
    *,
    among: Node,
    bigrams: bool,
    order: TermOrder,
    limit: int,
    sample: int | None,
    all_words: bool,
) -> TopTerms:
    """See `archive.query.Query.terms`."""
    size = 2 if bigrams else 1
    index = index_of(connection)
    wanted = condition(And((among, matching)), index)
    mine = Vocabulary(size)
    found = _count_terms(connection, mine, wanted, sample)
    rest = condition(And((among, Not(matching))), index) & _of_languages(list(mine.tallies))
    others = Vocabulary(size, only=mine.without_rare())
    compared_with = _count_terms(connection, others, rest, sample)
    terms = compare(mine, others, all_words=all_words)
    if order is TermOrder.DISTINCTIVE and compared_with.read:
        terms = (term for term in terms if term.score > 0)
        first = nlargest(limit, terms, key=lambda term: (term.score, term.matching))
    else:
        first = nlargest(limit, terms, key=lambda term: (term.matching, term.score))
    return TopTerms(tuple(first), found, compared_with)


def _count_terms(
    connection: Connection, vocabulary: Vocabulary, wanted: ColumnElement[bool], sample: int | None
) -> Sample:
    spread = (cast(ArticleRow.id, BigInteger) * _MULTIPLIER) % literal(_MODULUS, BigInteger)
    chosen = select(ArticleRow.id).where(wanted).order_by(spread).limit(sample)
    ids = sorted(connection.scalars(chosen))
    vocabulary.add(_readings(connection, ids))
    if sample is None or len(ids) < sample:
        return Sample(len(ids), len(ids))
    among = select(func.count()).select_from(ArticleRow).where(wanted)
    return Sample(connection.scalar(among) or 0, len(ids))


def _readings(connection: Connection, ids: Sequence[int]) -> Iterator[Reading]:
    query = select(ArticleRow.language, ArticleRow.title, ArticleRow.text)
    for begin in range(0, len(ids), _AT_A_TIME):
        some = query.where(ArticleRow.id.in_(ids[begin : begin + _AT_A_TIME]))
        for language, title, text in connection.execute(some):
            yield language, f"{title or ''}\n{text}"


def _of_languages(languages: Sequence[str | None]) -> ColumnElement[bool]:
    named = ArticleRow.language.in_([each for each in languages if each is not None])
    return or_(named, ArticleRow.language.is_(None)) if None in languages else named
