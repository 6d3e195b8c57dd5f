"""Hits a page at a time: all of them, each once, in the order of one long page."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, text, update

from archive.db.engine import open_engine
from archive.db.schema import ArticleRow, CaptureRow, RevisionRow
from archive.index.searching import Cursor
from archive.read.captures import list_captures, memento_near, mementos_of
from archive.read.query import Query
from archive.search.syntax import parse_query
from archive.search.tree import Order
from tests.indexes import FollowingQuery
from tests.postgres import new_database
from tests.unit.archive.search.test_search import fill

NOW = datetime(2026, 1, 10, 12, 0, tzinfo=UTC)
COPIES = 40


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def query(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Query]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('paging') / 'kliping.db'}"
    else:
        url = new_database(request.getfixturevalue("server"))
    engine = open_engine(url)
    fill(engine)
    _multiply(engine)
    yield FollowingQuery(engine, tmp_path_factory.mktemp("paging") / "index")
    engine.dispose()


def _multiply(engine: Engine) -> None:
    """Many copies of each article, whose times of publication are often the same or none."""
    columns = ArticleRow.__table__.columns
    names = [each.name for each in columns if each.name != "id" and each.computed is None]
    copied = ", ".join("canonical_url || :n" if name == "canonical_url" else name for name in names)
    of_revision = [each.name for each in RevisionRow.__table__.columns if each.name != "id"]
    drawn = random.Random(7)
    with engine.begin() as connection:
        for number in range(COPIES):
            connection.execute(
                text(
                    f"INSERT INTO articles ({', '.join(names)})"
                    f" SELECT {copied} FROM articles WHERE id = :id"
                ),
                {"n": f"#{number}", "id": 1 + number % 4},
            )
        copied = ", ".join("a.id" if name == "article_id" else f"r.{name}" for name in of_revision)
        connection.execute(
            text(
                f"INSERT INTO revisions ({', '.join(of_revision)}) SELECT {copied} FROM articles a"
                " JOIN articles b ON b.url = a.url AND b.id < 5 JOIN revisions r"
                " ON r.article_id = b.id WHERE a.id >= 5"
            )
        )
        for id_ in range(1, COPIES + 5):
            day = drawn.choice([None, *range(5)])
            at = None if day is None else NOW - timedelta(days=day)
            connection.execute(
                update(ArticleRow).where(ArticleRow.id == id_).values(published_at=at)
            )


@pytest.mark.parametrize("order", Order)
@pytest.mark.parametrize("asked", ["", "subsidi", "lang:id", "subsidi lang:id", "-opini"])
def test_pages_make_up_the_whole(query: Query, asked: str, order: Order) -> None:
    node = parse_query(asked)
    whole = [hit.article.id for hit in query.search(node, order=order, limit=1000)]
    paged: list[int] = []
    after: Cursor | None = None
    while hits := query.search(node, order=order, limit=7, after=after):
        paged += [hit.article.id for hit in hits]
        after = hits[-1].cursor
    assert len(set(paged)) == len(paged) > 10
    assert paged == whole
    if order is Order.NEWEST:
        assert paged == [article.id for article in query.articles(asked)]


def test_captures_are_found_by_any_spelling(query: Query) -> None:
    engine = query.engine
    (capture,) = list_captures(engine, "http://SUARA.example:80/subsidy?utm_source=x#top")
    assert capture.url == "https://suara.example/subsidy"
    assert list_captures(engine, capture.url, after=(capture.captured_at, capture.id)) == []
    assert list_captures(engine, "https://suara.example/nowhere") == []
    assert list_captures(engine, "no address") == []


def test_mementos_are_what_can_be_replayed(query: Query) -> None:
    engine, url = query.engine, "https://suara.example/subsidy"
    (first,) = mementos_of(engine, url, limit=10)
    with engine.begin() as connection:
        names = [c.name for c in CaptureRow.__table__.columns if c.name != "id"]
        for number, status, kind in (
            (1, 200, "response"),
            (2, 304, "response"),
            (3, 200, "conversion"),
        ):
            changed = {
                "captured_at": ":at",
                "record_id": ":record",
                "status": ":status",
                "record_type": ":kind",
                "warc_offset": ":offset",
            }
            copied = ", ".join(changed.get(name, name) for name in names)
            at = first.captured_at + timedelta(days=number)
            typed = at if engine.dialect.name == "postgresql" else f"{at:%Y-%m-%dT%H:%M:%S.%fZ}"
            connection.execute(
                text(
                    f"INSERT INTO captures ({', '.join(names)})"
                    f" SELECT {copied} FROM captures WHERE url = :url AND id = 1"
                ),
                {
                    "at": typed,
                    "record": f"urn:uuid:again-{number}",
                    "status": status,
                    "kind": kind,
                    "offset": 10_000 + number,
                    "url": url,
                },
            )
    times = [memento.captured_at for memento in mementos_of(engine, url, limit=10)]
    assert times == [first.captured_at, first.captured_at + timedelta(days=1)]
    assert mementos_of(engine, url, limit=1)[0].captured_at == times[1]
    for hours, expected in ((-99, 0), (1, 0), (11, 0), (13, 1), (99, 1)):
        near = memento_near(engine, url, first.captured_at + timedelta(hours=hours))
        assert near is not None and near.captured_at == times[expected]
    assert memento_near(engine, "https://suara.example/nowhere", NOW) is None
