"""Facts in memory: counted as the database counts, whatever is asked and whatever comes in."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, text

from archive.db.engine import open_engine
from archive.db.schema import ArticleRow, RevisionRow
from archive.errors import StorageError
from archive.query import Query
from archive.search import columns, facts, frequent, news
from archive.search.facets import all_facets, facets
from archive.search.facts import Kept, are_kept, facts_of, keep
from archive.search.sqlite import SqliteIndex
from archive.search.syntax import parse_query
from archive.search.terms import EVERYTHING, By, Node, Order
from tests.property.test_queries import queries
from tests.rows import Rows, article
from tests.unit.archive.test_search import FOUND, NOW, SOURCES, fill

COUNTED = [*By]
NARROW = ["subsidi", "lang:id", "lang:id OR lang:en", "published:..2025", "-published:2025 the"]
NARROW += ["source:suara published:2025", "-(subsidi lang:id) -source:warta", "nowhere lang:id"]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path_factory.mktemp('facts') / 'kliping.db'}")
    fill(engine)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def in_memory(engine: Engine) -> Query:
    kept = open_engine(engine.url.render_as_string(), read_only=True)
    keep(kept).load()
    return Query(kept)


@pytest.fixture
def archive(tmp_path: Path) -> Rows:
    return Rows(open_engine(f"sqlite:///{tmp_path / 'kliping.db'}"), SOURCES)


def kept_of(archive: Rows) -> tuple[Query, Kept]:
    engine = open_engine(archive.engine.url.render_as_string(), read_only=True)
    kept = keep(engine)
    kept.load()
    return Query(engine), kept


def sections(query: Query, asked: str = "") -> dict[str | None, int]:
    counts = query.count([By.SECTION], among=asked)
    return {one.group[0]: one.articles for one in counts}


def authors(query: Query) -> dict[str | None, int]:
    return {one.group[0]: one.articles for one in query.count([By.AUTHOR])}


@pytest.mark.parametrize("asked", [*FOUND, *NARROW])
def test_they_are_counted_as_the_database_counts(
    engine: Engine, in_memory: Query, asked: str
) -> None:
    among = parse_query(asked)
    with in_memory.engine.connect() as connection:
        assert (facts_of(connection, among) is not None) == are_kept(among)
    several = [[by] for by in COUNTED] + [[*two] for two in combinations(COUNTED, 2)]
    for by in [*several, [By.DAY, By.SOURCE, By.SECTION]]:
        assert in_memory.count(by, among=among) == Query(engine).count(by, among=among)


@given(queries.filter(are_kept), st.sampled_from(COUNTED))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much])
def test_any_query_is_counted_as_the_database_counts(
    engine: Engine, in_memory: Query, among: Node, by: By
) -> None:
    assert in_memory.count([by], among=among) == Query(engine).count([by], among=among)


@pytest.mark.parametrize("cells", [0, 4])
def test_many_groups_are_counted_like_few(
    engine: Engine, in_memory: Query, cells: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facts, "_MOST_CELLS", cells)
    monkeypatch.setattr(facts, "FREQUENT", 0)
    monkeypatch.setattr(columns, "_FEW", 0)
    several = [[By.SECTION, By.WEEK], [By.DAY, By.SOURCE, By.LANGUAGE], [By.AUTHOR, By.MONTH]]
    for asked in ("", "subsidi lang:id", "lang:id -telur", "subsidi lang:en", "-author:ani"):
        for by in ([By.SOURCE], *several):
            assert in_memory.count(by, among=asked) == Query(engine).count(by, among=asked)


def test_what_comes_in_is_there_at_once(archive: Rows) -> None:
    query, _ = kept_of(archive)
    assert query.count([By.SECTION]) == []
    for number in range(3):
        archive.read(f"https://suara.example/{number}", article("banjir", section=f"S{number}"))
        assert query.facets("banjir").hits == query.facets("lang:xx OR banjir").hits == number + 1
    assert sections(query) == {"S0": 1, "S1": 1, "S2": 1}
    archive.read("https://suara.example/1", article("gempa", section="S2"), is_edit_at(1))
    assert sections(query) == {"S0": 1, "S2": 2}
    assert sections(query, "banjir") == {"S0": 1, "S2": 1}


@pytest.mark.parametrize("at_once", [1, 2, 7])
def test_all_are_read_in_whatever_parts(
    engine: Engine, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facts, "AT_ONCE", at_once)
    kept = open_engine(engine.url.render_as_string(), read_only=True)
    keep(kept).load()
    for by in COUNTED:
        assert Query(kept).count([by]) == Query(engine).count([by])
    for asked in ('author:"ani lestari"', "domain:suara.example", "author:nobody"):
        assert Query(kept).facets(asked).hits == len(list(Query(engine).articles(asked)))
    kept.dispose()


def test_an_article_counts_for_each_of_its_authors(archive: Rows) -> None:
    url = "https://suara.example/1"
    archive.read(url, article("banjir", authors=["Ani Lestari", "Budi"]))
    archive.read("https://suara.example/2", article("banjir"))
    query, _ = kept_of(archive)
    assert authors(query) == {"Ani Lestari": 1, "Budi": 1, None: 1}
    archive.read("https://suara.example/3", article("banjir", authors=["Budi"]))
    assert authors(query) == {"Ani Lestari": 1, "Budi": 2, None: 1}
    archive.read(url, article("gempa", authors=["ANI lestari"]), is_edit_at(1))
    assert authors(query) == {"ANI lestari": 1, "Budi": 1, None: 1}
    found = query.search('author:"ani lestari"', order=Order.NEWEST)
    assert [hit.article.text for hit in found] == ["gempa"]
    assert query.facets("author:budi domain:suara.example").hits == 1


def test_what_is_gone_is_gone_when_they_are_loaded_again(
    archive: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        archive.read(f"https://suara.example/{number}", article("banjir", section=f"S{number}"))
    query, kept = kept_of(archive)
    with archive.engine.begin() as connection:
        connection.execute(delete(RevisionRow).where(RevisionRow.article_id == 2))
        connection.execute(delete(ArticleRow).where(ArticleRow.id == 2))
    assert sections(query, "banjir") == {"S0": 1, "S2": 1}  # the words are the database's
    monkeypatch.setattr(facts, "RELOAD_S", 0)
    kept.load()
    assert sections(query) == {"S0": 1, "S2": 1}
    assert query.facets(EVERYTHING).hits == 2


def test_everything_has_facets_too(engine: Engine, in_memory: Query) -> None:
    with in_memory.engine.connect() as kept, engine.connect() as connection:
        found, by_database = facets(kept, EVERYTHING), all_facets(connection)
    assert (found.hits, found.is_all, found.by) == (by_database.hits, True, by_database.by)
    assert found.days.as_dict() == by_database.days.as_dict()
    assert found.undated == by_database.undated == 1


def test_they_are_loaded_in_the_background(archive: Rows) -> None:
    archive.read("https://suara.example/1", article("banjir", section="Kota"))
    engine = open_engine(archive.engine.url.render_as_string(), read_only=True)
    kept = keep(engine)
    assert sections(Query(engine)) == {"Kota": 1}
    deadline = time.monotonic() + 10
    with engine.connect() as connection:
        while kept.current(connection) is None:
            assert time.monotonic() < deadline
            time.sleep(0.01)
    assert sections(Query(engine)) == {"Kota": 1}


def test_a_database_that_cannot_be_read_leaves_them_as_they_are(
    archive: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.read("https://suara.example/1", article("banjir", section="Kota"))
    query, kept = kept_of(archive)

    def refuse(*_: object) -> None:
        raise StorageError("disk I/O error")

    with monkeypatch.context() as patch:
        patch.setattr(facts.Facts, "update", refuse)
        kept.load()
        with pytest.raises(StorageError):
            sections(query)
    assert sections(query) == {"Kota": 1}


@pytest.mark.parametrize(("most", "is_kept"), [(2, True), (1, False)])
def test_where_they_would_fill_the_memory_the_database_counts(
    archive: Rows, most: int, is_kept: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(2):
        archive.read(f"https://suara.example/{number}", article("banjir", section="Kota"))
    monkeypatch.setattr(facts, "MOST_NUMBER", most)
    query, kept = kept_of(archive)
    with query.engine.connect() as connection:
        assert (kept.current(connection) is not None) == is_kept
    assert sections(query) == {"Kota": 2}


@pytest.mark.parametrize("limit", [1, 2, 5, 30])
def test_the_last_published_are_found_by_any_clock(archive: Rows, limit: int) -> None:
    hours = [9, -11, 14, 0, -3, 7]
    for number in range(24):
        clock = datetime(2025, 3, 1 + number // 8, number, 7, tzinfo=UTC)
        url = f"https://suara.example/{number}"
        zone = timedelta(hours=hours[number % len(hours)])
        published = None if number % 7 == 0 else (clock + zone / 2)
        archive.read(url, article("banjir", published_at=published, section="Kota"))
    query, _ = kept_of(archive)
    found = query.search("banjir section:kota", order=Order.NEWEST, limit=limit)
    by_database = Query(archive.engine).search(
        "banjir section:kota", order=Order.NEWEST, limit=limit
    )
    assert [hit.article.id for hit in found] == [hit.article.id for hit in by_database]


def test_they_are_read_while_they_are_written(archive: Rows) -> None:
    """Numbers that a table has in one moment and has not in the next once broke the counting."""
    with archive.engine.begin() as connection:  # so that there is much to go through
        connection.execute(text("INSERT INTO sqlite_sequence VALUES ('articles', 2000000)"))
    query, _ = kept_of(archive)
    is_over = threading.Event()
    failures: list[BaseException] = []

    def count() -> None:
        try:
            while not is_over.is_set():
                query.count([By.SOURCE, By.DAY], among="section:kota")
                query.facets("banjir -lang:en")
        except BaseException as error:
            failures.append(error)

    readers = [threading.Thread(target=count) for _ in range(3)]
    for reader in readers:
        reader.start()
    for number in range(120):
        at = NOW + timedelta(days=number)
        made = article("banjir", section=f"S{number}", language="id", published_at=at)
        archive.read(f"https://suara.example/{number}", made)
    is_over.set()
    for reader in readers:
        reader.join()
    assert failures == []
    assert query.facets("banjir").hits == 120


def is_edit_at(hours: int) -> datetime:
    """A later look, at which an article reads otherwise."""
    return NOW + timedelta(days=400, hours=hours)


def test_frequent_words_are_remembered_and_followed(
    archive: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facts, "FREQUENT", 1)
    monkeypatch.setattr(frequent, "MANY", 1)
    asked: list[Node] = []
    numbers = SqliteIndex.numbers

    def watched(self: SqliteIndex, *given: Any) -> Any:
        found = numbers(self, *given)
        asked.extend([given[1]] * len(found))
        return found

    monkeypatch.setattr(SqliteIndex, "numbers", watched)
    for number in range(6):
        archive.read(f"https://suara.example/{number}", article("banjir", section="Kota"))
    query, _ = kept_of(archive)
    assert sections(query, "banjir") == {"Kota": 6}
    asked.clear()
    assert sections(query, "banjir") == sections(query, "banjir section:kota") == {"Kota": 6}
    assert query.facets("banjir").hits == 6
    assert asked == []
    archive.read("https://suara.example/1", article("gempa", section="Kota"), is_edit_at(1))
    archive.read("https://suara.example/3", article("banjir", section="Desa"), is_edit_at(2))
    for number in (6, 7):
        archive.read(f"https://suara.example/{number}", article("banjir", section="Kota"))
    archive.read("https://suara.example/8", article("gempa", section="Kota"))
    assert sections(query, "banjir") == {"Desa": 1, "Kota": 6}
    assert len(asked) == 3  # those that still have it, and those that came in
    assert sections(query, "-banjir") == {"Kota": 2}
    monkeypatch.setattr(news, "MOST_RUNS", 1)
    for number in (0, 2):
        url = f"https://suara.example/{number}"
        archive.read(url, article("gempa", section="Kota"), is_edit_at(3))
    assert sections(query, "banjir") == {"Desa": 1, "Kota": 4}


def test_words_of_few_articles_among_many_are_remembered_and_followed(
    archive: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frequent, "MANY", 1)
    for number in range(70):  # as numbers, 4 bytes for each of two, it takes less than as bits
        text = "gempa" if number in (3, 60) else "banjir"
        archive.read(f"https://suara.example/{number}", article(text, section="Kota"))
    query, _ = kept_of(archive)
    assert sections(query, "gempa") == sections(query, "gempa section:kota") == {"Kota": 2}
    archive.read("https://suara.example/3", article("banjir", section="Kota"), is_edit_at(1))
    archive.read("https://suara.example/99", article("gempa", section="Desa"))
    assert sections(query, "gempa") == {"Desa": 1, "Kota": 1}
    for number in (60, 99):
        url = f"https://suara.example/{number}"
        archive.read(url, article("banjir", section="Kota"), is_edit_at(2))
    assert sections(query, "gempa") == {}
    archive.read("https://suara.example/60", article("gempa", section="Kota"), is_edit_at(3))
    assert sections(query, "gempa") == {"Kota": 1}


def test_no_more_is_remembered_of_words_than_there_is_room_for(
    archive: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frequent, "MANY", 1)
    monkeypatch.setattr(frequent, "MOST_BYTES", 2)
    archive.read("https://suara.example/1", article("banjir", section="Kota"))
    query, _ = kept_of(archive)
    for number in range(2, 5):
        archive.read(f"https://suara.example/{number}", article("banjir", section="Kota"))
        assert sections(query, "banjir") == {"Kota": number}
