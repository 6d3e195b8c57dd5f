"""SQLite reads no rows, which hold texts, to tell what facts tell.

Where the day is asked for, which is a generated column, it does not call an index covering; but it
goes to a row only if something is missing in the index.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from archive import counting
from archive.db.engine import open_engine
from archive.model import Source
from archive.query import Query
from archive.search import finding
from archive.search.amount import amount
from archive.search.facets import facets
from archive.search.syntax import parse_query
from archive.search.terms import By
from tests.rows import Rows, article

ASKED = {
    "": "ix_articles_facts",
    "banjir": "ix_articles_id_facts",
    "banjir lang:id published:2025": "ix_articles_id_facts",
    "source:suara": "ix_articles_source_facts",
    "source:suara published:2025 -lang:en": "ix_articles_source_facts",
    "source:suara tag:air": "ix_articles_facts",
    "-source:suara": "ix_articles_facts",
    "author:Ani": "ix_articles_facts",
}


@pytest.fixture
def query(tmp_path: Path) -> Query:
    engine = open_engine(f"sqlite:///{tmp_path / 'a.db'}")
    rows = Rows(engine, (Source("suara", "https://suara.example"),))
    rows.read("https://suara.example/1", article("banjir"))
    return Query(engine)


def plans(query: Query, ask: Any) -> list[str]:
    """How SQLite goes about each question to articles."""
    asked: list[tuple[str, Any]] = []
    event.listen(query.engine, "before_cursor_execute", lambda *a: asked.append((a[2], a[3])))
    with query.engine.connect() as connection:
        ask(connection)
        told = [
            connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
            for statement, parameters in list(asked)
            if statement.startswith("SELECT")
        ]
    return [step[3] for plan in told for step in plan if " articles " in step[3] + " "]


@pytest.mark.parametrize("asked", ASKED)
def test_facets_are_read_from_the_smallest_index(query: Query, asked: str) -> None:
    [step] = plans(query, lambda connection: facets(connection, parse_query(asked)))
    assert f"INDEX {ASKED[asked]}" in step


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("is_frequent", [False, True])
def test_amounts_are_read_from_indexes(
    query: Query, asked: str, is_frequent: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "WIDE_HITS", 0 if is_frequent else 1)
    for step in plans(query, lambda connection: amount(connection, parse_query(asked))):
        assert "INDEX ix_articles_" in step


@pytest.mark.parametrize(
    ("by", "asked", "index"),
    [
        ([By.DAY], "published:2025", "ix_articles_day_facts"),
        ([By.WEEK, By.SOURCE], "published:2025 banjir", "ix_articles_day_facts"),
        ([By.SOURCE], "source:suara lang:id", "ix_articles_source_facts"),
        ([By.AUTHOR], "published:2025", "ix_articles_facts"),
        ([By.LANGUAGE], "", "ix_articles_language"),
    ],
)
def test_counts_are_read_from_the_smallest_index(
    query: Query, by: list[By], asked: str, index: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "WIDE_HITS", 0)
    among = parse_query(asked)
    steps = plans(query, lambda connection: counting.count(connection, by, among=among))
    assert steps and all(f"INDEX {index}" in step for step in steps)


def test_few_hits_are_counted_by_their_numbers(query: Query) -> None:
    among = parse_query("banjir")
    steps = plans(query, lambda connection: counting.count(connection, [By.SOURCE], among=among))
    assert steps and all("INDEX ix_articles_id_facts (id=?)" in step for step in steps)
