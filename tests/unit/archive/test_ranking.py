"""Ranked hits in memory: as the database ranks them, whatever comes in meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine, delete, event

from archive.db.engine import open_engine
from archive.db.schema import ArticleRow, RevisionRow
from archive.query import Query
from archive.search import news, ranking
from archive.search.facts import keep
from archive.search.finding import Place, Way
from tests.postgres import new_database
from tests.rows import Rows, article
from tests.unit.archive.test_search import NOW, SOURCES

WORDS = "subsidi pasar hujan jalan"


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'kliping.db'}"
    return new_database(request.getfixturevalue("server"))


@pytest.fixture
def archive(address: str) -> Iterator[Rows]:
    rows = Rows(open_engine(address), SOURCES)
    for number in range(12):
        rows.read(_url(number), article(_text(number)))
    yield rows
    rows.engine.dispose()


@pytest.fixture
def reader(address: str, archive: Rows) -> Iterator[Query]:
    """The archive as it is asked again and again, and remembers."""
    engine = open_engine(address, read_only=True)
    keep(engine).load()
    yield Query(engine)
    engine.dispose()


def _url(number: int) -> str:
    return f"https://suara.example/{number}"


def _text(times: int) -> str:
    """The more often a text has the word, the higher it ranks among texts of the same length."""
    return " ".join(["banjir"] * times + ["lain"] * (30 - times))


def _ids(query: Query, asked: str = "banjir", **options: Any) -> list[int]:
    return [hit.article.id for hit in query.search(asked, **options)]


def _later(hours: int) -> datetime:
    return NOW + timedelta(days=400, hours=hours)


def _ranked_by_database(engine: Engine) -> list[str]:
    """The statements that rank, from now on."""
    ranked: list[str] = []

    @event.listens_for(engine, "before_cursor_execute")
    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "bm25(" in statement or "ts_rank_cd(" in statement:
            ranked.append(statement)

    return ranked


def test_they_are_ranked_once(archive: Rows, reader: Query) -> None:
    ranked = _ranked_by_database(reader.engine)
    every = _ids(reader, limit=20)
    assert every == _ids(Query(archive.engine), limit=20)
    assert len(every) == 11
    place = Place(Way.RANK, every[3], number=4)
    assert _ids(reader, limit=3, after=place) == every[4:7]
    assert len(ranked) == 1


def test_what_comes_in_has_its_place(archive: Rows, reader: Query) -> None:
    database = Query(archive.engine)
    assert _ids(reader) == _ids(database)
    archive.read(_url(20), article(_text(25)))
    assert _ids(reader)[0] == _ids(database)[0]
    assert _ids(reader) == _ids(database)
    archive.read(_url(20), article(_text(0)), _later(1))  # does not have it any more
    archive.read(_url(0), article(_text(15)), _later(2))  # has it now
    assert _ids(reader) == _ids(database)
    assert len(_ids(reader)) == 12


def test_the_first_articles_of_all_are_found(address: str) -> None:
    rows = Rows(open_engine(address), SOURCES)
    engine = open_engine(address, read_only=True)
    keep(engine).load()
    for number in range(3):
        assert len(_ids(Query(engine))) == number
        rows.read(_url(number), article(_text(1 + number)))
    for each in (engine, rows.engine):
        each.dispose()


@pytest.mark.parametrize("most", [3, 5, 8])
def test_what_is_behind_those_remembered_is_ranked_anew(
    archive: Rows, reader: Query, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranking, "MOST_RANKED", most)
    database = Query(archive.engine)
    for number, times in enumerate([25, 0, 12, 0, 3]):
        assert _ids(reader, limit=4) == _ids(database, limit=4)
        assert _ids(reader) == _ids(database)
        best = _ids(database)
        after = Place(Way.RANK, best[1], number=2)
        assert _ids(reader, limit=5, after=after) == best[2:7]
        changed = _url(20 + number) if times else _url(11 - number)  # one of the best
        archive.read(changed, article(_text(times)), _later(number))


def test_many_changes_are_ranked_anew(
    archive: Rows, reader: Query, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(news, "MOST_RUNS", 1)
    assert len(_ids(reader)) == 11
    for number in (1, 5, 9):
        archive.read(_url(number), article(_text(20 + number)), _later(number))
    assert _ids(reader) == _ids(Query(archive.engine))


def test_excluded_words_and_titles_stay_so(archive: Rows, reader: Query) -> None:
    for asked in ("banjir -pasar", "banjir title:pasar", "banjir OR pasar", '"banjir lain"'):
        assert _ids(reader, asked) == _ids(Query(archive.engine), asked)
    archive.read(_url(30), article(f"{WORDS} {_text(20)}"))
    for asked in ("banjir -pasar", "banjir title:pasar", "banjir OR pasar", '"banjir lain"'):
        assert _ids(reader, asked) == _ids(Query(archive.engine), asked)


def test_one_that_was_forgotten_is_not_shown(archive: Rows, reader: Query) -> None:
    best = _ids(reader)
    with archive.engine.begin() as transaction:
        transaction.execute(delete(RevisionRow).where(RevisionRow.article_id == best[0]))
        transaction.execute(delete(ArticleRow).where(ArticleRow.id == best[0]))
    assert _ids(reader) == best[1:]


def test_what_comes_in_while_it_is_asked_is_not_passed_over() -> None:
    changes = news.News()
    changes.note(5, np.array([1, 2]))
    changes.note(7, np.array([4]))
    assert _since(changes, 4, 9) == (7, [[1, 2], [4]])  # of 8 and 9 nothing is known yet
    changes.note(9, np.array([3]))
    assert _since(changes, 7, 9) == (9, [[3]])
    assert _since(changes, 5, 7) == (7, [[4]])
    assert _since(changes, 9, 9) == (9, [])


def _since(changes: news.News, known: int, revision: int) -> tuple[int, list[list[int]]]:
    until, runs = changes.since(known, revision)
    return until, [run.tolist() for run in runs or []]
