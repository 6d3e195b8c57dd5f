"""Reading the archive: order, addresses, clocks; exports hold all of it, whole or not at all."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from archive.db.engine import open_engine
from archive.db.frontier import FrontierTable
from archive.db.repository import Reading, Repository, UrlOutcome
from archive.errors import NotArchivedError, SourceError, StorageError, WrongUseError
from archive.export import FORMATS, Selection, export
from archive.model import (
    Candidate,
    Capture,
    Extraction,
    FoundBy,
    Outcome,
    RecordRef,
    RecordType,
    Source,
    UrlKind,
)
from archive.query import COLUMNS, ArchivedArticle, Query
from archive.search.syntax import parse_query

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
JAKARTA = timezone(timedelta(hours=7))
SITE = "https://suara.example"
PUBLISHED = {
    "/old": datetime(2026, 11, 1, 23, 30, tzinfo=JAKARTA),
    "/undated": None,
    "/new": datetime(2026, 11, 20, 8, 0, tzinfo=UTC),
}


@pytest.fixture
def query(tmp_path: Path) -> Iterator[Query]:
    engine = open_engine(f"sqlite:///{tmp_path / 'kliping.db'}")
    repository = Repository(engine)
    repository.refresh_sources([Source("suara", SITE), Source("warta", f"{SITE}:81")], NOW)
    run_id = repository.start_run("crawl", "1", NOW)
    for number, path in enumerate([*PUBLISHED, "/moved", "/gone"]):
        save(repository, run_id, number, path)
    unseen = Candidate(f"{SITE}/unseen", UrlKind.PAGE, FoundBy.FEED, f"{SITE}/feed")
    FrontierTable(engine).add(1, [unseen], NOW)
    yield Query(engine)
    engine.dispose()


def save(repository: Repository, run_id: int, number: int, path: str) -> None:
    """Archive a page as an article; /moved as another address of /new, /gone as none."""
    table = FrontierTable(repository.engine)
    url = SITE + path
    table.add(1, [Candidate(url, UrlKind.PAGE, FoundBy.FEED, f"{SITE}/feed")], NOW)
    lease = table.find(url)
    assert lease is not None
    final = "/new" if path == "/moved" else path
    ref = RecordRef("a.warc.gz", 100 * number, 100, f"urn:uuid:{number}")
    capture = Capture(SITE + final, NOW, ref, RecordType.RESPONSE, 200)
    extraction = Extraction(
        outcome=Outcome.ARTICLE,
        extractor="test/1",
        title=f"Title “{final}”",
        authors=["Zoë", "Ani"],
        published_at=PUBLISHED.get(final),
        text=f"First line of {final}\nSecond\u2028line",
    )
    reading = Reading(SITE + final, SITE + final, extraction, NOW, lambda _: False)
    repository.save_visit(
        [capture],
        UrlOutcome(200, "empty: nothing there" if path == "/gone" else "article", None),
        run_id=run_id,
        source_id=1,
        url_id=lease.url_id,
        reading=None if path == "/gone" else reading,
    )


def paths(articles: Iterator[ArchivedArticle]) -> list[str]:
    return [article.url.removeprefix(SITE) for article in articles]


def everything(query: Query) -> Selection:
    return Selection(query.all_articles(), Path())


def test_articles_are_newest_first_and_the_undated_last(query: Query) -> None:
    assert paths(query.articles()) == ["/new", "/old", "/undated"]
    assert paths(query.articles(limit=1)) == ["/new"]
    assert paths(query.all_articles()) == ["/old", "/undated", "/new"]


def test_every_revision_reads_as_it_did(query: Query) -> None:
    table = FrontierTable(query.engine)
    lease = table.find(f"{SITE}/new")
    assert lease is not None
    ref = RecordRef("b.warc.gz", 7, 100, "urn:uuid:edited")
    later = NOW + timedelta(hours=1)
    capture = Capture(f"{SITE}/new", later, ref, RecordType.RESPONSE, 200)
    edited = Extraction(outcome=Outcome.ARTICLE, extractor="test/2", title="Edited", text="Other")
    Repository(query.engine).save_visit(
        [capture],
        UrlOutcome(200, "article", None),
        run_id=1,
        source_id=1,
        url_id=lease.url_id,
        reading=Reading(f"{SITE}/new", f"{SITE}/new", edited, later, lambda _: True),
    )
    found = list(query.all_articles(every_revision=True))
    assert len(found) == query.count_all(every_revision=True) == 4
    assert query.count_all() == len(list(query.all_articles())) == 3
    before, after = found[2:]
    assert (before.id, before.revision, before.revision_count) == (after.id, 1, 2)
    assert (before.title, before.warc_record_id) == ("Title “/new”", "urn:uuid:2")
    assert (before.published_at, before.captured_at) == (PUBLISHED["/new"], NOW)
    assert (after.title, after.revision, after.warc_offset, after.captured_at) == (
        ("Edited", 2, 7, later)
    )
    assert after == query.article(str(after.id))


@pytest.mark.parametrize("every_revision", [False, True])
@pytest.mark.parametrize("first_only", [False, True])
@pytest.mark.parametrize("matching", ["", "first", "source:suara"])
def test_nothing_is_sorted_in_memory(
    query: Query, matching: str, every_revision: bool, first_only: bool
) -> None:
    asked: list[tuple[str, Any]] = []
    event.listen(query.engine, "before_cursor_execute", lambda *a: asked.append((a[2], a[3])))
    node = parse_query(matching)
    found = query.all_articles(matching=node, every_revision=every_revision, first_only=first_only)
    assert len(list(found)) == 3
    [(statement, parameters)] = [pair for pair in asked if "published_offset_min" in pair[0]]
    with query.engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
    assert plan
    assert not [step for step in plan if "TEMP B-TREE" in str(step)]


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
        (f"{SITE}/unknown", "no source has named it"),
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
    assert [tuple(one) for one in found] == [COLUMNS] * 3
    assert found[0]["text"] == "First line of /old\nSecond\u2028line"
    assert found[0]["authors"] == ["Zoë", "Ani"]
    assert "Zoë" in lines[0]


def test_an_export_replaces_its_file_when_it_is_whole(query: Query, tmp_path: Path) -> None:
    target = tmp_path / "all.jsonl"
    assert export(everything(query), "jsonl", str(target)) == 3
    whole = target.read_bytes()

    def broken() -> Iterator[ArchivedArticle]:
        yield next(query.all_articles())
        raise StorageError("the database is damaged")

    with pytest.raises(StorageError, match="damaged"):
        export(Selection(broken(), Path()), "jsonl", str(target))
    assert target.read_bytes() == whole
    assert {path.name for path in tmp_path.glob("*jsonl*")} == {"all.jsonl"}


def test_a_format_or_file_that_cannot_be_is_named(query: Query, tmp_path: Path) -> None:
    with pytest.raises(WrongUseError, match=r"no format 'x'; there is .*jsonl"):
        export(everything(query), "x", "-")
    with pytest.raises(StorageError, match="cannot write the export"):
        export(everything(query), "jsonl", str(tmp_path))


def test_a_pipe_is_written_to_and_stays(query: Query, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as reader:
        read = reader.submit(pipe.read_bytes)
        assert export(everything(query), "jsonl", str(pipe)) == 3
        assert len(read.result(10).splitlines()) == 3
    assert pipe.is_fifo()
    with pytest.raises(WrongUseError, match="wacz needs a file"):
        export(everything(query), "wacz", str(pipe))
