"""Clusters are what links connect, in whatever order articles come, change and go."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, delete, func, insert, select, update

from archive.db import clusters
from archive.db.clusters import believed_at, place_article, take_out
from archive.db.engine import open_engine
from archive.db.repository import Repository
from archive.db.schema import (
    ArticleRow,
    CaptureRow,
    ClusterLinkRow,
    ClusterRow,
    RevisionRow,
    SketchBandRow,
    SketchRow,
)
from archive.model import Sketch, Source
from archive.text.likeness import Likeness
from tests.examples import examples
from tests.rows import first_revision

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TABLES = (SketchBandRow, SketchRow, ClusterLinkRow, RevisionRow, ArticleRow, ClusterRow)


def sketch(text: str) -> Sketch:
    """For tests, each letter of a text is a band."""
    return Sketch(hashlib.sha256(text.encode()).hexdigest(), tuple(sorted(set(map(ord, text)))))


def likeness(one: str, other: str) -> Likeness | None:
    """And texts are the same story if they have two letters in common."""
    common = set(one) & set(other)
    return Likeness(len(common) / len(set(one + other)), 1.0) if len(common) > 1 else None


@pytest.fixture(scope="module", autouse=True)
def texts_are_letters() -> Iterator[None]:
    """Let texts of a few letters have sketches and be alike."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("archive.db.clusters.likeness", likeness)
        patch.setattr("archive.db.clusters.sketch_of", sketch)
        yield


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path_factory.mktemp('clusters') / 'kliping.db'}")
    Repository(engine).refresh_sources([Source("suara", "https://suara.example/")], NOW)
    with engine.begin() as connection:
        connection.execute(insert(CaptureRow).values(url="https://suara.example/", captured_at=NOW))
    yield engine
    engine.dispose()


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    with engine.begin() as connection:
        clear(connection)
        yield connection


def clear(connection: Connection) -> None:
    for table in TABLES:
        connection.execute(delete(table))


def save(connection: Connection, article_id: int, text: str, day: int = 0) -> None:
    """Make or revise an article, and place it."""
    row = {
        "source_id": 1,
        "url": f"https://suara.example/{article_id}",
        "canonical_url": f"https://suara.example/{article_id}",
        "domain": "suara.example",
        "first_seen_at": NOW + timedelta(days=day),
        "capture_id": 1,
        "revision": 1,
        "word_count": 1,
        "text_sha256": sketch(text).text_sha256,
        "page_kind": "article",
        "extractor": "test/1",
    }
    this = ArticleRow.id == article_id
    if connection.scalar(select(ArticleRow.id).where(this)) is None:
        connection.execute(insert(ArticleRow).values(id=article_id, **row))
    else:
        connection.execute(update(ArticleRow).where(this).values(**row))
        connection.execute(delete(RevisionRow).where(RevisionRow.article_id == article_id))
    connection.execute(insert(RevisionRow).values(first_revision({**row, "id": article_id}, text)))
    place_article(connection, article_id, sketch(text))


def forget(connection: Connection, article_id: int) -> None:
    take_out(connection, article_id)
    connection.execute(delete(RevisionRow).where(RevisionRow.article_id == article_id))
    connection.execute(delete(ArticleRow).where(ArticleRow.id == article_id))


def found(connection: Connection) -> set[frozenset[int]]:
    """The clusters, as sets of their members."""
    members: dict[int, set[int]] = {}
    for id_, cluster_id in connection.execute(select(ArticleRow.id, ArticleRow.cluster_id)):
        if cluster_id is not None:
            members.setdefault(cluster_id, set()).add(id_)
    assert members.keys() == set(connection.scalars(select(ClusterRow.id)))
    return set(map(frozenset, members.values()))


def expected(texts: dict[int, str]) -> set[frozenset[int]]:
    """What is connected, by comparing all with all."""
    parts = [{id_} for id_ in texts]
    for (one, text), (other, other_text) in combinations(texts.items(), 2):
        if likeness(text, other_text):
            joined = [part for part in parts if part & {one, other}]
            parts = [part for part in parts if part not in joined] + [set().union(*joined)]
    return {frozenset(part) for part in parts if len(part) > 1}


def firsts(connection: Connection) -> set[int | None]:
    return set(connection.scalars(select(ClusterRow.first_article_id)))


def count(connection: Connection, table: type[object]) -> int:
    return connection.scalar(select(func.count()).select_from(table)) or 0


