"""Terms that distinguish the articles of a query from the rest of the archive.

Called by `archive.read.query`. An even sample is read where there are many articles, so that
neither time nor memory grows with the archive.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import nlargest

from sqlalchemy import Connection, select

from archive.analysis.vocabulary import (
    LanguageAndText,
    Term,
    TermOrder,
    Vocabulary,
    compare_vocabularies,
)
from archive.db.schema import IS_NEWEST, ArticleRow, RevisionRow
from archive.index.article_index import Snapshot
from archive.index.queries import IndexQuery, all_match, any_match, has_fact, to_query
from archive.index.schema import NO_TEXT
from archive.index.searching import count_matches, even_sample
from archive.search.tree import And, Node, Not

SAMPLE_SIZE = 5_000
"""Articles read of those that match, and of the others: the standard error of a share is at most
0.7 percentage points."""
_AT_A_TIME = 500


@dataclass(frozen=True, slots=True)
class Sample:
    """Numbers of articles and of those that were read."""

    articles: int
    read: int


@dataclass(frozen=True, slots=True)
class TopTerms:
    """The first terms of the matching articles, in the requested order."""

    terms: tuple[Term, ...]
    matching: Sample
    others: Sample
    """Articles of the same languages that do not match."""


def top_terms(  # noqa: PLR0913 - as many as there are options
    connection: Connection,
    snapshot: Snapshot,
    matching: Node,
    *,
    among: Node,
    bigrams: bool,
    order: TermOrder,
    limit: int,
    sample: int | None,
    all_words: bool,
) -> TopTerms:
    """See `archive.read.query.Query.terms`."""
    size = 2 if bigrams else 1
    languages = snapshot.languages
    wanted = to_query(And((among, matching)), languages)
    mine = Vocabulary(size)
    found = _count_terms(connection, snapshot, mine, wanted, sample)
    rest = to_query(And((among, Not(matching))), languages)
    comparable = any_match([_in_language(each) for each in mine.tallies])
    others = Vocabulary(size, only=mine.without_rare())
    compared_with = _count_terms(
        connection, snapshot, others, all_match([rest, comparable]), sample
    )
    terms = compare_vocabularies(mine, others, all_words=all_words)
    if order is TermOrder.DISTINCTIVE and compared_with.read:
        terms = (term for term in terms if term.score > 0)
        first = nlargest(limit, terms, key=lambda term: (term.score, term.matching))
    else:
        first = nlargest(limit, terms, key=lambda term: (term.matching, term.score))
    return TopTerms(tuple(first), found, compared_with)


def _count_terms(
    connection: Connection,
    snapshot: Snapshot,
    vocabulary: Vocabulary,
    wanted: IndexQuery,
    sample: int | None,
) -> Sample:
    articles = count_matches(snapshot, wanted.query)
    ids = even_sample(snapshot, wanted.query, articles if sample is None else sample)
    vocabulary.add(_readings(connection, sorted(ids)))
    return Sample(articles, len(ids))


def _readings(connection: Connection, ids: Sequence[int]) -> Iterator[LanguageAndText]:
    query = select(ArticleRow.language, ArticleRow.title, RevisionRow.text).join(
        RevisionRow, IS_NEWEST
    )
    for begin in range(0, len(ids), _AT_A_TIME):
        batch = query.where(ArticleRow.id.in_(ids[begin : begin + _AT_A_TIME]))
        for language, title, text in connection.execute(batch):
            yield language, f"{title or ''}\n{text}"


def _in_language(language: str | None) -> IndexQuery:
    return has_fact("language", language or NO_TEXT)
