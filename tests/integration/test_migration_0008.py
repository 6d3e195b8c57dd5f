"""Rows of every old verdict get their state and reason, and traps a row each (migration 0008)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, inspect, text

from archive.db.engine import MIGRATIONS
from tests.postgres import empty_database

AT = "2026-11-01 00:00:00.000000"
PATTERN = "suara.example/kalender?hari"
TRAP = (
    f"50 addresses or more like {PATTERN} in a row led to nothing new, "
    "so no others are fetched (trap_limit in the source's file)"
)
ROBOTS = "suara.example's robots.txt forbids it"
REFUSED = "127.0.0.1 refused the connection"
PAUSED = "suara.example asks to wait"
PART = "https://suara.example/1?page=2"


@dataclass(frozen=True)
class Old:
    """A row as schema 0007 held it, and what it is to become."""

    verdict: str | None
    state: str
    reason: str | None = None
    kind: str = "page"
    is_fetched: bool = True
    is_due: bool = False
    failures: int = 0


OLD = (
    Old(None, "waiting", is_fetched=False, is_due=True),
    Old("the crawl ended before it", "waiting", "the crawl ended before it", "page", False, True),
    Old("article", "article", is_due=True),
    Old(
        f"article, without 1 of its 3 pages: {PART}: 404",
        "article",
        f"without 1 of its 3 pages: {PART}: 404",
    ),
    Old("listed 12", "list", "12 links", "feed", is_due=True),
    Old(PAUSED, "list", PAUSED, "feed", is_due=True),
    Old("requisite", "requisite", kind="requisite"),
    Old("a further page of https://suara.example/1", "further-page", "https://suara.example/1"),
    Old(
        "another address of https://suara.example/1",
        "alias",
        "https://suara.example/1",
        "page",
        False,
    ),
    Old("not_article: a listing", "no-article", "not_article: a listing"),
    Old("empty: nothing to read", "no-article", "empty: nothing to read"),
    Old("not_html: image/png", "no-article", "not_html: image/png"),
    Old("unreadable: torn", "no-article", "unreadable: torn"),
    Old(REFUSED, "failing", REFUSED, is_due=True, failures=2),
    Old(REFUSED, "failing", REFUSED, is_fetched=False, is_due=True, failures=1),
    Old("answered 404", "failed", "answered 404", failures=3),
    Old(ROBOTS, "refused", ROBOTS, is_fetched=False),
    Old(f"trap: {TRAP}", "trap", TRAP, is_fetched=False),
    Old(f"trap: {TRAP}", "trap", TRAP, is_fetched=False),
    Old("forgotten", "forgotten", is_fetched=False),
)


@pytest.fixture(params=["sqlite", "postgresql"])
def connection(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Connection]:
    """Yield a connection to a database with the schema 0007 and the old rows."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'old.db'}"
    else:
        url = empty_database(request.getfixturevalue("server"))
    engine = create_engine(url)
    with engine.connect() as connection:
        _upgrade(connection, "0007")
        _fill(connection)
        yield connection
        connection.rollback()
    engine.dispose()


def test_every_old_verdict_gets_its_state_and_reason(connection: Connection) -> None:
    _upgrade(connection, "0008")
    rows = connection.execute(text("SELECT state, reason FROM urls ORDER BY id")).all()
    found = [(old, *row) for old, row in zip(OLD, rows, strict=True)]
    assert found == [(old, old.state, old.reason) for old in OLD]
    assert "verdict" not in {column["name"] for column in inspect(connection).get_columns("urls")}


def test_a_trap_is_kept_once(connection: Connection) -> None:
    _upgrade(connection, "0008")
    traps = connection.execute(text("SELECT source_id, pattern, links FROM traps")).all()
    assert [tuple(row) for row in traps] == [(1, PATTERN, 50)]


def _upgrade(connection: Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def _fill(connection: Connection) -> None:
    source = (
        "INSERT INTO sources (id, name, url, rules, added_at, edits, edit_exposure)"
        " VALUES (1, 'suara', 'https://suara.example/', '{}', :at, 0, 0)"
    )
    connection.execute(text(source), {"at": AT})
    row = text(
        "INSERT INTO urls (id, source_id, url, kind, found_by, found_in, first_seen_at,"
        " last_seen_at, due_at, fetched_at, failures, changes, exposure, verdict)"
        " VALUES (:id, 1, :url, :kind, 'link', 'https://suara.example/', :at, :at, :due,"
        " :fetched, :failures, 0, 0, :verdict)"
    )
    for number, old in enumerate(OLD, 1):
        values = {
            "id": number,
            "url": f"https://suara.example/row/{number}",
            "kind": old.kind,
            "at": AT,
            "due": AT if old.is_due else None,
            "fetched": AT if old.is_fetched else None,
            "failures": old.failures,
            "verdict": old.verdict,
        }
        connection.execute(row, values)
