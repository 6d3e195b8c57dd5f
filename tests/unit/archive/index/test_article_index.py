"""The index follows the database, whatever is changed, broken or restored; on both databases."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from filelock import FileLock
from sqlalchemy import Engine, delete, insert, text, update

from archive.db import change_log
from archive.db.change_log import changes_after, last_position, prune_changes
from archive.db.clusters import take_out
from archive.db.engine import open_engine
from archive.db.schema import (
    ArticleRow,
    CaptureRow,
    ChangeRow,
    ClusterRow,
    RevisionRow,
    StoryRow,
    UrlRow,
)
from archive.errors import LockedError, StorageError
from archive.index import article_index
from archive.index.article_index import ArticleIndex
from archive.index.check import index_problems
from archive.read.query import Query
from tests.indexes import FollowingQuery
from tests.postgres import new_database
from tests.rows import NOW, SITE, Rows, article


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    if request.param == "sqlite":
        engine = open_engine(f"sqlite:///{tmp_path / 'kliping.db'}")
    else:
        engine = open_engine(new_database(request.getfixturevalue("server")))
    yield engine
    engine.dispose()


@pytest.fixture
def rows(engine: Engine) -> Rows:
    rows = Rows(engine)
    for name in ("satu", "dua"):
        rows.read(f"{SITE}/{name}", article(f"Kata {name}.", language="id"))
    return rows


@pytest.fixture
def query(rows: Rows, tmp_path: Path) -> FollowingQuery:
    query = FollowingQuery(rows.engine, tmp_path / "index")
    assert ids(query, "kata") == [1, 2]
    return query


def ids(query: Query, asked: str) -> list[int]:
    return list(query.ids(asked))


def forget(engine: Engine, article_id: int) -> None:
    with engine.begin() as connection:
        take_out(connection, article_id)
        for row in (StoryRow, RevisionRow):
            connection.execute(delete(row).where(row.article_id == article_id))
        connection.execute(delete(ArticleRow).where(ArticleRow.id == article_id))


def test_what_changes_is_followed(query: FollowingQuery, rows: Rows) -> None:
    engine = query.engine
    rows.read(f"{SITE}/tiga", article("Kata tiga."))
    rows.read(f"{SITE}/satu", article("Kalimat lain."), NOW + timedelta(hours=1))
    assert (ids(query, "kata"), ids(query, "kalimat has:revisions")) == ([2, 3], [1])
    forget(engine, 2)
    assert (ids(query, "kata"), ids(query, "")) == ([3], [1, 3])
    with engine.begin() as connection:
        connection.execute(insert(ClusterRow).values(id=7, first_article_id=1))
        connection.execute(update(ArticleRow).values(cluster_id=7))
    assert (ids(query, "cluster:7"), ids(query, "first:yes")) == ([1, 3], [1])
    with engine.begin() as connection:
        connection.execute(update(ClusterRow).values(first_article_id=3))
    assert ids(query, "first:yes") == [3]
    with engine.begin() as connection:
        later = NOW + timedelta(days=9)
        connection.execute(update(CaptureRow).values(captured_at=later))
    assert ids(query, f"captured:{later.date()}") == [1, 3]
    with engine.begin() as connection:
        connection.execute(update(UrlRow).values(etag="x"))
    assert query.index.pending() == set()


def test_a_step_that_was_not_noted_is_done_again(query: FollowingQuery, rows: Rows) -> None:
    current = (query.index.folder / "CURRENT").read_text()
    noted = query.index.folder / current / "state.json"
    before = noted.read_text()
    rows.read(f"{SITE}/tiga", article("Kata tiga."))
    forget(query.engine, 1)
    assert ids(query, "") == [2, 3]
    noted.write_text(before)
    assert (ids(query, ""), query.count_all(matching="kata")) == ([2, 3], 2)


def test_more_changes_than_a_step_takes_are_followed(
    query: FollowingQuery, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(article_index, "CHANGES_A_STEP", 2)
    for number in range(5):
        rows.read(f"{SITE}/{number}", article("Kata."))
    assert ids(query, "kata") == [1, 2, 3, 4, 5, 6, 7]


def _lose_all(index: ArticleIndex) -> None:
    shutil.rmtree(index.folder)


def _lose_current(index: ArticleIndex) -> None:
    (index.folder / "CURRENT").unlink()


def _name_nothing(index: ArticleIndex) -> None:
    (index.folder / "CURRENT").write_text("nothing")


def _generation(index: ArticleIndex) -> Path:
    return index.folder / (index.folder / "CURRENT").read_text()


def _tear_state(index: ArticleIndex) -> None:
    path = _generation(index) / "state.json"
    path.write_text(path.read_text()[:20])


def _note(key: str, value: str) -> Callable[[ArticleIndex], None]:
    def note(index: ArticleIndex) -> None:
        path = _generation(index) / "state.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), key: value}))

    return note


def _break(pattern: str, data: bytes) -> Callable[[ArticleIndex], None]:
    def break_files(index: ArticleIndex) -> None:
        for path in _generation(index).glob(pattern):
            # Not in place: the file may be mapped into memory, and would end below it.
            path.unlink()
            path.write_bytes(data)

    return break_files


@pytest.mark.parametrize(
    "spoil",
    [
        _lose_all,
        _lose_current,
        _name_nothing,
        _tear_state,
        _note("version", "0"),
        _note("archive_id", "another"),
        _note("position", "nowhere"),
        _break("meta.json", b"{"),
        _break("meta.json", b""),
        _break("*.idx", b""),
        _break("*.fast", b"x" * 200),
    ],
)
def test_an_index_that_cannot_be_used_is_built_anew(
    query: FollowingQuery, spoil: Callable[[ArticleIndex], None]
) -> None:
    spoil(query.index)
    again = FollowingQuery(query.engine, query.index.folder)
    assert ids(again, "kata") == [1, 2]
    assert ids(query, "kata") == [1, 2]
    assert len(list(query.index.folder.glob("*/"))) == 1
    assert list(index_problems(query.index, query.engine)) == []


def test_an_index_that_is_too_far_behind_is_built_anew(
    query: FollowingQuery, rows: Rows, engine: Engine
) -> None:
    before = _generation(query.index)
    with engine.begin() as connection:
        position = last_position(connection)
        prune_changes(connection, kept=1)
    rows.read(f"{SITE}/tiga", article("Kata tiga."))
    assert ids(query, "kata") == [1, 2, 3]
    assert _generation(query.index) == before  # the change that it stands at was kept
    with engine.begin() as connection:
        prune_changes(connection, kept=1)
        assert not change_log.is_known(connection, position)
    assert _generation(query.index) == before
    rows.read(f"{SITE}/empat", article("Kata empat."))
    with engine.begin() as connection:
        prune_changes(connection, kept=1)
    assert ids(query, "kata") == [1, 2, 3, 4]
    assert _generation(query.index) != before


def test_a_database_that_was_put_back_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "kliping.db"
    engine = open_engine(f"sqlite:///{path}")
    rows = Rows(engine)
    engine.dispose()
    shutil.copy(path, tmp_path / "copy")
    for words in ("Kata pertama.", "Kata kedua."):
        shutil.copy(tmp_path / "copy", path)
        engine = open_engine(f"sqlite:///{path}")
        rows.repository.engine = rows.table.engine = engine
        rows.read(f"{SITE}/{words[5:7]}", article(words))
        query = FollowingQuery(engine, tmp_path / "index")
        assert [hit.article.text for hit in query.search("kata")] == [words]
        engine.dispose()


def test_who_finds_it_locked_says_so(query: FollowingQuery, rows: Rows) -> None:
    rows.read(f"{SITE}/tiga", article("Kata tiga."))
    with FileLock(query.index.folder / "lock"):
        with pytest.raises(LockedError, match="another process is writing the index"):
            query.index.catch_up(wait_s=0)
        assert query.index.pending() == {3}
        assert len(query.index.snapshot().languages) == 1  # and it can be read


def test_a_folder_that_cannot_be_written_is_told(rows: Rows, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    index = ArticleIndex(tmp_path / "file" / "index", rows.engine)
    with pytest.raises(StorageError, match="cannot write the search index"):
        index.catch_up()
    with pytest.raises(StorageError, match="`kliping index` builds it"):
        index.snapshot()


def test_nothing_is_left_of_words_that_were_forgotten(
    query: FollowingQuery, engine: Engine
) -> None:
    def terms() -> list[str]:
        searcher = query.index.snapshot().searcher
        return sorted(term for term, _ in searcher.terms_with_prefix("text", ""))

    forget(engine, 1)
    assert (ids(query, "satu"), ids(query, "kata")) == ([], [2])
    assert terms() == ["dua", "kata", "satu"]  # tantivy keeps them until it merges
    query.index.purge()
    assert terms() == ["dua", "kata"]
    assert ids(query, "kata") == [2]
    before = _generation(query.index)
    query.index.purge()  # there is nothing to do any more
    assert _generation(query.index) == before


def test_verify_compares_words(query: FollowingQuery, engine: Engine) -> None:
    assert list(index_problems(query.index, engine)) == []
    with engine.begin() as connection:
        connection.execute(update(ArticleRow).where(ArticleRow.id == 1).values(title="Satu lagi."))
    assert list(index_problems(query.index, engine)) == []  # it has not followed yet
    with engine.begin() as connection:
        connection.execute(delete(ChangeRow).where(ChangeRow.id > 3))
    problems = list(index_problems(query.index, engine))
    assert len(problems) == 1 and "1 of 2 articles differ (1)" in problems[0]


def test_no_change_is_missed_that_is_committed_late(server: str) -> None:
    """Ids are drawn before transactions commit: the first change commits last here."""
    engine = open_engine(new_database(server))
    with engine.connect() as late, engine.begin() as other:
        position = last_position(other)
        late.execute(text("INSERT INTO changes (article_id) VALUES (1)"))
        other.execute(text("INSERT INTO changes (article_id) VALUES (2)"))
        other.commit()
        with engine.connect() as reader:
            assert changes_after(reader, position, 10) == ([], position)
            assert change_log.all_after(reader, position) == {2}
        late.commit()
        with engine.connect() as reader:
            found, after = changes_after(reader, position, 10)
            assert found == [1, 2]
            assert changes_after(reader, after, 10) == ([], after)
    engine.dispose()