@given(
    changes=st.lists(
        st.tuples(st.integers(1, 7), st.none() | st.text("abcdef", min_size=0, max_size=4)),
        max_size=20,
    )
)
@settings(max_examples=examples(80))
def test_clusters_tell_nothing_of_how_they_came_about(
    engine: Engine, changes: list[tuple[int, str | None]]
) -> None:
    """Articles come, are revised and forgotten in any order."""
    texts: dict[int, str] = {}
    with engine.begin() as connection:
        clear(connection)
        for article_id, text in changes:
            if text is not None:
                texts[article_id] = text
                save(connection, article_id, text, day=article_id)
            elif texts.pop(article_id, None) is not None:
                forget(connection, article_id)
            assert found(connection) == expected(texts)
        assert firsts(connection) == {min(cluster) for cluster in expected(texts)}
        assert count(connection, SketchRow) == len(texts)
        assert count(connection, SketchBandRow) == sum(len(set(text)) for text in texts.values())


def test_an_article_that_bridges_two_clusters_makes_them_one(connection: Connection) -> None:
    for article_id, text in enumerate(("ab", "ab", "cd", "cd"), start=1):
        save(connection, article_id, text)
    assert found(connection) == {frozenset({1, 2}), frozenset({3, 4})}
    save(connection, 5, "abcd")
    assert found(connection) == {frozenset({1, 2, 3, 4, 5})}
    save(connection, 5, "xy")
    assert found(connection) == {frozenset({1, 2}), frozenset({3, 4})}


def test_a_revision_leaves_a_cluster_its_number(connection: Connection) -> None:
    for article_id in (1, 2, 3):
        save(connection, article_id, "ab")
    (cluster_id,) = connection.scalars(select(ClusterRow.id))
    for text in ("abc", "abcd", "xy"):
        save(connection, 1, text)
        assert list(connection.scalars(select(ClusterRow.id))) == [cluster_id]
    assert found(connection) == {frozenset({2, 3})}


def test_an_article_alone_has_no_cluster(connection: Connection) -> None:
    save(connection, 1, "ab")
    assert found(connection) == set()
    save(connection, 2, "ab")
    forget(connection, 1)
    assert found(connection) == set()
    assert count(connection, ClusterLinkRow) == 0


def test_the_first_is_who_published_first(connection: Connection) -> None:
    save(connection, 1, "ab", day=3)
    save(connection, 2, "ab", day=1)
    assert firsts(connection) == {2}
    connection.execute(
        update(ArticleRow).where(ArticleRow.id == 1).values(published_at=NOW - timedelta(days=1))
    )
    place_article(connection, 1, sketch("ab"))  # it reads as before, but tells when
    assert firsts(connection) == {1}
    forget(connection, 1)
    assert firsts(connection) == set()


def test_a_sketch_of_another_text_is_made_anew(connection: Connection) -> None:
    save(connection, 1, "ab")
    save(connection, 2, "xy")
    connection.execute(delete(SketchRow).where(SketchRow.article_id == 2))
    connection.execute(delete(SketchBandRow).where(SketchBandRow.article_id == 2))
    digest = sketch("abc").text_sha256
    connection.execute(update(ArticleRow).where(ArticleRow.id == 2).values(text_sha256=digest))
    connection.execute(update(RevisionRow).where(RevisionRow.article_id == 2).values(text="abc"))
    place_article(connection, 2, sketch("of an older capture"))
    assert found(connection) == {frozenset({1, 2})}
    place_article(connection, 2, None)
    assert found(connection) == {frozenset({1, 2})}


def test_the_most_alike_are_compared_first(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clusters, "MAX_COMPARED", 2)
    for article_id in range(1, 9):
        save(connection, article_id, f"q{article_id}")
    save(connection, 9, "qabc")
    save(connection, 10, "qabcd")
    assert found(connection) == {frozenset({9, 10})}


DAY = datetime(2026, 11, 23, tzinfo=UTC)
SEEN = datetime(2026, 11, 23, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("published_at", "offset_min", "believed"),
    [
        (None, None, SEEN),
        (DAY.replace(hour=8), 420, DAY.replace(hour=8)),
        (DAY.replace(hour=18), 0, SEEN),  # not yet, when it was first seen
        (DAY, 0, SEEN),  # some time of that day
        (DAY - timedelta(days=3), 0, DAY - timedelta(days=2)),
        (DAY - timedelta(hours=7), 420, SEEN),  # midnight in Jakarta
        (DAY - timedelta(hours=7), 0, DAY - timedelta(hours=7)),
    ],
)
def test_when_an_article_was_published(
    published_at: datetime | None, offset_min: int | None, believed: datetime
) -> None:
    assert believed_at(published_at, offset_min, SEEN) == believed


def test_clusters_outlive_the_program(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'kliping.db'}"
    for article_id in (1, 2):
        engine = open_engine(url)
        Repository(engine).refresh_sources([Source("suara", "https://suara.example/")], NOW)
        with engine.begin() as connection:
            connection.execute(insert(CaptureRow).values(url="https://x.example/", captured_at=NOW))
            save(connection, article_id, "ab")
            is_joined = found(connection) == {frozenset({1, 2})}
        engine.dispose()
    assert is_joined
