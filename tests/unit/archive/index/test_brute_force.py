"""Generated queries find what a scan of all articles finds, on both databases.

The scan shares nothing with the index but how words are told apart and stemmed.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select, update

from archive.db.engine import open_engine
from archive.db.schema import IS_NEWEST, ArticleRow, ClusterRow, RevisionRow
from archive.index.analysis import words
from archive.index.article_index import ArticleIndex
from archive.index.stems import STEMMED_LANGUAGES, stem
from archive.model import PageKind, Source
from archive.read.query import Query
from archive.search.syntax import parse_query
from archive.search.tree import (
    And,
    By,
    Clock,
    Fact,
    Field,
    Near,
    Node,
    Not,
    Or,
    Order,
    Period,
    Quantity,
    Range,
    Text,
    Trait,
    texts_of,
)
from tests.postgres import new_database
from tests.rows import Rows, article

ARTICLES, QUERIES = 150, 500
NOW = datetime(2026, 1, 10, 12, 0, tzinfo=UTC)
SOURCES = tuple(Source(name, f"https://{name}.example") for name in ("suara", "Warta", "kilas"))
WORDS = {
    "id": "harga beras naik memangkas dipangkas pangkas pertumbuhan tumbuh kereta-api 07.15 Łódź",
    "en": "price prices rising rise café owner's ﬁsh São naïve the run running 100%",
    "zh": "北京 大学 学生 价格 上涨 北 京城 2025年 新闻",
    "ja": "カタカナ ひらがな 東京 大学 ニュース",
    "th": "สวัสดี ครับ ข่าว ราคา ขึ้น",
    "ar": "الكتاب كتاب السوق أسعار سوق",
    None: "İstanbul istanbul ke\u00adreta e\u0301lan élan beras price",
}
JOINED = {"zh", "ja", "th"}
MADE_UP = "subsidi subsidinya menyubsidi BBM"


@dataclass(frozen=True)
class Scanned:
    """An article as a scan sees it."""

    id: int
    row: Any
    source: str
    captured_at: datetime
    is_first: bool
    title: list[str]
    text: list[str]

    def matches(self, node: Node) -> bool:  # noqa: PLR0911
        """Whether a query finds it."""
        match node:
            case And(nodes):
                return all(map(self.matches, nodes))
            case Or(nodes):
                return any(map(self.matches, nodes))
            case Not(inner):
                return not self.matches(inner)
            case Text() | Near():
                fields = [self.title] if node.in_title else [self.title, self.text]
                return any(self._has_words(node, field) for field in fields)
            case Fact(field, value):
                return value.lower() in {each.lower() for each in self.values(field)}
            case Period(clock, first, last):
                day = self._day(clock)
                return day is not None and (first or day) <= day <= (last or day)
            case Range(quantity, low, high):
                number = self.row.word_count
                if quantity is Quantity.CLUSTER:
                    number = self.row.cluster_id
                return number is not None and (low or 0) <= number <= (high or number)
            case Trait():
                return {
                    Trait.REVISED: self.row.revision > 1,
                    Trait.CLUSTERED: self.row.cluster_id is not None,
                    Trait.FIRST: self.is_first,
                    Trait.PAYWALLED: self.row.paywalled is True,
                    Trait.FREE: self.row.paywalled is False,
                    Trait.VANISHED: self.row.vanished_at is not None,
                }[node]

    def values(self, field: Field) -> list[str]:
        """The values of a fact."""
        row = self.row
        values = {
            Field.SOURCE: [self.source],
            Field.DOMAIN: [row.domain],
            Field.LANG: [row.language],
            Field.AUTHOR: row.authors,
            Field.TAG: row.tags,
            Field.SECTION: [row.section],
            Field.KIND: [row.page_kind],
            Field.LICENSE: [row.license],
            Field.URL: [row.url, row.canonical_url],
        }[field]
        return [value for value in values if value is not None]

    def _has_words(self, node: Text | Near, field: list[str]) -> bool:
        sought = words(node.text)
        if isinstance(node, Near):
            return all(
                any(
                    abs(place - other) <= node.distance
                    for place, word in enumerate(field)
                    for other, second in enumerate(field)
                    if (word, second) == pair
                )
                for pair in pairwise(sought)
            )
        if len(sought) == 1 and not (node.is_exact or node.is_prefix):
            forms = {stem(word, self.row.language) for word in field}
            is_stemmed = self.row.language in STEMMED_LANGUAGES
            return sought[0] in field or (
                is_stemmed and stem(sought[0], self.row.language) in forms
            )
        return any(
            self._begins(sought, field[place:], is_prefix=node.is_prefix)
            for place in range(len(field))
        )

    def _begins(self, sought: list[str], field: list[str], *, is_prefix: bool) -> bool:
        if len(field) < len(sought) or field[: len(sought) - 1] != sought[:-1]:
            return False
        last = field[len(sought) - 1]
        return last.startswith(sought[-1]) if is_prefix else last == sought[-1]

    def _day(self, clock: Clock) -> date | None:
        if clock is Clock.CAPTURED:
            return self.captured_at.date()
        if clock is Clock.VANISHED:
            return self.row.vanished_at and self.row.vanished_at.date()
        if self.row.published_at is None:
            return None
        offset = timedelta(minutes=self.row.published_offset_min or 0)
        return (self.row.published_at + offset).date()


def fill(engine: Engine, draw: random.Random) -> None:
    rows = Rows(engine, SOURCES)
    for number in range(ARTICLES):
        language = draw.choice(list(WORDS))
        own = [*WORDS[language].split(" "), *MADE_UP.split()]
        between = "" if language in JOINED else " "
        offset = timezone(timedelta(minutes=draw.choice([0, 420, -600])))
        at = datetime(2024, 12, 29, tzinfo=offset) + timedelta(hours=draw.randrange(100))
        made = article(
            text=between.join(draw.choices(own, k=draw.randrange(1, 14))),
            title=draw.choice([None, between.join(draw.choices(own, k=3))]),
            language=language,
            authors=draw.sample(["Ani Lestari", "Budi", "ÉLISE"], draw.randrange(3)),
            tags=draw.sample(["Ekonomi", "ekonomi", "BBM", "a b"], draw.randrange(3)),
            section=draw.choice([None, "Bisnis", "bisnis"]),
            published_at=draw.choice([None, at]),
            word_count=draw.randrange(20),
            page_kind=draw.choice(list(PageKind)),
            paywalled=draw.choice([None, True, False]),
            license=draw.choice([None, "CC BY 4.0"]),
        )
        source_id = draw.randrange(len(SOURCES)) + 1
        url = f"{SOURCES[source_id - 1].url}/{number}"
        seen_at = NOW + timedelta(hours=number)
        rows.read(url, made, seen_at, source_id=source_id)
        if draw.random() < 0.2:
            rows.read(url, made, seen_at + timedelta(minutes=1), source_id=source_id)
    with engine.begin() as connection:
        for first in range(1, ARTICLES, 10):
            connection.execute(insert(ClusterRow).values(id=first, first_article_id=first))
            in_cluster = ArticleRow.id.in_([first, first + 1])
            connection.execute(update(ArticleRow).where(in_cluster).values(cluster_id=first))
            gone = update(ArticleRow).where(ArticleRow.id == first + 2)
            connection.execute(gone.values(vanished_at=NOW + timedelta(days=first)))


class Queries:
    """Draws queries of all kinds, of words that there are."""

    def __init__(self, draw: random.Random) -> None:
        self._draw = draw
        self._words = sorted({word for line in WORDS.values() for word in line.split(" ")})

    def draw(self, depth: int = 0) -> str:
        """Return a query."""
        kinds = [self._words_of, self._fact, self._period, self._phrase, self._near, self._prefix]
        if depth < 3:
            kinds += [self._group, self._group, self._negation]
        made: str = self._draw.choice(kinds)(depth)
        return made

    def _word(self) -> str:
        return self._draw.choice([*self._words, *MADE_UP.split(), "nowhere"])

    def _field(self) -> str:
        return self._draw.choice(["", "", "title:"])

    def _words_of(self, _: int) -> str:
        return self._field() + self._draw.choice(["", "", "="]) + self._word()

    def _phrase(self, _: int) -> str:
        return f'{self._field()}"{self._word()} {self._word()}"'

    def _near(self, _: int) -> str:
        one, other = self._draw.sample(self._words, 2)
        return f'{self._field()}"{one} {other}"~{self._draw.randrange(1, 6)}'

    def _prefix(self, _: int) -> str:
        word = self._word().rstrip("%")
        length = self._draw.randrange(1 if word[0] > "\u0e00" else 3, 6)
        return f"{self._field()}{word[:length]}*"

    def _fact(self, _: int) -> str:
        number = self._draw.randrange(20)
        return self._draw.choice(
            [
                *("source:warta", "source:Suara", "domain:kilas.example", "lang:id", "lang:ZH"),
                *('author:"ani lestari"', "author:budi", "author:Élise", "tag:ekonomi", "tag:BBM"),
                *('tag:"a b"', "section:bisnis", "has:revisions", "in:cluster", "first:yes"),
                *("paywall:yes", "paywall:no", "is:vanished", 'license:"cc by 4.0"', "kind:video"),
                *(f"words:<{number + 1}", f"words:{number}..", f"words:{number}", "cluster:11"),
                *("kind:Article", f"url:https://suara.example/{number}", "lang:xx"),
            ]
        )

    def _period(self, _: int) -> str:
        day = date(2024, 12, 29) + timedelta(days=self._draw.randrange(5))
        period = self._draw.choice(["2025", "2024-12", f"{day}", f"{day}..", f"..{day}"])
        clock = self._draw.choice(["published", "published", "captured", "vanished"])
        return f"{clock}:{period}" if clock == "published" else f"{clock}:2026-01-1{day.day % 10}.."

    def _group(self, depth: int) -> str:
        number = self._draw.randrange(2, 4)
        parts = [self.draw(depth + 1) for _ in range(number)]
        return f"({self._draw.choice([' ', ' OR ']).join(parts)})"

    def _negation(self, depth: int) -> str:
        return f"-{self.draw(depth + 1)}"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def query(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Query]:
    folder = tmp_path_factory.mktemp("scan")
    if request.param == "sqlite":
        engine = open_engine(f"sqlite:///{folder / 'kliping.db'}")
    else:
        engine = open_engine(new_database(request.getfixturevalue("server")))
    fill(engine, random.Random(3))
    index = ArticleIndex(folder / "index", engine)
    index.catch_up()
    yield Query(engine, index)
    engine.dispose()


@pytest.fixture(scope="module")
def scanned(query: Query) -> list[Scanned]:
    with query.engine.connect() as connection:
        clusters = dict(connection.execute(ClusterRow.__table__.select()).all())  # type: ignore[arg-type]
        columns = (*ArticleRow.__table__.columns, RevisionRow.text)
        newest = connection.execute(select(*columns).join(RevisionRow, IS_NEWEST)).all()
        rows = {row.id: row for row in newest}
    return [
        Scanned(
            *(one.id, row, one.source, one.captured_at),
            row.cluster_id is None or clusters[row.cluster_id] == one.id,
            words(row.title or ""),
            words(row.text),
        )
        for one in query.all_articles()
        for row in [rows[one.id]]
    ]


def test_queries_find_and_count_what_a_scan_does(query: Query, scanned: list[Scanned]) -> None:
    queries = Queries(random.Random(11))
    hits = 0
    for _ in range(QUERIES):
        asked = queries.draw()
        node = parse_query(asked)
        expected = [each for each in scanned if each.matches(node)]
        ids = [each.id for each in expected]
        assert list(query.ids(asked)) == ids, asked
        assert query.count_all(matching=asked) == len(ids), asked
        found = query.search(asked, limit=ARTICLES, is_marked=False)
        assert sorted(hit.article.id for hit in found) == ids, asked
        assert all((hit.score is not None) == any(texts_of(node)) for hit in found), asked
        newest = query.search(asked, limit=ARTICLES, order=Order.NEWEST, is_marked=False)
        assert [hit.article.id for hit in newest] == _in_order(expected), asked
        counted = query.facets(asked)
        assert counted.by[By.SOURCE] == Counter(each.source for each in expected), asked
        assert counted.by[By.SECTION] == Counter(each.row.section for each in expected), asked
        by = query.count([By.AUTHOR, By.LANGUAGE], among=asked)
        assert {each.group: each.articles for each in by} == Counter(
            (author, each.row.language)
            for each in expected
            for author in each.row.authors or [None]
        ), asked
        hits += len(ids)
    assert 10 * QUERIES < hits < ARTICLES * QUERIES // 2  # most of them find some, and not all


def _in_order(articles: list[Scanned]) -> list[int]:
    """The newest first, undated ones last, and of the same second that of the least id."""

    def key(each: Scanned) -> tuple[float, int]:
        at = each.row.published_at
        return (-at.timestamp() if at else float("inf")), each.id

    return [each.id for each in sorted(articles, key=key)]
