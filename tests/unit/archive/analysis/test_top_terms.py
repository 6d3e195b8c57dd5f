"""Top terms on SQLite and on PostgreSQL: the same answer, from an even sample."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import func, insert, select

from archive.analysis.top_terms import Sample, TopTerms, top_terms
from archive.analysis.vocabulary import TermOrder
from archive.db.schema import ArticleRow, CaptureRow, RevisionRow, SourceRow
from archive.read.query import Query
from archive.search.syntax import parse_query
from archive.search.tree import EVERYTHING
from tests.rows import first_revision
from tests.unit.archive.search.test_search import query

__all__ = ["query"]  # a fixture

NOW = datetime(2026, 1, 10, tzinfo=UTC)
FUEL, OTHER, ENGLISH = 30, 60, 20


@pytest.fixture(scope="module")
def news(query: Query) -> Query:
    """Articles on fuel and on other matters, with the few that were there left out of account."""
    texts = [f"Harga bahan bakar dan solar naik, kata menteri s{n % 7}." for n in range(FUEL)]
    texts += [f"Harga beras dan cabai turun, kata petani s{n % 7}." for n in range(OTHER)]
    texts += ["The price of rice and fuel."] * ENGLISH
    with query.engine.begin() as connection:
        connection.execute(insert(SourceRow).values(id=9, name="kilas", url="u", added_at=NOW))
        begin = (connection.scalar(select(func.max(ArticleRow.id))) or 0) + 1
        connection.execute(insert(CaptureRow).values(id=900, url="u", captured_at=NOW))
        rows = [row_of(begin + n, n < FUEL + OTHER) for n in range(len(texts))]
        connection.execute(insert(ArticleRow), rows)
        revisions = [first_revision(*one) for one in zip(rows, texts, strict=True)]
        connection.execute(insert(RevisionRow), revisions)
    return query


def row_of(number: int, is_indonesian: bool) -> dict[str, Any]:
    url = f"https://kilas.example/{number}"
    return {
        "id": number,
        "source_id": 9,
        "url": url,
        "canonical_url": url,
        "domain": "kilas.example",
        "first_seen_at": NOW,
        "capture_id": 900,
        "revision": 1,
        "language": "id" if is_indonesian else "en",
        "word_count": 9,
        "text_sha256": "0" * 64,
        "page_kind": "article",
        "extractor": "test/1",
    }


def terms(news: Query, asked: str, **options: Any) -> TopTerms:
    usual: dict[str, Any] = {
        "among": parse_query("source:kilas"),
        "bigrams": False,
        "order": TermOrder.DISTINCTIVE,
        "limit": 4,
        "sample": None,
        "all_words": False,
    }
    with news.engine.connect() as connection:
        return top_terms(connection, news.snapshot(), parse_query(asked), **{**usual, **options})


def test_the_terms_that_tell_come_first(news: Query) -> None:
    found = terms(news, "solar")
    assert found.matching == Sample(FUEL, FUEL)
    assert found.others == Sample(OTHER, OTHER), "of the same language"
    assert [term.term for term in found.terms] == ["bahan", "bakar", "menteri", "naik"]
    assert {(term.matching, term.share, term.elsewhere) for term in found.terms} == {
        (FUEL, 1.0, 0.0)
    }
    assert terms(news, "solar", limit=50, all_words=True).terms[-1].score > 0


def test_pairs_of_words(news: Query) -> None:
    found = terms(news, "solar", bigrams=True, limit=9)
    assert {"harga bahan", "bahan bakar", "menteri s3"} <= {term.term for term in found.terms}
    assert not [term for term in found.terms if " dan" in term.term or "dan " in term.term]


def test_the_most_frequent_terms(news: Query) -> None:
    found = terms(news, "lang:id", order=TermOrder.FREQUENT, limit=3)
    assert [(term.term, term.matching) for term in found.terms] == [
        ("harga", FUEL + OTHER),
        ("beras", OTHER),
        ("cabai", OTHER),
    ]


def test_without_others_the_most_frequent_come_first(news: Query) -> None:
    found = terms(news, "", among=parse_query("source:kilas lang:id"), limit=1)
    assert (found.terms[0].term, found.terms[0].score) == ("harga", 0)
    assert found.others == Sample(0, 0)
    assert terms(news, "nowhere") == TopTerms((), Sample(0, 0), Sample(0, 0))


def test_an_even_sample_is_read(news: Query) -> None:
    found = terms(news, "solar OR petani", sample=30)
    assert found == terms(news, "solar OR petani", sample=30)
    assert found.matching == Sample(FUEL + OTHER, 30)
    by_name = {
        term.term: term.matching for term in terms(news, "lang:id", sample=30, limit=99).terms
    }
    assert by_name["solar"] == pytest.approx(10, abs=2)


def test_articles_have_the_terms_that_are_told_of_them(news: Query) -> None:
    found = terms(news, "lang:id", limit=99, all_words=True, order=TermOrder.FREQUENT)
    assert len(found.terms) > 10
    for term in found.terms:
        matching = parse_query(f'lang:id "{term.term}"')
        [count] = news.count([], matching=matching, among=parse_query("source:kilas"))
        assert count.matching == term.matching


def test_all_of_the_archive_can_be_compared(news: Query) -> None:
    assert terms(news, "pertamina", among=EVERYTHING).others.articles > FUEL + OTHER
