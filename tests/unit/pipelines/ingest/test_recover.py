"""What dead runs left behind is taken up once, whatever the database still knows of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from archive.db.engine import open_engine
from archive.db.frontier import FrontierTable
from archive.db.repository import Repository
from archive.home import Home, create_home, run_lock
from archive.model import Capture, Exchange, Extraction, Outcome, Seed, Source, UrlKind
from archive.warc.writer import WarcWriter
from crawler.record_replay import VisitRebuilder
from pipelines.extraction_context import NO_CONTEXT, ExtractionContext
from pipelines.ingest.recover import Recovery
from pipelines.page_input import ServedArticle
from pipelines.pool import ExtractionPool
from pipelines.progress_bar import Unwatched, Watcher
from tests.unit.pipelines.test_archive_writer import PAGE, SITE

UNWATCHED = Unwatched()
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
FEED = f"{SITE}/feed.xml"
SOURCE = Source("suara", f"{SITE}/", seeds=(Seed(FEED, UrlKind.FEED),))
RSS = (
    "<rss version='2.0'><channel><title>Suara</title><link>/</link><description/>"
    f"<item><title>A</title><link>{SITE}/berita/a</link></item>"
    f"<item><title>B</title><link>{SITE}/berita/b</link></item></channel></rss>"
)


class InlinePool(ExtractionPool):
    """Says that every page is an article, without a process of its own."""

    def extract_now(
        self, served: ServedArticle, context: ExtractionContext = NO_CONTEXT
    ) -> Extraction:
        if b"poison" in served.first.body:
            raise RuntimeError("a bug in the extraction")
        url = served.first.url
        text = "\n".join([url, *(page.url for page in served.further)])
        return Extraction(
            outcome=Outcome.ARTICLE,
            extractor="t/1",
            title=url,
            text=text,
            missing_pages=served.missing,
        )


def let_die(writer: WarcWriter) -> None:
    """End a writer as a kill does: its file stays open and its lock is gone."""
    assert writer._file is not None
    writer._file._segment.close()
    writer._file = None


@dataclass
class Desk:
    """An archive, opened as a crawl opens it."""

    home: Home
    engine: Engine

    def __post_init__(self) -> None:
        self.repository = Repository(self.engine)
        self.table = FrontierTable(self.engine)

    def recover(self, watcher: Watcher = UNWATCHED) -> int:
        """Take up what is left, as a new run does."""
        rebuilder = VisitRebuilder(lambda: [SOURCE], self.repository, self.table)
        recovery = Recovery(self.home, self.repository, self.table, InlinePool(1), rebuilder)
        recovery.adopt()
        run_id = self.begin()
        with self.home.lock([run_lock(run_id)]), WarcWriter(self.home.warc, str(run_id)) as writer:
            taken_up = recovery.run(run_id, writer, watcher)
        self.repository.finish_run(run_id, "done", {}, datetime.now(UTC))
        return taken_up

    def begin(self) -> int:
        """Start a run as a crawl does, without its lock."""
        self.repository.refresh_sources([SOURCE], NOW)
        return self.repository.start_run("crawl", "1", datetime.now(UTC))

    def write(self, run_id: int, *exchanges: Exchange, die: bool = False) -> list[Capture]:
        """Write records without rows; a writer that dies leaves its file open."""
        writer = WarcWriter(self.home.warc, str(run_id))
        captures = writer.append([(each, None) for each in exchanges])
        if die:
            let_die(writer)
        writer.close()
        return captures

    def all(self, query: str) -> list[tuple[object, ...]]:
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(query))]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    home = create_home(tmp_path / "home")
    desk = Desk(home, open_engine(home.database_url))
    yield desk
    desk.engine.dispose()


def exchange(path: str, body: bytes = PAGE, status: str = "200 OK", head: str = "") -> Exchange:
    start = f"HTTP/1.1 {status}\r\nContent-Type: text/html\r\n{head}"
    response = f"{start}Content-Length: {len(body)}\r\n\r\n".encode() + body
    return Exchange(SITE + path, NOW, f"GET {path} HTTP/1.1\r\n\r\n".encode(), response)


def test_a_whole_crawl_that_the_database_lost_is_made_again(desk: Desk) -> None:
    """The feed's record makes its pages known; theirs are ingested and not due any more."""
    desk.write(7, exchange("/feed.xml", RSS.encode()), exchange("/berita/a", b"<p>a</p>"))
    assert desk.recover() == 2
    assert desk.all("SELECT canonical_url FROM articles") == [(f"{SITE}/berita/a",)]
    assert desk.all("SELECT url, state FROM urls WHERE due_at IS NULL ORDER BY url") == [
        (f"{SITE}/berita/a", "article"),
        (FEED, "list"),
    ]
    assert desk.all("SELECT url FROM urls WHERE due_at NOT NULL") == [(f"{SITE}/berita/b",)]
    assert desk.all("SELECT id, outcome FROM runs") == [(7, "interrupted"), (8, "done")]
    assert desk.recover() == 0


