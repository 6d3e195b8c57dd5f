"""Whatever the order in which captures come in, an article has the same history."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, text

from archive.db.engine import open_engine
from archive.db.reading import Reading
from archive.db.repository import UrlOutcome
from archive.db.revision_history import text_sha256
from archive.db.schema import Base
from archive.model import UrlState
from tests.examples import examples
from tests.rows import Rows, article

URL = "https://suara.example/a"
BEGAN_AT = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path_factory.mktemp('history') / 'kliping.db'}")
    yield engine
    engine.dispose()


def history(engine: Engine, texts: Sequence[str], order: Sequence[int]) -> list[tuple[object, ...]]:
    """Ingest one capture a day that reads as `texts` says, in that order; what is kept of it."""
    with engine.begin() as connection:
        for table in reversed(Base.metadata.sorted_tables):
            if table.name != "archive":
                connection.execute(delete(table))
    rows = Rows(engine, numbers=count())
    for day in order:
        at = BEGAN_AT + timedelta(days=day)
        made = article(texts[day], title="Judul")
        reading = Reading(URL, URL, made, at)
        outcome = UrlOutcome(200, UrlState.ARTICLE, ends_lease=False)
        rows.save(URL, reading, outcome=outcome, number=day)
    return kept(engine)


def kept(engine: Engine) -> list[tuple[object, ...]]:
    queries = (
        "SELECT r.number, r.seen_at, r.text, c.record_id FROM revisions r"
        " JOIN captures c ON c.id = r.capture_id ORDER BY r.number",
        "SELECT a.revision, a.first_seen_at, a.text_sha256, c.record_id FROM articles a"
        " JOIN captures c ON c.id = a.capture_id",
        "SELECT fetched_at, state, due_at FROM urls",
    )
    with engine.connect() as connection:
        return [tuple(row) for query in queries for row in connection.execute(text(query))]


@given(
    texts=st.lists(st.sampled_from("ABC"), min_size=1, max_size=6),
    data=st.data(),
)
@settings(max_examples=examples(60))
def test_the_order_of_ingestion_makes_no_difference(
    engine: Engine, texts: list[str], data: st.DataObject
) -> None:
    order = data.draw(st.permutations(range(len(texts))))
    assert history(engine, texts, order) == history(engine, texts, range(len(texts)))


def test_an_article_that_was_changed_and_changed_back(engine: Engine) -> None:
    found = history(engine, "ABA", [0, 2, 1])
    assert [row[2] for row in found[:3]] == ["A", "B", "A"]
    assert found[3][:1] + found[3][2:] == (3, text_sha256("A"), "urn:uuid:2")
