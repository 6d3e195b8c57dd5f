"""Hits in their order, a page at a time; an index of documents alone, without a database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache

import pytest
import tantivy
from tantivy import Document

from archive.index.article_index import Snapshot
from archive.index.documents import recency
from archive.index.queries import to_query
from archive.index.schema import DAY, NO_NUMBER, STEMS, TEXT, TITLE, register_analyzers, schema
from archive.index.searching import (
    Cursor,
    Match,
    count_hits,
    count_matches,
    even_sample,
    find_hits,
    matching_ids,
    newest_day,
)
from archive.index.stems import stem_term
from archive.search.syntax import parse_query
from archive.search.tree import EVERYTHING, Order

NOW = datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Article:
    """What of an article is in the index; how old it is in days, None if it has no date."""

    text: str
    age: float | None
    title: str = ""

    @property
    def published_at(self) -> datetime | None:
        return None if self.age is None else NOW - timedelta(days=self.age)


ARTICLES = {
    1: Article("banjir", 1),
    2: Article("banjir banjir", 500),
    3: Article("beras", 3),
    4: Article("banjir air air air air", 3),
    5: Article("banjir di hilir", None),
    6: Article("air", 20, title="banjir"),
    7: Article("banjir", 1),
    8: Article("banjir besar", -2),
    9: Article("angin", 20_000),
}
NEWEST = [8, 1, 7, 4, 6, 2, 5]
"""Those about a flood: the least id first of the same second, the undated ones last."""


@cache
def snapshot() -> Snapshot:
    index = tantivy.Index(schema())
    register_analyzers(index)
    writer = index.writer(15_000_000, 1)
    for id_, article in ARTICLES.items():
        document = Document()
        document.add_integer("id", id_)
        document.add_text(TITLE, article.title)
        document.add_text(TEXT, article.text)
        forms = [stem_term(word, "en") for word in article.text.split()]
        document.add_text(STEMS, " ".join(forms))
        document.add_integer("recency", recency(id_, article.published_at))
        document.add_integer("spread", id_ * 7 % 10)
        at = article.published_at
        document.add_integer(DAY, at.date().toordinal() if at else NO_NUMBER)
        writer.add_document(document)
    writer.commit()
    index.reload()
    return Snapshot(index.searcher(), ("en",))


def found(query: str, limit: int, order: Order, after: Cursor | None = None) -> list[Match]:
    return find_hits(snapshot(), parse_query(query), limit=limit, order=order, after=after)


def id_of(matches: Sequence[Match]) -> list[int]:
    return [match.article_id for match in matches]


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5, 6, 7, 8])
def test_the_newest_come_first(limit: int) -> None:
    hits = found("banjir", limit, Order.NEWEST)
    assert id_of(hits) == NEWEST[:limit]
    assert {hit.score for hit in hits} == {None}
    assert [hit.cursor for hit in hits] == [
        Cursor(Order.NEWEST, recency(id_, ARTICLES[id_].published_at)) for id_ in NEWEST[:limit]
    ]


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
@pytest.mark.parametrize("place", range(7))
def test_the_newest_go_on_behind_a_hit(place: int, limit: int) -> None:
    cursor = found("banjir", 7, Order.NEWEST)[place].cursor
    hits = found("banjir", limit, Order.NEWEST, cursor)
    assert id_of(hits) == NEWEST[place + 1 : place + 1 + limit]


def test_the_best_come_first() -> None:
    hits = found("banjir", 9, Order.BEST)
    assert id_of(hits)[:2] == [6, 2]
    assert sorted(id_of(hits)) == sorted(NEWEST)
    assert [hit.cursor for hit in hits] == [Cursor(Order.BEST, n) for n in range(1, 8)]
    scores = [hit.score or 0 for hit in hits]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] > scores[1] > scores[-1] > 0


@pytest.mark.parametrize("limit", [1, 2, 9])
def test_the_best_go_on_behind_a_hit(limit: int) -> None:
    whole = found("banjir", 9, Order.BEST)
    for place, hit in enumerate(whole, start=1):
        assert found("banjir", limit, Order.BEST, hit.cursor) == whole[place : place + limit]


@pytest.mark.parametrize(("query", "first"), [("", [8, 1, 7, 3]), ("-banjir", [3, 9])])
def test_what_has_no_words_is_not_ranked(query: str, first: list[int]) -> None:
    hits = found(query, 4, Order.BEST)
    assert id_of(hits) == first
    assert hits[0].cursor.order is Order.NEWEST


def test_a_cursor_says_in_which_order_its_hits_were() -> None:
    newest = found("banjir", 2, Order.NEWEST)[-1].cursor
    assert id_of(found("banjir", 2, Order.BEST, newest)) == NEWEST[2:4]
    best = found("banjir", 2, Order.BEST)
    assert found("banjir", 9, Order.NEWEST, best[0].cursor)[0] == best[1]


@pytest.mark.parametrize("order", Order)
def test_other_forms_of_a_word_are_found(order: Order) -> None:
    assert id_of(found("angins", 9, order)) == [9]
    assert count_hits(snapshot(), parse_query("angins")) == 1
    assert list(matching_ids(snapshot(), parse_query("angins"))) == [[9]]


@pytest.mark.parametrize("limit", [0, -1])
def test_no_hits_are_wanted(limit: int) -> None:
    assert found("banjir", limit, Order.BEST) == []
    assert even_sample(snapshot(), to_query(EVERYTHING, ()).query, limit) == []


@pytest.mark.parametrize(("query", "hits"), [("banjir", 7), ("", 9), ("gempa", 0), ("-banjir", 2)])
def test_hits_are_counted(query: str, hits: int) -> None:
    node = parse_query(query)
    assert count_hits(snapshot(), node) == hits
    assert count_matches(snapshot(), to_query(node, ()).query) == hits


@pytest.mark.parametrize("at_a_time", [1, 2, 3, 7, 20_000])
def test_ids_come_in_their_order(at_a_time: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archive.index.searching.IDS_AT_A_TIME", at_a_time)
    parts = list(matching_ids(snapshot(), parse_query("banjir")))
    assert [id_ for part in parts for id_ in part] == sorted(NEWEST)
    assert [len(part) for part in parts[:-1]] == [at_a_time] * (len(parts) - 1)


def test_a_sample_is_even() -> None:
    everything = to_query(EVERYTHING, ()).query
    assert even_sample(snapshot(), everything, 1) == [7]
    assert even_sample(snapshot(), everything, 3) == [7, 4, 1]
    assert even_sample(snapshot(), to_query(parse_query("banjir"), ()).query, 2) == [7, 4]


def test_the_newest_day_is_not_ahead() -> None:
    today = NOW.date()
    assert newest_day(snapshot(), today) == today - timedelta(days=1)
    assert newest_day(snapshot(), today + timedelta(days=9)) == today + timedelta(days=2)
    assert newest_day(snapshot(), today - timedelta(days=2)) == today - timedelta(days=3)
    assert newest_day(snapshot(), date(1700, 1, 1)) is None
