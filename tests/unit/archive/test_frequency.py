"""How frequent words are: counted once in a while, where that is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine

from archive.db.engine import open_engine
from archive.search import frequency
from archive.search.frequency import is_over, note_frequency, remember
from archive.search.index import index_of
from archive.search.terms import Text
from tests.rows import Rows, article

WORD = Text("banjir")


@pytest.fixture
def rows(tmp_path: Path) -> Rows:
    rows = Rows(open_engine(f"sqlite:///{tmp_path / 'kliping.db'}"))
    for number in range(3):
        rows.read(f"https://suara.example/{number}", article("banjir"))
    return rows


def over(engine: Engine, most: int) -> bool:
    with engine.connect() as connection:
        return is_over(connection, WORD, index_of(connection), most)


def test_words_are_counted_each_time_unless_told_otherwise(rows: Rows) -> None:
    assert [over(rows.engine, most) for most in range(5)] == [True, True, True, False, False]
    rows.read("https://suara.example/3", article("banjir"))
    assert over(rows.engine, 3)


@pytest.mark.parametrize("first", range(6))
@pytest.mark.parametrize("then", range(6))
def test_what_is_remembered_is_told_right(
    rows: Rows, first: int, then: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[int] = []
    count_to = frequency.count_to

    def watched(*given: object) -> int:
        counted.append(1)
        return count_to(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(frequency, "count_to", watched)
    remember(rows.engine)
    assert over(rows.engine, first) == (first < 3)
    assert over(rows.engine, first) == (first < 3)
    assert len(counted) == 1
    assert over(rows.engine, then) == (then < 3)
    # What was counted to the end, or at least as far, says it all.
    assert len(counted) == (1 if first >= 3 or then <= first else 2)


def test_what_was_counted_elsewhere_can_be_noted(rows: Rows) -> None:
    remember(rows.engine)
    with rows.engine.connect() as connection:
        note_frequency(connection, WORD, 7, 10)
    assert over(rows.engine, 6)
    assert not over(rows.engine, 7)
