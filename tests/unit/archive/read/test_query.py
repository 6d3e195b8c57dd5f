"""Reading the archive: order, addresses, clocks; exports hold all of it, whole or not at all."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from archive.db.engine import open_engine
from archive.db.repository import UrlOutcome
from archive.errors import NotArchivedError, SourceError, StorageError, WrongUseError
from archive.export import FORMATS, Selection, write_export
from archive.model import (
    Candidate,
    FoundBy,
    Source,
    UrlKind,
    UrlState,
)
from archive.read.articles import COLUMN_NAMES, ArchivedArticle
from archive.read.query import Query
from archive.storage.local import LocalWarcStore
from tests.indexes import FollowingQuery
from tests.rows import NOW, SITE, Rows, article, read

JAKARTA = timezone(timedelta(hours=7))
PUBLISHED = {
    "/old": datetime(2026, 11, 1, 23, 30, tzinfo=JAKARTA),
    "/undated": None,
    "/new": datetime(2026, 11, 20, 8, 0, tzinfo=UTC),
}


@pytest.fixture
def query(tmp_path: Path) -> Iterator[Query]:
    engine = open_engine(f"sqlite:///{tmp_path / 'kliping.db'}")
    rows = Rows(engine, (Source("suara", SITE), Source("warta", f"{SITE}:81")))
    for path in [*PUBLISHED, "/moved", "/gone"]:
        save(rows, path)
    unseen = Candidate(f"{SITE}/unseen", UrlKind.PAGE, FoundBy.FEED, f"{SITE}/feed")
    rows.table.add(1, [unseen], NOW)
    yield FollowingQuery(engine, tmp_path / "index")
    engine.dispose()


def save(rows: Rows, path: str) -> None:
    """Archive a page as an article; /moved as another address of /new, /gone as none."""
    if path == "/gone":
        rows.save(
            SITE + path, None, outcome=UrlOutcome(200, UrlState.NO_ARTICLE, "empty: nothing there")
        )
        return
    final = "/new" if path == "/moved" else path
    made = article(
        f"First line of {final}\nSecond\u2028line",
        title=f"Title “{final}”",
        authors=["Zoë", "Ani"],
        published_at=PUBLISHED.get(final),
    )
    rows.save(SITE + path, read(SITE + final, made))


def paths(articles: Iterator[ArchivedArticle]) -> list[str]:
    return [article.url.removeprefix(SITE) for article in articles]


def everything(query: Query) -> Selection:
    return Selection(query.all_articles(), LocalWarcStore(Path()))


def test_articles_are_newest_first_and_the_undated_last(query: Query) -> None:
    assert paths(query.articles()) == ["/new", "/old", "/undated"]
    assert paths(query.articles(limit=1)) == ["/new"]
    assert paths(query.all_articles()) == ["/old", "/undated", "/new"]


def test_every_revision_reads_as_it_did(query: Query) -> None:
    later = NOW + timedelta(hours=1)
    Rows(query.engine, numbers=count(70)).read(
        f"{SITE}/new", article("Other", title="Edited"), later
    )
    found = list(query.all_articles(every_revision=True))
    assert len(found) == query.count_all(every_revision=True) == 4
    assert query.count_all() == len(list(query.all_articles())) == 3
    before, after = found[2:]
    assert (before.id, before.revision, before.revision_count) == (after.id, 1, 2)
    assert (before.title, before.warc_record_id) == ("Title “/new”", "urn:uuid:2")
    assert (before.published_at, before.captured_at) == (PUBLISHED["/new"], NOW)
    assert (after.title, after.revision, after.warc_offset, after.captured_at) == (
        ("Edited", 2, 7_000, later)
    )
    assert after == query.article(str(after.id))


@pytest.mark.parametrize("every_revision", [False, True])
def test_nothing_is_sorted_in_memory(query: Query, every_revision: bool) -> None:
    asked: list[tuple[str, Any]] = []
    event.listen(query.engine, "before_cursor_execute", lambda *a: asked.append((a[2], a[3])))
    found = query.all_articles(every_revision=every_revision)
    assert len(list(found)) == 3
    [(statement, parameters)] = [pair for pair in asked if "published_offset_min" in pair[0]]
    with query.engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
    assert plan
    assert not [step for step in plan if "TEMP B-TREE" in str(step)]


@pytest.mark.parametrize("every_revision", [False, True])
@pytest.mark.parametrize("first_only", [False, True])
@pytest.mark.parametrize("matching", ["", "first", "source:suara"])
def test_all_that_match_come_in_order(
    query: Query, matching: str, every_revision: bool, first_only: bool
) -> None:
    found = query.all_articles(
        matching=matching, every_revision=every_revision, first_only=first_only
    )
    assert [article.id for article in found] == [1, 2, 3]


def test_articles_of_one_source(query: Query) -> None:
    assert len(paths(query.articles(source="suara"))) == 3
    assert paths(query.articles(source="warta")) == []
    with pytest.raises(SourceError, match="no source 'x' in this archive; there is suara, warta"):
        query.articles(source="x")


def test_a_date_keeps_the_clock_of_its_page(query: Query) -> None:
    (old,) = [article for article in query.articles() if article.url.endswith("/old")]
    assert old.published_at == PUBLISHED["/old"]
    assert old.published_at is not None
    assert old.published_at.isoformat() == "2026-11-01T23:30:00+07:00"


@pytest.mark.parametrize(
    "address", ["3", f"{SITE}/new", f"{SITE}/new?utm_source=x#top", f"{SITE}/moved"]
)
def test_any_address_leads_to_the_article(query: Query, address: str) -> None:
    article = query.article(address)
    assert article.url == f"{SITE}/new"
    assert article.ref.offset == 200


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("99", "no article 99"),
        ("9" * 40, "no article 999"),
        (f"{SITE}/gone", "fetched, but no article: empty: nothing there"),
        (f"{SITE}/unseen", "known, but not fetched yet"),
        (f"{SITE}/unknown", "not listed by any source"),
        ("", "neither an article's id nor a URL"),
        ("http://", "neither an article's id nor a URL"),
    ],
)
def test_what_is_not_there_says_why(query: Query, asked: str, answer: str) -> None:
    with pytest.raises(NotArchivedError, match=answer):
        query.article(asked)


def test_json_lines_are_one_article_a_line(query: Query) -> None:
    written = io.BytesIO()
    assert FORMATS["jsonl"].write(everything(query), written) == 3
    lines = written.getvalue().decode().removesuffix("\n").split("\n")
    found = [json.loads(line) for line in lines]
    assert [tuple(one) for one in found] == [COLUMN_NAMES] * 3
    assert found[0]["text"] == "First line of /old\nSecond\u2028line"
    assert found[0]["authors"] == ["Zoë", "Ani"]
    assert "Zoë" in lines[0]


def test_an_export_replaces_its_file_when_it_is_whole(query: Query, tmp_path: Path) -> None:
    target = tmp_path / "all.jsonl"
    assert write_export(everything(query), "jsonl", str(target)) == 3
    whole = target.read_bytes()

    def broken() -> Iterator[ArchivedArticle]:
        yield next(query.all_articles())
        raise StorageError("the database is damaged")

    with pytest.raises(StorageError, match="damaged"):
        write_export(Selection(broken(), LocalWarcStore(Path())), "jsonl", str(target))
    assert target.read_bytes() == whole
    assert {path.name for path in tmp_path.glob("*jsonl*")} == {"all.jsonl"}


def test_a_format_or_file_that_cannot_be_is_named(query: Query, tmp_path: Path) -> None:
    with pytest.raises(WrongUseError, match=r"no format 'x'; there is .*jsonl"):
        write_export(everything(query), "x", "-")
    with pytest.raises(StorageError, match="cannot write the export"):
        write_export(everything(query), "jsonl", str(tmp_path))


def test_a_pipe_is_written_to_and_stays(query: Query, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as reader:
        read = reader.submit(pipe.read_bytes)
        assert write_export(everything(query), "jsonl", str(pipe)) == 3
        assert len(read.result(10).splitlines()) == 3
    assert pipe.is_fifo()
    with pytest.raises(WrongUseError, match="wacz needs an output file"):
        write_export(everything(query), "wacz", str(pipe))
