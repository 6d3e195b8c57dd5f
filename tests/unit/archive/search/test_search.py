"""Search on SQLite and on PostgreSQL: the same queries find the same articles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import Engine

from archive.db.engine import open_engine
from archive.errors import NotArchivedError
from archive.model import PageKind, Source
from archive.read.query import Query, SearchHit
from archive.search.syntax import MAX_NESTING, parse_query
from archive.search.tree import And, By, Node, Not, Or, Order, Text
from tests.examples import examples
from tests.indexes import FollowingQuery
from tests.postgres import new_database
from tests.property.test_queries import queries
from tests.rows import Rows, article

NOW = datetime(2026, 1, 10, 12, 0, tzinfo=UTC)
JAKARTA = timezone(timedelta(hours=7))
SOURCES = (Source("suara", "https://suara.example"), Source("warta", "https://warta.example"))
ARTICLES: dict[str, dict[str, Any]] = {
    "subsidy": {
        "title": "Subsidi bahan bakar dipangkas",
        "text": "Pertamina memangkas subsidi.\nHarga bahan bakar naik di seluruh negeri.",
        "authors": ["Ani Lestari", "Budi"],
        "tags": ["Ekonomi", "BBM"],
        "section": "Bisnis",
        "language": "id",
        # The evening before in UTC.
        "published_at": datetime(2025, 1, 1, 2, 0, tzinfo=JAKARTA),
    },
    "passing": {
        "title": "Pasar hari ini",
        "text": "Beras, cabai dan telur. " * 30 + "Di kilas.example: subsidi pupuk tetap.",
        "language": "id",
        "published_at": datetime(2025, 6, 1, 9, 0, tzinfo=JAKARTA),
    },
    "cafe": {
        "title": "A Café in São Paulo",
        "text": "The owner's crème brûlée is to be or not to be. Bakar is a name; bahan too.",
        "language": "en",
        "page_kind": PageKind.OPINION,
        "tags": ["Food"],
        "published_at": datetime(2024, 12, 31, 23, 0, tzinfo=UTC),
    },
    "undated": {"title": None, "text": "Kereta-api 07.15 dari Gambir, opini 100%."},
}
FOUND = {
    "": "subsidy passing cafe undated",
    "subsidi": "subsidy passing",
    "SUBSIDI pertamina": "subsidy",
    "title:subsidi": "subsidy",
    '"bahan bakar"': "subsidy",
    "bahan bakar": "subsidy cafe",
    "title:kafe": "",
    "cafe": "cafe",
    "café": "cafe",
    '"sao paulo"': "cafe",
    '"creme brulee"': "cafe",
    '"to be or not to be"': "cafe",
    "the": "cafe",
    "subsi*": "subsidy passing",
    "title:subsi*": "subsidy",
    "kilas": "passing",
    '"kereta api"': "undated",
    "kereta-api": "undated",
    "api": "undated",
    "07.15": "undated",
    "100": "undated",
    "subsidi -pertamina": "passing",
    "subsidi -(pertamina OR gambir)": "passing",
    "-subsidi": "cafe undated",
    "(pertamina OR opini) -telur": "subsidy undated",
    "pertamina OR tag:food": "subsidy cafe",
    "subsidi -(pupuk tag:ekonomi)": "subsidy passing",
    "subsidi (lang:id -telur)": "subsidy",
    "source:suara": "subsidy passing cafe",
    "source:Warta": "undated",
    "-source:warta lang:id": "subsidy passing",
    "domain:suara.example": "subsidy passing cafe",
    "lang:EN": "cafe",
    "-lang:id": "cafe undated",
    'author:"ani lestari"': "subsidy",
    "author:ani": "",
    "tag:bbm OR tag:Food": "subsidy cafe",
    "section:bisnis": "subsidy",
    "published:2025": "subsidy passing",
    "published:2025-01-01": "subsidy",
    "published:..2024": "cafe",
    "-published:2025": "cafe undated",
    "captured:2026-01-10": "subsidy passing cafe undated",
    "captured:2026-01-11..": "",
    "has:revisions": "",
    "in:cluster": "",
    "first:yes subsidi": "subsidy passing",
    "nowhere": "",
    # Other forms of a word; as it is written.
    "pangkas": "subsidy",
    "subsidinya": "subsidy passing",
    "owners": "cafe",
    '"owners"': "",
    "=memangkas": "subsidy",
    "=pangkas": "",
    '"subsidi pertamina"~2': "subsidy",
    '"subsidi pertamina"~1': "",
    '"harga naik"~3': "subsidy",
    '"harga naik"~2': "",
    'title:"subsidi bakar"~2': "subsidy",
    "words:6": "undated",
    "words:<7": "undated",
    "words:>=7 lang:en": "cafe",
    "kind:opinion": "cafe",
    "-kind:Opinion": "subsidy passing undated",
    "url:https://suara.example/cafe": "cafe",
    "paywall:yes": "",
    "-paywall:no": "subsidy passing cafe undated",
    "is:vanished": "",
    "license:mit OR cluster:1": "",
    "title:café lang:id": "",
}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def query(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[FollowingQuery]:
    folder = tmp_path_factory.mktemp("search")
    if request.param == "sqlite":
        url = f"sqlite:///{folder / 'kliping.db'}"
    else:
        url = new_database(request.getfixturevalue("server"))
    engine = open_engine(url)
    fill(engine)
    yield FollowingQuery(engine, folder / "index")
    engine.dispose()


def fill(engine: Engine) -> None:
    rows = Rows(engine, SOURCES)
    for number, (name, made) in enumerate(ARTICLES.items()):
        save(rows, number, name, 2 if name == "undated" else 1, **made)


def save(rows: Rows, number: int, name: str, source_id: int, **made: Any) -> None:
    url = f"https://{'suara' if source_id == 1 else 'warta'}.example/{name}"
    made.setdefault("word_count", len(made["text"].split()))
    rows.read(url, article(**made), NOW + timedelta(minutes=number), source_id=source_id)


def names(hits: list[SearchHit]) -> set[str]:
    return {hit.article.url.rpartition("/")[2] for hit in hits}


@pytest.mark.parametrize("order", Order)
@pytest.mark.parametrize("asked", FOUND)
def test_a_query_finds_what_it_says(query: Query, asked: str, order: Order) -> None:
    node = parse_query(asked)
    assert names(query.search(node, order=order)) == set(FOUND[asked].split())
    streamed = {article.id for article in query.articles(matching=node)}
    assert streamed == {hit.article.id for hit in query.search(node)}


@pytest.mark.parametrize("asked", FOUND)
def test_hits_are_counted_by_what_they_have_in_common(query: Query, asked: str) -> None:
    found = [ARTICLES[name] for name in FOUND[asked].split()]
    counted = query.facets(parse_query(asked))
    assert counted.hits == len(found) == query.count_all(matching=asked)
    for by in (By.LANGUAGE, By.SECTION):
        assert counted.by[by] == Counter(one.get(by.value) for one in found)
    published = [one["published_at"].date() for one in found if "published_at" in one]
    assert counted.days == Counter(published)
    assert list(counted.days) == sorted(set(published))
    undated = len(found) - len(published)
    assert counted.undated == undated
    assert counted.by[By.SOURCE].get("warta", 0) == undated  # it has the only one


def test_a_word_in_the_title_counts_more(query: Query) -> None:
    hits = query.search(parse_query("subsidi"))
    assert [hit.article.title for hit in hits] == [
        "Subsidi bahan bakar dipangkas",
        "Pasar hari ini",
    ]
    best, next_ = (hit.score for hit in hits)
    assert best is not None and next_ is not None and best > next_


def test_excerpts_show_where_it_matches(query: Query) -> None:
    (hit,) = query.search(parse_query("subsidi pupuk -opini lang:id"))
    excerpt = hit.snippet
    assert excerpt is not None
    assert "subsidi pupuk" in excerpt.text
    assert len(excerpt.text) < len(hit.article.text) / 2
    assert {excerpt.text[begin:end] for begin, end in excerpt.matches} <= {
        "subsidi",
        "pupuk",
        "subsidi pupuk",
    }


def test_newest_are_first_where_nothing_can_be_ranked(query: Query) -> None:
    hits = query.search(parse_query("lang:id OR lang:en"))
    assert [hit.article.title for hit in hits] == [
        "Pasar hari ini",
        "A Café in São Paulo",
        "Subsidi bahan bakar dipangkas",
    ]
    assert all(hit.score is None and hit.snippet is None for hit in hits)


def test_a_word_as_it_is_written_comes_before_its_other_forms(query: Query) -> None:
    hits = query.search(parse_query("bakar OR lestarinya"))
    assert hits[0].article.title == "Subsidi bahan bakar dipangkas"
    (hit,) = query.search(parse_query("pangkas"))
    assert hit.snippet is not None
    assert {hit.snippet.text[begin:end] for begin, end in hit.snippet.matches} == {"memangkas"}
    assert query.search(parse_query("=pangkas")) == query.search(parse_query('"pangkas"')) == []


def test_an_address_finds_its_article(query: Query) -> None:
    (hit,) = query.search(" https://suara.example/passing?utm_source=x ")
    assert hit.article.title == "Pasar hari ini"
    with pytest.raises(NotArchivedError, match="not listed by any source"):
        query.search("https://suara.example/nowhere")


def test_a_query_is_shown_as_it_is_executed(query: Query) -> None:
    shown = query.executed("title:memangkas published:2025 -tag:x")
    assert shown == (
        "(+(title:memangkas (title_stems:en:memangka title_stems:id:pangkas)^0.1)^5"
        " +#day:[2025-01-01 TO 2025-12-31] -#tag:x)"
    )


def deepest(kind: type[And] | type[Or]) -> Node:
    node: Node = Text("a")
    for level in range((MAX_NESTING - 1) // (2 if kind is And else 1)):
        inner = node
        node = kind((Text(f"b{level}"), Not(inner) if kind is And else inner))
    return node


@pytest.mark.parametrize("kind", [And, Or])
def test_the_deepest_queries_are_answered(query: Query, kind: type[And] | type[Or]) -> None:
    node = parse_query(str(deepest(kind)))
    query.search(node)
    query.search(And((node, Or((node, *parse_query("lang:id a").nodes)))))  # type: ignore[union-attr]


@settings(max_examples=examples(40), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(queries)
def test_every_query_is_answered(query: Query, asked: Node) -> None:
    query.search(asked, limit=3)


COUNTS: dict[tuple[By, ...], list[tuple[tuple[str | None, ...], int, int]]] = {
    (By.SOURCE,): [(("suara",), 3, 2), (("warta",), 1, 0)],
    (By.DAY,): [
        (("2024-12-31",), 1, 0),
        (("2025-01-01",), 1, 1),
        (("2025-06-01",), 1, 1),
        ((None,), 1, 0),
    ],
    # New Year's Eve was a Tuesday, the first of June a Sunday.
    (By.WEEK,): [(("2024-12-30",), 2, 1), (("2025-05-26",), 1, 1), ((None,), 1, 0)],
    (By.SOURCE, By.MONTH): [
        (("suara", "2024-12"), 1, 0),
        (("suara", "2025-01"), 1, 1),
        (("suara", "2025-06"), 1, 1),
        (("warta", None), 1, 0),
    ],
    (By.LANGUAGE,): [(("en",), 1, 0), (("id",), 2, 2), ((None,), 1, 0)],
    (By.SECTION,): [(("Bisnis",), 1, 1), ((None,), 3, 1)],
    (By.AUTHOR,): [(("Ani Lestari",), 1, 1), (("Budi",), 1, 1), ((None,), 3, 1)],
    (): [((), 4, 2)],
}


@pytest.mark.parametrize("by", COUNTS)
def test_articles_are_counted(query: Query, by: tuple[By, ...]) -> None:
    counts = query.count(by, matching=parse_query("subsidi"))
    assert [(each.group, each.articles, each.matching) for each in counts] == COUNTS[by]


def test_counts_can_be_narrowed(query: Query) -> None:
    among = parse_query("lang:id published:2025")
    (count,) = query.count([By.SOURCE], matching=parse_query("pertamina author:budi"), among=among)
    assert (count.articles, count.matching, count.share) == (2, 1, 0.5)
    assert query.count([By.AUTHOR], among=parse_query("nowhere")) == []


def test_an_article_is_found_by_its_new_words_alone(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'kliping.db'}")
    fill(engine)
    query = FollowingQuery(engine, tmp_path / "index")
    assert names(query.search("pertamina")) == {"subsidy"}
    facts = {**ARTICLES["subsidy"], "title": "Ralat", "text": "Subsidi ditambah."}
    save(Rows(engine, SOURCES, count(10)), 9, "subsidy", 1, **facts)
    assert names(query.search("dipangkas OR pertamina")) == set()
    assert names(query.search("ralat ditambah has:revisions")) == {"subsidy"}
    assert query.count_all(matching="ralat", every_revision=True) == 2
    engine.dispose()