def test_robots_txt_makes_its_sitemaps_known(desk: Desk) -> None:
    lines = f"Sitemap: {SITE}/sitemap.xml\nSitemap: https://elsewhere.example/sitemap.xml\n"
    desk.write(1, exchange("/robots.txt", lines.encode()))
    assert desk.recover() == 1
    assert desk.all("SELECT url FROM urls WHERE kind = 'sitemap'") == [(f"{SITE}/sitemap.xml",)]


def test_redirects_and_failures_are_taken_up_as_what_they_were(desk: Desk) -> None:
    run_id = desk.begin()
    moved = exchange("/berita/a", b"", "301 Moved", f"Location: {SITE}/berita/b\r\n")
    gone = exchange("/berita/gone", b"", "404 Not Found")
    feed = exchange("/feed.xml", RSS.replace("/berita/b", "/berita/gone").encode())
    desk.write(run_id, feed, moved, gone, exchange("/berita/b", b"<p>b</p>"), die=True)
    assert desk.recover() == 4
    assert desk.all("SELECT url, status, state FROM urls WHERE kind = 'page' ORDER BY url") == [
        (f"{SITE}/berita/a", 200, "article"),
        (f"{SITE}/berita/gone", 404, "failed"),
    ]
    assert desk.all("SELECT canonical_url FROM articles") == [(f"{SITE}/berita/b",)]
    assert list((desk.home.path / "warc").rglob("*.open")) == []


def test_a_page_that_defeats_the_recovery_costs_its_article_only(desk: Desk) -> None:
    poison = exchange("/berita/a", b"<p>poison</p>")
    desk.write(1, exchange("/feed.xml", RSS.encode()), poison, exchange("/berita/b", b"<p>b</p>"))
    assert desk.recover() == 3
    assert desk.all("SELECT canonical_url FROM articles") == [(f"{SITE}/berita/b",)]
    assert desk.all("SELECT count(*) FROM captures") == [(3,)]
    assert desk.recover() == 0


def test_a_run_that_is_alive_is_left_alone(desk: Desk) -> None:
    run_id = desk.begin()
    desk.write(run_id, exchange("/berita/a"))
    with desk.home.lock([run_lock(run_id)]):
        assert desk.recover() == 0
    assert desk.recover() == 1


def test_a_run_that_dies_while_others_recover_is_taken_up_whole(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its file is still being written when open files are mended, and is not when it is read."""
    run_id = desk.begin()
    writer = WarcWriter(desk.home.warc, str(run_id))
    writer.append([(exchange("/berita/a"), None)])
    prepare = VisitRebuilder.prepare

    def die_meanwhile(self: VisitRebuilder) -> None:
        let_die(writer)
        prepare(self)

    monkeypatch.setattr(VisitRebuilder, "prepare", die_meanwhile)
    assert desk.recover() == 1
    assert list((desk.home.path / "warc").rglob("*.open")) == []


def test_a_run_that_ends_while_others_recover_keeps_its_outcome(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = desk.begin()
    prepare = VisitRebuilder.prepare

    def end_meanwhile(self: VisitRebuilder) -> None:
        desk.repository.finish_run(run_id, "done", {"suara": {}}, datetime.now(UTC))
        prepare(self)

    monkeypatch.setattr(VisitRebuilder, "prepare", end_meanwhile)
    assert desk.recover() == 0
    assert desk.all("SELECT summary FROM runs WHERE id = 1") == [('{"suara": {}}',)]


def test_nothing_is_read_where_nothing_was_left_behind(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = desk.begin()
    [capture] = desk.write(run_id, exchange("/berita/a"))
    desk.repository.save_captures([capture], run_id=run_id)
    desk.repository.finish_run(run_id, "done", {}, datetime.now(UTC))
    monkeypatch.setattr("pipelines.ingest.recover.walk", None)
    assert desk.recover() == 0


FIRST = (
    b"<html><head><meta property='og:type' content='article'></head><p>satu</p>"
    b"<div class='paging'><a href='?page=2'>2</a> <a href='?page=3'>3</a></div></html>"
)


def test_an_article_s_pages_are_taken_up_together(desk: Desk) -> None:
    further = [exchange(f"/berita/a?page={number}", b"<p>lagi</p>") for number in (2, 3)]
    desk.write(7, exchange("/feed.xml", RSS.encode()), exchange("/berita/a", FIRST), *further)
    assert desk.recover() == 4
    pages = [f"{SITE}/berita/a", *(f"{SITE}/berita/a?page={number}" for number in (2, 3))]
    assert desk.all("SELECT text, missing_pages FROM revisions") == [("\n".join(pages), 0)]
    assert desk.all("SELECT number, url FROM revision_pages") == [*enumerate(pages[1:], start=2)]
    assert desk.all("SELECT url FROM urls WHERE article_id = 1 AND due_at IS NULL") == [
        (page,) for page in pages
    ]


def test_an_article_whose_other_pages_are_missing_is_fetched_again(desk: Desk) -> None:
    desk.write(7, exchange("/feed.xml", RSS.encode()), exchange("/berita/a", FIRST))
    desk.recover()
    assert desk.all("SELECT missing_pages FROM articles") == [(2,)]
    assert (f"{SITE}/berita/a",) in desk.all("SELECT url FROM urls WHERE due_at NOT NULL")
